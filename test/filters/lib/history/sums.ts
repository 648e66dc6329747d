// Whatever comes in, at whatever pace, and however it is asked for: the columns add up to what was counted.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { add } from '../../../../filters/lib/exact.ts';
import type { Column, ColumnsAnswer } from '../../../../filters/lib/history/answers.ts';
import { createHistory, type History } from '../../../../filters/lib/history/history.ts';
import type { Bucket, Exact, Histogram, Sum } from '../../../../filters/lib/record.ts';

const test = suite('history: sums');

const START = 1_763_712_000_000;
const HOUR = 3_600_000;
const MIB = 1024 * 1024;
const NAME = { metric: 'lat', unit: 'us', type: 'histogram' } as const;

const fresh = (more: Partial<Parameters<typeof createHistory>[0]> = {}) =>
	createHistory({ span: HOUR, maxSeries: 1000, maxBytes: 256 * MIB, clock: () => START + 2 * HOUR, ...more });

type Ask = { from: number; to: number; step?: number; columns?: number; by?: string; host?: string };
const ask = (history: History, { columns = 4000, ...more }: Ask): ColumnsAnswer =>
	history.columns({ ...NAME, attributes: {}, limit: 500, columns, ...more });

/** The counts of a column by the text of their row. */
const countsOf = (answer: ColumnsAnswer, column: Column): [string, Exact][] => {
	if (!column) return [];
	const [, first, ...counts] = column as [number, number, ...Exact[]];
	return counts.map((count, at) => [JSON.stringify(answer.rows[first + at]), count]);
};
const addTo = (sums: Map<string, Exact>, [row, count]: [string, Exact]) => {
	const sum = add(sums.get(row) ?? 0, count);
	if (sum === 0) sums.delete(row);
	else sums.set(row, sum);
};
/** All counts of an answer, by row. */
const sumOf = (answer: ColumnsAnswer): Record<string, Exact> => {
	const sums = new Map<string, Exact>();
	for (const { columns } of answer.groups)
		for (const column of columns) for (const one of countsOf(answer, column)) addTo(sums, one);
	return Object.fromEntries([...sums].sort());
};

const UPPER = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const bucketsOf = (counts: Exact[]): Bucket[] =>
	counts.map((count, at): Bucket => [at === 0 ? 0 : UPPER[at - 1]!, UPPER[at]!, count]);

/** A print: how long after the one before, and what each series has counted in between. */
type Print = { wait: number; counts: Exact[][] };
const count = fc.oneof(
	{ weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }) },
	{ weight: 2, arbitrary: fc.integer({ min: 0, max: 70_000 }) },
	{ weight: 1, arbitrary: fc.integer({ min: 0, max: 5_000_000_000 }) },
	{ weight: 1, arbitrary: fc.constantFrom<Exact>('9007199254740993', '123456789012345678901234567890') },
);
const print = (usual: number): fc.Arbitrary<Print> =>
	fc.record({
		wait: fc.oneof(
			{ weight: 10, arbitrary: fc.integer({ min: usual - 30, max: usual + 30 }) },
			{ weight: 1, arbitrary: fc.integer({ min: 1, max: 90_000 }) },
		),
		counts: fc.array(fc.array(count, { minLength: 1, maxLength: UPPER.length }), {
			minLength: 3,
			maxLength: 3,
		}),
	});
const prints = fc
	.constantFrom(1000, 2000, 5000, 7000, 15_000)
	.chain((usual) => fc.array(print(usual), { minLength: 2, maxLength: 60 }));

const recordOf = (ts: number, series: number, buckets: Bucket[]): Histogram => ({
	type: 'histogram',
	ts,
	host: series === 0 ? 'a' : 'b',
	metric: 'lat',
	unit: 'us',
	attributes: { comm: `c${series}` },
	temporality: 'cumulative',
	buckets,
});

/** Feed prints; the answer is what they counted, by row, without the first, and what a history has of it. */
const feed = (list: Print[], temporality: 'cumulative' | 'delta') => {
	const history = fresh();
	const sums = new Map<string, Exact>();
	const state: Exact[][] = [0, 1, 2].map(() => UPPER.map(() => 0));
	let ts = START;
	list.forEach(({ wait, counts }, at) => {
		ts += at === 0 ? 0 : wait;
		counts.forEach((own, series) => {
			const delta = UPPER.map((_, row) => own[row] ?? 0);
			state[series] = state[series]!.map((before, row) => add(before, delta[row]!));
			const shown = temporality === 'delta' ? delta : state[series]!;
			const record = recordOf(ts, series, bucketsOf(shown));
			assert.is(history.take({ ...record, temporality }), '');
			if (at === 0 && temporality === 'cumulative') return;
			for (const [lower, upper, one] of bucketsOf(delta)) addTo(sums, [JSON.stringify([lower, upper]), one]);
		});
	});
	return { history, ts, sums: Object.fromEntries([...sums].sort()) };
};

