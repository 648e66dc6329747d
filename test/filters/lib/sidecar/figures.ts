// Shares of a window: exact, never above the whole, ended by a notice; counters as iomonitor has them.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Gauge, Sum } from '../../../../filters/lib/record.ts';
import { createFigures, totalsOf } from '../../../../filters/lib/sidecar/figures.ts';
import type { View } from '../../../../filters/lib/sidecar/view.ts';

const test = suite('sidecar: figures');

type Totals = Record<string, number | bigint>;
const print = (ts: number, totals: Totals) => ({
	...{ ts, start: 1, reads: [] },
	totals: new Map(Object.entries(totals).map(([name, value]) => [name, BigInt(value)])),
});
const viewOf = (now: Totals, before?: Totals, more: Partial<View> = {}): View => ({
	...{ host: 'web1', synthetic: false, now: print(70_000, now) },
	...{ before: before && print(5000, before) },
	...more,
});
const SCANNED = 'ebpf_memory_lru_pages_scanned';
const RECLAIMED = 'ebpf_memory_lru_pages_reclaimed';
const efficiency = (now: Totals, before?: Totals) =>
	createFigures()(viewOf(now, before)).filter(({ type }) => type === 'gauge');

test('a share says of which window it is', () => {
	const [share] = efficiency({ [SCANNED]: 300, [RECLAIMED]: 75 }, { [SCANNED]: 100, [RECLAIMED]: 25 });
	assert.equal(share, {
		...{ type: 'gauge', ts: 70_000, host: 'web1', metric: 'ebpf_memory_reclaim_efficiency_percent' },
		...{ unit: '%', attributes: {}, value: 25, window_ms: 65_000 },
	});
});

test('without a whole window, without a count, and with a part above the whole there is none', () => {
	assert.equal(efficiency({ [SCANNED]: 300, [RECLAIMED]: 75 }), []);
	assert.equal(efficiency({ [SCANNED]: 300, [RECLAIMED]: 75 }, { [SCANNED]: 300, [RECLAIMED]: 75 }), []);
	assert.equal(efficiency({ [SCANNED]: 2, [RECLAIMED]: 3 }, {}), []);
	assert.equal(efficiency({ [SCANNED]: 2 }, {}), []);
	assert.is(efficiency({ [SCANNED]: 4, [RECLAIMED]: 1 }, {}).length, 1, 'a series that is new began at zero');
});

test('a share that ends is told once, with why, for each host by itself', () => {
	const figures = createFigures();
	const good = viewOf({ [SCANNED]: 4, [RECLAIMED]: 1 }, {});
	const still = viewOf({ [SCANNED]: 4, [RECLAIMED]: 1 }, { [SCANNED]: 4, [RECLAIMED]: 1 });
	const kinds = (view: View) => figures(view).flatMap((one) => (one.type === 'sum' ? [] : [one.type]));
	assert.equal([good, good, still, still, good].map(kinds), [
		['gauge'],
		['gauge'],
		['notice'],
		[],
		['gauge'],
	]);
	assert.equal(kinds({ ...still, host: 'web2' }), []);
	assert.equal(kinds({ ...still, synthetic: true }), []);
	const [notice] = figures(still).filter(({ type }) => type === 'notice');
	assert.equal(notice, {
		...{ type: 'notice', ts: 70_000, host: 'web1', metric: 'ebpf_memory_reclaim_efficiency_percent' },
		...{ attributes: {}, kind: 'stale', count: 1, detail: `${SCANNED} counted nothing` },
	});
});

test('counters keep start, mark and size; an advice is an attribute', () => {
	const view = viewOf({ 'ebpf_fadvise_advice dontneed': 2n ** 60n }, undefined, { synthetic: true });
	assert.equal(createFigures()(view), [
		{
			...{
				type: 'sum',
				ts: 70_000,
				host: 'web1',
				synthetic: true,
				start: 1,
				metric: 'ebpf_fadvise_advice',
				unit: '1',
			},
			...{
				attributes: { advice: 'dontneed' },
				temporality: 'cumulative',
				monotonic: true,
				value: '1152921504606846976',
			},
		},
	]);
});

test('what iomonitor has not said anything of has no total', () => {
	const asked: string[] = [];
	const totals = totalsOf((metric, where) => {
		asked.push(`${metric} ${JSON.stringify(where ?? {})}`);
		return metric === 'cache_fills' ? BigInt(Object.keys(where ?? {}).length) : undefined;
	});
	assert.equal(
		[...totals],
		[
			['ebpf_cache_misses', 1n],
			['ebpf_page_cache_adds', 0n],
		],
	);
	assert.ok(
		asked.includes('fadvise_calls {"advice":"noreuse"}') && asked.includes('cache_fills {"cause":"read"}'),
	);
});

const CACHE = ['ebpf_cache_hit_rate_percent', 'ebpf_cache_miss_rate_percent'];
test('hits and misses are 100 together, or neither is there; no share is outside of 0 to 100', () => {
	const counts = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50), fc.nat(50));
	fc.assert(
		fc.property(counts, ([lookups, fills, moreLookups, moreFills]) => {
			const before = { ebpf_cache_read_attempts: lookups, ebpf_cache_misses: fills };
			const now = {
				ebpf_cache_read_attempts: lookups + moreLookups,
				ebpf_cache_misses: fills + moreFills,
			};
			const shares = createFigures()(viewOf(now, before)).filter(
				(one): one is Gauge => one.type === 'gauge' && CACHE.includes(one.metric),
			);
			const isKnown = moreLookups > 0 && moreFills <= moreLookups;
			assert.is(shares.length, isKnown ? 2 : 0);
			if (!isKnown) return;
			const [hit, miss] = shares.map(({ value }) => Number(value)) as [number, number];
			assert.ok(hit >= 0 && hit <= 100 && miss >= 0 && miss <= 100);
			assert.ok(Math.abs(hit + miss - 100) < 1e-9);
			assert.is(miss, (100 * moreFills) / moreLookups);
		}),
	);
});

test('every counter of the contract is there once', () => {
	const sums = createFigures()({ ...viewOf({}), now: { ...print(1, {}), totals: totalsOf(() => 1n) } });
	const names = (sums as Sum[]).map(({ metric, attributes }) => `${metric}${JSON.stringify(attributes)}`);
	assert.is(new Set(names).size, names.length);
	assert.is(names.filter((name) => name.startsWith('ebpf_fadvise_advice{')).length, 6);
	for (const name of [
		'fadvise_calls',
		'fadvise_success',
		'cache_read_attempts',
		'cache_misses',
		'page_cache_adds',
	])
		assert.ok(names.includes(`ebpf_${name}{}`), name);
});

test.run();
