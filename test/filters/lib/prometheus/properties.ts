// Whatever comes in, hostile names and huge counts among it, what is rendered is read back by a strict parser and compared.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createExposition } from '../../../../filters/lib/prometheus/exposition.ts';
import { metricName } from '../../../../filters/lib/prometheus/name.ts';
import type { Bucket, Exact, Measure } from '../../../../filters/lib/record.ts';
import { exact, toBigInt } from '../../../../filters/lib/record.ts';
import { gaugeOf, histogramOf, sumOf } from '../../../data/measures.ts';
import { type Parsed, parseExposition, type Sample } from '../../../harness/exposition-parser.ts';

const test = suite('prometheus: properties');
const TEXT = { format: 'text', timestamps: false } as const;
const OPEN = { format: 'openMetrics', timestamps: true } as const;

const create = (maxSeries = 1000) =>
	createExposition({ prefix: '', staleMs: 1e9, maxSeries, estimates: true, onNotice: () => {} });

const whole = fc.oneof(fc.nat(1000).map(BigInt), fc.bigInt(0n, 1n << 70n));
const bound = fc.oneof(fc.integer({ min: -50, max: 50 }).map(BigInt), fc.bigInt(-(1n << 66n), 1n << 66n));

/** Buckets of any bounds: neighbours share an edge or leave a gap; the outer ones may have no end. */
const buckets = fc
	.record({
		edges: fc.uniqueArray(bound, { minLength: 2, maxLength: 12 }),
		counts: fc.array(whole, { minLength: 13, maxLength: 13 }),
		gaps: fc.array(fc.boolean(), { minLength: 13, maxLength: 13 }),
		open: fc.tuple(fc.boolean(), fc.boolean()),
	})
	.map(({ edges, counts, gaps, open: [from, to] }): Bucket[] => {
		const sorted = edges.sort((a, b) => (a < b ? -1 : 1)).map(exact);
		const pairs: [Exact | null, Exact | null][] = sorted.slice(1).map((upper, at) => [sorted[at]!, upper]);
		if (from) pairs.unshift([null, sorted[0]!]);
		if (to) pairs.push([sorted.at(-1)!, null]);
		return pairs
			.map(([lower, upper], at): Bucket => [lower, upper, exact(counts[at]!)])
			.filter((_bucket, at) => !gaps[at]);
	});

const hostile = fc.oneof(
	fc.string({ unit: 'binary', maxLength: 6 }),
	fc.constantFrom(
		'a',
		'a-b',
		'a_b',
		'le',
		'host',
		'__name__',
		'\\',
		'"',
		'\n',
		'\ud800',
		'',
		'x_total',
		'x_bucket',
	),
);
const names = fc.record({
	host: hostile,
	metric: hostile,
	unit: fc.constantFrom('us', '1', '', 'By/s', '"\n'),
	attributes: fc.dictionary(hostile, hostile, { maxKeys: 3 }),
	synthetic: fc.boolean(),
});
const temporality = fc.constantFrom('cumulative' as const, 'delta' as const);
const measure: fc.Arbitrary<Measure> = fc.oneof(
	fc
		.record({ names, buckets, temporality })
		.map(({ names, buckets, temporality }) => histogramOf(buckets, { ...names, temporality })),
	fc
		.record({ names, value: whole, temporality, monotonic: fc.boolean() })
		.map(({ names, value, ...more }) => sumOf(exact(value), { ...names, ...more })),
	fc
		.record({ names, value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), whole.map(exact)) })
		.map(({ names, value }) => gaugeOf(value, names)),
);

const bucketCount = (rows: Sample[], [lower, upper]: Bucket): bigint => {
	const at = (edge: Exact | null, none: bigint): bigint => {
		if (edge === null) return none;
		const row = rows.find(({ labels }) => labels.le === String(toBigInt(edge) - 1n));
		return row ? BigInt(row.value) : 0n;
	};
	return at(upper, BigInt(rows.at(-1)!.value)) - at(lower, 0n);
};
const totalOf = (all: Bucket[]): bigint => all.reduce((sum, [, , count]) => sum + toBigInt(count), 0n);
const familyOf = (parsed: Parsed, name: string) => parsed.get(name)!.samples;