test('the columns of any step add up to the increments, whatever their size, and so do the groups', () => {
	fc.assert(
		fc.property(prints, fc.constantFrom('cumulative', 'delta'), (list, temporality) => {
			const { history, ts, sums } = feed(list, temporality as 'cumulative' | 'delta');
			const range = { from: START - 60_000, to: ts + 60_000 };
			for (const step of [1000, 5000, 15_000, 30_000, 60_000, 600_000]) {
				const answer = ask(history, { ...range, step });
				assert.is(answer.from % answer.step, 0);
				assert.equal(sumOf(answer), sums, `step ${step}`);
				const totals = answer.groups[0]!.total.map((one, at): [string, Exact] => [
					JSON.stringify(answer.rows[at]),
					one,
				]);
				assert.equal(Object.fromEntries(totals.filter(([, one]) => one !== 0).sort()), sums);
				assert.equal(sumOf(ask(history, { ...range, step, by: 'comm' })), sums, 'by comm');
				assert.equal(sumOf(ask(history, { ...range, step, by: 'host' })), sums, 'by host');
			}
			for (const columns of [1, 7, 240])
				assert.equal(sumOf(ask(history, { ...range, columns })), sums, `${columns} columns`);
		}),
		{ numRuns: 150 },
	);
});

test('coarse columns are the sum of the fine ones, long after those are gone', () => {
	fc.assert(
		fc.property(
			fc.array(fc.tuple(fc.integer({ min: 970, max: 1030 }), fc.integer({ min: 0, max: 99_999 })), {
				minLength: 1000,
				maxLength: 1400,
			}),
			fc.integer({ min: 0, max: 999 }),
			(list, phase) => {
				const history = fresh();
				const seconds = new Map<number, number>();
				let [ts, sum] = [START + phase, 0];
				for (const [wait, more] of list) {
					history.take(recordOf(ts, 0, bucketsOf([sum])));
					// As the page does it: only the last columns, with the step that it has.
					const last = ask(history, { from: ts - 5000, to: ts + 1, step: 1000 });
					last.groups[0]!.columns.forEach((column, at) => {
						if (column) seconds.set(last.from + at * 1000, Number(countsOf(last, column)[0]?.[1] ?? 0));
					});
					ts += wait;
					sum += more;
				}
				for (const [step, reach] of [
					[5000, 900_000],
					[15_000, HOUR],
					[60_000, HOUR],
				] as const) {
					const answer = ask(history, { from: Math.max(START, ts - reach), to: ts, step });
					assert.is(answer.step, step);
					answer.groups[0]!.columns.forEach((column, at) => {
						const from = answer.from + at * step;
						let wanted = 0;
						for (let one = from; one < from + step; one += 1000) wanted += seconds.get(one) ?? 0;
						assert.is(Number(countsOf(answer, column)[0]?.[1] ?? 0), wanted, `${step} at ${from}`);
					});
				}
			},
		),
		{ numRuns: 4 },
	);
});

test('prints a little early or late leave no hole and no doubled column, at any phase', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 999 }),
			fc.constantFrom(1000, 2000, 5000),
			fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 100, maxLength: 250 }),
			(phase, usual, jitter) => {
				const history = fresh();
				const times = jitter.map((off, at) => START + phase + usual * at + (at === 0 ? 0 : off));
				for (const [at, ts] of times.entries()) history.take(recordOf(ts, 0, bucketsOf([at])));
				const answer = ask(history, { from: times[0]!, to: times.at(-1)! + 1, step: usual });
				if (answer.step !== usual) return;
				const shown = answer.groups[0]!.columns.map((column) => column && Number(column[2] ?? 0));
				const inner = shown.slice(
					shown.findIndex((one) => one !== null && one > 0),
					shown.findLastIndex((one) => one !== null && one > 0) + 1,
				);
				assert.ok(
					inner.every((one) => one === 1),
					JSON.stringify(inner),
				);
			},
		),
		{ numRuns: 200 },
	);
});

test('a column is null exactly where no increment reaches', () => {
	const history = fresh();
	const at = (seconds: number, count: number) =>
		history.take(recordOf(START + seconds * 1000, 0, bucketsOf([count])));
	for (let second = 0; second <= 10; second++) at(second, second);
	// Forty seconds of silence, after which the counter says what was counted meanwhile.
	for (let second = 50; second <= 60; second++) at(second, second);
	const answer = ask(history, { from: START - 5000, to: START + 70_000, step: 1000 });
	const columns = answer.groups[0]!.columns;
	columns.forEach((column, index) => {
		const second = index - 5;
		assert.is(column === null, second < 0 || second >= 60, `second ${second}`);
	});
	// All of it is counted where the gap ends, with the time that it stands for.
	assert.equal(columns[5 + 49], [40, 0, 40]);
	assert.equal(columns[5 + 30], [0, 0]);
});

