// What two versions differ in: as it follows from what Java reads at both, and as a plain comparison of values says.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blobsOf } from '../../../../../filters/lib/hollow/blob/blobs.ts';
import { Budget } from '../../../../../filters/lib/hollow/blob/budget.ts';
import { createDataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { readSnapshot } from '../../../../../filters/lib/hollow/blob/reader.ts';
import type { State } from '../../../../../filters/lib/hollow/blob/state.ts';
import { parseSchemas } from '../../../../../filters/lib/hollow/blob/type/schema-text.ts';
import { addCycle } from '../../../../../filters/lib/hollow/metrics/adder.ts';
import type { CycleState } from '../../../../../filters/lib/hollow/metrics/cycle.ts';
import { schemaFor } from '../../../../../filters/lib/hollow/metrics/schema.ts';
import { compare, type Tally } from '../../../../../filters/lib/hollow/view/comparison.ts';
import { diffLines, tallies, talliesText } from '../../../../../filters/lib/hollow/view/diff.ts';
import { cycles } from '../../../../data/cycles.ts';
import { ROOT } from '../../../../program.ts';

const test = suite('hollow diff');
const WAY = { from: '1', to: '2' };

type Line = {
	type: string;
	change: string;
	from: string;
	to: string;
	source?: string;
	metric?: string;
	aggregate?: string;
	record?: string;
	key?: object;
	before?: unknown;
	after?: unknown;
};

const linesOf = (before: State, after: State): Line[] =>
	[...diffLines(compare(before, after), WAY)].map((line) => {
		assert.ok(line.endsWith('\n'));
		const { type, from, to, ...rest } = JSON.parse(line);
		assert.equal([type, from, to], ['hollow_diff', '1', '2']);
		return rest;
	});

const golden = (set: string) => (version: string) => {
	const folder = join(ROOT, 'test/golden/hollow', set);
	return {
		state: readSnapshot(readFileSync(join(folder, `snapshot-${version}`))),
		expected: JSON.parse(readFileSync(join(folder, `expected-${version}.json`), 'utf8')),
	};
};

type Bucket = { lower: unknown; upper: unknown; count: unknown };
type Metric = { total: unknown; unit: unknown; buckets: Bucket[] | null };
type Shown = {
	source: string;
	timestamp: string;
	metrics: Record<string, Metric> | null;
	aggregates: Record<string, unknown> | null;
};

/** What Java reads, as values by what the lines name. */
const valuesOf = (states: Shown[]): Map<string, { named: object; value: object; timestamp: string }> => {
	const values = new Map();
	for (const { source, timestamp, metrics, aggregates } of states) {
		const put = (named: object, value: object) =>
			values.set(JSON.stringify(named), { named, value, timestamp });
		put({ source }, {});
		for (const [metric, { total, unit, buckets }] of Object.entries(metrics ?? {})) {
			const list = buckets?.map(({ lower, upper, count }) => [lower, upper, count]) ?? null;
			put({ source, metric }, { total, unit, buckets: list });
		}
		for (const [aggregate, value] of Object.entries(aggregates ?? {})) put({ source, aggregate }, { value });
	}
	return values;
};

/** The lines that must come, in no order. */
const changesBetween = (before: Shown[], after: Shown[]): Line[] => {
	const [was, is] = [valuesOf(before), valuesOf(after)];
	return [...new Set([...was.keys(), ...is.keys()])].flatMap((key) => {
		const [a, b] = [was.get(key), is.get(key)];
		if (a && b && JSON.stringify(a.value) === JSON.stringify(b.value)) return [];
		const shown = (one: typeof a) => one && { timestamp: one.timestamp, ...one.value };
		return [
			{
				change: a && b ? 'changed' : a ? 'removed' : 'added',
				...(a ?? b)!.named,
				...(a && { before: shown(a) }),
				...(b && { after: shown(b) }),
			} as Line,
		];
	});
};

const sorted = <T>(lines: T[]): string[] => lines.map((line) => JSON.stringify(line)).sort();

test('metrics: every pair of versions that Java wrote', () => {
	const read = golden('metrics');
	const all = Array.from({ length: 8 }, (_, at) => read(`2024010100000000${at + 1}`));
	let count = 0;
	for (const before of all) {
		for (const after of all) {
			const lines = linesOf(before.state, after.state);
			const wanted = changesBetween(before.expected.roots.MetricsState, after.expected.roots.MetricsState);
			assert.equal(sorted(lines), sorted(wanted));
			count += lines.length;
			if (before === after) assert.is(lines.length, 0);
		}
	}
	assert.ok(count > 1000, `${count}`);
});

test('metrics: in the order of source, kind and name, whatever the order in the blobs', () => {
	const read = golden('metrics');
	const lines = linesOf(read('20240101000000001').state, read('20240101000000002').state);
	assert.equal(
		lines.map(({ change, source, metric, aggregate }) => [change, source, metric ?? `@${aggregate}`]),
		[
			['added', 'host-a', 'page_faults'],
			['changed', 'host-a', 'run_queue_latency'],
			['changed', 'host-a', 'tcp_retransmits'],
			['added', 'host-a', '@page_faults'],
			['changed', 'host-a', '@run_queue_latency'],
			['changed', 'host-a', '@tcp_retransmits'],
			['removed', 'host-b', '@undefined'],
			['removed', 'host-b', 'block_io_latency'],
			['removed', 'host-b', 'µs-東京-😀'],
			['removed', 'host-b', '@block_io_latency'],
			['removed', 'host-b', '@µs-東京-😀'],
		],
	);
});

/** By key: what is not in both with equal text. */
const keyedChanges = (was: object[], is: object[], keyOf: (record: never) => unknown, record: string) => {
	const left = is.map((one) => JSON.stringify(one));
	const removed = was.filter((one) => {
		const at = left.indexOf(JSON.stringify(one));
		if (at >= 0) left.splice(at, 1);
		return at < 0;
	});
	const open = [...removed];
	const lines: object[] = left.map((text) => {
		const after = JSON.parse(text);
		const key = keyOf(after as never);
		const at = open.findIndex((one) => JSON.stringify(keyOf(one as never)) === JSON.stringify(key));
		const [before] = at >= 0 ? open.splice(at, 1) : [];
		return before
			? { change: 'changed', record, key, before, after }
			: { change: 'added', record, key, after };
	});
	return [
		...lines,
		...open.map((before) => ({ change: 'removed', record, key: keyOf(before as never), before })),
	];
};

test('records by primary key: consecutive versions of every field type that Java wrote', () => {
	const read = golden('alltypes');
	const versions = [1, 2, 3, 4, 5].map((cycle) => read(`2024020200000000${cycle}`));
	for (const [at, after] of versions.entries()) {
		if (at === 0) continue;
		const [a, b] = [versions[at - 1]!.expected, after.expected];
		const raw = (expected: typeof a) => Object.values(expected.types.Keyed.records) as object[];
		const wanted = [
			...keyedChanges(
				a.roots.AllTypes,
				b.roots.AllTypes,
				({ id, name }: { id: string; name: string }) => ({ id, 'name.value': name }),
				'AllTypes',
			),
			...keyedChanges(raw(a), raw(b), ({ id }: { id: number }) => ({ id }), 'Keyed'),
			...keyedChanges(a.roots.Raw, b.roots.Raw, ({ k }: { k: number }) => ({ k }), 'Raw'),
		];
		const lines = linesOf(versions[at - 1]!.state, after.state);
		const isOurs = ({ record }: Line) => ['AllTypes', 'Keyed', 'Raw'].includes(record!);
		assert.equal(sorted(lines.filter(isOurs)), sorted(wanted), `version ${at + 1}`);
		assert.ok(lines.length > 0);
		const types = lines.map(({ record }) => record!);
		assert.equal(types, [...types].sort(), 'types in order');
	}
});

const stateOf = (schemas: string, add: (data: ReturnType<typeof createDataSet>) => void): State => {
	const data = createDataSet(parseSchemas(schemas));
	add(data);
	data.publish({});
	return readSnapshot(blobsOf(data.state).snapshot());
};

test('without a key records come and go; those of other ordinals, other shards and another order are the same', () => {
	const schemas = 'Host { string name; Tags tags; } Tags Set<Tag>; Tag { string value; }';
	const before = stateOf(schemas, (data) => {
		data.shard('Tag', 4);
		for (const name of ['a', 'b', 'c']) data.add('Host', { name, tags: ['x', 'y', name] });
	});
	const after = stateOf(schemas, (data) => {
		for (const name of ['d', 'c', 'b']) data.add('Host', { name, tags: [name, 'y', 'x'] });
	});
	assert.equal(linesOf(before, after), [
		{ change: 'removed', record: 'Host', before: { name: 'a', tags: ['a', 'x', 'y'] } },
		{ change: 'added', record: 'Host', after: { name: 'd', tags: ['d', 'x', 'y'] } },
	]);
	assert.equal(tallies(compare(before, after)), [
		['Host', { added: 1, removed: 1, changed: 0, same: 2 }],
		['Tag', { added: 1, removed: 1, changed: 0, same: 4 }],
		['Tags', { added: 1, removed: 1, changed: 0, same: 2 }],
	]);
});

test('several records of one key, another key, a type that only one of both has, a field that is new and null', () => {
	const was = stateOf('A @PrimaryKey(id) { int id; string s; } B { int v; }', (data) => {
		for (const s of ['one', 'two', 'three']) data.add('A', { id: 7, s });
		data.add('B', { v: 1 });
	});
	const is = stateOf(
		'A @PrimaryKey(id) { int id; string s; } B { int v; int w; } C @PrimaryKey(x.y) { D x; } D { string y; }',
		(data) => {
			for (const s of ['two', 'four']) data.add('A', { id: 7, s });
			data.add('B', { v: 1 });
			data.add('C', { x: null });
			data.add('C', { x: { y: 'z' } });
		},
	);
	assert.equal(linesOf(was, is), [
		{
			change: 'changed',
			record: 'A',
			key: { id: 7 },
			before: { id: 7, s: 'one' },
			after: { id: 7, s: 'four' },
		},
		{ change: 'removed', record: 'A', key: { id: 7 }, before: { id: 7, s: 'three' } },
		{ change: 'added', record: 'C', key: { 'x.y': 'z' }, after: { x: { y: 'z' } } },
		{ change: 'added', record: 'C', key: { 'x.y': null }, after: { x: null } },
	]);
	const other = stateOf('A @PrimaryKey(s) { int id; string s; }', (data) => data.add('A', { id: 7, s: 'x' }));
	assert.equal(
		linesOf(was, other).map(({ change, key }) => [change, key]),
		[...Array(3).fill(['removed', undefined]), ['added', undefined], ['removed', undefined]],
	);
});

test('a key that leads nowhere is said to', () => {
	const bad = (schemas: string, value: object) => stateOf(schemas, (data) => data.add('A', value));
	const empty = (schemas: string) => stateOf(schemas, (data) => data.add('B', { v: 1 }));
	const end = ' B { int v; }';
	const one = 'A @PrimaryKey(nothing) { int id; }';
	assert.throws(
		() => linesOf(empty(one + end), bad(one + end, { id: 1 })),
		/a primary key goes to A\.nothing, which is not there/,
	);
	const two = 'A @PrimaryKey(id.x) { int id; }';
	assert.throws(
		() => linesOf(empty(two + end), bad(two + end, { id: 1 })),
		/goes on from A\.id, which is no reference/,
	);
	const deep = `A @PrimaryKey(${Array(300).fill('a').join('.')}) { A a; }`;
	assert.throws(() => linesOf(empty(deep + end), bad(deep + end, { a: null })), /nested deeper than 200/);
});

const metricsState = (states: CycleState[], wide: boolean): State => {
	const data = createDataSet(schemaFor(wide));
	addCycle(data, { version: '1', dataset: 'd', wide, synthetic: false, states });
	data.publish({});
	return readSnapshot(blobsOf(data.state).snapshot());
};

const shownOf = (states: CycleState[]): Shown[] =>
	states.map(({ metrics, aggregates, ...state }) => ({
		...state,
		metrics: Object.fromEntries(
			metrics.map(({ name, total, unit, buckets }) => [
				name,
				{ total, unit, buckets: buckets.map(([lower, upper, count]) => ({ lower, upper, count })) },
			]),
		),
		aggregates: Object.fromEntries(aggregates),
	}));

test('metrics: arbitrary cycles, narrow against wide too', () => {
	const hasProto = (states: CycleState[]) => JSON.stringify(states).includes('__proto__');
	fc.assert(
		fc.property(cycles, cycles, fc.boolean(), (a, b, mixes) => {
			fc.pre(!hasProto(a.states) && !hasProto(b.states));
			// States that have something in common with the first.
			const states = mixes ? [...a.states.slice(0, 2), ...b.states] : b.states;
			const is = states.filter(({ source }, at) => states.findIndex((one) => one.source === source) === at);
			const wide = b.wide || (mixes && a.wide);
			const lines = linesOf(metricsState(a.states, a.wide), metricsState(is, wide));
			assert.equal(sorted(lines), sorted(changesBetween(shownOf(a.states), shownOf(is))));
		}),
		{ numRuns: 300 },
	);
});

test('metrics: another time, or Long for Integer, is no difference', () => {
	const at = (timestamp: string, wide: boolean) =>
		metricsState(
			[
				{
					source: 's',
					timestamp,
					metrics: [{ name: 'm', total: 5, unit: 'us', buckets: [[null, 1, 5]] }],
					aggregates: [['a', 5]],
				},
			],
			wide,
		);
	assert.equal(linesOf(at('t1', false), at('t2', false)), []);
	assert.equal(linesOf(at('t1', false), at('t2', true)), []);
});

test('there and back: what was added is what is removed', () => {
	fc.assert(
		fc.property(cycles, cycles, (a, b) => {
			const [one, two] = [metricsState(a.states, a.wide), metricsState(b.states, b.wide)];
			const flip: Record<string, string> = { added: 'removed', removed: 'added', changed: 'changed' };
			const back = linesOf(two, one).map(({ change, before, after, ...named }) => [
				flip[change],
				named,
				after,
				before,
			]);
			const there = linesOf(one, two).map(({ change, before, after, ...named }) => [
				change,
				named,
				before,
				after,
			]);
			assert.equal(there, back);
			const counts = new Map(tallies(compare(one, two)));
			for (const change of ['added', 'removed', 'changed'] as const)
				assert.is(
					['(sources)', '(metrics)', '(aggregates)'].reduce(
						(sum, name) => sum + counts.get(name)![change],
						0,
					),
					there.filter(([one]) => one === change).length,
				);
		}),
		{ numRuns: 200 },
	);
});

test('a source that stands twice: equal metrics belong together, then the first to the first', () => {
	const state = (total: number): CycleState => ({
		source: 's',
		timestamp: `t${total}`,
		metrics: [{ name: 'm', total, unit: 'us', buckets: [] }],
		aggregates: [],
	});
	const lines = linesOf(
		metricsState([state(1), state(2)], false),
		metricsState([state(3), state(1), state(4)], false),
	);
	assert.equal(
		lines.map(({ change, metric, before, after }) => [
			change,
			metric,
			(before as { total?: number })?.total,
			(after as { total?: number })?.total,
		]),
		[
			['added', undefined, undefined, undefined],
			['changed', 'm', 2, 3],
			['added', 'm', undefined, 4],
		],
	);
});

test('the counts as a table', () => {
	const rows: [string, Tally][] = [['ListOfMetricBucket', { added: 1, removed: 22, changed: 0, same: 333 }]];
	assert.equal(talliesText(rows), [
		'type                   added   removed   changed      same\n',
		'ListOfMetricBucket         1        22         0       333\n',
	]);
});

test('a key or a state whose text repeats without end is refused by the budget, not by memory', () => {
	const long = 'x'.repeat(100_000);
	const keyed = (from: number) =>
		stateOf('A @PrimaryKey(name) { S name; int n; } S { string value; }', (data) => {
			for (let n = 0; n < 200; n++) data.add('A', { name: long, n: from + n });
		});
	const both = compare(keyed(0), keyed(1000), new Budget(4_000_000));
	assert.throws(() => [...diffLines(both, WAY)], /the records are more than 4,000,000 characters of text/);
});

test.run();
