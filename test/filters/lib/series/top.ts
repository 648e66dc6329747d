import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { totalOf } from '../../../../filters/lib/histogram/total.ts';
import type { Bucket, KnownRecord, Measure, Notice } from '../../../../filters/lib/record.ts';
import { groupKey } from '../../../../filters/lib/series/fold.ts';
import { createTop } from '../../../../filters/lib/series/top.ts';

type Line = Measure | { type: 'time'; ms: number } | { type: 'barrier'; line: string };

/** What comes out for some lines, and at the end of all. */
const play = (lines: Line[], most: number, mostHeld?: number) => {
	const out: (KnownRecord | string)[] = [];
	const top = createTop({
		most,
		...(mostHeld !== undefined && { mostHeld }),
		staleMs: 1e6,
		onCount: () => {},
		emit: (one) => out.push(one),
	});
	for (const line of lines) {
		if (line.type === 'time') top.time(line.ms, `T${line.ms}`);
		else if (line.type === 'barrier') top.barrier(line.line);
		else top.take(line);
	}
	top.close();
	return out;
};
const measuresIn = (out: (KnownRecord | string)[]): Measure[] =>
	out.filter((one): one is Measure => typeof one !== 'string' && one.type !== 'notice');
const noticesIn = (out: (KnownRecord | string)[]): Notice[] =>
	out.filter((one): one is Notice => typeof one !== 'string' && one.type === 'notice');

const COMMON = { host: 'h', metric: 'm', unit: 'us' };
const whole = fc.oneof(fc.nat(20), fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String));
const layouts: [number, number | null][][] = [
	[
		[0, 1],
		[1, 2],
		[2, 4],
	],
	[
		[1, 3],
		[3, null],
	],
	[
		[0, 1],
		[4, 8],
	],
];
const buckets = fc
	.tuple(fc.constantFrom(...layouts), fc.array(whole, { minLength: 3, maxLength: 3 }))
	.map(([bounds, counts]) =>
		bounds.map(([lower, upper], at): Bucket => [lower, upper, counts[at] as Bucket[2]]),
	);
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'other');
const attributes = fc.oneof(
	{ weight: 5, arbitrary: name.map((comm): Record<string, string> => ({ comm })) },
	fc.tuple(name, name).map(([comm, pid]): Record<string, string> => ({ comm, pid })),
	fc.constant<Record<string, string>>({}),
);
const common = fc
	.record({ attributes, synthetic: fc.boolean(), host: fc.constantFrom('h', 'i') })
	.map(({ synthetic, ...more }) => ({ ...COMMON, ...more, ...(synthetic && { synthetic }) }));
const increment = fc.oneof(
	fc.tuple(common, buckets).map(([more, some]) => ({
		type: 'histogram' as const,
		...more,
		temporality: 'delta' as const,
		buckets: some,
	})),
	fc.tuple(common, whole, fc.boolean()).map(([more, value, monotonic]) => ({
		type: 'sum' as const,
		...more,
		temporality: 'delta' as const,
		monotonic,
		value,
	})),
);

/** How much was counted, by group and time. */
const totals = (measures: Measure[]): Map<string, bigint> => {
	const found = new Map<string, bigint>();
	for (const one of measures) {
		const key = `${one.ts} ${groupKey(one)}`;
		const weight = one.type === 'histogram' ? totalOf(one.buckets) : one.value;
		found.set(key, (found.get(key) ?? 0n) + BigInt(weight));
	}
	return found;
};
const namesBy = (measures: Measure[]): Map<string, string[]> => {
	const found = new Map<string, string[]>();
	for (const one of measures) {
		const key = `${one.ts} ${groupKey(one)}`;
		found.set(key, [...(found.get(key) ?? []), JSON.stringify(Object.entries(one.attributes).sort())]);
	}
	return found;
};

const test = suite('top');

