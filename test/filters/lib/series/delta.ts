import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bucket, Histogram, Notice, Sum } from '../../../../filters/lib/record.ts';
import { type Counter, counterKey, createDelta } from '../../../../filters/lib/series/delta.ts';

const HOUR = 3_600_000;

const histogram = (ts: number, buckets: Bucket[], more: Partial<Histogram> = {}): Histogram => ({
	type: 'histogram',
	ts,
	host: 'h',
	metric: 'm',
	unit: 'us',
	attributes: {},
	temporality: 'cumulative',
	buckets,
	...more,
});
const sum = (ts: number, value: number | string, more: Partial<Sum> = {}): Sum => ({
	type: 'sum',
	ts,
	host: 'h',
	metric: 's',
	unit: '1',
	attributes: {},
	temporality: 'cumulative',
	monotonic: true,
	value,
	...more,
});
const create = (more: { fromZero?: boolean; freshMs?: number; staleMs?: number } = {}) => {
	const counts: string[] = [];
	const delta = createDelta({
		fromZero: false,
		staleMs: HOUR,
		onCount: (what) => counts.push(what),
		...more,
	});
	const all = (records: Counter[]) => records.flatMap((record) => delta.take(record));
	return { delta, all, counts };
};
const kinds = (results: (Counter | Notice)[]) =>
	results.map((result) => (result.type === 'notice' ? result.kind : result.type));

const test = suite('delta');

test('the first print is a baseline, the second gives increments with their start', () => {
	const [first, second] = [
		histogram(1, [[0, 1, 5]]),
		histogram(16, [
			[0, 1, 7],
			[1, 2, 1],
		]),
	];
	const { all } = create();
	const want = {
		...second,
		temporality: 'delta',
		start: 1,
		buckets: [
			[0, 1, 2],
			[1, 2, 1],
		],
	};
	assert.equal(all([first, second]), [want]);
});

test('what began to count anew is counted from zero, whatever it has come to since', () => {
	const { all } = create();
	const since = (start: number) => ({ start });
	const results = all([
		sum(10, 30, since(1)),
		sum(20, 35, since(1)),
		// Started again at 25, and more than before already.
		sum(30, 40, since(25)),
		sum(40, 41, since(25)),
		// Nothing is said of the begin, or one that lies before what was taken: it goes on.
		sum(50, 42),
		sum(60, 50, since(30)),
	]);
	assert.equal(
		results.map((one) => (one.type === 'notice' ? one.detail : [one.start, 'value' in one && one.value])),
		[[10, 5], 'it began to count anew; counted from zero again', [25, 40], [30, 1], [40, 1], [50, 8]],
	);
	const { all: more } = create();
	assert.equal(kinds(more([histogram(1, [[0, 1, 5]], since(0)), histogram(9, [[0, 1, 6]], since(5))])), [
		'reset',
		'histogram',
	]);
});

test('a clock that was set back is noticed within seconds, and no increment is lost', () => {
	const delta = createDelta({ fromZero: false, staleMs: 3_600_000, onCount: () => {} });
	const at = (ts: number, value: number, attributes = {}) =>
		delta.take({
			...{ type: 'sum', host: 'h', metric: 'm', unit: '1', temporality: 'cumulative' },
			ts,
			attributes,
			monotonic: true,
			value,
		});
	at(8_000_000, 100);
	at(8_005_000, 110);
	const results = [4_405_000, 4_410_000, 4_415_000, 4_420_000, 4_425_000].flatMap((ts, n) =>
		at(ts, 120 + 10 * n),
	);
	assert.equal(
		results.map((one) => (one.type === 'notice' ? one.kind : 'value' in one && one.value)),
		['late', 'late', 'late', 'clock', 40, 10],
	);
	assert.equal(
		at(4_425_000, 7, { comm: 'new' }).map((one) => 'value' in one && one.value),
		[7],
		'a series that appears then began at zero',
	);
});

test('a series that appears in a later print began at zero', () => {
	const keyed = { attributes: { comm: 'late' } };
	const { all } = create();
	const results = all([histogram(1, []), histogram(2, []), histogram(2, [[4, 8, 3]], keyed)]);
	assert.equal((results[1] as Histogram).buckets, [[4, 8, 3]]);
	assert.is((results[1] as Histogram).start, 1);
});

