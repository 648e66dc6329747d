// Records as points, and points in both encodings read back by the official types.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportJson } from '../../../../filters/lib/otlp/json.ts';
import { exportMessage } from '../../../../filters/lib/otlp/messages.ts';
import type { Origin } from '../../../../filters/lib/otlp/origin.ts';
import { type HistogramForm, noticePoint, type Point, pointOf } from '../../../../filters/lib/otlp/point.ts';
import { type Bucket, exact, type Measure } from '../../../../filters/lib/record.ts';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../../../data/measures.ts';
import { decode, decoderLacks } from '../../../harness/decode.ts';
import { testWith } from '../../../parts.ts';

const test = suite('otlp: points');
const LACK = decoderLacks();
const ORIGIN: Origin = {
	attributes: [['service.name', 'x']],
	scope: { name: 'bpfpipe', version: '1' },
};

const made = (record: Measure, form: HistogramForm = 'auto'): Point => {
	const point = pointOf(record, form);
	if ('counter' in point) throw new Error(point.why);
	return point;
};
const refused = (record: Measure): string => {
	const point = pointOf(record, 'auto');
	return 'counter' in point ? point.counter : 'taken';
};

test('a histogram in the form that is asked for, where its buckets have it', () => {
	const log2 = histogramOf([[2, 4, 9]]);
	const odd = histogramOf([[3, 6, 9]]);
	assert.equal(
		(['explicit', 'exponential', 'auto'] as const).map((form) => [
			made(log2, form).metric.type,
			made(odd, form).metric.type,
		]),
		[
			['histogram', 'histogram'],
			['exponentialHistogram', 'histogram'],
			['exponentialHistogram', 'histogram'],
		],
	);
	assert.equal(made(odd).data, { kind: 'explicit', count: 9, bounds: [2, 5], counts: [0, 9, 0] });
});

test('a sum is an integer where it is whole, a gauge a float as long as that is exact', () => {
	assert.equal(made(sumOf(3)).data, { kind: 'number', whole: 3 });
	assert.equal(made(sumOf(3.5)).data, { kind: 'float', float: 3.5 });
	assert.equal(made(gaugeOf(3)).data, { kind: 'float', float: 3 });
	assert.ok(Object.is((made(gaugeOf(-0)).data as { float: number }).float, 0));
	assert.equal(made(gaugeOf('-9007199254740993')).data, { kind: 'number', whole: '-9007199254740993' });
});

test('what has no place in 64 bits, or a fault, is left out, and by what it is counted', () => {
	const most = (2n ** 64n).toString();
	assert.is(refused(histogramOf([[1, 2, most]])), 'too_large');
	assert.is(refused(histogramOf([[1, 2, (2n ** 64n - 1n).toString()]])), 'taken');
	assert.is(refused(sumOf((2n ** 63n).toString())), 'too_large');
	assert.is(refused(sumOf(`-${2n ** 63n - 1n}`)), 'taken');
	assert.is(refused(gaugeOf(1, { ts: 9e15 })), 'too_large');
	assert.is(refused(histogramOf([[1, 2, -1]])), 'bad');
	assert.is(refused(gaugeOf(1, { attributes: { 'a\ud800': '', 'a\udc00': '' } })), 'label_collision');
});

test('no attribute passes for the mark of sample data', () => {
	const { attributes, synthetic } = made(gaugeOf(1, { attributes: { synthetic: 'true' } }));
	assert.equal([attributes, synthetic], [[['exported_synthetic', 'true']], false]);
});

test('a notice is an increment', () => {
	const point = noticePoint(noticeOf('odd', { count: 5, metric: 'lat', synthetic: true })) as Point;
	assert.equal([point.metric.temporality, point.data], ['delta', { kind: 'number', whole: 5 }]);
	assert.ok(point.synthetic);
	assert.equal((noticePoint(noticeOf('odd', { count: 'x' })) as Point).data, { kind: 'number', whole: 1 });
});

