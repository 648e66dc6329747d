// Bodies of both versions, read back by the official types.

import fc from 'fast-check';
import { compress } from 'snappyjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Bucket, exact, type Measure } from '../../../../filters/lib/record.ts';
import { createIntake } from '../../../../filters/lib/remote-write/intake.ts';
import type { HistogramForm, Item } from '../../../../filters/lib/remote-write/item.ts';
import { writeRequest1, writeRequest2 } from '../../../../filters/lib/remote-write/messages.ts';
import { gaugeOf, histogramOf, sumOf } from '../../../data/measures.ts';
import { decode, decoderLacks, type NativeFields, nativeBuckets } from '../../../harness/decode.ts';
import { testWith } from '../../../parts.ts';

const test = suite('remote-write: messages');
const LACK = decoderLacks();
const TS = 1763712000000;

const itemsOf = (records: Measure[], form: HistogramForm = 'classic', staleMs = 1e9): Item[] => {
	const items: Item[] = [];
	const intake = createIntake({
		prefix: '',
		staleMs,
		maxSeries: 1e6,
		form,
		restored: [],
		onItem: (item) => items.push(item),
		onNotice: () => {},
	});
	for (const record of records) assert.is(intake.take(record), '');
	return items;
};

type Sample = { value?: number | string; timestamp: string; startTimestamp?: string };
type Native = {
	countInt?: string;
	countFloat?: number;
	sum: number | string;
	schema?: number;
	zeroThreshold?: number;
	zeroCountInt?: string;
	negativeSpans?: NativeFields['negativeSpan'];
	negativeDeltas?: string[];
	positiveSpans?: NativeFields['positiveSpan'];
	positiveDeltas?: string[];
	timestamp: string;
	startTimestamp?: string;
};
type One = {
	timeseries: { labels: { name: string; value: string }[]; samples?: Sample[]; histograms?: Native[] }[];
	metadata?: { type?: string; metricFamilyName: string; help?: string; unit?: string }[];
};
type Two = {
	symbols: string[];
	timeseries: {
		labelsRefs: number[];
		samples?: Sample[];
		histograms?: Native[];
		metadata?: { type?: string; helpRef?: number; unitRef?: number };
	}[];
};

type Plain = { name: string; samples: Sample[]; histograms: Native[]; start?: string };
const one = (items: Item[]): One => decode<One>('write1', compress(writeRequest1(items)))[0]!;
const two = (items: Item[]): Two => decode<Two>('write2', compress(writeRequest2(items)))[0]!;
const withoutStart = <Timed extends { startTimestamp?: string }>(list: Timed[] = []) =>
	list.map(({ startTimestamp: _start, ...rest }) => rest);
const plainOfOne = ({ timeseries }: One): Plain[] =>
	timeseries.map(({ labels, samples = [], histograms = [] }) => ({
		name: labels.map(({ name, value }) => `${name}=${value}`).join(),
		samples,
		histograms,
	}));
const plainOfTwo = ({ symbols, timeseries }: Two): Plain[] =>
	timeseries.map(({ labelsRefs, samples, histograms }) => ({
		name: labelsRefs
			.map((ref) => symbols[ref]!)
			.flatMap((text, at, all) => (at % 2 === 0 ? [`${text}=${all[at + 1]}`] : []))
			.join(),
		samples: withoutStart(samples) as Sample[],
		histograms: withoutStart(histograms) as Native[],
	}));

testWith(test, LACK, '1.0: each series once, its samples in order, metadata of each family', () => {
	const request = one(
		itemsOf([
			sumOf(1, { start: TS - 1 }),
			sumOf(2, { ts: TS + 1 }),
			gaugeOf(0, { unit: 'By', attributes: { 'a-b': 'x"\\\n' } }),
		]),
	);
	assert.equal(request.timeseries, [
		{
			labels: [
				{ name: '__name__', value: 'calls_total' },
				{ name: 'host', value: 'web1' },
			],
			samples: [
				{ value: 1, timestamp: String(TS) },
				{ value: 2, timestamp: String(TS + 1) },
			],
		},
		{
			labels: [
				{ name: '__name__', value: 'load_bytes' },
				{ name: 'a_b', value: 'x"\\\n' },
				{ name: 'host', value: 'web1' },
			],
			samples: [{ timestamp: String(TS) }],
		},
	]);
	assert.equal(request.metadata, [
		{ type: 'COUNTER', metricFamilyName: 'calls_total', help: 'calls, by bpfpipe' },
		{ type: 'GAUGE', metricFamilyName: 'load_bytes', help: 'load in By, by bpfpipe', unit: 'bytes' },
	]);
});

testWith(test, LACK, '2.0: symbols, metadata of each series, start times', () => {
	const { symbols, timeseries } = two(itemsOf([sumOf(1, { start: TS - 1 }), gaugeOf(5, { unit: 'By' })]));
	assert.is(symbols[0], '');
	assert.is(new Set(symbols).size, symbols.length);
	const [calls, load] = timeseries;
	assert.equal(calls!.samples, [{ value: 1, timestamp: String(TS), startTimestamp: String(TS - 1) }]);
	assert.equal(
		[calls!.metadata!.type, symbols[calls!.metadata!.helpRef!]],
		['METRIC_TYPE_COUNTER', 'calls, by bpfpipe'],
	);
	assert.equal([load!.metadata!.type, symbols[load!.metadata!.unitRef!]], ['METRIC_TYPE_GAUGE', 'bytes']);
	assert.is(load!.samples![0]!.startTimestamp, undefined);
});

