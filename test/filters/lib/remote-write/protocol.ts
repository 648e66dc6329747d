import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createIntake } from '../../../../filters/lib/remote-write/intake.ts';
import type { Item } from '../../../../filters/lib/remote-write/item.ts';
import { remoteWriteProtocol, type Version } from '../../../../filters/lib/remote-write/protocol.ts';
import { gaugeOf } from '../../../data/measures.ts';

const test = suite('remote-write: answers');

const items: Item[] = [];
const intake = createIntake({
	prefix: '',
	staleMs: 1,
	maxSeries: 9,
	form: 'classic',
	restored: [],
	onItem: (item) => items.push(item),
	onNotice: () => {},
});
intake.take(gaugeOf(1));
intake.take(gaugeOf(1, { host: 'b' }));

const WRITTEN = 'x-prometheus-remote-write-samples-written';
const answered = (version: Version, status: number, headers: Record<string, string> = {}) => {
	const protocol = remoteWriteProtocol(version);
	const sentAs = () => protocol.write(items).headers['X-Prometheus-Remote-Write-Version'];
	assert.is(sentAs(), version === '1' ? '0.1.0' : '2.0.0');
	const judged = protocol.judge({ status, headers, text: 'why', bytes: Buffer.from('why') }, items);
	return { ...judged, next: sentAs() };
};
const took = (refused: number, next: string, why = '') => ({ kind: 'taken', refused, why, next });

test('a server of 2.0 says what it has written, also where it has not written all', () => {
	assert.equal(answered('auto', 204, { [WRITTEN]: '2' }), took(0, '2.0.0'));
	assert.equal(answered('auto', 400, { [WRITTEN]: '1' }), took(1, '2.0.0', '400: why'));
	assert.equal(
		answered('2', 204, { [WRITTEN]: '0', 'x-prometheus-remote-write-histograms-written': '1' }),
		took(1, '2.0.0', '204: why'),
	);
	// What may pass is sent again whole: what is there already is the same once more.
	assert.is(answered('auto', 503, { [WRITTEN]: '1' }).kind, 'wait');
});

test('a server of 1.0 is known by 415, and by saying nothing', () => {
	for (const status of [415, 200, 204]) {
		const { kind, next } = answered('auto', status);
		assert.equal([kind, next], ['again', '0.1.0'], String(status));
	}
	assert.equal(answered('2', 204), took(0, '2.0.0'));
	assert.equal(answered('1', 204), took(0, '0.1.0'));
	assert.is(answered('2', 415).kind, 'refused');
	assert.is(answered('1', 415).kind, 'refused');
});

test('429 and 5xx may pass, and nothing else', () => {
	for (const version of ['auto', '1', '2'] as const) {
		for (const status of [429, 500, 501, 503, 599]) assert.is(answered(version, status).kind, 'wait');
		for (const status of [300, 301, 401, 403, 404]) assert.is(answered(version, status).kind, 'blocked');
		for (const status of [402, 408, 418]) assert.is(answered(version, status).kind, 'refused');
		assert.equal(answered(version, 400), {
			kind: 'refused',
			isDivisible: true,
			next: version === '1' ? '0.1.0' : '2.0.0',
		});
	}
});

test.run();
