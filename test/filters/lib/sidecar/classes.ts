// Each of the five classes, what tells it from its neighbours, and what cannot be known.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bucket } from '../../../../filters/lib/record.ts';
import { CLASSES, type Class, verdictOf } from '../../../../filters/lib/sidecar/classes.ts';
import type { View } from '../../../../filters/lib/sidecar/view.ts';

const test = suite('sidecar: classes');
const LIMITS = { slow: 8192, dontneed: 1, fills: 1000, reclaimed: 100, direct: 1, reads: 100 };
const SECONDS = 60;

const FAST: Bucket[] = [
	[0, 1, 1000],
	[8192, 16384, 9],
];
const SLOW: Bucket[] = [
	[0, 1, 1000],
	[8192, 16384, 11],
];

/** A window of a minute in which this was counted. */
const viewOf = (reads: Bucket[], risen: Record<string, number> = {}): View => ({
	...{ host: 'web1', synthetic: false },
	now: {
		...{ ts: SECONDS * 1000, start: 1, reads },
		totals: new Map(Object.entries(risen).map(([name, count]) => [name, BigInt(7 + count)])),
	},
	before: {
		...{ ts: 0, start: 1, reads: [] },
		totals: new Map(Object.keys(risen).map((name) => [name, 7n])),
	},
});
const DONTNEED = 'ebpf_fadvise_advice dontneed';
const FILLS = 'ebpf_cache_misses';
const RECLAIMED = 'ebpf_memory_lru_pages_reclaimed';
const DIRECT = 'ebpf_memory_direct_reclaims';

const classOf = (view: View) => {
	const verdict = verdictOf(view, LIMITS);
	return 'unknown' in verdict ? verdict.unknown : verdict.class;
};

const CASES: [string, Bucket[], Record<string, number>, Class | undefined][] = [
	['fast and idle', FAST, {}, undefined],
	[
		'fast, and just below each threshold',
		FAST,
		{ [DONTNEED]: 59, [FILLS]: 59_999, [RECLAIMED]: 5999 },
		undefined,
	],
	['a compaction that drops what it read', FAST, { [DONTNEED]: 60 }, 'benign-scan'],
	['a scan', FAST, { [FILLS]: 60_000 }, 'benign-scan'],
	['reclaim that nobody feels', FAST, { [RECLAIMED]: 6000, [DONTNEED]: 99 }, 'pressure-without-impact'],
	['one direct reclaim that nobody feels', FAST, { [DIRECT]: 1 }, 'pressure-without-impact'],
	['slow, with fadvise', SLOW, { [DONTNEED]: 60, [FILLS]: 60_000 }, 'eviction-driven'],
	['slow, and nothing explains it', SLOW, { [FILLS]: 60_000, [DONTNEED]: 0 }, 'io-contention-or-cold-data'],
	['slow, with reclaim', SLOW, { [RECLAIMED]: 6000 }, 'os-memory-pressure'],
	['slow, with reclaim and fadvise', SLOW, { [DIRECT]: 1, [DONTNEED]: 99_999 }, 'os-memory-pressure'],
];
for (const [name, reads, risen, wanted] of CASES)
	test(name, () => assert.is(classOf(viewOf(reads, risen)), wanted));

test('each class has a case', () => {
	assert.equal(new Set(CASES.map(([, , , wanted]) => wanted)), new Set([...CLASSES, undefined]));
});

test('too few reads, no window, and bounds that do not fit say nothing', () => {
	assert.is(classOf(viewOf([[0, 1, 99]])), '99 reads in the window are fewer than 100');
	assert.is(classOf(viewOf([[0, 1, 100]])), undefined);
	assert.is(classOf({ ...viewOf(SLOW), before: undefined }), 'no whole window has been seen');
	const view = viewOf(SLOW);
	assert.is(
		classOf({ ...view, before: { ...view.before!, reads: [[5, 9000, 3]] } }),
		'no whole window has been seen',
	);
});

test('only the reads of the window count', () => {
	const view = viewOf(SLOW);
	const before: Bucket[] = [
		[0, 1, 100],
		[8192, 16384, 11],
	];
	assert.is(classOf({ ...view, before: { ...view.before!, reads: before } }), undefined);
});

test('a bucket across the threshold counts as fast; the evidence has its bounds', () => {
	for (const [bucket, threshold, isSlow] of [
		[[8192, 16384, 500], 8192, true],
		[[8192, 16384, 500], 10_000, false],
		[[8192, null, 500], 8192, true],
		[[null, 16384, 500], 1, false],
	] as [Bucket, number, boolean][]) {
		const verdict = verdictOf(viewOf([bucket]), { ...LIMITS, slow: threshold });
		assert.ok('evidence' in verdict);
		assert.is(verdict.class === 'io-contention-or-cold-data', isSlow);
		assert.equal(verdict.evidence, [
			{ figure: 'read_p99', value: bucket[0] ?? 0, upper: bucket[1], unit: 'us', threshold },
		]);
	}
});

test('the 99th of 100 is that of all reads sorted', () => {
	const counts = fc.array(fc.nat(300), { minLength: 8, maxLength: 8 });
	fc.assert(
		fc.property(counts, (all) => {
			const total = all.reduce((sum, count) => sum + count, 0);
			fc.pre(total >= 100);
			const reads = all.map((count, at): Bucket => [at === 0 ? 0 : 2 ** (at - 1), 2 ** at, count]);
			const sorted = reads.flatMap(([lower, , count]) => Array<number>(Number(count)).fill(Number(lower)));
			const verdict = verdictOf(viewOf(reads), LIMITS);
			assert.ok('evidence' in verdict);
			assert.is(verdict.evidence[0]!.value, sorted[Math.ceil(0.99 * total) - 1]);
		}),
	);
});

test.run();
