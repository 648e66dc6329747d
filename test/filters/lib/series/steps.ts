import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { log2Range } from '../../../../filters/lib/histogram/log2.ts';
import type {
	Bucket,
	Gauge,
	Histogram,
	KnownRecord,
	Measure,
	Notice,
	Sum,
} from '../../../../filters/lib/record.ts';
import { createSteps, type StepsOptions } from '../../../../filters/lib/series/steps.ts';

const COMMON = { host: 'h', metric: 'm', unit: 'us', attributes: {} };
const delta = (ts: number, value: number | string, more: Partial<Sum> = {}): Sum => ({
	type: 'sum',
	ts,
	...COMMON,
	temporality: 'delta',
	monotonic: true,
	value,
	...more,
});
const total = (ts: number, value: number): Sum => ({ ...delta(ts, value), temporality: 'cumulative' });
const gauge = (ts: number, value: number): Gauge => ({ type: 'gauge', ts, ...COMMON, value });
const histogram = (ts: number, temporality: 'cumulative' | 'delta', buckets: Bucket[]): Histogram => ({
	type: 'histogram',
	ts,
	...COMMON,
	temporality,
	buckets,
});

/** A stage without its process: each record moves the time on, as `every` does. */
const create = (more: Partial<StepsOptions> = {}) => {
	const steps = createSteps({ stepMs: 10, staleMs: 50, zeroBuckets: [], ...more });
	const out: (KnownRecord | string)[] = [];
	const time = (ms: number) => {
		for (const lines of steps.advance(ms)) out.push(...lines);
	};
	const take = (...records: Measure[]) => {
		for (const record of records) {
			time(record.ts);
			steps.take(record, record.ts);
		}
	};
	const barrier = (line: string) => {
		const passed = steps.barrier(line);
		if (passed !== undefined) out.push(passed);
	};
	const flush = () => out.push(...steps.flush());
	const measures = () =>
		out.filter((one): one is Measure => typeof one !== 'string' && one.type !== 'notice');
	const values = () => measures().map((one) => [one.ts, one.type === 'histogram' ? one.buckets : one.value]);
	const notices = () => out.filter((one): one is Notice => typeof one !== 'string' && one.type === 'notice');
	const kinds = () => notices().map(({ kind, count }) => `${kind} ${count}`);
	return { steps, out, time, take, barrier, flush, measures, values, kinds };
};

const test = suite('steps');

test('a step holds what came in (S - step, S]', () => {
	const run = create();
	run.take(delta(10, 1), delta(11, 2), delta(20, 4), delta(21, 8));
	assert.equal(run.values(), [
		[10, 1],
		[20, 6],
	]);
	assert.is((run.measures()[1] as Sum).start, 10);
});

test('cumulative series and gauges give the last value as of the step, and repeat it', () => {
	for (const make of [total, gauge]) {
		const run = create();
		run.take(make(1, 5), make(9, 6));
		run.time(31);
		assert.equal(run.values(), [
			[10, 6],
			[20, 6],
			[30, 6],
		]);
	}
});

test('a delta series gives zeros, for each bucket once seen', () => {
	const run = create();
	run.take(histogram(1, 'delta', [[4, 8, 2]]), histogram(12, 'delta', [[0, 1, 3]]));
	run.time(31);
	assert.equal(run.values(), [
		[10, [[4, 8, 2]]],
		[
			20,
			[
				[0, 1, 3],
				[4, 8, 0],
			],
		],
		[
			30,
			[
				[0, 1, 0],
				[4, 8, 0],
			],
		],
	]);
});

test('cumulative histograms that leave out rows are filled up', () => {
	const run = create();
	run.take(
		histogram(1, 'cumulative', [
			[0, 1, 0],
			[1, 2, 1],
		]),
		histogram(11, 'cumulative', [[1, 2, 2]]),
	);
	run.time(21);
	assert.equal(run.values()[1], [
		20,
		[
			[0, 1, 0],
			[1, 2, 2],
		],
	]);
});

test('predeclared buckets are there from the first step', () => {
	const run = create({ zeroBuckets: log2Range('0..4', 'test') });
	run.take(
		histogram(1, 'cumulative', [
			[2, 4, 9],
			[16, 32, 1],
		]),
	);
	run.flush();
	assert.equal(run.values()[0]![1], [
		[0, 1, 0],
		[1, 2, 0],
		[2, 4, 9],
		[4, 8, 0],
		[16, 32, 1],
	]);
});

