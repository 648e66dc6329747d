import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Cycle } from '../../../../../filters/lib/hollow/metrics/cycle.ts';
import {
	cycleFromPayload,
	PayloadError,
	payloadText,
} from '../../../../../filters/lib/hollow/metrics/payload.ts';
import type { Bucket } from '../../../../../filters/lib/record.ts';
import { cycles, inOrder } from '../../../../data/cycles.ts';

const test = suite('hollow payload');
const VERSION = '20251121000000000';
const TIME = '2025-11-21T00:00:00.000Z';
const textOf = (cycle: Cycle): string => [...payloadText(cycle)].join('');
const read = (payload: unknown, timestamp?: string) =>
	cycleFromPayload(payload, VERSION, 'ebpf_metrics', timestamp);
const stateWith = (fields: object) => ({
	data: { MetricsState: [{ timestamp: TIME, metrics: {}, ...fields }] },
});
const metricWith = (fields: object) => stateWith({ metrics: { cpu: { total: 1, ...fields } } });

test('the text is the one of the predecessor', () => {
	const buckets: Bucket[] = [
		[0, 1, 5],
		[1, null, 8],
	];
	const metrics = [{ name: 'cpu-lat', total: 13, unit: 'us', buckets }];
	const state = {
		source: 'web1',
		timestamp: TIME,
		metrics,
		aggregates: [['cpu-lat', 13]] as [string, number][],
	};
	const cycle = { version: VERSION, dataset: 'd', wide: false, synthetic: false, states: [state] };
	assert.equal(JSON.parse(textOf(cycle)), {
		types: {
			MetricsState: {
				fields: {
					timestamp: 'String',
					source: 'String',
					metrics: 'Map<String, Metric>',
					aggregates: 'Map<String, Integer>',
				},
			},
			Metric: { fields: { name: 'String', total: 'Integer', unit: 'String', buckets: 'List<MetricBucket>' } },
			MetricBucket: { fields: { lower: 'Integer', upper: 'Integer', count: 'Integer' } },
		},
		data: {
			MetricsState: [
				{
					timestamp: TIME,
					source: 'web1',
					metrics: {
						'cpu-lat': {
							name: 'cpu-lat',
							total: 13,
							unit: 'us',
							buckets: [
								{ lower: 0, upper: 1, count: 5 },
								{ lower: 1, upper: null, count: 8 },
							],
						},
					},
					aggregates: { 'cpu-lat': 13 },
				},
			],
		},
	});
	const wide = textOf({ ...cycle, wide: true });
	assert.not.match(wide, /Integer/);
	assert.match(wide, /"Map<String, Long>"/);
});

test('any cycle comes back from its text', () => {
	fc.assert(
		fc.property(cycles, (cycle) => {
			const back = cycleFromPayload(JSON.parse(textOf(cycle)), cycle.version, cycle.dataset);
			assert.equal(inOrder(back), inOrder(cycle));
		}),
		{ numRuns: 500 },
	);
});

test('a large cycle is never one string', () => {
	const buckets = Array.from({ length: 50_000 }, (_, at): Bucket => [at, at + 1, at]);
	const metrics = [{ name: 'm', total: 1, unit: 'us', buckets }];
	const states = [{ source: 'h', timestamp: TIME, metrics, aggregates: [] }];
	const pieces = [...payloadText({ version: VERSION, dataset: 'd', wide: false, synthetic: false, states })];
	assert.ok(pieces.length > 20);
	assert.ok(pieces.every((piece) => piece.length < 200_000));
	assert.is(read(JSON.parse(pieces.join(''))).states[0]!.metrics[0]!.buckets.length, 50_000);
});

test('what is missing, and what is not known', () => {
	const payload = {
		extra: { deep: [1] },
		data: {
			Other: 1,
			MetricsState: [
				{
					timestamp: TIME,
					source: null,
					color: 'red',
					metrics: {
						a: { buckets: [{ count: 2 }, { lower: 4, upper: null, count: '3', extra: 1 }] },
						b: { name: 'b', total: '7', unit: null },
					},
				},
			],
		},
	};
	assert.equal(read(payload), {
		version: VERSION,
		dataset: 'ebpf_metrics',
		wide: false,
		synthetic: false,
		states: [
			{
				source: 'unknown',
				timestamp: TIME,
				metrics: [
					{
						name: 'a',
						total: 5,
						unit: 'count',
						buckets: [
							[null, null, 2],
							[4, null, 3],
						],
					},
					{ name: 'b', total: 7, unit: 'count', buckets: [] },
				],
				aggregates: [],
			},
		],
	});
});

