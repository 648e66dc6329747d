import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ValueError } from '../../../../../filters/lib/hollow/blob/bytes/errors.ts';
import { createDataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { readSnapshot } from '../../../../../filters/lib/hollow/blob/reader.ts';
import { checksum } from '../../../../../filters/lib/hollow/blob/state.ts';
import { schemaHash, schemaText } from '../../../../../filters/lib/hollow/blob/type/schema-text.ts';
import { ordinalsOf, recordOf } from '../../../../../filters/lib/hollow/blob/values.ts';
import { addCycle } from '../../../../../filters/lib/hollow/metrics/adder.ts';
import type { Cycle } from '../../../../../filters/lib/hollow/metrics/cycle.ts';
import { recordsIn } from '../../../../../filters/lib/hollow/metrics/records.ts';
import { schemaFor } from '../../../../../filters/lib/hollow/metrics/schema.ts';
import { type Bucket, type Exact, exact, toBigInt } from '../../../../../filters/lib/record.ts';
import { cycles } from '../../../../data/cycles.ts';

const test = suite('hollow records');
const TIME = '2025-11-21T00:00:00.000Z';

const filledWith = (cycle: Cycle) => {
	const data = createDataSet(schemaFor(cycle.wide));
	addCycle(data, cycle);
	return data;
};
/** The same cycle by way of plain objects. */
const plainly = ({ wide, states }: Cycle) => {
	const data = createDataSet(schemaFor(wide));
	const one = (value: Exact | null) => (value === null ? null : toBigInt(value));
	for (const { metrics, aggregates, ...state } of states) {
		data.add('MetricsState', {
			...state,
			metrics: metrics.map((metric) => [
				metric.name,
				{
					...metric,
					total: one(metric.total),
					buckets: metric.buckets.map(([lower, upper, count]) => ({
						lower: one(lower),
						upper: one(upper),
						count: one(count),
					})),
				},
			]),
			aggregates: aggregates.map(([name, total]) => [name, one(total)]),
		});
	}
	return data;
};
const cycleWith = (fields: object, wide = false, aggregates: [string, Exact][] = []): Cycle => ({
	version: '20251121000000000',
	dataset: 'd',
	wide,
	synthetic: false,
	states: [
		{
			source: 'web1',
			timestamp: TIME,
			metrics: [{ name: 'm', total: 1, unit: 'us', buckets: [], ...fields }],
			aggregates,
		},
	],
});

test('the wide schema differs from the narrow one in its numbers only', () => {
	const text = (wide: boolean) => schemaFor(wide).map(schemaText).join('\n');
	assert.is(text(true), text(false).replaceAll('Integer', 'Long').replace('\tint value', '\tlong value'));
	assert.is(schemaHash(schemaFor(false)), '-463462937', 'what Java makes of the classes');
	assert.match(text(true), /^Long \{\n\tlong value;\n\}$/m);
	assert.match(text(true), /^MapOfStringToLong Map<String,Long> @HashKey\(value\);$/m);
});

test('a cycle by columns is the same state as by plain objects, and reads back from its blob', () => {
	fc.assert(
		fc.property(cycles, (cycle) => {
			const data = filledWith(cycle);
			const other = plainly(cycle);
			assert.is(checksum(data.state), checksum(other.state));
			const blobs = data.publish({ tag: 1n });
			assert.is(blobs === undefined, cycle.states.length === 0);
			if (!blobs) return;
			const state = readSnapshot(blobs.snapshot());
			assert.is(checksum(state), checksum(other.state));
			const records = Array.from(ordinalsOf(state, 'MetricsState'), (one) =>
				recordOf(state, 'MetricsState', one),
			);
			const sources = records.map((one) => (one as { source: string }).source);
			assert.equal(sources.sort(), cycle.states.map(({ source }) => source).sort());
		}),
		{ numRuns: 200 },
	);
});

test('what a number, a bound or an aggregate does not fit is named', () => {
	const refuse = (cycle: Cycle, message: RegExp) =>
		assert.throws(
			() => filledWith(cycle),
			(error: Error) => error instanceof ValueError && message.test(error.message),
			String(message),
		);
	refuse(cycleWith({ total: 3e9 }), /^MetricsState of web1\.metrics\.m.*3000000000 does not fit an Integer/);
	refuse(cycleWith({ total: -2147483648 }), /-2147483648 does not fit/);
	refuse(cycleWith({ total: '9223372036854775808' }, true), /9223372036854775808 does not fit a Long/);
	refuse(cycleWith({ total: 0.5 }), /0\.5 is not a whole number/);
	refuse(cycleWith({ total: 'x' }, true), /"x" is not a whole number/);
	refuse(cycleWith({ total: '' }, true), /"" is not a whole number/);
	refuse(cycleWith({ total: 2 ** 53 }, true), /is not a whole number that is exact/);
	const second: Bucket[] = [
		[0, 1, 1],
		[1, 2 ** 31, 1],
	];
	refuse(cycleWith({ buckets: second }), /metrics\.m\.buckets\[1\]\.value: 2147483648 does not fit/);
	refuse(cycleWith({}, false, [['sum', 3e9]]), /aggregates\.sum.*does not fit/);
	const twice = cycleWith({});
	twice.states[0]!.metrics.push(twice.states[0]!.metrics[0]!);
	refuse(twice, /metrics: a key stands twice in MapOfStringToMetric/);
});

test('a cycle that was refused leaves nothing behind when it is abandoned', () => {
	const data = filledWith(cycleWith({}));
	data.publish({ tag: 1n });
	const before = checksum(data.state);
	assert.throws(() => addCycle(data, cycleWith({ total: 3e9 })));
	data.abandon();
	addCycle(data, cycleWith({}));
	assert.is(data.publish({ tag: 2n }), undefined);
	assert.is(checksum(data.state), before);
});

const back = (cycle: Cycle) => [...recordsIn(filledWith(cycle).state)];

test('names, sample data and long numbers read back as records', () => {
	const buckets: Bucket[] = [
		[null, -1, 1],
		[4, '9007199254740993', '9007199254740992'],
	];
	const cycle = cycleWith({ name: 'lat{comm="a\\"b",cpu="0"}', buckets }, true, [
		['lat', '9007199254740993'],
		['other', '9007199254740993'],
	]);
	cycle.states[0]!.source = 'synthetic/web1';
	const common = { ts: Date.parse(TIME), host: 'web1' };
	const cumulative = { temporality: 'cumulative' as const };
	assert.equal(back(cycle), [
		{
			type: 'histogram',
			...common,
			metric: 'lat',
			unit: 'us',
			attributes: { comm: 'a"b', cpu: '0' },
			...cumulative,
			buckets,
			synthetic: true,
		},
		{
			type: 'sum',
			...common,
			metric: 'other',
			unit: '1',
			attributes: {},
			...cumulative,
			monotonic: true,
			value: '9007199254740993',
			synthetic: true,
		},
	]);
});

test('numbers beyond 2^53 and bounds of any sign keep their order', () => {
	const list: Bucket[] = [null, '-9007199254740995', -1, 0, 5, '9007199254740993', '9007199254740994'].map(
		(lower, at) => [lower, null, at],
	);
	const [record] = back(cycleWith({ buckets: [...list].reverse() }, true));
	assert.equal((record as { buckets: Bucket[] }).buckets, list);
	assert.is(exact(2n ** 53n), '9007199254740992');
});

test.run();
