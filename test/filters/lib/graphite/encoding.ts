// The lines of a record, option by option.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEncoder, type EncodeOptions } from '../../../../filters/lib/graphite/encoding.ts';
import type { Gauge, Histogram, Notice, Sum } from '../../../../filters/lib/record.ts';

const test = suite('graphite: encoding');

const encoder = (options: Partial<EncodeOptions> = {}) =>
	createEncoder({
		escape: 'percent',
		hostDots: 'underscore',
		tags: false,
		percentiles: [],
		rate: false,
		onCut: () => {},
		...options,
	});
const named = { host: 'web.1', metric: 'cpu.lat', attributes: { comm: 'a b', name: 'x' } };
const sum: Sum = {
	...named,
	...{ type: 'sum', ts: 10_999, start: 8_999, unit: '1', temporality: 'delta', monotonic: true, value: 7 },
};
const histogram: Histogram = {
	...named,
	...{ type: 'histogram', ts: 10_999, start: 8_999, unit: 'us', temporality: 'delta' },
	buckets: [
		[null, 0, 1],
		[0, 4, 3],
	],
};

test('names: of a user, of the host, as nodes and as tags', () => {
	for (const [options, line] of [
		[{}, 'web_1.cpu.lat.a%20b.x 7 10'],
		[{ hostDots: 'escape' }, 'web%2E1.cpu.lat.a%20b.x 7 10'],
		[{ hostDots: 'keep', escape: 'underscore' }, 'web.1.cpu.lat.a_b.x 7 10'],
		[{ metric: 'm.n.', prefix: 'prod.eu' }, 'prod.eu.web_1.m.n.a%20b.x 7 10'],
		[{ metric: '', prefix: '' }, 'web_1.cpu.lat.a%20b.x 7 10'],
		[{ tags: true }, 'web_1.cpu.lat;comm=a%20b;%6Eame=x 7 10'],
	] as const)
		assert.equal(encoder(options).measure(sum), [line]);
});

test('what is synthetic is marked, and no host can pass for the mark', () => {
	const synthetic = { ...sum, attributes: {}, synthetic: true };
	assert.equal(encoder().measure(synthetic), ['synthetic.web_1.cpu.lat 7 10']);
	assert.equal(encoder({ prefix: 'p' }).measure(synthetic), ['p.synthetic.web_1.cpu.lat 7 10']);
	assert.equal(encoder({ tags: true }).measure(synthetic), ['web_1.cpu.lat;synthetic=true 7 10']);
	assert.equal(encoder({ tags: true }).measure({ ...synthetic, synthetic: false }), ['web_1.cpu.lat 7 10']);
	for (const hostDots of ['underscore', 'keep'] as const)
		assert.equal(encoder({ hostDots }).measure({ ...sum, attributes: {}, host: 'synthetic' }), [
			'%73ynthetic.cpu.lat 7 10',
		]);
});

test('a rate is per second of the time that a delta counted; without that time there is none', () => {
	const rate = encoder({ rate: true });
	assert.equal(rate.measure({ ...sum, attributes: {} }), ['web_1.cpu.lat 3.5 10']);
	assert.equal(rate.measure({ ...histogram, attributes: {} }), [
		'web_1.cpu.lat.lt_0 0.5 10',
		'web_1.cpu.lat.0 1.5 10',
	]);
	assert.equal(rate.measure({ ...sum, attributes: {}, temporality: 'cumulative' }), ['web_1.cpu.lat 7 10']);
	const gauge: Gauge = { ...named, attributes: {}, type: 'gauge', ts: 10_999, unit: '1', value: 7 };
	assert.equal(rate.measure(gauge), ['web_1.cpu.lat 7 10']);
	assert.is(rate.measure({ ...sum, start: sum.ts }), undefined);
	assert.is(rate.measure({ ...histogram, start: histogram.ts + 1 }), undefined);
	const { start: _, ...timeless } = sum;
	assert.is(rate.measure(timeless), undefined);
	assert.equal(encoder().measure({ ...timeless, attributes: {} }), ['web_1.cpu.lat 7 10']);
});

test('percentiles stand behind the buckets, and none where nothing was counted', () => {
	const half = encoder({ percentiles: [50, 99.9] });
	assert.equal(
		half.measure({ ...histogram, attributes: {} })!.map((line) => line.split(' ')[0]),
		['web_1.cpu.lat.lt_0', 'web_1.cpu.lat.0', 'web_1.cpu.lat.p50', 'web_1.cpu.lat.p99_9'],
	);
	assert.equal(half.measure({ ...histogram, attributes: {}, buckets: [[0, 4, 0]] }), [
		'web_1.cpu.lat.0 0 10',
	]);
});

test('a notice is a line whatever it holds', () => {
	const notice = (more: Partial<Notice>) =>
		encoder().notice({ type: 'notice', ts: 2_500, kind: 'lost events', ...more } as Notice);
	for (const [more, line] of [
		[{}, '%.notice.lost%20events 1 2'],
		[{ host: 'h', metric: 'm', attributes: { a: 1 as never } }, 'h.m.1.notice.lost%20events 1 2'],
		[{ host: 3 as never, metric: 3 as never }, '%.notice.lost%20events 1 2'],
		[{ host: 'h', synthetic: true }, 'synthetic.h.notice.lost%20events 1 2'],
		[{ host: 'h', synthetic: 'yes' as never }, 'h.notice.lost%20events 1 2'],
		[{ host: 'h', count: 3 }, 'h.notice.lost%20events 3 2'],
		[{ host: 'h', count: '-99999999999999999999' }, 'h.notice.lost%20events -99999999999999999999 2'],
		[{ host: 'h', count: '3 events' }, 'h.notice.lost%20events 1 2'],
		[{ host: 'h', count: Number.NaN }, 'h.notice.lost%20events 1 2'],
	] as [Partial<Notice>, string][])
		assert.is(notice(more), line);
});

test('every name that had to be cut is told', () => {
	const long = 'x'.repeat(300);
	for (const [more, wanted] of [
		[{ host: long }, 1],
		[{ metric: long }, 1],
		[{ attributes: { a: long } }, 1],
		[{}, 0],
	] as const) {
		let cut = 0;
		encoder({ onCut: () => cut++ }).measure({ ...sum, ...more });
		assert.is(cut, wanted);
	}
	let cut = 0;
	encoder({ tags: true, onCut: () => cut++ }).measure({ ...sum, attributes: { [long]: long } });
	assert.is(cut, 2);
});

test.run();