test('a metric that its source did not print before began at zero, and of others nothing is known', () => {
	const started = { start: 0 };
	const { all } = create();
	const packets = [sum(10, 3, started), sum(20, 4, started)];
	const errors = (more: Partial<Sum>) => sum(20, 7, { ...started, metric: 'errors', ...more });
	assert.equal(all([packets[0]!, packets[1]!, errors({})]).slice(-1), [
		{ ...errors({}), temporality: 'delta', start: 10 },
	]);
	for (const other of [{ host: 'other' }, { start: 5 }, { synthetic: true } as Partial<Sum>])
		assert.equal(all([errors({ metric: 'more', ...other })]), [], JSON.stringify(other));
	assert.equal(create().all([packets[0]!, { ...errors({}), ts: 10 }]), [], 'the first print is a baseline');
});

test('every series of the first print is a baseline', () => {
	const { all } = create();
	assert.equal(all([histogram(1, []), histogram(1, [[4, 8, 3]], { attributes: { comm: 'x' } })]), []);
});

test('from zero, the first print is an increment too', () => {
	const { all } = create({ fromZero: true });
	assert.equal((all([sum(5, 7)])[0] as Sum).value, 7);
});

test('a source that was begun just before its first print is counted from its start, an older one is not', () => {
	const { all } = create({ freshMs: 5 });
	const [young] = all([sum(10, 7, { start: 5 })]);
	assert.equal([(young as Sum).value, (young as Sum).start], [7, 5]);
	assert.equal(all([sum(10, 7, { start: 4, host: 'other' })]), []);
	assert.equal(all([sum(10, 7, { host: 'third' })]), []);
});

test('known buckets stay, as zeros', () => {
	const { all } = create();
	const results = all([
		histogram(1, [
			[0, 1, 0],
			[1, 2, 4],
		]),
		histogram(2, [
			[1, 2, 4],
			[2, 4, 1],
		]),
		histogram(3, [
			[1, 2, 5],
			[2, 4, 1],
		]),
	]) as Histogram[];
	assert.equal(results[0]!.buckets, [
		[0, 1, 0],
		[1, 2, 0],
		[2, 4, 1],
	]);
	assert.equal(results[1]!.buckets, [
		[0, 1, 0],
		[1, 2, 1],
		[2, 4, 0],
	]);
});

for (const [name, before, after, want] of [
	[
		'a bucket that fell',
		[
			[0, 1, 5],
			[1, 2, 1],
		],
		[
			[0, 1, 4],
			[1, 2, 9],
		],
		[
			[0, 1, 4],
			[1, 2, 9],
		],
	],
	[
		'a bucket that vanished',
		[
			[0, 1, 5],
			[1, 2, 1],
		],
		[[1, 2, 1]],
		[
			[0, 1, 0],
			[1, 2, 1],
		],
	],
	[
		'buckets that were split',
		[[0, 4, 5]],
		[
			[0, 2, 5],
			[2, 4, 1],
		],
		[
			[0, 2, 5],
			[2, 4, 1],
		],
	],
	[
		'buckets that were merged',
		[
			[0, 2, 5],
			[2, 4, 1],
			[4, 8, 0],
		],
		[[0, 4, 9]],
		[
			[0, 4, 9],
			[4, 8, 0],
		],
	],
] as [string, Bucket[], Bucket[], Bucket[]][]) {
	test(`reset: ${name}`, () => {
		const { all } = create();
		const results = all([histogram(1, before), histogram(2, after)]);
		assert.equal(kinds(results), ['reset', 'histogram']);
		assert.equal((results[1] as Histogram).buckets, want);
		assert.is((results[1] as Histogram).start, 1);
	});
}

test('a sum that fell is a reset', () => {
	const { all } = create();
	const results = all([sum(1, 9), sum(2, 4)]);
	assert.equal(kinds(results), ['reset', 'sum']);
	assert.is((results[1] as Sum).value, 4);
});

test('an older record is a notice and is not applied', () => {
	const { all } = create();
	const results = all([sum(10, 9), sum(5, 2), sum(20, 11)]);
	assert.equal(kinds(results), ['late', 'sum']);
	assert.is((results[1] as Sum).value, 2);
});

test('the same record twice counts once', () => {
	const { all, counts } = create();
	assert.is(all([sum(1, 1), sum(2, 3), sum(2, 3)]).length, 1);
	assert.equal(counts, ['duplicate']);
});

test('two prints of one time both count', () => {
	const { all } = create();
	const values = (all([sum(1, 1), sum(2, 3), sum(2, 4)]) as Sum[]).map(({ value }) => value);
	assert.equal(values, [2, 1]);
});

test('counts beyond 2^53 stay exact', () => {
	const { all } = create();
	const [only] = all([sum(1, '18446744073709551610'), sum(2, '18446744073709551615')]) as Sum[];
	assert.is(only!.value, 5);
	const [bucket] = all([
		histogram(1, [[0, null, 1]]),
		histogram(2, [[0, null, '9007199254740993']]),
	]) as Histogram[];
	assert.equal(bucket!.buckets, [[0, null, '9007199254740992']]);
});