const whole = fc.oneof(fc.nat(1000).map(BigInt), fc.bigInt(0n, (1n << 53n) - 1n), fc.bigInt(0n, 1n << 59n));
const log2 = fc
	.tuple(
		fc.uniqueArray(fc.tuple(fc.nat(110), whole), { maxLength: 10, selector: ([at]) => at }),
		fc.uniqueArray(fc.tuple(fc.nat(110), whole), { maxLength: 10, selector: ([at]) => at }),
	)
	.map(([above, below]): Bucket[] => {
		const sorted = (list: [number, bigint][]) => [...list].sort(([a], [b]) => a - b);
		return [
			...sorted(below)
				.reverse()
				.map(
					([k, count]): Bucket => [exact(-(2n ** BigInt(k + 1))), exact(-(2n ** BigInt(k))), exact(count)],
				),
			...sorted(above).map(
				([k, count]): Bucket => [exact(2n ** BigInt(k)), exact(2n ** BigInt(k + 1)), exact(count)],
			),
		];
	});
const any = fc
	.tuple(
		fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { maxLength: 12 }),
		fc.array(whole, { minLength: 12, maxLength: 12 }),
	)
	.map(([edges, counts]): Bucket[] => {
		const sorted = edges.sort((a, b) => a - b);
		return sorted.slice(1).map((upper, at): Bucket => [sorted[at]!, upper, exact(counts[at]!)]);
	});
const text = fc.oneof(
	fc.string({ unit: 'binary', maxLength: 8 }),
	fc.constantFrom('\ud800', '', '__proto__'),
);
const names = fc.record({
	host: text,
	metric: text,
	unit: text,
	attributes: fc.dictionary(fc.string(), text, { maxKeys: 3 }),
	synthetic: fc.boolean(),
	start: fc.nat(1e9),
	temporality: fc.constantFrom('cumulative' as const, 'delta' as const),
});
const measure: fc.Arbitrary<Measure> = fc.oneof(
	fc.tuple(names, fc.oneof(log2, any)).map(([more, buckets]) => histogramOf(buckets, more)),
	fc
		.tuple(names, whole, fc.boolean())
		.map(([more, value, monotonic]) => sumOf(exact(value), { ...more, monotonic })),
	fc
		.tuple(names, fc.double({ noNaN: true, noDefaultInfinity: true }))
		.map(([{ temporality: _, ...more }, value]) => gaugeOf(value, more)),
);

type Data = { dataPoints: Decoded[]; aggregationTemporality?: string };
type Decoded = {
	count?: string;
	bucketCounts?: string[];
	explicitBounds?: number[];
	zeroCount?: string;
	scale?: number;
	positive?: { offset?: number; bucketCounts?: string[] };
	negative?: { offset?: number; bucketCounts?: string[] };
	asInt?: string;
	asDouble?: number;
};
type Metric = { name: string; histogram?: Data; exponentialHistogram?: Data; sum?: Data; gauge?: Data };
type Export = { resourceMetrics?: { scopeMetrics: { metrics: Metric[] }[] }[] };

testWith(test, LACK, 'both encodings say the same to the official types', () => {
	fc.assert(
		fc.property(
			fc.array(measure, { maxLength: 30 }),
			fc.constantFrom('auto' as const, 'explicit' as const),
			(records, form) => {
				const points = records
					.map((record) => pointOf(record, form))
					.filter((one): one is Point => 'data' in one);
				const [inProtobuf] = decode<Export>('otlp', exportMessage(points, ORIGIN));
				const [inJson] = decode<Export>('otlp-json', exportJson(points, ORIGIN));
				assert.equal(inJson, inProtobuf);
			},
		),
		{ numRuns: 60 },
	);
});

const ofBuckets = (list: Bucket[]): string[] =>
	list
		.filter(([, , count]) => BigInt(count) > 0n)
		.map(([lower, upper, count]) => `${Number(lower)} ${Number(upper)} ${count}`);

