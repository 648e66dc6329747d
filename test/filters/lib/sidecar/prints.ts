// Prints gathered by host, their windows, and which barriers may go on: a restart behind one loses nothing.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Measure, Sum } from '../../../../filters/lib/record.ts';
import { createPrints } from '../../../../filters/lib/sidecar/prints.ts';
import type { View } from '../../../../filters/lib/sidecar/view.ts';
import { gaugeOf, histogramOf, sumOf } from '../../../data/measures.ts';

const test = suite('sidecar: prints');
const WINDOW = 60_000;

const scanned = (ts: number, value: number | string, more: Partial<Sum> = {}) =>
	sumOf(value, { metric: 'lru_scanned', ts, start: 1, ...more });

const create = () => {
	const out: string[] = [];
	const late: number[] = [];
	const views: View[] = [];
	const prints = createPrints({
		windowMs: WINDOW,
		staleMs: 3_600_000,
		onPrint: (view) => {
			views.push(view);
			const { host, now, before } = view;
			out.push(`${host} ${now.ts} ${now.totals.get('ebpf_memory_lru_pages_scanned')} ${before?.ts ?? '-'}`);
		},
		onLate: ({ ts }) => late.push(ts),
		emit: (line) => out.push(line),
	});
	const all = (...records: Measure[]) => {
		for (const record of records) prints.take(record);
	};
	return { prints, all, out, late, views };
};

test('a print is whole at a record of its host of another time; hosts, real and replayed do not meet', () => {
	const { prints, all, out } = create();
	all(scanned(1000, 1), scanned(1000, 2, { attributes: { comm: 'b' } }), scanned(1500, 7, { host: 'web2' }));
	all(scanned(1000, 4, { attributes: { comm: 'c' } }), scanned(1000, 9, { synthetic: true }));
	assert.equal(out, []);
	all(scanned(2000, 1));
	assert.equal(out, ['web1 1000 7 -']);
	assert.ok(prints.isOpen());
	prints.close();
	assert.equal(out.slice(1).sort(), ['web1 1000 9 -', 'web1 2000 7 -', 'web2 1500 7 -']);
	assert.not(prints.isOpen());
});

test('a window begins with the newest print that is old enough', () => {
	const { all, out } = create();
	for (const ts of [0, 10_000, 55_000, 65_000, 70_001, 130_000, 500_000, 600_000]) all(scanned(ts, ts));
	assert.equal(
		out.map((line) =>
			line
				.split(' ')
				.filter((_, at) => at % 2 === 1)
				.join(' '),
		),
		['0 -', '10000 -', '55000 -', '65000 0', '70001 10000', '130000 65000', '500000 130000'].map(
			(line) => line,
		),
	);
});

test('a later start begins anew, an earlier one and an older print are late, a fall begins a new window', () => {
	const { prints, all, out, late } = create();
	all(scanned(0, 5), scanned(60_000, 6), scanned(61_000, 3, { start: 60_500 }), scanned(62_000, 9));
	all(scanned(50_000, 4, { start: 60_500 }), scanned(122_000, 4, { start: 60_500 }));
	prints.close();
	assert.equal(out, ['web1 0 5 -', 'web1 60000 6 0', 'web1 61000 3 -', 'web1 122000 4 61000']);
	assert.equal(late, [62_000, 50_000]);
	const fallen = create();
	const bare = (ts: number, value: number) => sumOf(value, { metric: 'lru_scanned', ts });
	fallen.all(bare(0, 5), bare(60_000, 4), bare(120_000, 4));
	fallen.prints.close();
	assert.equal(fallen.out, ['web1 0 5 -', 'web1 60000 4 -', 'web1 120000 4 60000']);
});

test('a clock that was set back begins anew and is not late for ever', () => {
	const { prints, all, out } = create();
	const DAY = 86_400_000;
	for (let at = 0; at < 40; at += 1) all(scanned(DAY + at * 1000, at));
	for (let at = 0; at < 100; at += 1) all(scanned(at * 1000 + 10, 40 + at));
	prints.close();
	assert.is(out.at(-1), 'web1 99010 139 39010');
});