test('predeclared buckets are left out where they cross the own ones', () => {
	const run = create({ zeroBuckets: log2Range('0..64', 'test') });
	run.take(histogram(1, 'cumulative', [[0, 10, 9]]));
	run.flush();
	assert.equal(run.values()[0]![1], [[0, 10, 9]]);
	assert.equal(run.kinds(), ['zero_buckets 1']);
});

test('increments whose bounds cross are merged for that step, and nothing is lost', () => {
	const run = create();
	run.take(
		histogram(1, 'delta', [
			[0, 2, 1],
			[2, 4, 2],
			[8, 16, 5],
		]),
		histogram(2, 'delta', [[0, 4, 4]]),
		histogram(11, 'delta', [[0, 4, 1]]),
	);
	run.flush();
	assert.equal(
		run.values().map(([, buckets]) => buckets),
		[
			[
				[0, 4, 7],
				[8, 16, 5],
			],
			[
				[0, 4, 1],
				[8, 16, 0],
			],
		],
	);
	assert.equal(run.kinds(), ['layout 1']);
});

test('a series without records goes stale, and a long gap is no flood', () => {
	const run = create();
	run.take(gauge(1, 5));
	run.time(10 ** 12);
	assert.is(run.measures().length, 5);
	assert.equal(run.kinds(), ['stale 1']);
	assert.is(run.steps.size(), 0);
	run.take(gauge(10 ** 12 + 1, 6));
	run.flush();
	assert.equal(run.values().at(-1), [10 ** 12 + 10, 6]);
});

test('a step longer than --stale still gives what came in it', () => {
	const run = create({ staleMs: 3 });
	run.take(gauge(1, 5));
	run.time(31);
	assert.equal(run.values(), [[10, 5]]);
	assert.equal(run.kinds(), ['stale 1']);
});

test('late increments count in the open step, with a notice, never in a second record', () => {
	const run = create();
	run.take(delta(1, 1), delta(11, 2), delta(5, 4), delta(6, 8));
	run.flush();
	assert.equal(run.values(), [
		[10, 1],
		[20, 14],
	]);
	assert.equal(run.kinds(), ['late 2']);
});

test('a late cumulative record counts only when it is the newest', () => {
	const run = create();
	run.take(total(8, 5));
	run.time(21);
	run.take(total(9, 6), total(7, 1));
	run.flush();
	assert.equal(run.values().at(-1), [30, 6]);
	assert.equal(run.kinds(), ['late 2']);
});

test('a source whose clock is slow is late, but not stale', () => {
	const run = create();
	for (let at = 1000; at < 1100; at += 10) {
		run.time(at);
		run.take(gauge(at - 500, at));
	}
	// The way from the first record to the clock is a gap, once.
	assert.equal([...new Set(run.kinds())], ['stale 1', 'late 1']);
	assert.is(run.kinds().filter((kind) => kind === 'stale 1').length, 1);
});

test('early records are taken as of the time given, with a notice', () => {
	const run = create();
	run.steps.take(delta(9999, 3), 5, true);
	run.flush();
	assert.equal(run.values(), [[10, 3]]);
	assert.equal(run.kinds(), ['early 1']);
});

test('whole numbers of any size add up exactly', () => {
	const run = create();
	run.take(delta(1, '9007199254740993'), delta(2, '9007199254740993'), delta(3, 1));
	run.flush();
	assert.equal(run.values(), [[10, '18014398509481987']]);
});

test('replayed records are a series of their own', () => {
	const run = create();
	run.take(delta(1, 1), delta(1, 2, { synthetic: true }));
	run.flush();
	assert.equal(run.values(), [
		[10, 1],
		[10, 2],
	]);
});

test('steps of several series that are written again come in the order of their times', () => {
	const run = create();
	const of = (key: string, ts: number, value: number) => ({ ...total(ts, value), attributes: { key } });
	run.take(of('a', 1, 1), of('b', 1, 1));
	run.time(41);
	const late = [of('a', 25, 2), of('b', 15, 2)];
	for (const record of late) run.steps.take(record, record.ts);
	run.out.length = 0;
	run.time(51);
	assert.equal(
		run.measures().map(({ ts, attributes }) => `${attributes.key} ${ts}`),
		['b 20', 'a 30', 'a 50', 'b 50'],
	);
});

