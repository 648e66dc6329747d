// What a producer does from cycle to cycle, and what a folder of its blobs looks like.

import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDataSet, type DataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { applyDelta, readSnapshot } from '../../../../../filters/lib/hollow/blob/reader.ts';
import { checksum } from '../../../../../filters/lib/hollow/blob/state.ts';
import { ObjectTable } from '../../../../../filters/lib/hollow/blob/type/object-table.ts';
import { parseSchemas, schemaHash } from '../../../../../filters/lib/hollow/blob/type/schema-text.ts';
import { ordinalsOf, recordOf } from '../../../../../filters/lib/hollow/blob/values.ts';
import { announce, announcedIn } from '../../../../../filters/lib/hollow/folder/announcement.ts';
import { deltaName, snapshotName } from '../../../../../filters/lib/hollow/folder/blob-name.ts';
import { contentsOf } from '../../../../../filters/lib/hollow/folder/contents.ts';
import { loadAlong } from '../../../../../filters/lib/hollow/folder/loader.ts';
import { routeTo } from '../../../../../filters/lib/hollow/folder/route.ts';
import { recordsIn } from '../../../../../filters/lib/hollow/metrics/records.ts';
import { schemaFor } from '../../../../../filters/lib/hollow/metrics/schema.ts';
import { stateText } from '../../../../../filters/lib/hollow/view/json.ts';
import { statsOf } from '../../../../../filters/lib/hollow/view/stats.ts';
import { writeWhole } from '../../../../data/published.ts';

const test = suite('hollow data-set');
const NUMBERS = parseSchemas('N { int n; string s; }');
const addAll = (data: DataSet, list: number[]) => list.map((n) => data.add('N', { n, s: `#${n}` }));

test('an equal record keeps its ordinal; a removed one comes back a version later at the earliest', () => {
	const data = createDataSet(NUMBERS);
	assert.equal(addAll(data, [1, 2, 3, 2]), [0, 1, 2, 1]);
	data.publish({});
	assert.equal(addAll(data, [3, 4]), [2, 3]);
	data.publish({});
	assert.equal(addAll(data, [5, 3, 6]), [0, 2, 1]);
	data.publish({});
	assert.equal(addAll(data, [3, 7]), [2, 3]);
});