test('every bucket is read back as it was, and the count is the exact total', () => {
	fc.assert(
		fc.property(buckets, (some) => {
			const state = create();
			assert.is(state.take(histogramOf(some)), '');
			const samples = familyOf(parseExposition(state.render(TEXT)), 'lat_microseconds');
			const rows = samples.filter(({ name }) => name.endsWith('_bucket'));
			for (const bucket of some) assert.is(bucketCount(rows, bucket), toBigInt(bucket[2]));
			assert.is(BigInt(samples.at(-1)!.value), totalOf(some));
			parseExposition(state.render(OPEN));
		}),
		{ numRuns: 500 },
	);
});

test('hostile names and values never break an exposition, and what is in it has a record', () => {
	fc.assert(
		fc.property(fc.array(measure, { maxLength: 25 }), fc.integer({ min: 1, max: 30 }), (records, most) => {
			const state = create(most);
			for (const record of records) assert.is(state.take(record), '');
			parseExposition(state.render(OPEN));
			const parsed = parseExposition(state.render(TEXT));
			for (const { metric, unit, ...record } of records) {
				const base = metricName(metric, unit);
				const isCounter = record.type === 'sum' && record.monotonic;
				const isThere = parsed.has(isCounter ? `${base}_total` : base);
				// Left out only because of what is counted.
				if (!isThere) assert.ok(parsed.has('bpfpipe_notices_total'));
			}
			const hosts = new Set(records.map(({ host }) => Buffer.from(host).toString()));
			for (const { samples } of parsed.values())
				for (const { labels } of samples) assert.ok(labels.host === undefined || hosts.has(labels.host));
		}),
		{ numRuns: 300 },
	);
});

type Step = { key: number; grow: number[]; isReset: boolean; isDelta: boolean };
const steps = fc.array(
	fc.record({
		key: fc.nat(2),
		grow: fc.array(fc.nat(5), { minLength: 4, maxLength: 4 }),
		isReset: fc.boolean(),
		isDelta: fc.boolean(),
	}),
	{ maxLength: 30 },
);
const bucketsOf = (counts: number[]): Bucket[] =>
	counts.flatMap((count, at): Bucket[] => (count > 0 ? [[2 ** at, 2 ** (at + 1), count]] : []));

/** Records of sources that count up and begin again, and what each has counted in all. */
const recordsOf = (list: Step[]) => {
	const sources = [0, 1, 2].map(() => ({ now: [0, 0, 0, 0], all: 0n, increments: 0n }));
	return list.map(({ key, grow, isReset, isDelta }, at) => {
		const source = sources[key]!;
		const added = grow.reduce((a, b) => a + b, 0);
		if (isDelta) source.increments += BigInt(added);
		else {
			const before = source.now;
			// A restart that nobody can see is one that has counted beyond everything already.
			const fell = isReset && grow.some((value, index) => value < before[index]!);
			source.now = fell ? grow : before.map((value, index) => value + grow[index]!);
			source.all += BigInt(added);
		}
		const record = histogramOf(bucketsOf(isDelta ? grow : source.now), {
			ts: at * 1000,
			host: `h${key}`,
			metric: isDelta ? 'delta' : 'cumulative',
			temporality: isDelta ? 'delta' : 'cumulative',
		});
		return { record, total: isDelta ? source.increments : source.all };
	});
};

test('counts never fall, along le or in time, through every restart of a source; the total is what was counted', () => {
	fc.assert(
		fc.property(steps, (list) => {
			const state = create();
			let before = new Map<string, bigint>();
			for (const { record, total } of recordsOf(list)) {
				assert.is(state.take(record), '');
				const parsed = parseExposition(state.render(TEXT));
				const now = new Map<string, bigint>();
				for (const [name, { type, samples }] of parsed)
					if (type === 'histogram')
						for (const { labels, value } of samples)
							now.set(`${name} ${labels.host} ${labels.le ?? 'count'}`, BigInt(value));
				for (const [key, value] of before) assert.ok(now.get(key)! >= value, key);
				assert.is(now.get(`${record.metric}_microseconds ${record.host} count`), total);
				before = now;
			}
		}),
		{ numRuns: 300 },
	);
});

test.run();