test('buckets that were merged because bounds crossed last for that step only', () => {
	const run = create();
	run.take(histogram(1, 'delta', [[0, 2, 1]]), histogram(2, 'delta', [[1, 3, 1]]));
	run.time(21);
	assert.equal(run.values(), [
		[10, [[0, 3, 2]]],
		[20, [[1, 3, 0]]],
	]);
});

const barriers = suite('steps: barriers');

barriers('what a series took in an earlier step spoils no barrier of this one', () => {
	const run = create();
	run.take(delta(1, 1));
	run.time(11);
	run.take(gauge(12, 1));
	run.barrier('B1');
	run.take(delta(13, 1));
	run.out.length = 0;
	run.time(21);
	assert.is(run.out.at(-1), 'B1');
});

barriers('a barrier goes on behind the step that holds what came before it', () => {
	const run = create();
	run.barrier('free');
	run.take(delta(1, 1));
	run.barrier('B1');
	run.take(delta(11, 1));
	run.barrier('B2');
	run.time(21);
	assert.equal(
		run.out.map((one) => (typeof one === 'string' ? one : one.ts)),
		['free', 10, 'B1', 20, 'B2'],
	);
});

barriers(
	'behind a step that a later run may find more of, only those go on that have all its increments behind them',
	() => {
		const deltas = create();
		assert.not(deltas.steps.isOpen());
		deltas.take(gauge(1, 1));
		deltas.barrier('B1');
		deltas.take(delta(2, 1));
		deltas.barrier('B2');
		assert.ok(deltas.steps.isOpen());
		deltas.flush();
		assert.not(deltas.steps.isOpen());
		assert.equal(
			deltas.out.map((one) => (typeof one === 'string' ? one : one.type)),
			['gauge', 'sum', 'B1'],
		);
		const totals = create();
		totals.take(total(1, 1));
		totals.barrier('B1');
		totals.flush();
		assert.equal(
			totals.out.map((one) => (typeof one === 'string' ? one : one.type)),
			['sum', 'B1'],
		);
	},
);

barriers('a barrier between two increments of one step is not passed on', () => {
	const run = create();
	run.take(delta(1, 1));
	run.barrier('inside');
	run.take(delta(2, 1));
	run.barrier('behind');
	run.time(21);
	assert.equal(
		run.out.filter((one) => typeof one === 'string'),
		['behind'],
	);
});

const line = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			key: fc.constantFrom('a', 'b'),
			ts: fc.integer({ min: 1, max: 120 }),
			value: fc.nat(9),
		}),
	},
	{ weight: 1, arbitrary: fc.constant('barrier' as const) },
	{ weight: 1, arbitrary: fc.integer({ min: 1, max: 200 }) },
);
type Line = { key: string; ts: number; value: number } | 'barrier' | number;
const play = (lines: Line[], staleMs = 1000) => {
	const run = create({ staleMs });
	const marks: { at: number; line: string }[] = [];
	lines.forEach((one, at) => {
		if (one === 'barrier') run.barrier(`B${at}`);
		else if (typeof one === 'number') run.time(one);
		else run.take(delta(one.ts, one.value, { attributes: { key: one.key } }));
		for (const text of run.out) {
			if (typeof text === 'string' && !marks.some((mark) => mark.line === text))
				marks.push({ at, line: text });
		}
	});
	run.flush();
	return { ...run, marks };
};

const properties = suite('steps: properties');

properties('one record a series and step, without gaps; sums are conserved whatever the order', () => {
	fc.assert(
		fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
			const { measures } = play(lines as Line[]);
			for (const key of ['a', 'b']) {
				const own = measures().filter(({ attributes }) => attributes.key === key) as Sum[];
				own.forEach((one, at) => {
					assert.is(one.ts % 10, 0);
					if (at > 0) assert.is(one.ts - own[at - 1]!.ts, 10);
				});
				const taken = (lines as Line[]).filter((one) => typeof one === 'object' && one.key === key);
				const want = taken.reduce<number>((all, one) => all + (one as { value: number }).value, 0);
				assert.is(
					own.reduce((all, one) => all + Number(one.value), 0),
					want,
				);
			}
		}),
		{ numRuns: 500 },
	);
});

