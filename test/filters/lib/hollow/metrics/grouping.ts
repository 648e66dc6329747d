import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { addCycle } from '../../../../../filters/lib/hollow/metrics/adder.ts';
import { type Cycle, createCycleReader, linesOf } from '../../../../../filters/lib/hollow/metrics/cycle.ts';
import { createGrouping } from '../../../../../filters/lib/hollow/metrics/grouping.ts';
import { recordsIn } from '../../../../../filters/lib/hollow/metrics/records.ts';
import { schemaFor } from '../../../../../filters/lib/hollow/metrics/schema.ts';
import { faultIn, type Histogram, type Measure, type Sum } from '../../../../../filters/lib/record.ts';
import { buckets, texts, totalOf, wholes } from '../../../../data/cycles.ts';

const test = suite('hollow grouping');
const TS = 1763712000000;

const created = (wide = false, faults: string[] = []) => ({
	faults,
	group: createGrouping({ dataset: 'd', wide, source: undefined, fault: (what) => faults.push(what) }),
});
const sum = (value: number | string, more: Partial<Sum> = {}): Sum => ({
	type: 'sum',
	ts: TS,
	host: 'web1',
	metric: 'calls',
	unit: '1',
	attributes: {},
	temporality: 'cumulative',
	monotonic: true,
	value,
	...more,
});
const histogram = (list: Histogram['buckets'], more: Partial<Histogram> = {}): Histogram => ({
	type: 'histogram',
	ts: TS,
	host: 'web1',
	metric: 'lat',
	unit: 'us',
	attributes: {},
	temporality: 'cumulative',
	buckets: list,
	...more,
});

test('nothing since the last time: nothing; more of the same: all of it, as the next version', () => {
	const { group } = created();
	assert.is(group.close(), undefined);
	assert.not(group.isOther(TS));
	group.take(sum(1));
	assert.ok(group.isOpen());
	assert.not(group.isOther(TS));
	assert.ok(group.isOther(TS + 1));
	assert.is(group.close()!.version, '20251121080000000');
	assert.not(group.isOpen());
	assert.is(group.close(), undefined);
	group.take(sum(2, { metric: 'other' }));
	const again = group.close()!;
	assert.is(again.version, '20251121080000001');
	assert.equal(
		again.states[0]!.metrics.map(({ name, total }) => [name, total]),
		[
			['calls', 1],
			['other', 2],
		],
	);
	group.take(sum(3, { ts: TS + 1 }));
	const next = group.close()!;
	assert.is(next.version, '20251121080000002');
	assert.is(next.states[0]!.metrics.length, 1);
});

test('a metric, or aggregates, whose line would be too long for a stage', () => {
	const { group, faults } = created(true);
	const name = 'x'.repeat(1_000_000);
	group.take(sum(1, { metric: name }));
	group.take(sum(2, { metric: '\u0000'.repeat(200_000) }));
	const list = Array.from({ length: 60_000 }, (_, at): [number, number, number] => [
		at * 1e6,
		at * 1e6 + 1,
		1e6,
	]);
	group.take(histogram(list));
	group.take(histogram(list.slice(0, 20_000), { metric: 'short' }));
	for (let at = 0; at < 3; at++) group.take(sum(3, { host: 'many', metric: `${at}${'y'.repeat(400_000)}` }));
	const cycle = group.close()!;
	const lines = [...linesOf(cycle)];
	assert.ok(lines.every((line) => Buffer.byteLength(line) < 1024 * 1024));
	assert.equal(
		cycle.states.map(({ source, metrics, aggregates }) => [source, metrics.length, aggregates.length]),
		[
			['many', 3, 0],
			['web1', 2, 2],
		],
	);
	assert.is(cycle.states[1]!.metrics[0]!.name.length, 1_000_000);
	assert.equal(
		faults.map((fault) => fault.slice(0, 8)),
		['many, al', 'web1 \u0000\u0000\u0000', 'web1 lat'],
	);
	assert.ok(faults.every((fault) => fault.endsWith('its line would be longer than 1048576 bytes')));
});