test('a replayed record never continues a real series', () => {
	const { all } = create();
	const results = all([sum(1, 100), sum(2, 3, { synthetic: true }), sum(3, 101)]);
	assert.equal(
		results.map((one) => (one as Sum).value),
		[1],
	);
});

test('a total or a bucket that stood still is no reset, and its increment is zero', () => {
	const { all } = create();
	const results = all([
		sum(1, 5),
		sum(2, 5),
		sum(3, 7),
		histogram(1, [[0, 1, 5]]),
		histogram(2, [[0, 1, 5]]),
	]);
	assert.equal(
		results.map((result) =>
			result.type === 'sum' ? result.value : result.type === 'histogram' && result.buckets,
		),
		[0, 2, [[0, 1, 0]]],
	);
});

test('a histogram of the same time counts once if it is the same, and is taken if it has grown', () => {
	const { all, counts } = create();
	all([histogram(1, [[0, 1, 5]]), histogram(2, [[0, 1, 6]])]);
	assert.equal(all([histogram(2, [[0, 1, 6]])]), []);
	assert.equal(counts, ['duplicate']);
	assert.equal(
		all([histogram(2, [[0, 1, 8]])]).map((result) => result.type === 'histogram' && result.buckets),
		[[[0, 1, 2]]],
	);
	assert.equal(counts, ['duplicate']);
});

test('a series not seen for long is forgotten', () => {
	const { delta, all, counts } = create({ staleMs: 1000 });
	for (let pid = 0; pid < 1000; pid += 1) all([sum(pid * 100, 1, { attributes: { pid: String(pid) } })]);
	assert.ok(counts.length > 980);
	delta.time(10 ** 9);
	assert.is(counts.length, 1000);
});

test('a series that comes back after just that time goes on, and one that comes later counts as new', () => {
	for (const [ms, forgotten] of [
		[1000, 0],
		[1001, 1],
	] as const) {
		const { delta, all, counts } = create({ staleMs: 1000 });
		all([sum(0, 5), sum(0, 1, { attributes: { other: '' } })]);
		delta.time(ms);
		assert.is(counts.filter((what) => what === 'forgotten').length, 2 * forgotten);
	}
});

const barriers = suite('delta: barriers');

test('nothing remembered: a barrier goes on at once', () => {
	assert.is(create().delta.barrier('#!pos {"n":1}'), '#!pos {"n":1}');
});

barriers('a barrier waits until the burst after it is complete', () => {
	const { delta, all } = create();
	all([sum(1, 1)]);
	assert.is(delta.barrier('B'), undefined);
	all([sum(2, 1)]);
	assert.is(delta.release(), undefined);
	delta.time(3);
	assert.is(delta.release(), 'B');
	assert.is(delta.release(), undefined);
});

barriers('a barrier before a burst that has only begun is not passed on with an older one', () => {
	const { delta, all } = create();
	all([sum(1, 1)]);
	delta.barrier('B1');
	all([sum(2, 2)]);
	delta.barrier('B2');
	all([sum(3, 3)]);
	assert.is(delta.release(), 'B1');
	assert.is(delta.release(), undefined);
});

barriers('a barrier inside a burst is never passed on', () => {
	const { delta, all } = create();
	all([sum(1, 1)]);
	delta.barrier('inside');
	all([sum(1, 1, { attributes: { a: 'b' } }), sum(2, 2), sum(2, 2, { attributes: { a: 'b' } }), sum(3, 2)]);
	assert.is(delta.release(), undefined);
});

barriers('a series that was not printed again holds it, until it is forgotten', () => {
	const { delta, all } = create({ staleMs: 1000 });
	all([sum(1, 1), sum(1, 1, { attributes: { a: 'gone' } })]);
	delta.barrier('B');
	all([sum(2, 2), sum(3, 3)]);
	assert.is(delta.release(), undefined);
	all([sum(2000, 4)]);
	assert.is(delta.release(), 'B');
});