testWith(test, LACK, 'a native histogram, and ends of series', () => {
	const records = [
		histogramOf(
			[
				[0, 1, 5],
				[2, 4, '9007199254740993'],
			],
			{ start: TS - 1 },
		),
		sumOf(1),
		gaugeOf(1, { ts: TS + 11 }),
	];
	const items = itemsOf(records, 'native', 10);
	const { timeseries, symbols } = two(items);
	const { histograms, metadata } = timeseries[0]!;
	const common = { schema: 0, zeroThreshold: 1, zeroCountInt: '5', sum: 'NaN' };
	assert.equal(bare(histograms![0]!), {
		...bare(common),
		countInt: '9007199254740998',
		positiveSpans: [{ offset: 2, length: 1 }],
		positiveDeltas: ['9007199254740993'],
		timestamp: String(TS),
		startTimestamp: String(TS - 1),
	});
	assert.match(symbols[metadata!.helpRef!]!, 'native: [2,4) is in (2,4]');
	// The marker: all of its bits, which JSON does not show.
	const marker = Buffer.from([2, 0, 0, 0, 0, 0, 0xf0, 0x7f]);
	for (const bytes of [writeRequest1(items), writeRequest2(items)]) {
		const found = Buffer.from(bytes);
		assert.ok(found.includes(Buffer.concat([Buffer.from([25]), marker])), 'of the histogram');
		assert.ok(found.includes(Buffer.concat([Buffer.from([9]), marker])), 'of the counter');
	}
	assert.is(histograms![1]!.timestamp, String(TS + 10));
});

/** Zeros left out, as they are on the wire. */
const bare = (message: object) =>
	Object.fromEntries(Object.entries(message).filter(([, value]) => value !== 0 && value !== '0'));

const whole = fc.oneof(fc.nat(1000).map(BigInt), fc.bigInt(0n, 1n << 58n));
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom('\ud800', 'x', ''));
const names = fc.record({
	host: text,
	metric: text,
	attributes: fc.dictionary(text, text, { maxKeys: 3 }),
	temporality: fc.constantFrom('cumulative' as const, 'delta' as const),
	synthetic: fc.boolean(),
	ts: fc.nat(20).map((at) => TS + at),
});
const log2 = fc
	.uniqueArray(fc.tuple(fc.nat(100), whole), { maxLength: 10, selector: ([at]) => at })
	.map((list): Bucket[] =>
		list
			.sort(([a], [b]) => a - b)
			.map(([k, count]): Bucket => [exact(2n ** BigInt(k)), exact(2n ** BigInt(k + 1)), exact(count)]),
	);
const measure: fc.Arbitrary<Measure> = fc.oneof(
	fc.tuple(names, log2).map(([more, buckets]) => histogramOf(buckets, more)),
	fc
		.tuple(names, whole, fc.boolean())
		.map(([more, value, monotonic]) => sumOf(exact(value), { ...more, monotonic })),
	fc
		.tuple(names, fc.double({ noNaN: true }))
		.map(([{ temporality: _, ...more }, value]) => gaugeOf(value, more)),
);
const form = fc.constantFrom('classic' as const, 'native' as const, 'both' as const);

testWith(
	test,
	LACK,
	'both versions say the same, labels in order and each series once, whatever comes',
	() => {
		fc.assert(
			fc.property(
				fc.array(measure, { maxLength: 30 }),
				form,
				fc.constantFrom(2, 1e9),
				(records, wanted, staleMs) => {
					const items = itemsOf(records, wanted, staleMs);
					if (items.length === 0) return;
					const [first, second] = [one(items), two(items)];
					assert.equal(plainOfTwo(second), plainOfOne(first));
					const series = first.timeseries.map(({ labels }) => JSON.stringify(labels));
					assert.is(new Set(series).size, series.length);
					for (const { labels, samples = [] } of first.timeseries) {
						const order = labels.map(({ name }) => name);
						assert.equal(order, [...new Set(order)].sort());
						assert.ok(labels.every(({ value }) => value !== ''));
						const times = samples.map(({ timestamp }) => Number(timestamp));
						assert.equal(
							times,
							[...new Set(times)].sort((a, b) => a - b),
						);
					}
				},
			),
			{ numRuns: 100 },
		);
	},
);

testWith(test, LACK, 'every native bucket is there as it was', () => {
	fc.assert(
		fc.property(fc.array(log2, { minLength: 1, maxLength: 30 }), (all) => {
			const request = one(
				itemsOf(
					all.map((buckets, at) => histogramOf(buckets, { host: `h${at}` })),
					'native',
				),
			);
			for (const { labels, histograms } of request.timeseries) {
				const buckets = all[Number(labels.find(({ name }) => name === 'host')!.value.slice(1))]!;
				const [found] = histograms!;
				assert.equal(
					nativeBuckets({
						...found,
						positiveSpan: found!.positiveSpans ?? [],
						positiveDelta: found!.positiveDeltas ?? [],
					}),
					buckets
						.filter(([, , count]) => BigInt(count) > 0n)
						.map(([lower, upper, count]) => `${Number(lower)} ${Number(upper)} ${count}`),
				);
			}
		}),
		{ numRuns: 60 },
	);
});

testWith(test, LACK, 'snappy of whatever stands in a label, up to a mebibyte', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), fc.nat(200), (piece, times) => {
			const value = Buffer.from(piece).toString().repeat(times);
			const [series] = one(itemsOf([gaugeOf(1, { attributes: { x: value } })])).timeseries;
			assert.is(series!.labels.find(({ name }) => name === 'x')?.value ?? '', value);
		}),
		{ numRuns: 60 },
	);
});

test.run();