test('times: with a zone, without one, and none at all', () => {
	const time = (timestamp: unknown, missing?: string) =>
		read(stateWith({ timestamp }), missing).states[0]!.timestamp;
	assert.is(time('2025-05-10T12:34:56.789123'), '2025-05-10T12:34:56.789Z');
	assert.is(time('2025-05-10 12:34:56'), '2025-05-10T12:34:56.000Z');
	assert.is(time('2025-05-10T12:34+02:00'), '2025-05-10T10:34:00.000Z');
	assert.is(time(undefined, TIME), TIME);
	assert.is(time(null, TIME), TIME);
	for (const odd of [null, 5, '', 'yesterday', '2025-13-01T00:00:00Z', '9999-12-31T23:59:59-12:00', ['x']])
		assert.throws(
			() => time(odd),
			(error: Error) => error instanceof PayloadError,
			String(odd),
		);
});

test('sample data stays sample data', () => {
	assert.is(read(stateWith({ source: 'synthetic/web1' })).synthetic, true);
	assert.is(read(stateWith({ source: 'web1' })).synthetic, false);
});

test('wide follows from the types', () => {
	const types = (metric: object, bucket: object = {}) => ({
		types: { Metric: { fields: metric }, MetricBucket: { fields: bucket } },
		...metricWith({ total: '9007199254740993' }),
	});
	assert.is(read(types({ total: 'Long' })).wide, true);
	assert.is(read(types({ total: 'Long' })).states[0]!.metrics[0]!.total, '9007199254740993');
	assert.throws(
		() => read(types({ total: 'Integer' })),
		/\["cpu"\]\.total: "9007199254740993" does not fit an Integer/,
	);
	assert.throws(
		() => read(types({ total: 'Long' }, { count: 'Integer' })),
		/types: some numbers are Integers/,
	);
	assert.throws(
		() => read(types({ total: 'Double' })),
		/types\.Metric\.fields\.total: "Double" is neither Integer/,
	);
	assert.throws(() => read({ ...types({}), types: [] }), /types: a list is no object/);
});