test('a value that is not of its type is refused with the way to it, and nothing else is', () => {
	const schemas = parseSchemas(`
		A { B b; L l; S s; M m; boolean flag; int n; float f; }
		B { int x; }
		L List<B>;
		S Set<B>;
		M Map<B, B>;
		T { int one; int two; }
	`);
	const data = createDataSet(schemas);
	for (const [value, message] of [
		[{ b: 5, l: [1], s: [1, 2], m: [[1, 2]], flag: true, n: 2147483647, f: 1.5 }, ''],
		[{ b: null, l: undefined, s: new Set([3]), m: new Map([[1, 2]]), flag: false, n: -2147483647n }, ''],
		[{ m: {} }, ''],
		[{}, ''],
		[{ flag: 1 }, /flag.*is not true or false/],
		[{ flag: 'true' }, /flag.*is not true or false/],
		[{ f: '1' }, /f.*is not a number/],
		[{ n: 1.5 }, /n.*is not a whole number/],
		[{ n: 2147483648 }, /n.*does not fit/],
		[{ n: -2147483648 }, /n.*does not fit/],
		[{ l: 5 }, /l.*wants an array/],
		[{ l: new Set() }, /l.*wants an array/],
		[{ l: [1, null] }, /l\[1\].*null in a collection/],
		[{ s: {} }, /s.*wants a Set/],
		[{ m: 5 }, /m.*wants a Map, pairs or an object/],
		[{ m: 'ab' }, /m.*wants a Map, pairs or an object/],
		[{ m: new Uint8Array(2) }, /m.*wants a Map, pairs or an object/],
		[{ m: { a: 1 } }, /m.*is not a whole number/],
		[
			{
				m: [
					[1, 2],
					[1, 3],
				],
			},
			/m.*a key stands twice/,
		],
	] as [unknown, string | RegExp][]) {
		let said = '';
		try {
			data.add('A', value);
		} catch (error) {
			said = (error as Error).message;
		}
		if (message === '')
			assert.is(
				said,
				'',
				JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}` : one)),
			);
		else assert.match(said, message);
	}
	assert.throws(() => data.add('T', 5), /T wants an object/);
	assert.throws(() => data.add('none', {}), /there is no type none/);
});

test('the same records again: nothing to publish, and the chain goes on', () => {
	const data = createDataSet(NUMBERS);
	addAll(data, [1, 2]);
	const state = readSnapshot(data.publish({ tag: 10n })!.snapshot());
	addAll(data, [2, 1]);
	assert.is(data.publish({ tag: 11n }), undefined);
	addAll(data, [2]);
	data.abandon();
	addAll(data, [2, 3]);
	applyDelta(state, data.publish({ tag: 12n })!.delta());
	assert.is(checksum(state), checksum(data.state));
	assert.is(data.state.previousTag, 10n);
});

test('a state of nothing is published when something went', () => {
	const data = createDataSet(NUMBERS);
	assert.is(data.publish({}), undefined);
	addAll(data, [1]);
	const state = readSnapshot(data.publish({})!.snapshot());
	const blobs = data.publish({})!;
	applyDelta(state, blobs.delta());
	assert.equal([...ordinalsOf(state, 'N')], []);
	assert.equal([...ordinalsOf(readSnapshot(blobs.snapshot()), 'N')], []);
});

test('values of every kind, added and read back', () => {
	const data = createDataSet(
		parseSchemas(`
			All { boolean b; int i; long l; float f; double d; string s; bytes y; Names names; Ids ids; Sizes sizes; }
			Name { string value; } Id { long value; } Size { double value; }
			Names List<Name>; Ids Set<Id> @HashKey(value); Sizes Map<Name,Size> @HashKey(value);
		`),
	);
	const value = {
		b: true,
		i: -5,
		l: -9007199254740993n,
		f: 0.5,
		d: 0.1,
		s: 'µ\u0000\ud800',
		y: Uint8Array.of(0, 255),
		names: ['b', 'a', 'b'],
		ids: [1n],
		sizes: new Map([['x', 1.5]]),
	};
	data.add('All', { ...value, ids: new Set([1n, 1]), sizes: { x: 1.5 } });
	data.add('All', { f: Number.NaN, d: Number.NaN });
	const state = readSnapshot(data.publish({})!.snapshot());
	assert.equal(recordOf(state, 'All', 0), value);
	assert.ok(Object.values(recordOf(state, 'All', 1)!).every((one) => one === null));
});

test('a key twice in a map, null in a hash key, an unknown type', () => {
	const data = createDataSet(
		parseSchemas('M Map<K,K> @HashKey(value); K { string value; } S Set<K> @HashKey(value);'),
	);
	assert.throws(
		() =>
			data.add('M', [
				['a', 'b'],
				['a', 'c'],
			]),
		/M: a key stands twice in M/,
	);
	assert.throws(() => data.add('S', [{ value: null }]), /null in a hash key/);
	assert.throws(() => data.add('T', {}), /there is no type T/);
	assert.throws(
		() => createDataSet(parseSchemas('S Set<K> @HashKey(x); K { int value; }')),
		/K has no field "x"/,
	);
});

test('a delta of a later schema: fields by name, new ones ignored, missing ones null', () => {
	const before = createDataSet(parseSchemas('N { int n; string s; }'));
	before.add('N', { n: 1, s: 'one' });
	const state = readSnapshot(before.publish({ tag: 1n })!.snapshot());
	const after = createDataSet(parseSchemas('N { long extra; int n; } Other { int x; }'));
	after.add('N', { n: 1 });
	after.publish({ tag: 1n });
	after.add('N', { n: 1 });
	after.add('N', { n: 2, extra: 7 });
	after.add('Other', { x: 1 });
	applyDelta(state, after.publish({ tag: 2n })!.delta());
	assert.equal(recordOf(state, 'N', 0), { n: 1, s: 'one' });
	assert.equal(recordOf(state, 'N', 1), { n: 2, s: null });
	assert.not(state.tables.has('Other'));
});

test('records added through columns, without an object for each', () => {
	const data = createDataSet(NUMBERS);
	const numbers = data.ordinals('N');
	const table = data.table('N') as ObjectTable;
	const [n, s] = table.columns;
	const add = (value: number) => {
		const slot = numbers.slot();
		n!.set(slot, value, 'n');
		s!.set(slot, 'x', 's');
		return numbers.commit();
	};
	assert.equal([5, 6, 5].map(add), [0, 1, 0]);
	assert.instance(table, ObjectTable);
});

test('what was removed over a thousand cycles takes no memory', () => {
	const data = createDataSet(NUMBERS);
	const state = createDataSet(NUMBERS).state;
	let follower = state;
	for (let cycle = 0; cycle < 1000; cycle++) {
		for (let n = 0; n < 40; n++) data.add('N', { n: cycle * 10 + n, s: `${cycle * 10 + n}`.padEnd(50, '.') });
		const blobs = data.publish({ tag: BigInt(cycle + 1) })!;
		if (cycle === 0) follower = readSnapshot(blobs.snapshot());
		else applyDelta(follower, blobs.delta());
	}
	assert.is(checksum(follower), checksum(data.state));
	for (const { tables } of [follower, data.state]) {
		const [, s] = (tables.get('N') as ObjectTable).columns;
		assert.ok((s as unknown as { arena: { entries: Uint8Array } }).arena.entries.length < 400_000);
	}
	assert.ok(follower.tables.get('N')!.current.max() < 100);
});

test('the schema of metrics is the one that Java makes of the classes', () => {
	assert.is(schemaHash(schemaFor(false)), '-463462937');
});

test('metrics as records: open bounds, totals alone, what is null', () => {
	const data = createDataSet(schemaFor(false));
	data.add('MetricsState', {
		timestamp: '1763712000000',
		source: null,
		metrics: {
			lat: {
				name: 'lat',
				total: 3,
				unit: 'us',
				buckets: [
					{ lower: 4, count: 1 },
					{ upper: 4, count: 2 },
				],
			},
			calls: { total: 7, buckets: [] },
			empty: { name: 'empty' },
		},
		aggregates: { lat: 3, other: 9 },
	});
	const common = { ts: 1763712000000, host: 'unknown' };
	const sum = { attributes: {}, temporality: 'cumulative', monotonic: true };
	assert.equal(
		[...recordsIn(data.state)],
		[
			{ type: 'sum', ...common, metric: 'calls', unit: '1', ...sum, value: 7 },
			{
				type: 'histogram',
				...common,
				metric: 'lat',
				unit: 'us',
				attributes: {},
				temporality: 'cumulative',
				buckets: [
					[null, 4, 2],
					[4, null, 1],
				],
			},
			{ type: 'sum', ...common, metric: 'other', unit: '1', ...sum, value: 9 },
		],
	);
});

test('sizes', () => {
	const data = createDataSet(NUMBERS);
	addAll(data, [1, 2, 3]);
	data.publish({});
	addAll(data, [3]);
	const [type] = statsOf(data.state);
	assert.equal(type, {
		name: 'N',
		records: 1,
		holes: 2,
		shards: 1,
		parts: [
			{ name: 'n', bits: 3, bytes: 1 },
			{ name: 's', bits: 3, bytes: 3 },
		],
	});
});

test('a folder: written, announced, listed and walked', () => {
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	const data = createDataSet(NUMBERS);
	let last = '';
	for (let cycle = 1; cycle <= 4; cycle++) {
		const version = `2026010203040500${cycle}`;
		addAll(data, [cycle, 100]);
		const blobs = data.publish({})!;
		if (cycle !== 3) writeWhole(folder, snapshotName(version), blobs.snapshot());
		if (last) writeWhole(folder, deltaName(last, version), blobs.delta());
		if (last) writeWhole(folder, deltaName(version, last), blobs.reverseDelta());
		announce(folder, version);
		last = version;
	}
	const v = (cycle: number) => `2026010203040500${cycle}`;
	const contents = contentsOf(folder);
	assert.is(announcedIn(folder), v(4));
	assert.is(readFileSync(join(folder, 'announced.version'), 'utf8'), v(4), 'no newline');
	assert.not(readdirSync(folder).some((file) => file.endsWith('.tmp')));
	assert.equal(routeTo(contents, v(3)), [v(2), v(3)]);
	assert.equal(routeTo(contents, v(1), v(4)), [v(4), v(3), v(2), v(1)]);
	const texts = [routeTo(contents, v(3)), routeTo(contents, v(3), v(1)), routeTo(contents, v(3), v(4))].map(
		(way) => stateText(loadAlong(folder, way), v(3), true),
	);
	assert.is(new Set(texts).size, 1);
	assert.throws(() => routeTo(contents, v(9)), /no way to 20260102030405009: no delta-20260102030405004/);
	assert.throws(() => routeTo(contents, v(4), v(3)), /no snapshot of 20260102030405003/);
	writeFileSync(join(folder, 'announced.version'), '');
	assert.throws(() => announcedIn(folder), /"" is no version/);
});

test.run();
