// What an exposition is in protobuf, read back by the official types.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createExposition } from '../../../../filters/lib/prometheus/exposition.ts';
import type { MessageStyle } from '../../../../filters/lib/prometheus/style.ts';
import { type Bucket, exact, type Measure } from '../../../../filters/lib/record.ts';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../../../data/measures.ts';
import {
	type Decoded,
	decode,
	decoderLacks,
	type NativeFields,
	nativeBuckets,
} from '../../../harness/decode.ts';
import { testWith } from '../../../parts.ts';

const test = suite('prometheus: messages');
const LACK = decoderLacks();
const TS = 1763712000000;
const STYLE: MessageStyle = { format: 'protobuf', timestamps: false };

type Metric = {
	label?: { name: string; value: string }[];
	counter?: Decoded;
	gauge?: Decoded;
	histogram?: NativeFields & Decoded & { bucket?: { cumulativeCount?: string; upperBound: number }[] };
	timestampMs?: string;
};
type Family = { name: string; help: string; type: string; unit?: string; metric: Metric[] };

const familiesOf = (records: Measure[], style = STYLE, more = {}): Family[] => {
	const state = createExposition({
		prefix: '',
		staleMs: 1e9,
		maxSeries: 1e6,
		estimates: false,
		onNotice: () => {},
		...more,
	});
	for (const record of records) assert.is(state.take(record), '');
	return decode<Family>('families', state.render(style));
};
const single = (records: Measure[], style = STYLE): Family => {
	const families = familiesOf(records, style);
	assert.is(families.length, 1);
	return families[0]!;
};

testWith(test, LACK, 'a counter, a gauge and a native histogram', () => {
	const records = [
		sumOf(42, { start: TS - 1500, attributes: { comm: 'a"b\n', empty: '' }, synthetic: true }),
		gaugeOf(3.5, { unit: 'By' }),
		histogramOf(
			[
				[0, 1, 5],
				[1, 2, 0],
				[2, 4, 9],
				[8, 16, 2],
			],
			{ start: 250 },
		),
	];
	const [calls, lat, load] = familiesOf(records, { ...STYLE, timestamps: true }) as [Family, Family, Family];
	assert.equal(calls, {
		name: 'calls_total',
		help: 'calls, by bpfpipe',
		type: 'COUNTER',
		metric: [
			{
				label: [
					{ name: 'host', value: 'web1' },
					{ name: 'comm', value: 'a"b\n' },
					{ name: 'synthetic', value: 'true' },
				],
				counter: { value: 42, createdTimestamp: '2025-11-21T07:59:58.500Z' },
				timestampMs: String(TS),
			},
		],
	});
	assert.equal([load.name, load.unit, load.metric[0]!.gauge], ['load_bytes', 'bytes', { value: 3.5 }]);
	assert.match(lat.help, 'no sum is known; native: [2,4) is in (2,4]');
	assert.equal(lat.metric[0]!.histogram, {
		sampleCount: '16',
		sampleSum: 'NaN',
		bucket: [
			{ cumulativeCount: '5', upperBound: 0 },
			{ cumulativeCount: '5', upperBound: 1 },
			{ cumulativeCount: '14', upperBound: 3 },
			{ cumulativeCount: '14', upperBound: 7 },
			{ cumulativeCount: '16', upperBound: 15 },
		],
		createdTimestamp: '1970-01-01T00:00:00.250Z',
		schema: 0,
		zeroThreshold: 1,
		zeroCount: '5',
		positiveSpan: [
			{ offset: 1, length: 2 },
			{ offset: 1, length: 1 },
		],
		positiveDelta: ['0', '9', '-7'],
	});
});

testWith(test, LACK, 'one form alone, where it is asked for', () => {
	const records = [histogramOf([[2, 4, 9]])];
	const native = single(records, { ...STYLE, histograms: 'native' });
	assert.is(native.metric[0]!.histogram!.bucket, undefined);
	assert.equal(native.metric[0]!.histogram!.positiveDelta, ['9']);
	const classic = single(records, { ...STYLE, histograms: 'classic' });
	assert.is(classic.metric[0]!.histogram!.positiveSpan, undefined);
	assert.is(classic.metric[0]!.histogram!.zeroThreshold, undefined);
	assert.not.match(classic.help, 'native');
	assert.is(classic.metric[0]!.histogram!.bucket!.length, 2);
});

testWith(test, LACK, 'a family of which one series has no native form is classic, and stays it', () => {
	const odd = histogramOf([[3, 6, 1]], { host: 'odd' });
	for (const histograms of ['both', 'native'] as const) {
		const { metric, help } = single([histogramOf([[2, 4, 9]]), odd], { ...STYLE, histograms });
		for (const { histogram } of metric) {
			assert.is(histogram!.zeroThreshold, undefined);
			assert.ok(histogram!.bucket!.length > 0);
		}
		assert.not.match(help, 'native');
	}
});

testWith(test, LACK, 'an empty histogram is a native one too', () => {
	const { histogram } = single([histogramOf([])]).metric[0]!;
	assert.is(histogram!.sampleCount, '0');
	assert.is(histogram!.zeroThreshold, 2 ** -128);
});

testWith(test, LACK, 'below zero, buckets mirror', () => {
	const { histogram } = single([
		histogramOf([
			[-4, -2, 1],
			[-2, -1, 2],
			[0, 1, 3],
		]),
	]).metric[0]!;
	assert.equal(histogram!.negativeSpan, [{ offset: 1, length: 2 }]);
	assert.equal(histogram!.negativeDelta, ['2', '-1']);
});