properties('sums are conserved when series end and begin again', () => {
	fc.assert(
		fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 1, max: 30 }), (lines, staleMs) => {
			const given = (lines as Line[]).reduce<number>(
				(all, one) => all + (typeof one === 'object' ? one.value : 0),
				0,
			);
			const { measures } = play(lines as Line[], staleMs);
			assert.is(
				measures().reduce((all, one) => all + Number((one as Sum).value), 0),
				given,
			);
			const steps = measures().map((one) => `${one.attributes.key} ${one.ts}`);
			assert.is(new Set(steps).size, steps.length);
		}),
		{ numRuns: 500 },
	);
});

properties('restarted at a passed barrier, no step written before is written lower', () => {
	const sorted = fc.array(line, { maxLength: 40 }).map((lines) => {
		let ts = 0;
		return (lines as Line[]).map((one): Line => {
			if (typeof one !== 'object') return one === 'barrier' ? one : ts;
			ts += one.ts % 7;
			return { ...one, ts };
		});
	});
	fc.assert(
		fc.property(sorted, (lines) => {
			const whole = play(lines);
			const flat = ({ measures }: ReturnType<typeof play>) =>
				new Map(measures().map((one) => [`${one.attributes.key} ${one.ts}`, (one as Sum).value]));
			const before = flat(whole);
			for (const mark of whole.marks) {
				const after = flat(play(lines.slice(Number(mark.line.slice(1)))));
				for (const [key, value] of after) assert.is(value, before.get(key), `${mark.line}: ${key}`);
			}
		}),
		{ numRuns: 500 },
	);
});

/** What Graphite holds after runs that each read on to the next end, from where the run before acknowledged. */
const inRuns = (lines: Line[], ends: number[], make: (line: Line & object) => Sum) => {
	const stored = new Map<string, Sum['value']>();
	let from = 0;
	for (const end of [...ends, lines.length].sort((a, b) => a - b)) {
		const run = create({ staleMs: 1000 });
		for (let at = from; at < end; at++) {
			const one = lines[at]!;
			if (one === 'barrier') run.barrier(`${at}`);
			else if (typeof one === 'number') run.time(one);
			else run.take(make(one));
		}
		run.barrier(`${end}`);
		run.flush();
		for (const one of run.measures()) stored.set(`${one.attributes.key} ${one.ts}`, (one as Sum).value);
		from = Number(run.out.filter((one) => typeof one === 'string').at(-1) ?? from);
	}
	return stored;
};

properties('several runs to the end of a growing log give the values that one gives', () => {
	const growing = fc.array(line, { minLength: 1, maxLength: 40 }).map((lines) => {
		let ts = 0;
		let value = 0;
		return (lines as Line[]).map((one): Line => {
			if (typeof one !== 'object') return one === 'barrier' ? one : ts;
			ts += one.ts % 7;
			value += one.value;
			return { ...one, ts, value };
		});
	});
	const attributes = (one: Line & object) => ({ attributes: { key: one.key } });
	const kinds = [
		(one: Line & object) => delta(one.ts, one.value, attributes(one)),
		(one: Line & object) => ({ ...total(one.ts, one.value), ...attributes(one) }),
	];
	fc.assert(
		fc.property(growing, fc.array(fc.nat(40), { maxLength: 5 }), (lines, cuts) => {
			const ends = cuts.map((cut) => cut % lines.length);
			for (const make of kinds) {
				const once = inRuns(lines, [], make);
				const often = inRuns(lines, ends, make);
				// A run does not know of series that only those before it saw, so there is nothing to repeat or to fill up.
				for (const [key, value] of often) assert.is(value, once.get(key), key);
				for (const one of lines) {
					if (typeof one !== 'object') continue;
					const key = `${one.key} ${Math.ceil(one.ts / 10) * 10}`;
					assert.is(often.get(key), once.get(key), key);
				}
			}
		}),
		{ numRuns: 1000 },
	);
});

test.run();
barriers.run();
properties.run();