test('a source that prints each 15 s gets no step finer than that', () => {
	const history = fresh();
	for (let at = 0; at < 20; at++) history.take(recordOf(START + 15_003 * at, 0, bucketsOf([at])));
	const answer = ask(history, { from: START, to: START + 300_000, step: 1000 });
	assert.is(answer.step, 20_000 - 5000);
	assert.is(ask(history, { from: START, to: START + 300_000, columns: 300 }).step, 15_000);
	assert.is(answer.interval, 15_003);
});

test('a counter that fell is a gap and a notice', () => {
	const history = fresh();
	for (const [at, sum] of [10, 20, 30, 5, 15].entries())
		history.take(recordOf(START + 1000 * at, 0, bucketsOf([sum])));
	const answer = ask(history, { from: START, to: START + 5000, step: 1000 });
	assert.equal(answer.groups[0]!.columns, [[1, 0, 10], [1, 0, 10], null, [1, 0, 10], null]);
	const { notices } = history.notices(START, START + 5000, 'lat');
	assert.equal(
		notices.map(({ kind, ts, detail }) => [kind, ts, detail]),
		[['reset', START + 3000, 'bucket [0, 1) fell from 30 to 5; a gap is left']],
	);
});

test('one that began to count anew, and says since when, leaves no gap and nothing out', () => {
	const history = fresh();
	for (const [at, sum] of [10, 20, 30, 35, 45].entries()) {
		const record = recordOf(START + 1000 * at, 0, bucketsOf([sum]));
		history.take({ ...record, start: at < 3 ? START - 1000 : START + 2400 });
	}
	const answer = ask(history, { from: START, to: START + 5000, step: 1000 });
	assert.equal(answer.groups[0]!.columns, [[1, 0, 10], [1, 0, 10], [0.6, 0, 35], [1, 0, 10], null]);
	const { notices } = history.notices(START, START + 5000, 'lat');
	assert.equal(
		notices.map(({ kind, detail }) => [kind, detail]),
		[['reset', 'it began to count anew']],
	);
});

test('late records go where their time says while the history reaches, and else leave a notice', () => {
	const history = fresh();
	const increment = (seconds: number, value: number): Sum => ({
		type: 'sum',
		ts: START + 1000 * seconds,
		start: START + 1000 * (seconds - 1),
		host: 'a',
		metric: 'lat',
		unit: 'us',
		attributes: {},
		temporality: 'delta',
		monotonic: true,
		value,
	});
	const asked = (from: number, to: number) =>
		history.columns({
			...NAME,
			type: 'sum',
			attributes: {},
			limit: 1,
			columns: 10,
			step: 1000,
			from: START + 1000 * from,
			to: START + 1000 * to,
		});
	for (const second of [100, 102, 101, 104]) history.take(increment(second, second));
	assert.equal(asked(99, 105).groups[0]!.columns, [[1, 100], [1, 101], [1, 102], null, [1, 104], null]);
	history.take(increment(4000, 1));
	history.take(increment(103, 9));
	const [late] = history.notices(0, START + HOUR).notices;
	assert.is(late?.kind, 'late');
	assert.match(late!.detail!, /older than the history reaches/);
});

test('cover makes rates right, be columns shorter or longer than what is counted in them', () => {
	const history = fresh();
	for (let at = 0; at <= 40; at++) {
		history.take(recordOf(START + 7000 * at, 0, bucketsOf([70 * at])));
		history.take(recordOf(START + 1300 + 3000 * at, 1, bucketsOf([60 * at])));
	}
	const answer = ask(history, { from: START + 20_000, to: START + 100_000, step: 10_000 });
	for (const column of answer.groups[0]!.columns) {
		const [cover, , ...counts] = column as [number, number, ...number[]];
		const rate = counts.reduce((sum, one) => sum + one, 0) / (cover * 10);
		assert.ok(Math.abs(rate - 30) < 0.05, `${rate}`);
	}
});

test('what cannot be a count is refused', () => {
	const history = fresh();
	assert.match(history.take(recordOf(START, 0, [[0, 1, -1]])), /below zero/);
	const sum = { type: 'sum', ts: START, host: '', metric: 'm', unit: '', attributes: {} } as const;
	assert.match(
		history.take({ ...sum, temporality: 'cumulative', monotonic: true, value: '-99999999999999999999' }),
		/below zero/,
	);
	assert.equal(history.metrics().metrics, []);
});

test.run();