test('sums are conserved by group and time, and at most N + 1 series come out, each once', () => {
	fc.assert(
		fc.property(
			fc.array(fc.array(increment, { maxLength: 15 }), { maxLength: 4 }),
			fc.integer({ min: 1, max: 4 }),
			fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
			(prints, most, mostHeld) => {
				const lines = prints.flatMap((print, at) => print.map((one) => ({ ...one, ts: at }) as Measure));
				const measures = measuresIn(play(lines, most, mostHeld));
				assert.equal(totals(measures), totals(lines));
				for (const [group, names] of namesBy(measures)) {
					assert.ok(names.length <= most + 1, group);
					assert.is(new Set(names).size, names.length, group);
				}
			},
		),
		{ numRuns: 2000 },
	);
});

test('no series that is folded is heavier than one that passes', () => {
	fc.assert(
		fc.property(
			fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }),
			fc.integer({ min: 1, max: 4 }),
			(all, most) => {
				const lines = all.map(
					(value, at): Measure => ({
						...{ type: 'sum', ts: 1, ...COMMON, temporality: 'delta', monotonic: true },
						attributes: { comm: `${at}` },
						value,
					}),
				);
				const passed = measuresIn(play(lines, most)).filter(({ attributes }) => attributes.comm !== 'other');
				const heaviest = [...all].sort((a, b) => b - a).slice(0, most);
				assert.equal(passed.map((one) => ('value' in one ? one.value : 0)).sort(), heaviest.sort());
			},
		),
	);
});

/** A source whose counters only grow, with other increments among them; a barrier somewhere in each print. */
const print = fc.record({
	gap: fc.integer({ min: 1, max: 9 }),
	appear: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 2 }),
	grow: fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }),
	more: fc.array(fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.nat(9)), { maxLength: 3 }),
	barrier: fc.nat(8),
	timed: fc.boolean(),
});
type Print = typeof print extends fc.Arbitrary<infer One> ? One : never;

const linesOf = (prints: Print[]): Line[] => {
	const counters = new Map<string, number>();
	let ts = 0;
	return prints.flatMap(({ gap, appear, grow, more, barrier, timed }, at): Line[] => {
		ts += gap;
		const sum = (
			metric: string,
			comm: string,
			temporality: 'cumulative' | 'delta',
			value: number,
		): Measure => ({
			...{ type: 'sum', ts, ...COMMON, monotonic: true },
			metric,
			attributes: { comm },
			temporality,
			value,
		});
		for (const comm of appear) if (!counters.has(comm)) counters.set(comm, 0);
		for (const [n, [comm, value]] of [...counters].entries()) counters.set(comm, value + grow[n]!);
		const burst: Line[] = [
			...[...counters].map(([comm, value]) => sum('total', comm, 'cumulative', value)),
			...more.map(([comm, value]) => sum('more', comm, 'delta', value)),
		];
		burst.splice(barrier, 0, { type: 'barrier', line: `B${at}` });
		if (timed) burst.unshift({ type: 'time', ms: ts });
		return burst;
	});
};
const textsOf = (out: (KnownRecord | string)[]): string[] =>
	out.filter((one) => typeof one !== 'string').map((one) => JSON.stringify(one));

test('started again at any barrier that came out: nothing is missing, and nothing is other than it was', () => {
	let restarts = 0;
	fc.assert(
		fc.property(
			fc.array(print, { minLength: 4, maxLength: 12 }),
			fc.integer({ min: 1, max: 2 }),
			(prints, most) => {
				const lines = linesOf(prints);
				const out = play(lines, most);
				const all = textsOf(out);
				for (const barrier of out.filter((one) => typeof one === 'string' && one.startsWith('B'))) {
					restarts += 1;
					const at = lines.findIndex((line) => line.type === 'barrier' && line.line === barrier);
					const before = textsOf(out.slice(0, out.indexOf(barrier)));
					const after = textsOf(play(lines.slice(at + 1), most));
					for (const one of after) assert.ok(all.includes(one), `${barrier}: ${one} is new`);
					for (const one of all)
						assert.ok(before.includes(one) || after.includes(one), `${barrier}: ${one} is missing`);
				}
			},
		),
		{ numRuns: 1000 },
	);
	assert.ok(restarts > 1000, `only ${restarts} restarts were tried`);
});