const REFUSED: [payload: unknown, message: RegExp][] = [
	[null, /^the payload: is missing/],
	['x', /^the payload: "x" is no object/],
	[{}, /^data: is missing/],
	[{ data: {} }, /^data\.MetricsState: is missing/],
	[{ data: { MetricsState: {} } }, /^data\.MetricsState: an object is no list/],
	[{ data: { MetricsState: [1] } }, /^data\.MetricsState\[0\]: 1 is no object/],
	[stateWith({ metrics: undefined }), /^data\.MetricsState\[0\]\.metrics: is missing/],
	[stateWith({ source: 7 }), /\.source: 7 is no text/],
	[stateWith({ source: 'x'.repeat(2 ** 20 + 1) }), /\.source: a text of 1048577 characters is longer/],
	[
		stateWith({ metrics: { ['x'.repeat(2 ** 20 + 1)]: {} } }),
		/\.metrics\["x{80}\.\.\."\]: a text of 1048577/,
	],
	[stateWith({ aggregates: { x: 0.5 } }), /\.aggregates\["x"\]: 0\.5 is no whole number/],
	[stateWith({ aggregates: [] }), /\.aggregates: a list is no object/],
	[
		metricWith({ total: 3e10 }),
		/^data\.MetricsState\[0\]\.metrics\["cpu"\]\.total: 30000000000 does not fit an Integer$/,
	],
	[metricWith({ total: -2147483648 }), /-2147483648 does not fit/],
	[metricWith({ total: Number.NaN }), /NaN is no whole number/],
	[metricWith({ total: Number.POSITIVE_INFINITY }), /Infinity is no whole number/],
	[metricWith({ total: '1e3' }), /"1e3" is no whole number/],
	[metricWith({ total: '' }), /"" is no whole number/],
	[metricWith({ total: '9'.repeat(100_000) }), /\.\.\." is no whole number/],
	[metricWith({ total: null }), /\.total: is missing/],
	[metricWith({ total: true }), /true is no whole number/],
	[metricWith({ name: 'mem' }), /\["cpu"\]\.name: "mem" is not the key/],
	[metricWith({ unit: {} }), /\.unit: an object is no text/],
	[metricWith({ buckets: 'x' }), /\.buckets: "x" is no list/],
	[metricWith({ buckets: [[0, 1, 2]] }), /\.buckets\[0\]: a list is no object/],
	[metricWith({ buckets: [{ lower: 0 }] }), /\.buckets\[0\]\.count: is missing/],
	[metricWith({ buckets: [{ lower: 'a', count: 1 }] }), /\.buckets\[0\]\.lower: "a" is no whole number/],
	[
		metricWith({ buckets: [{ count: 2147483647 }, { count: 1 }], total: null }),
		/\.total: 2147483648 does not fit/,
	],
	[
		{ data: { MetricsState: ['a', 'b', 'a'].map((source) => ({ timestamp: TIME, source, metrics: {} })) } },
		/^data\.MetricsState\[2\]\.source: "a" stands twice/,
	],
	[
		JSON.parse(`{"data":{"MetricsState":[{"timestamp":"${TIME}","metrics":{"__proto__":5}}]}}`),
		/\["__proto__"\]: 5 is no/,
	],
	[JSON.parse(`{"__proto__":{"data":{"MetricsState":[]}}}`), /^data: is missing/],
];

test('what is refused, and where', () => {
	for (const [payload, message] of REFUSED) {
		assert.throws(
			() => read(payload),
			(error: Error) => error instanceof PayloadError && message.test(error.message),
			`${JSON.stringify(payload)?.slice(0, 100)} ${message}`,
		);
	}
});

test('numbers that JSON has rounded are not taken for exact ones', () => {
	const types = { Metric: { fields: { total: 'Long' } } };
	const payload = JSON.parse(
		JSON.stringify({ types, ...metricWith({}) }).replace('"total":1', '"total":9007199254740993'),
	);
	assert.throws(() => read(payload), /may have been rounded; beyond 2\^53, give the digits as a string/);
});

test('nesting as deep as JSON.parse lets through is refused, or ignored where nobody looks', () => {
	const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
	let deeper: unknown = {};
	for (let level = 0; level < 200_000; level++) deeper = { a: deeper };
	for (const one of [deep, deeper]) {
		for (const payload of [
			one,
			stateWith({ source: one }),
			metricWith({ total: one }),
			metricWith({ buckets: [one] }),
		])
			assert.throws(
				() => read(payload),
				(error: Error) => error instanceof PayloadError,
			);
		assert.is(read({ extra: one, ...stateWith({ extra: one }) }).states.length, 1);
	}
});

const hostile = fc.letrec((tie) => ({
	value: fc.oneof(
		{ maxDepth: 6 },
		fc.constantFrom(
			null,
			undefined,
			true,
			0,
			-0,
			1,
			2 ** 31,
			2 ** 53,
			1e300,
			Number.NaN,
			'',
			'5',
			'Long',
			TIME,
		),
		fc.string({ maxLength: 3 }),
		fc.array(tie('value'), { maxLength: 3 }),
		fc.dictionary(
			fc.constantFrom(
				...[
					'types',
					'data',
					'MetricsState',
					'Metric',
					'MetricBucket',
					'fields',
					'timestamp',
					'source',
					'metrics',
				],
				...[
					'aggregates',
					'name',
					'total',
					'unit',
					'buckets',
					'lower',
					'upper',
					'count',
					'__proto__',
					'toString',
				],
			),
			tie('value'),
			{ maxKeys: 6 },
		),
	),
})).value;

/** A sound payload in which something, somewhere, is replaced. */
const damaged = fc.tuple(cycles, fc.nat(), hostile).map(([cycle, place, value]) => {
	const payload = JSON.parse(textOf(cycle));
	const places: [object, string][] = [];
	const visit = (one: unknown) => {
		if (typeof one !== 'object' || one === null) return;
		for (const key of Object.keys(one)) {
			places.push([one, key]);
			visit((one as Record<string, unknown>)[key]);
		}
	};
	visit(payload);
	const [holder, key] = places[place % places.length]!;
	Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
	return payload;
});

test('hostile input never throws anything but a PayloadError', () => {
	const only = (payload: unknown) => {
		try {
			const cycle = read(payload, TIME);
			assert.equal(inOrder(read(JSON.parse(textOf(cycle)))), inOrder(cycle));
		} catch (error) {
			if (!(error instanceof PayloadError)) throw error;
			assert.ok(error.message.length < 2000, 'a message that can be read');
		}
	};
	fc.assert(fc.property(fc.oneof(damaged, hostile), only), { numRuns: 2000 });
	for (const odd of [Symbol.iterator, () => 1, 5n]) only(odd);
});

test.run();