/** Series of which each has a name of its own, and what the data set must say of it. */
const measures = (wide: boolean): fc.Arbitrary<Measure[]> => {
	const common = {
		host: fc.oneof(fc.constantFrom('web1', 'web2'), texts),
		metric: texts,
		unit: texts,
		attributes: fc.dictionary(texts, texts, { maxKeys: 2, noNullPrototype: true }),
		synthetic: fc.boolean(),
	};
	const one = fc.oneof(
		fc.record({ ...common, value: wholes(wide) }, { noNullPrototype: true }).map((fields) => sum(0, fields)),
		fc
			.record({ ...common, value: wholes(wide) }, { noNullPrototype: true })
			.map(({ value, ...fields }): Measure => ({ type: 'gauge', ts: TS, ...fields, value })),
		fc
			.record({ ...common, buckets: buckets(wide) }, { noNullPrototype: true })
			.map(({ buckets: list, ...fields }) => histogram(list, fields)),
	);
	return fc.uniqueArray(one, { maxLength: 8, selector: keyOf });
};
const hostOf = (host: string) => (host === '' ? 'unknown' : host.replace(/^synthetic\//, ''));
const keyOf = ({ host, synthetic, metric, attributes }: Measure): string =>
	JSON.stringify([
		hostOf(host),
		synthetic === true || host.startsWith('synthetic/'),
		metric,
		Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)),
	]);

const numbersOf = (record: Measure): unknown => {
	if (record.type !== 'histogram') return record.value;
	const counted = record.buckets.filter(([, , count]) => count !== 0);
	return counted.length > 0 ? counted : 0;
};
const fitsOf = (record: Measure, wide: boolean): boolean => {
	if (record.type !== 'histogram') return true;
	const total = BigInt(totalOf(record.buckets));
	const most = wide ? 9223372036854775807n : 2147483647n;
	return total <= most && total >= -most;
};

/** A cycle by way of its lines, into a data set, and out of it as records. */
const travelled = (cycle: Cycle) => {
	const faults: string[] = [];
	const reader = createCycleReader((what) => faults.push(what));
	let arrived: Cycle | undefined;
	for (const line of linesOf(cycle)) arrived = reader.take(JSON.parse(line)) ?? arrived;
	assert.equal(faults, []);
	const data = createDataSet(schemaFor(cycle.wide));
	addCycle(data, arrived!);
	return [...recordsIn(data.state)];
};

test('records, as a cycle, as lines, as a data set, and as records again: the same numbers', () => {
	const input = fc.boolean().chain((wide) => fc.tuple(fc.constant(wide), measures(wide)));
	fc.assert(
		fc.property(input, ([wide, records]) => {
			const { group, faults } = created(wide);
			for (const record of records) {
				assert.is(faultIn(record), '');
				group.take(record);
			}
			const cycle = group.close();
			const kept = records.filter((record) => fitsOf(record, wide));
			assert.is(cycle === undefined, kept.length === 0);
			assert.ok(faults.length >= records.length - kept.length);
			const back = cycle ? travelled(cycle) : [];
			const numbers = new Map(back.map((record) => [keyOf(record), [record.unit, numbersOf(record)]]));
			assert.is(numbers.size, back.length, 'no record stands twice');
			assert.equal(numbers, new Map(kept.map((record) => [keyOf(record), [record.unit, numbersOf(record)]])));
		}),
		{ numRuns: 500 },
	);
});

test('aggregates are the exact sums of the totals that are there', () => {
	const input = fc.boolean().chain((wide) => fc.tuple(fc.constant(wide), measures(wide)));
	fc.assert(
		fc.property(input, ([wide, records]) => {
			const { group } = created(wide);
			for (const record of records) group.take({ ...record, metric: record.metric.slice(0, 1) });
			for (const { metrics, aggregates } of group.close()?.states ?? []) {
				for (const [name, total] of aggregates) {
					const own = metrics.filter((one) => one.name === name || one.name.startsWith(`${name}{`));
					const all = own.reduce((so, one) => so + BigInt(one.total), 0n);
					const isPlain = !records.some(({ type }) => type === 'gauge');
					if (isPlain) assert.is(BigInt(total), all);
				}
			}
		}),
		{ numRuns: 300 },
	);
});

test.run();