// A restart from any barrier that was passed on must give again exactly what came behind it.
barriers('restarted from any released barrier, the increments behind it are the same', () => {
	const key = fc.constantFrom('a', 'b', 'c');
	const print = fc.record({ keys: fc.uniqueArray(key, { minLength: 1 }), grow: fc.nat(9), cut: fc.nat(3) });
	fc.assert(
		fc.property(fc.array(print, { maxLength: 12 }), (prints) => {
			const totals = new Map<string, number>();
			type Line = Sum | string;
			const lines: Line[] = prints.flatMap(({ keys, grow, cut }, at): Line[] => {
				for (const name of [...totals.keys(), ...keys]) totals.set(name, (totals.get(name) ?? 0) + grow);
				const burst: Line[] = [...totals].map(([name, value]) =>
					sum(at + 1, value, { attributes: { name } }),
				);
				burst.splice(cut, 0, `#${at}`);
				return burst;
			});
			const play = (from: number) => {
				const { delta } = create();
				const out: { by: number; value: unknown }[] = [];
				const released: { line: string; by: number }[] = [];
				lines.slice(from).forEach((line, at) => {
					const by = from + at;
					const barrier = typeof line === 'string' ? delta.barrier(line) : undefined;
					if (typeof line !== 'string') for (const value of delta.take(line)) out.push({ by, value });
					const passed = barrier ?? delta.release();
					if (passed !== undefined) released.push({ line: passed, by });
				});
				return { out, released };
			};
			const whole = play(0);
			for (const { line, by } of whole.released) {
				const from = lines.indexOf(line);
				const again = play(from).out;
				// What came after the release was not delivered for sure; it must all come again.
				assert.equal(
					again.filter((one) => one.by >= by),
					whole.out.filter((one) => one.by >= by),
				);
				for (const one of again)
					assert.ok(whole.out.some((was) => JSON.stringify(was) === JSON.stringify(one)));
			}
		}),
		{ numRuns: 1000 },
	);
});

const properties = suite('delta: properties');

const count = fc.oneof(fc.nat(20), fc.constantFrom(2 ** 53 - 1, 2 ** 40));
const step = fc.record({
	counts: fc.array(fc.tuple(fc.nat(6), count), { maxLength: 5 }),
	reset: fc.boolean(),
	gap: fc.integer({ min: 1, max: 50 }),
});

properties('increments add up to the cumulative value, through any resets', () => {
	fc.assert(
		fc.property(fc.array(step, { minLength: 1, maxLength: 15 }), (steps) => {
			const { delta } = create({ fromZero: true });
			let [ts, totals, seen] = [0, new Map<number, bigint>(), new Map<number, bigint>()];
			for (const { counts, reset, gap } of steps) {
				ts += gap;
				if (reset) totals = new Map();
				for (const [index, more] of counts) totals.set(index, (totals.get(index) ?? 0n) + BigInt(more));
				const buckets = [...totals]
					.sort(([a], [b]) => a - b)
					.map(([index, n]): Bucket => {
						const small = n <= 9007199254740991n;
						return [index, index + 1, small ? Number(n) : String(n)];
					});
				for (const result of delta.take(histogram(ts, buckets))) {
					if (result.type === 'notice') {
						assert.is(result.kind, 'reset');
						seen = new Map();
					} else {
						for (const [lower, , n] of (result as Histogram).buckets) {
							assert.ok(BigInt(n) >= 0n);
							seen.set(Number(lower), (seen.get(Number(lower)) ?? 0n) + BigInt(n));
						}
					}
				}
				for (let index = 0; index < 8; index += 1) {
					assert.is(seen.get(index) ?? 0n, totals.get(index) ?? 0n);
				}
			}
		}),
		{ numRuns: 500 },
	);
});

test('a series that is forgotten on demand counts as new, and no other does', () => {
	const { delta, all } = create({ fromZero: true });
	const other = { host: 'other' };
	all([sum(1, 5), sum(1, 5, other)]);
	delta.forget(counterKey(sum(1, 5)));
	delta.forget('no such key');
	const values = all([sum(2, 7), sum(2, 7, other)]).map((one) => (one as Sum).value);
	assert.equal(values, [7, 2]);
});

test('who follows sees what who takes sees, with the record in place of its increment while nothing falls', () => {
	const [{ delta: taking }, { delta: following }] = [create({ fromZero: true }), create({ fromZero: true })];
	const values = [5, 7, 7, 3, 4, '9007199254740993'];
	const all = values.map((value, at) => sum(at < 2 ? at : at - 1, value));
	const taken = all.map((record) => taking.take(record));
	const followed = all.map((record) => following.follow(record));
	assert.equal(followed.map(kinds), taken.map(kinds));
	assert.equal(followed[1], [all[1]]);
	assert.equal(followed[3], taken[3]);
	assert.equal(kinds(followed[3]!), ['reset', 'sum']);
	assert.equal(followed[4], [all[4]]);
});

test('a replayed series has a key of its own', () => {
	assert.is.not(counterKey(sum(1, 5)), counterKey(sum(1, 5, { synthetic: true })));
	assert.is(counterKey(sum(1, 5)), counterKey(sum(2, 7, { synthetic: false })));
});

test.run();
barriers.run();
properties.run();