test('a barrier waits until no window begins before it; without iomonitor it goes on at once', () => {
	const { prints, all, out } = create();
	prints.barrier('#!pos {"n":0}');
	all(gaugeOf(1, { ts: 5 }));
	prints.barrier('#!pos {"n":1}');
	assert.equal(out, ['#!pos {"n":0}', '#!pos {"n":1}']);
	all(scanned(1000, 1));
	prints.barrier('#!pos {"n":2}');
	for (const ts of [2000, 30_000, 61_000]) all(scanned(ts, ts));
	assert.not(out.includes('#!pos {"n":2}'));
	all(scanned(62_000, 62_000), scanned(63_000, 63_000));
	assert.equal(out.slice(-2), ['web1 62000 62000 2000', '#!pos {"n":2}']);
});

test('a barrier inside a print is dropped, also behind a record of another host', () => {
	const { prints, all, out } = create();
	all(scanned(1000, 1), scanned(1005, 1, { host: 'web2' }));
	prints.barrier('#!pos {"n":1}');
	all(scanned(1006, 1, { host: 'web2' }), scanned(1000, 5, { attributes: { comm: 'late' } }));
	for (let ts = 2000; ts < 200_000; ts += 1000) all(scanned(ts, 9), scanned(ts + 5, 9, { host: 'web2' }));
	assert.not(out.some((line) => line.startsWith('#!pos')));
});

test('the total is that of every series, also of one that is not printed any more; sizes beyond 2^53 are exact', () => {
	const { prints, all, views } = create();
	all(
		scanned(0, '9007199254740993'),
		scanned(0, 2, { attributes: { comm: 'gone' } }),
		scanned(10, '9007199254740994'),
	);
	all(histogramOf([[0, 1, 3]], { metric: 'read_latency', ts: 10, start: 1 }));
	all(histogramOf([[1, 2, 4]], { metric: 'pread_latency', ts: 10, start: 1 }));
	all(histogramOf([[1, 2, 4]], { metric: 'read_latency', ts: 10, start: 1, temporality: 'delta' }));
	prints.close();
	const { totals, reads } = views.at(-1)!.now;
	assert.is(totals.get('ebpf_memory_lru_pages_scanned'), 9007199254740996n);
	assert.is(totals.has('ebpf_fadvise_calls'), false);
	assert.equal(reads, [
		[0, 1, 3],
		[1, 2, 4],
	]);
});

/** Lines of one host with barriers between, as a source prints them: none inside a print. */
const streams = fc.array(
	fc.record({ step: fc.integer({ min: 1, max: 40_000 }), rise: fc.nat(9), barrier: fc.boolean() }),
	{ maxLength: 40 },
);

test('for each barrier that went on: the output up to it and a run on the rest hold all', () => {
	fc.assert(
		fc.property(streams, (steps) => {
			let [ts, value] = [1, 0];
			const events: (Measure | string)[] = steps.flatMap(({ step, rise, barrier }, at) => {
				[ts, value] = [ts + step, value + rise];
				const print = [scanned(ts, value), scanned(ts, at, { attributes: { comm: 'b' } })];
				return barrier ? [...print, `#!pos ${at}`] : print;
			});
			const ran = (some: (Measure | string)[]) => {
				const { prints, out } = create();
				for (const event of some)
					if (typeof event === 'string') prints.barrier(event);
					else prints.take(event);
				prints.close();
				return out;
			};
			const whole = ran(events);
			const prints = whole.filter((line) => !line.startsWith('#!'));
			for (const barrier of whole.filter((line) => line.startsWith('#!'))) {
				const before = whole.slice(0, whole.indexOf(barrier));
				const rest = ran(events.slice(events.indexOf(barrier) + 1));
				assert.equal(
					prints.filter((line) => !before.includes(line) && !rest.includes(line)),
					[],
				);
				// What is said twice is the same, or says less: a share that is not known again yet.
				for (const line of rest.filter((one) => !one.startsWith('#!') && !prints.includes(one)))
					assert.ok(line.endsWith(' -'), line);
			}
		}),
		{ numRuns: 300 },
	);
});

test.run();
