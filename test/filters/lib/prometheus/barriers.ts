// Which barriers an exposition lets go: after a restart there, all that is rendered later is what it would have been.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createExposition } from '../../../../filters/lib/prometheus/exposition.ts';
import type { Measure } from '../../../../filters/lib/record.ts';
import { gaugeOf, noticeOf, sumOf } from '../../../data/measures.ts';

const test = suite('prometheus: barriers');
const STYLE = { format: 'text', timestamps: false } as const;
const STALE = 8;

type Line = Measure | string;

/** What the stage prints for some lines: expositions with the time they are of, and barriers. */
const play = (lines: Line[]) => {
	const state = createExposition({
		prefix: '',
		staleMs: STALE,
		maxSeries: 100,
		estimates: false,
		onNotice: () => {},
	});
	const out: { barrier?: string; ts?: number; text?: string }[] = [];
	let open: number | undefined;
	const write = () => {
		const lines = state.render(STYLE).replace(/^.*bpfpipe_notices.*\n/gm, '');
		// Series stand in the order in which they came.
		out.push({ ts: open!, text: lines.split('\n').sort().join('\n') });
		open = undefined;
	};
	const pass = (barrier: string | undefined) => {
		if (barrier !== undefined) out.push({ barrier });
	};
	for (const line of lines) {
		if (typeof line === 'string') {
			pass(state.barrier(line, open !== undefined));
			continue;
		}
		if (open !== undefined && open !== line.ts) write();
		state.time(line.ts);
		if (open === undefined) pass(state.release());
		assert.is(state.take(line), '');
		open = line.ts;
	}
	if (open !== undefined) write();
	return out;
};

const gauge = (ts: number, host: string, value = ts): Measure => gaugeOf(value, { ts, host });
const counter = (ts: number, host: string, value: number): Measure => sumOf(value, { ts, host });
const barriersIn = (lines: Line[]) => play(lines).flatMap(({ barrier }) => barrier ?? []);

test('nothing is held: a barrier goes on at once', () => {
	assert.equal(barriersIn(['a', 'b', gauge(1, 'x')]), ['a', 'b']);
});

test('one goes on when every series has a record from behind it, all of them in an exposition', () => {
	const lines = [gauge(1, 'x'), gauge(1, 'y'), 'a', gauge(2, 'x'), 'b', gauge(3, 'y'), gauge(4, 'x')];
	assert.equal(barriersIn(lines), ['a']);
	const out = play(lines);
	assert.equal(
		out.map(({ barrier, ts }) => barrier ?? ts),
		[1, 2, 3, 'a', 4],
	);
});

test('none goes on while increments are added up, or a reset is carried on', () => {
	const delta = (ts: number) => sumOf(1, { ts, temporality: 'delta' });
	const more = (make: (ts: number) => Measure) => [2, 3, 4, 5].flatMap((ts) => [`at ${ts}`, make(ts)]);
	assert.equal(barriersIn([delta(1), ...more(delta)]), []);
	assert.equal(barriersIn([counter(1, 'x', 5), ...more((ts) => counter(ts, 'x', 5 + ts))]), [
		'at 2',
		'at 3',
		'at 4',
	]);
	assert.equal(barriersIn([counter(1, 'x', 50), ...more((ts) => counter(ts, 'x', 5 + ts))]), []);
	assert.equal(barriersIn([delta(1), 'a', gauge(4, 'x'), 'b', gauge(11, 'x'), gauge(12, 'x')]), ['a', 'b']);
});

test('a notice holds no barrier for ever', () => {
	const state = createExposition({
		prefix: '',
		staleMs: STALE,
		maxSeries: 1,
		estimates: false,
		onNotice: () => {},
	});
	state.notice(noticeOf('odd'));
	assert.is(state.barrier('a', true), undefined);
	state.take(gauge(1, 'x'));
	state.time(2);
	assert.is(state.release(), 'a');
	assert.is(state.release(), undefined);
});

const record = fc.oneof(
	fc.record({ host: fc.constantFrom('a', 'b', 'c'), value: fc.nat(9) }).map(
		({ host, value }) =>
			(ts: number) =>
				gauge(ts, host, value),
	),
	fc.record({ host: fc.constantFrom('a', 'b', 'c'), value: fc.nat(9) }).map(
		({ host, value }) =>
			(ts: number) =>
				// Grows mostly, falls at times.
				counter(ts, host, ts * 3 + value),
	),
	fc.record({ host: fc.constantFrom('a', 'b') }).map(
		({ host }) =>
			(ts: number) =>
				sumOf(1, { ts, host, metric: 'd', temporality: 'delta' }),
	),
);
const stream = fc
	.array(fc.record({ wait: fc.constantFrom(0, 1, 1, 1, 2, 9), barrier: fc.boolean(), record }), {
		maxLength: 40,
	})
	.map((list) => {
		let ts = 1;
		return list.flatMap(({ wait, barrier, record }, at): Line[] => {
			ts += wait;
			return [...(barrier ? [`#${at}`] : []), record(ts)];
		});
	});

test('after a restart at any barrier that came out, every later exposition is the same', () => {
	let passed = 0;
	fc.assert(
		fc.property(stream, (lines) => {
			const out = play(lines);
			for (const [at, { barrier }] of out.entries()) {
				if (barrier === undefined) continue;
				passed += 1;
				const later = out.slice(at).filter(({ text }) => text !== undefined);
				const again = play(lines.slice(lines.indexOf(barrier) + 1)).filter(({ text }) => text !== undefined);
				assert.equal(again.slice(again.length - later.length), later);
			}
		}),
		{ numRuns: 1000 },
	);
	assert.ok(passed > 100, `only ${passed} barriers came out`);
});

test.run();
