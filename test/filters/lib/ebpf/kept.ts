// What is kept of the past: prints by module, host and time, within a span and a number of records.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createKept } from '../../../../filters/lib/ebpf/kept.ts';
import { gaugeOf } from '../../../data/measures.ts';

const test = suite('ebpf: what is kept');

const create = (spanMs = 1000, mostRecords = 1000) => {
	let cuts = 0;
	const kept = createKept({
		...{ spanMs, mostRecords, moduleOf: (metric) => (metric.startsWith('io_') ? 'io' : 'rest') },
		onCut: () => {
			cuts += 1;
		},
	});
	const take = (ts: number, metric = 'a', host = 'web1', value = ts) =>
		kept.take(gaugeOf(value, { ts, metric, host }));
	return { kept, take, cuts: () => cuts };
};
const names = (prints: { module: string; host: string; ts: number; records: Map<string, unknown> }[]) =>
	prints.map(({ module, host, ts, records }) => `${module} ${host} ${ts} ${records.size}`);

test('of each module and host the newest; a range has its begin and not its end', () => {
	const { kept, take } = create();
	take(100);
	take(100, 'io_x');
	take(100, 'b');
	take(200);
	take(150, 'a', 'web2');
	assert.equal(names(kept.newest()).sort(), ['io web1 100 1', 'rest web1 200 1', 'rest web2 150 1']);
	assert.equal(names(kept.range(100, 200)), ['rest web1 100 2', 'io web1 100 1', 'rest web2 150 1']);
	assert.equal(names(kept.range(200, 201)), ['rest web1 200 1']);
	assert.is(kept.size(), 5);
});

test('a record that comes late goes to its print, and the newest stays the newest', () => {
	const { kept, take } = create();
	take(100);
	take(200);
	take(100, 'b');
	take(50);
	assert.equal(names(kept.range(0, 1000)), ['rest web1 50 1', 'rest web1 100 2', 'rest web1 200 1']);
	assert.equal(names(kept.newest()), ['rest web1 200 1']);
});

test('a series that comes twice in a print is there once; a replayed one is another', () => {
	const { kept } = create();
	kept.take(gaugeOf(1));
	kept.take(gaugeOf(2));
	kept.take(gaugeOf(3, { synthetic: true }));
	assert.is(kept.size(), 2);
	assert.equal(
		[...kept.newest()[0]!.records.values()].map((record) => (record as { value: number }).value),
		[2, 3],
	);
});

test('what is older than the span goes, and beyond the number the oldest, which is told', () => {
	const { kept, take, cuts } = create(100, 3);
	for (const ts of [0, 50, 99, 101]) take(ts);
	assert.equal(names(kept.range(0, 1000)), ['rest web1 50 1', 'rest web1 99 1', 'rest web1 101 1']);
	assert.is(cuts(), 0);
	take(102);
	assert.is(cuts(), 1);
	assert.is(kept.size(), 3);
});

test('a clock that was set back begins anew', () => {
	const { kept, take } = create();
	const DAY = 86_400_000;
	for (let at = 0; at < 40; at += 1) take(DAY + at * 1000);
	for (let at = 0; at < 40; at += 1) take(at * 1000);
	assert.equal(names(kept.newest()), ['rest web1 39000 1']);
});

test('whatever comes: the number holds but for one print, and sizes add up', () => {
	const records = fc.array(
		fc.tuple(fc.nat(2000), fc.constantFrom('a', 'b', 'io_c'), fc.constantFrom('h', 'i')),
		{
			maxLength: 200,
		},
	);
	fc.assert(
		fc.property(records, fc.integer({ min: 1, max: 20 }), (all, most) => {
			const { kept, take } = create(500, most);
			for (const [ts, metric, host] of all) {
				take(ts, metric, host);
				const prints = kept.range(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
				assert.is(
					kept.size(),
					prints.reduce((sum, print) => sum + print.records.size, 0),
				);
				assert.ok(kept.size() <= most || prints.length === 1);
				for (const newest of kept.newest()) assert.ok(prints.includes(newest));
			}
		}),
	);
});

test.run();