testWith(test, LACK, 'counts are whole to the last digit up to 2^63 - 1, and floats beyond', () => {
	const most = (2n ** 63n - 1n).toString();
	const whole = single([
		histogramOf([
			[1, 2, most],
			[2, 4, 0],
		]),
	]).metric[0]!.histogram!;
	assert.equal([whole.sampleCount, whole.positiveDelta], [most, [most, `-${most}`]]);
	const beyond = single([histogramOf([[1, 2, (2n ** 63n).toString()]])]).metric[0]!.histogram!;
	assert.equal([beyond.sampleCountFloat, beyond.positiveCount], [2 ** 63, [2 ** 63]]);
	assert.is(beyond.bucket!.at(-1)!.cumulativeCount, (2n ** 63n).toString());
	const huge = single([histogramOf([[1, 2, '1'.padEnd(40, '0')]])], { ...STYLE, histograms: 'classic' });
	assert.is(huge.metric[0]!.histogram!.sampleCountFloat, 1e39);
});

testWith(test, LACK, 'names in UTF-8 where they are asked for', () => {
	const record = histogramOf([[2, 4, 9]], {
		metric: 'cpu-lat.é',
		attributes: { 'a-b': 'x', comm: 'y', host: 'z', '': 'none' },
	});
	const { name, unit, metric } = single([record], { ...STYLE, names: 'utf8' });
	assert.equal([name, unit], ['cpu-lat.é_microseconds', 'microseconds']);
	assert.equal(
		metric[0]!.label!.map((label) => label.name),
		['host', '_', 'a-b', 'comm', 'exported_host'],
	);
	assert.is(single([record]).name, 'cpu_lat___microseconds');
});

testWith(test, LACK, 'notices and estimates are there as in the text', () => {
	const state = createExposition({
		prefix: 'p',
		staleMs: 1e9,
		maxSeries: 9,
		estimates: true,
		onNotice: () => {},
	});
	state.take(histogramOf([[2, 4, 2]]));
	state.take(histogramOf([[4, null, 2]], { metric: 'x' }));
	state.take(histogramOf([[null, null, 2]], { metric: 'y' }));
	state.notice(noticeOf('lost_events', { count: 7 }));
	const found = decode<Family>('families', state.render(STYLE));
	const values = Object.fromEntries(
		found.map(({ name, metric }) => [name, metric?.[0]?.gauge?.value ?? metric?.[0]?.counter?.value]),
	);
	assert.is(values.bpfpipe_notices_total, 7);
	assert.is(values.p_lat_estimated_sum_microseconds, 5);
	assert.ok(
		!Object.hasOwn(values, 'p_y_estimated_sum_microseconds') || !values.p_y_estimated_sum_microseconds,
	);
});

testWith(test, LACK, 'one style is rendered once, as long as nothing comes', () => {
	const state = createExposition({
		prefix: '',
		staleMs: 1e9,
		maxSeries: 9,
		estimates: false,
		onNotice: () => {},
	});
	state.take(sumOf(1));
	const first = state.render(STYLE);
	const text = state.render({ format: 'text', timestamps: false });
	assert.is(state.render(STYLE), first);
	assert.type(text, 'string');
	state.take(sumOf(2, { ts: TS + 1 }));
	assert.is.not(state.render(STYLE), first);
});

const whole = fc.oneof(fc.nat(1000).map(BigInt), fc.bigInt(0n, 1n << 58n));

testWith(test, LACK, 'any histogram of powers of two is read back, bucket by bucket', () => {
	const side = fc.uniqueArray(fc.tuple(fc.nat(110), whole), { maxLength: 12, selector: ([at]) => at });
	fc.assert(
		fc.property(fc.array(fc.tuple(side, side, whole), { maxLength: 40 }), (all) => {
			const records = all.map(([above, below, zero], at) => {
				const sorted = (list: [number, bigint][]) => [...list].sort(([a], [b]) => a - b);
				const buckets: Bucket[] = [
					...sorted(below)
						.reverse()
						.map(
							([k, count]): Bucket => [
								exact(-(2n ** BigInt(k + 1))),
								exact(-(2n ** BigInt(k))),
								exact(count),
							],
						),
					[0, 1, exact(zero)],
					...sorted(above).map(
						([k, count]): Bucket => [exact(2n ** BigInt(k)), exact(2n ** BigInt(k + 1)), exact(count)],
					),
				];
				return histogramOf(buckets, { host: `h${at}` });
			});
			if (records.length === 0) return;
			const { metric } = single(records, { ...STYLE, histograms: 'native' });
			for (const { label, histogram } of metric) {
				const record = records[Number(label![0]!.value.slice(1))]!;
				const wanted = record.buckets
					.filter(([, , count]) => Number(count) > 0)
					.map(([lower, upper, count]) => `${Number(lower)} ${Number(upper)} ${BigInt(count)}`);
				assert.equal(nativeBuckets(histogram!), wanted);
				const total = record.buckets.reduce((sum, [, , count]) => sum + BigInt(count), 0n);
				assert.is(histogram!.sampleCount, total.toString());
			}
		}),
		{ numRuns: 60 },
	);
});

testWith(test, LACK, 'hostile text and a hundred thousand series', () => {
	const long = '"\\\n\0\u202e'.repeat(200_000);
	const [first] = familiesOf([gaugeOf(1, { attributes: { x: long }, host: '\ud800', metric: 'a\udc00' })]);
	assert.equal(first!.metric[0]!.label, [
		{ name: 'host', value: '\ufffd' },
		{ name: 'x', value: long },
	]);
	const many = Array.from({ length: 100_000 }, (_, at) => gaugeOf(at, { host: `h${at}` }));
	const [load] = familiesOf(many);
	assert.is(load!.metric.length, 100_000);
	assert.equal(load!.metric[99_999]!.gauge, { value: 99_999 });
});

test.run();
