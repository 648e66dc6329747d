import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Point, pointOf, weightOf } from '../../../../filters/lib/otlp/point.ts';
import { otlpProtocol } from '../../../../filters/lib/otlp/protocol.ts';
import { gaugeOf, histogramOf } from '../../../data/measures.ts';

const test = suite('otlp: answers');
const protocol = otlpProtocol('json', 'none', { attributes: [], scope: { name: 'x', version: '1' } });
const points = [pointOf(gaugeOf(1), 'auto') as Point, pointOf(gaugeOf(2, { host: 'b' }), 'auto') as Point];

const judged = (status: number, text = '', headers: Record<string, string> = {}) =>
	protocol.judge({ status, headers, text, bytes: Buffer.from(text) }, points);

test('every status', () => {
	for (const status of [200, 202, 299])
		assert.equal(judged(status), { kind: 'taken', refused: 0, why: '' }, String(status));
	for (const status of [429, 502, 503, 504]) assert.is(judged(status).kind, 'wait', String(status));
	for (const status of [100, 199, 300, 302, 401, 403, 404])
		assert.is(judged(status).kind, 'blocked', String(status));
	for (const status of [400, 413]) assert.equal(judged(status), { kind: 'refused', isDivisible: true });
	for (const status of [402, 500, 501, 505])
		assert.equal(judged(status), { kind: 'refused', isDivisible: false });
});

test('a partial success never counts more than was sent, nor less than nothing', () => {
	const json = { 'content-type': 'application/json' };
	const partial = (rejectedDataPoints: unknown) => JSON.stringify({ partialSuccess: { rejectedDataPoints } });
	for (const [rejected, refused] of [
		['1', 1],
		[2, 2],
		['99', 2],
		[-1, 0],
		['x', 0],
		[null, 0],
	])
		assert.equal(judged(200, partial(rejected), json), { kind: 'taken', refused, why: '' }, String(rejected));
	assert.equal(judged(200, 'null', json), { kind: 'taken', refused: 0, why: '' });
	assert.equal(judged(200, '{', json), { kind: 'taken', refused: 0, why: '' });
});

test('a point weighs about what it takes in a body', () => {
	const long = 'x'.repeat(5000);
	const wide = Array.from({ length: 60 }, (_, at): [number, number, number] => [at * 3, at * 3 + 3, 1000]);
	for (const record of [
		gaugeOf(1),
		gaugeOf(1, { host: long }),
		gaugeOf(1, { metric: long }),
		gaugeOf(1, { attributes: { [long]: long } }),
		histogramOf(wide),
		histogramOf([[2 ** 40, 2 ** 41, 5]]),
	]) {
		const point = pointOf(record, 'auto') as Point;
		const plain = otlpProtocol('protobuf', 'none', { attributes: [], scope: { name: '', version: '' } });
		const bytes = plain.write([point]).body.length;
		assert.ok(
			weightOf(point) >= bytes / 3 && weightOf(point) <= bytes * 3,
			`${weightOf(point)} for ${bytes}`,
		);
	}
});

test.run();