testWith(test, LACK, 'every bucket is there as it was', () => {
	fc.assert(
		fc.property(
			fc.array(fc.oneof(log2, any, fc.constant<Bucket[]>([[0, 1, 7]])), { minLength: 1, maxLength: 40 }),
			(all) => {
				const points = all.map((buckets, at) => made(histogramOf(buckets, { metric: `m${at}` })));
				const [message] = decode<Export>('otlp', exportMessage(points, ORIGIN));
				for (const { name, histogram, exponentialHistogram } of message!.resourceMetrics![0]!.scopeMetrics[0]!
					.metrics) {
					const buckets = all[Number(name.slice(1))]!;
					const [point] = (histogram ?? exponentialHistogram)!.dataPoints;
					const total = buckets.reduce((sum, [, , count]) => sum + BigInt(count), 0n);
					assert.is(BigInt(point!.count ?? 0), total);
					if (exponentialHistogram) {
						const base = 2 ** (2 ** -(point!.scale ?? 0));
						const side = ({ offset = 0, bucketCounts = [] }: NonNullable<Decoded['positive']> = {}) =>
							bucketCounts.map(
								(count, at) => [base ** (offset + at), base ** (offset + at + 1), count] as const,
							);
						const found: Bucket[] = [
							...side(point!.negative)
								.reverse()
								.map(([lower, upper, count]): Bucket => [-upper, -lower, count]),
							...side(point!.positive).map(([lower, upper, count]): Bucket => [lower, upper, count]),
						];
						const isZero = ([lower, upper]: Bucket) => Number(lower) <= 0 && Number(upper) >= 0;
						assert.equal(ofBuckets(found), ofBuckets(buckets.filter((one) => !isZero(one))));
						const zero = buckets.filter(isZero).reduce((sum, [, , count]) => sum + BigInt(count), 0n);
						assert.is(BigInt(point!.zeroCount ?? 0), zero);
					} else {
						const bounds = point!.explicitBounds ?? [];
						const counts = point!.bucketCounts!;
						assert.is(counts.length, bounds.length + 1);
						assert.ok(bounds.every((bound, at) => at === 0 || bound > bounds[at - 1]!));
						for (const [lower, upper, count] of buckets) {
							const at = bounds.indexOf(Number(upper) - 1);
							assert.is(counts[at], String(count));
							// A first bucket from zero has no row below it.
							assert.is(bounds[at - 1], at === 0 && lower === 0 ? undefined : Number(lower) - 1);
						}
					}
				}
			},
		),
		{ numRuns: 60 },
	);
});

testWith(test, LACK, 'attribute values of 1 MiB, a hundred thousand series, no series', () => {
	const long = made(gaugeOf(1, { attributes: { x: '"\\\n\0\u202e'.repeat(200_000) } }));
	assert.is(decode('otlp', exportMessage([long], ORIGIN)).length, 1);
	const many = Array.from({ length: 100_000 }, (_, at) =>
		made(gaugeOf(at, { attributes: { at: String(at) } })),
	);
	const [message] = decode<Export>('otlp', exportMessage(many, ORIGIN));
	const { dataPoints } = message!.resourceMetrics![0]!.scopeMetrics[0]!.metrics[0]!.gauge!;
	assert.equal([dataPoints.length, dataPoints[99_999]!.asDouble], [100_000, 99_999]);
	assert.equal(decode('otlp', exportMessage([], ORIGIN)), [{}]);
	assert.equal(decode('otlp-json', exportJson([], ORIGIN)), [{}]);
});

testWith(
	test,
	LACK,
	'counts of more than 32 bits, alone and beside those of more than 53, are all there',
	() => {
		const counts = (...list: (number | string)[]) => {
			const buckets = list.map((count, at): Bucket => [3 * at, 3 * at + 3, count]);
			const [message] = decode<Export>(
				'otlp',
				exportMessage([made(histogramOf(buckets), 'explicit')], ORIGIN),
			);
			return JSON.stringify(message)
				.match(/"bucketCounts":\[([^\]]*)\]/)![1]!
				.replaceAll('"', '')
				.split(',');
		};
		const [middle, large] = [2 ** 40 + 5, Number.MAX_SAFE_INTEGER];
		assert.equal(counts(7, middle, large).slice(0, 3), ['7', `${middle}`, `${large}`]);
		assert.equal(counts(7, middle, '9007199254740993').slice(0, 3), ['7', `${middle}`, '9007199254740993']);
		const many = Array.from({ length: 300 }, (_, at) => 2 ** 33 + at);
		assert.equal(counts(...many).slice(0, 300), many.map(String));
	},
);

test.run();
