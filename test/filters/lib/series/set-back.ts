import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Measure } from '../../../../filters/lib/record.ts';
import { createSetBack } from '../../../../filters/lib/series/set-back.ts';
import { createSteps } from '../../../../filters/lib/series/steps.ts';

const test = suite('set-back');
const [stepMs, graceMs] = [1000, 500];

test('with a clock: what it says counts, not how old a record is', () => {
	let now = 100_000;
	const isSetBack = createSetBack({ stepMs, graceMs, clock: () => now });
	assert.not(isSetBack(100_000, 101_000));
	assert.not(isSetBack(10_000, 101_000), 'a backlog');
	now = 98_000;
	assert.not(isSetBack(98_000, 101_000), 'so little is waited for');
	now = 97_500;
	assert.not(isSetBack(97_500, 101_000), 'three steps and the grace');
	now = 97_499;
	assert.ok(isSetBack(97_000, 101_000));
});

test('without a clock: a few steps in a row that are far behind, and nothing of the time that was reached', () => {
	const isSetBack = createSetBack({ stepMs, graceMs });
	for (const ts of [50_000, 51_000, 52_000]) assert.not(isSetBack(ts, 101_000));
	assert.not(isSetBack(100_500, 101_000), 'a record of now: the others came late');
	for (const ts of [53_000, 54_000, 55_000]) assert.not(isSetBack(ts, 101_000));
	assert.not(isSetBack(52_500, 101_000), 'further back: from there on');
	assert.not(isSetBack(54_000, 101_000));
	assert.ok(isSetBack(55_500, 101_000));
	assert.not(isSetBack(56_000, 101_000), 'it is said once');
});

const counter = (ts: number, value: number, temporality: 'cumulative' | 'delta'): Measure => {
	const series = { host: 'h', metric: 'm', unit: '1', attributes: {} };
	return { type: 'sum', ts, ...series, temporality, monotonic: true, value };
};

test('steps: what was taken is written, and new times are taken again, also by cumulative series', () => {
	for (const temporality of ['cumulative', 'delta'] as const) {
		const steps = createSteps({ stepMs, staleMs: 60_000, zeroBuckets: [] });
		steps.take(counter(100_200, 5, temporality), 100_200);
		steps.barrier('#!pos {}');
		const written = steps.setBack(50_100, 'h');
		const [record, barrier, notice] = written as [
			{ ts: number; value: number },
			string,
			{ kind: string; ts: number },
		];
		assert.equal([record.ts, record.value, barrier], [101_000, 5, '#!pos {}']);
		assert.equal([notice.kind, notice.ts], ['clock', 50_100]);
		steps.take(counter(50_100, 7, temporality), 50_100);
		const [lines] = [...steps.advance(51_500)] as { ts: number; value: number; type: string }[][];
		assert.equal(
			lines!.map(({ type, ts, value }) => [type, ts, value]),
			[['sum', 51_000, 7]],
		);
		assert.equal([...steps.advance(52_500)].length, 1, 'it is not stale');
	}
});

test('steps: one that was written before its last record had come is written again, the older ones first', () => {
	const steps = createSteps({ stepMs, staleMs: 60_000, zeroBuckets: [] });
	const rows = (lines: unknown[]) =>
		lines.map((one) => {
			const { type, kind, ts, value } = one as { type: string; kind?: string; ts: number; value?: number };
			return [kind ?? type, ts, value];
		});
	steps.take(counter(100_200, 5, 'cumulative'), 100_200);
	assert.equal(rows([...steps.advance(103_500)].flat()), [
		['sum', 101_000, 5],
		['sum', 102_000, 5],
		['sum', 103_000, 5],
	]);
	for (const [ts, value] of [
		[100_800, 6],
		[101_300, 7],
		[101_900, 8],
		[100_900, 1],
		[103_400, 9],
	] as const)
		steps.take(counter(ts, value, 'cumulative'), ts);
	assert.equal(rows([...steps.advance(104_500)].flat()), [
		['sum', 101_000, 6],
		['sum', 102_000, 8],
		['late', 104_000, undefined],
		['sum', 104_000, 9],
	]);
	assert.equal(rows([...steps.advance(105_500)].flat()), [['sum', 105_000, 9]]);
});

test('steps: increments that come late stay in the open step, so that none is counted twice', () => {
	const steps = createSteps({ stepMs, staleMs: 60_000, zeroBuckets: [] });
	steps.take(counter(100_200, 5, 'delta'), 100_200);
	steps.advance(101_500).next();
	steps.take(counter(100_800, 6, 'delta'), 100_800);
	const values = [...steps.advance(102_500)].flat().map((one) => (one as { value?: number }).value);
	assert.equal(values, [undefined, 6]);
});

test('steps: a backlog is written again as far as is bearable', () => {
	const steps = createSteps({ stepMs, staleMs: 6_000_000, zeroBuckets: [] });
	steps.take(counter(100_200, 0, 'cumulative'), 100_200);
	for (const _ of steps.advance(1_100_500));
	for (let step = 0; step < 900; step++)
		steps.take(counter(101_500 + step * stepMs, step, 'cumulative'), 101_500 + step * stepMs);
	const sums = [...steps.advance(1_101_500)].flat().filter((one) => (one as { type: string }).type === 'sum');
	assert.is(sums.length, 240 + 1);
	assert.is((sums.at(-2) as { ts: number }).ts, 1_001_000);
});

test.run();