test('cumulative series: what they grew by is what comes out, whoever is heaviest', () => {
	fc.assert(
		fc.property(
			fc.array(print, { minLength: 2, maxLength: 12 }),
			fc.integer({ min: 1, max: 2 }),
			(prints, most) => {
				const lines = linesOf(prints);
				const out = play(lines, most);
				assert.is(
					noticesIn(out).some(({ kind }) => kind !== 'folded'),
					false,
				);
				const wide = play(lines, 100);
				assert.equal(totals(measuresIn(out)), totals(measuresIn(wide)));
			},
		),
	);
});

test('a barrier within a print goes no further, one behind it goes on with it', () => {
	const at = (ts: number): Measure => ({
		...{ type: 'sum', ts, ...COMMON, temporality: 'delta', monotonic: true, value: 1 },
		attributes: {},
	});
	const barrier = (line: string): Line => ({ type: 'barrier', line });
	const lines = [
		barrier('B0'),
		at(1),
		barrier('B1'),
		at(1),
		barrier('B2'),
		barrier('B3'),
		at(2),
		barrier('B4'),
	];
	assert.equal(
		play(lines, 1).map((one) => (typeof one === 'string' ? one : 'value' in one && one.value)),
		['B0', 2, 'B3', 1, 'B4'],
	);
});

test('a #!ts of the same time does not end it, one of another does', () => {
	const at = (ts: number): Measure => ({ type: 'gauge', ts, ...COMMON, attributes: {}, value: ts });
	const time = (ms: number): Line => ({ type: 'time', ms });
	assert.equal(
		play([time(1), at(1), time(1), at(1), time(2)], 1).map((one) =>
			typeof one === 'string' ? one : (one as { value: number }).value,
		),
		['T1', 'T1', 1, 'T2'],
	);
});

test('more series at one time than are held: the heaviest pass all the same, and the rest adds up', () => {
	const lines = Array.from(
		{ length: 20_000 },
		(_, at): Measure => ({
			...{ type: 'sum', ts: 1, ...COMMON, temporality: 'delta', monotonic: true },
			attributes: { comm: `${at}` },
			value: (at * 7919) % 20_000,
		}),
	);
	const [notice, ...measures] = play(lines, 3, 100) as [Notice, ...Measure[]];
	assert.match(notice.detail!, /^19997 of 20000 series .* with 199930006 of 199990000$/);
	assert.equal(
		measures.map((one) => 'value' in one && one.value).sort(),
		[199_930_006, 19_997, 19_998, 19_999].sort(),
	);
});

test('what is held is bounded, and where all of it has to be held it is not looked through at each record', () => {
	for (const [metrics, bound] of [
		[1, 100],
		[90, 360],
	] as const) {
		const top = createTop({ most: 2, mostHeld: 100, staleMs: 1e6, onCount: () => {}, emit: () => {} });
		let [highest, shrunk] = [0, 0];
		const takeAll = (ts: number) => {
			for (let at = 0; at < 5000; at++) {
				const before = top.size();
				top.take({
					...{ type: 'sum', ts, host: 'h', unit: '1', temporality: 'delta', monotonic: true },
					metric: `m${at % metrics}`,
					attributes: { comm: `${at % 4900}` },
					value: at,
				});
				highest = Math.max(highest, top.size());
				assert.ok(top.size() > 0, 'what is left after it was folded is counted');
				if (top.size() < before) shrunk += 1;
			}
		};
		takeAll(1);
		assert.ok(highest > 95 && highest <= bound, `${highest} of ${metrics} metrics`);
		assert.ok(shrunk > 10 && shrunk < 60, `${shrunk} times`);
		[highest, shrunk] = [0, 0];
		top.close();
		assert.is(top.size(), 0);
		takeAll(2);
		assert.ok(highest > 95 && highest <= bound, `${highest} of ${metrics} metrics, again`);
	}
});

test('a series that comes again is held once', () => {
	const top = createTop({ most: 2, staleMs: 1e6, onCount: () => {}, emit: () => {} });
	for (let at = 0; at < 6; at++) {
		top.take({ type: 'gauge', ts: 1, ...COMMON, attributes: { comm: `${at % 3}` }, value: at });
	}
	assert.is(top.size(), 3);
});

test.run();
