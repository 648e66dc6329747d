// Every arrow of the policy table under a clock of our own, and no sequence of events that breaks it.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DELAYS } from '../../../supervisor/plan/plan.ts';
import {
	delayAfter,
	type Event,
	escalate,
	isFinished,
	isOnTrial,
	LIMITS,
	type Life,
	type Rules,
	STATES,
	type State,
	shownState,
	step,
	unborn,
} from '../../../supervisor/run/policy.ts';

const test = suite('policy');
const NO_JITTER = 0.5;
const RULES: Rules = { restart: 'on-failure', delays: DELAYS, hasFallback: false, failFast: false };

const words = (action: ReturnType<typeof step>[1]): string => Object.values(action).join(' ');
/** The life after these events at these times, and the last action in words. */
const after = (life: Life, events: [Event, number][], rules: Partial<Rules> = {}) =>
	events.reduce<[Life, string]>(
		([before], [event, at]) => {
			const [next, action] = step(before, event, { ...RULES, ...rules }, at, NO_JITTER);
			return [next, words(action)];
		},
		[life, ''],
	);
const START: Event = { kind: 'start' };
const SPAWNED: Event = { kind: 'spawned' };
const DUE: Event = { kind: 'due' };
const STOP: Event = { kind: 'stop' };
const HEALTHY: Event = { kind: 'healthy' };
const DEGRADE: Event = { kind: 'degrade' };
const died = (code: number, finished = false): Event => ({ kind: 'died', code, finished });

const EVENTS: Event[] = [
	START,
	SPAWNED,
	{ kind: 'overdue' },
	died(1),
	DUE,
	HEALTHY,
	DEGRADE,
	STOP,
	{ kind: 'end', how: 'drain' },
	{ kind: 'retry' },
	{ kind: 'wait' },
	{ kind: 'done' },
	{ kind: 'abandon' },
];

/** Of every state what each event makes of it, and what is to be done; any other event changes nothing. */
const ARROWS: Record<State, Partial<Record<Event['kind'], [to: State, action: string]>>> = {
	STOPPED: {
		start: ['STARTING', 'spawn'],
		retry: ['STARTING', 'spawn'],
		wait: ['BACKOFF', 'nothing'],
		done: ['EXITED', 'nothing'],
		abandon: ['FATAL', 'nothing'],
	},
	STARTING: {
		spawned: ['RUNNING', 'up true'],
		overdue: ['STARTING', 'terminate term'],
		died: ['BACKOFF', 'wait 400'],
		stop: ['STOPPING', 'nothing'],
		end: ['STOPPING', 'terminate drain'],
	},
	RUNNING: {
		died: ['BACKOFF', 'wait 400'],
		healthy: ['RUNNING', 'recover false'],
		stop: ['STOPPING', 'nothing'],
		end: ['STOPPING', 'terminate drain'],
	},
	BACKOFF: {
		start: ['STARTING', 'spawn'],
		due: ['STARTING', 'spawn'],
		degrade: ['DEGRADED', 'nothing'],
		stop: ['STOPPED', 'nothing'],
		end: ['STOPPED', 'nothing'],
		wait: ['BACKOFF', 'nothing'],
		abandon: ['FATAL', 'nothing'],
	},
	STOPPING: {
		died: ['STOPPED', 'stopped'],
		overdue: ['STOPPING', 'terminate term'],
		end: ['STOPPING', 'terminate drain'],
	},
	EXITED: {
		start: ['STARTING', 'spawn'],
		wait: ['BACKOFF', 'nothing'],
		abandon: ['FATAL', 'nothing'],
	},
	DEGRADED: {
		start: ['STARTING', 'spawn'],
		due: ['STARTING', 'spawn'],
		stop: ['STOPPED', 'nothing'],
		end: ['STOPPED', 'nothing'],
		wait: ['BACKOFF', 'nothing'],
		abandon: ['FATAL', 'nothing'],
	},
	FATAL: {
		start: ['STARTING', 'spawn'],
		wait: ['BACKOFF', 'nothing'],
	},
};
const NOW = LIMITS.healthy;
for (const state of STATES) {
	// One death lies behind it; it runs its fallback, which `retry` is about.
	const life: Life = { ...unborn(0), state, failures: 1, onFallback: true };
	for (const event of EVENTS) {
		// Of what has run well for long a death is the first one again, which is tested below.
		const now = event.kind === 'died' ? 1 : NOW;
		const arrow = ARROWS[state][event.kind];
		const [to, action] = arrow ?? [state, 'nothing'];
		test(`${state}, ${event.kind}: ${to} and ${action}`, () => {
			const [next, last] = after(life, [[event, now]]);
			assert.equal([next.state, last], [to, action]);
			if (!arrow) assert.is(next, life, 'nothing at all changes');
			if (to !== state) assert.is(next.since, now);
		});
	}
}

type Death = [code: number, finished: boolean, rules: Partial<Rules>, to: State, action: string];
const DEATHS: Death[] = [
	[0, true, {}, 'EXITED', 'closeOutput'],
	[0, true, { restart: 'never' }, 'EXITED', 'closeOutput'],
	[0, true, { restart: 'always' }, 'BACKOFF', 'wait 200'],
	[0, false, {}, 'BACKOFF', 'wait 200'],
	[0, false, { restart: 'never' }, 'FATAL', 'giveUp'],
	[1, false, {}, 'BACKOFF', 'wait 200'],
	[1, false, { restart: 'always' }, 'BACKOFF', 'wait 200'],
	[1, false, { restart: 'never' }, 'FATAL', 'giveUp'],
	[64, false, {}, 'FATAL', 'giveUp'],
	[78, false, { restart: 'always' }, 'FATAL', 'giveUp'],
	[64, true, {}, 'EXITED', 'closeOutput'],
	[69, false, {}, 'BACKOFF', 'wait 200'],
	[75, false, {}, 'BACKOFF', 'wait 200'],
	[77, false, {}, 'BACKOFF', 'wait 200'],
	[141, true, {}, 'EXITED', 'closeOutput'],
	[1, false, { failFast: true }, 'FATAL', 'giveUp'],
	[75, false, { failFast: true, hasFallback: true, restart: 'always' }, 'FATAL', 'giveUp'],
	[0, false, { failFast: true }, 'BACKOFF', 'wait 200'],
	[0, true, { failFast: true }, 'EXITED', 'closeOutput'],
	[1, false, { hasFallback: true }, 'STARTING', 'substitute'],
	[1, false, { hasFallback: true, restart: 'never' }, 'STARTING', 'substitute'],
	[64, false, { hasFallback: true }, 'STARTING', 'substitute'],
	[69, false, { hasFallback: true }, 'STARTING', 'substitute'],
	[75, false, { hasFallback: true }, 'BACKOFF', 'wait 200'],
	[0, false, { hasFallback: true }, 'BACKOFF', 'wait 200'],
	[0, true, { hasFallback: true }, 'EXITED', 'closeOutput'],
	[141, true, { hasFallback: true }, 'EXITED', 'closeOutput'],
];
for (const [code, finished, rules, to, action] of DEATHS) {
	const how = `${code}${finished ? ', finished' : ''}, ${JSON.stringify(rules)}`;
	test(`a death with ${how}: ${to} and ${action}`, () => {
		for (const state of ['STARTING', 'RUNNING'] as const) {
			const [life, last] = after({ ...unborn(0), state }, [[died(code, finished), 1]], rules);
			assert.equal([life.state, last], [to, action], state);
		}
	});
}

test('one that has held for five seconds is there: its fallback comes only for a code that says otherwise', () => {
	const dies = (state: State, code: number, ms: number) =>
		after({ ...unborn(100), state }, [[died(code), 100 + ms]], { hasFallback: true })[1];
	assert.is(dies('RUNNING', 1, LIMITS.holds - 1), 'substitute');
	assert.is(dies('RUNNING', 1, LIMITS.holds), 'wait 200');
	assert.is(dies('STARTING', 1, LIMITS.holds), 'substitute', 'it never ran');
	for (const code of [69, 77, 78]) assert.is(dies('RUNNING', code, LIMITS.holds), 'substitute');
	assert.is(dies('RUNNING', 64, LIMITS.holds), 'giveUp');
});

test('a fallback, and the primary after it, begin with a clean slate; a fallback has no fallback', () => {
	const tired: Life = {
		...unborn(0),
		state: 'RUNNING',
		failures: 3,
		deaths: [1],
		restarts: 7,
		degraded: true,
	};
	const rules = { hasFallback: true };
	const [fallback] = after(tired, [[died(69), 5]], rules);
	const fresh = { failures: 0, deaths: [], restarts: 8, degraded: false };
	assert.equal(fallback, { ...fresh, state: 'STARTING', since: 5, onFallback: true, onTrial: false });
	const [waits, action] = after(
		fallback,
		[
			[SPAWNED, 6],
			[died(69), 7],
		],
		rules,
	);
	assert.equal([waits.state, waits.onFallback, action], ['BACKOFF', true, 'wait 200']);
	const [primary] = after({ ...waits, state: 'STOPPED' }, [[{ kind: 'retry' }, 8]], rules);
	assert.equal(primary, {
		...{ ...fresh, restarts: 10, state: 'STARTING', since: 8 },
		...{ onFallback: false, onTrial: true },
	});
	const [stays, nothing] = after(unborn(0), [[{ kind: 'retry' }, 1]], rules);
	assert.equal([stays, nothing], [unborn(0), 'nothing'], 'the primary itself is not tried again');
});

test("a primary in its fallback's place is on trial until it has held", () => {
	const rules = { hasFallback: true };
	const waits: Life = { ...unborn(0), state: 'STOPPED', onFallback: true };
	const [runs] = after(
		waits,
		[
			[{ kind: 'retry' }, 8],
			[SPAWNED, 10],
		],
		rules,
	);
	const held = 10 + LIMITS.holds;
	assert.equal(
		[9, held - 1, held].map((now) => isOnTrial(runs, now)),
		[true, true, false],
	);
	const [back] = after(runs, [[died(69), 20]], rules);
	assert.equal([back.onFallback, isOnTrial(back, 20)], [true, false]);
	const [again] = after(runs, [[died(75), 20]], rules);
	assert.equal([again.state, isOnTrial(again, 99_999)], ['BACKOFF', true]);
	assert.not(
		isOnTrial(
			after(
				unborn(0),
				[
					[{ kind: 'start' }, 1],
					[SPAWNED, 1],
				],
				rules,
			)[0],
			1,
		),
	);
});

test('what is to be DEGRADED gets its fallback instead, once', () => {
	const waits: Life = { ...unborn(0), state: 'BACKOFF', failures: 6 };
	assert.equal(
		[true, false].map((onFallback) => {
			const [{ state, degraded, ...life }, action] = after({ ...waits, onFallback }, [[DEGRADE, 1]], {
				hasFallback: true,
			});
			return [state, degraded, life.onFallback, action];
		}),
		[
			['DEGRADED', true, true, 'nothing'],
			['STARTING', false, true, 'substitute'],
		],
	);
});

test('one that is up again is watched only where it died before', () => {
	const up = (more: Partial<Life>) => after({ ...unborn(0), state: 'STARTING', ...more }, [[SPAWNED, 1]])[1];
	assert.equal([up({}), up({ failures: 1 }), up({ degraded: true })], ['up false', 'up true', 'up true']);
	const run = (more: Partial<Life>) =>
		after({ ...unborn(0), state: 'RUNNING', ...more }, [[HEALTHY, NOW]])[1];
	assert.equal(
		[run({}), run({ failures: 1 }), run({ degraded: true })],
		['nothing', 'recover false', 'recover true'],
	);
});

test('what waits with its pipeline stays DEGRADED where it was', () => {
	for (const state of ['STOPPED', 'BACKOFF', 'DEGRADED', 'EXITED', 'FATAL'] as const) {
		const [life] = after({ ...unborn(0), state, degraded: true }, [[{ kind: 'wait' }, 9]]);
		assert.equal([life.state, life.degraded, life.since], ['DEGRADED', true, 9], state);
	}
});

test('people are shown DEGRADED until it has run well for long', () => {
	const shown = (degraded: boolean) => STATES.map((state) => shownState({ ...unborn(0), state, degraded }));
	assert.equal(shown(false), [...STATES]);
	const up = new Set(['STARTING', 'RUNNING', 'STOPPING']);
	assert.equal(
		shown(true),
		STATES.map((state) => (up.has(state) ? 'DEGRADED' : state)),
	);
});

test('an end is as it should be when nothing is left to read, nobody reads, or it was to run once', () => {
	const ends = [false, true].flatMap((inputEnded) =>
		[false, true].map((outputGone) => ({ inputEnded, outputGone })),
	);
	const of = (code: number, restart: Rules['restart']) => ends.map((one) => isFinished(code, one, restart));
	assert.equal(of(0, 'on-failure'), [false, true, true, true]);
	assert.equal(of(0, 'always'), [false, true, true, true]);
	assert.equal(of(0, 'never'), [true, true, true, true]);
	assert.equal(of(141, 'never'), [false, true, false, true]);
	for (const code of [1, 64, 69, 75, 78, 137, 143])
		assert.equal(of(code, 'never'), [false, false, false, false]);
});

test('a degraded stage dies at the longest delay for ever, until it has run well for long', () => {
	const [degraded] = after(unborn(0), [
		[START, 0],
		[SPAWNED, 0],
		[died(1), 1],
		[DEGRADE, 1],
		[DUE, 30_000],
		[SPAWNED, 30_000],
	]);
	const again = Array.from({ length: 20 }, (_, i): [Event, number][] => [
		[died(1), 30_001 + i],
		[DUE, 30_001 + i],
		[SPAWNED, 30_001 + i],
	]);
	for (let count = 0; count <= again.length; count++) {
		const [life, action] = after(degraded, [...again.slice(0, count).flat(), [died(1), 31_000]]);
		assert.equal([life.state, life.deaths, action], ['DEGRADED', [], 'wait 30000']);
	}
	assert.is(after(degraded, [[HEALTHY, 30_000 + LIMITS.healthy - 1]])[0].degraded, true);
	const [well] = after(degraded, [[HEALTHY, 30_000 + LIMITS.healthy]]);
	assert.equal([well.degraded, well.failures], [false, 0]);
	assert.is(after(degraded, [[died(1), 30_000 + LIMITS.healthy]])[1], 'wait 200');
});

test("the delays are the plan's, and jittered alike", () => {
	const [life, action] = after({ ...unborn(0), state: 'RUNNING' }, [[died(1), 1]], { delays: [10, 50] });
	assert.equal([life.state, action], ['BACKOFF', 'wait 10']);
	assert.equal(
		[1, 2, 3, 4, 5].map((n) => delayAfter(n, NO_JITTER, [10, 50])),
		[10, 20, 40, 50, 50],
	);
});

test('the wall clock has no part in it: set back by a day, delays and windows stay as they were', () => {
	const { now } = Date;
	const run = () =>
		after(unborn(performance.timeOrigin), [
			[START, 0],
			[SPAWNED, 0],
			[died(1), 100],
			[DUE, 400],
			[SPAWNED, 400],
			[died(1), 500],
		]);
	const before = run();
	try {
		Date.now = () => now() - 86_400_000;
		assert.equal(run(), before);
		assert.is(before[1], 'wait 400');
	} finally {
		Date.now = now;
	}
});

test('delays double from 0.2 s to 30 s and stay there', () => {
	const delays = Array.from({ length: 12 }, (_, i) => delayAfter(i + 1, NO_JITTER));
	assert.equal(delays, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000, 30_000]);
});

test('jitter is at most a fifth either way', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 1000 }),
			fc.double({ min: 0, max: 1, noNaN: true }),
			(failures, random) => {
				const plain = delayAfter(failures, NO_JITTER);
				const delay = delayAfter(failures, random);
				return delay >= Math.floor(plain * 0.8) && delay <= Math.ceil(plain * 1.2);
			},
		),
	);
});

test('half a minute of good running makes the next delay the first one again', () => {
	const dieTwice: [Event, number][] = [
		[START, 0],
		[SPAWNED, 0],
		[died(1), 100],
		[DUE, 400],
		[SPAWNED, 400],
	];
	assert.is(after(unborn(0), [...dieTwice, [died(1), 500]])[1], 'wait 400');
	assert.is(after(unborn(0), [...dieTwice, [died(1), 400 + LIMITS.healthy]])[1], 'wait 200');
});

test('the sixth death within a minute restarts the pipeline, spread-out ones do not', () => {
	const deaths = (spacing: number) =>
		Array.from({ length: 6 }, (_, i): [Event, number][] => {
			const at = i * spacing;
			return [
				[i === 0 ? START : DUE, at],
				[SPAWNED, at],
				[died(1), at + 1],
			];
		}).flat();
	assert.is(after(unborn(0), deaths(5000))[1], 'escalate');
	assert.match(after(unborn(0), deaths(20_000))[1], /^wait/);
});

test('three pipeline restarts in ten minutes are DEGRADED, at the longest delay', () => {
	const first = escalate([], 0, NO_JITTER);
	const second = escalate(first.escalations, 60_000, NO_JITTER);
	const third = escalate(second.escalations, 120_000, NO_JITTER);
	assert.equal(
		[first, second, third].map(({ degraded, ms }) => [degraded, ms]),
		[
			[false, 200],
			[false, 400],
			[true, 30_000],
		],
	);
	assert.is(escalate(second.escalations, 60_000 + LIMITS.escalationWindow, NO_JITTER).degraded, false);
});

test('windows end to the millisecond', () => {
	const dying = (at: number): Life => ({
		...unborn(0),
		state: 'RUNNING',
		since: at,
		deaths: [7, 7, 7, 7, 7],
	});
	const age = 7 + LIMITS.deathWindow;
	assert.is(after(dying(age - 1), [[died(1), age - 1]])[1], 'escalate');
	const [life, action] = after(dying(age), [[died(1), age]]);
	assert.equal([life.deaths, action], [[age], 'wait 200']);
	assert.equal(after(dying(8), [[died(1), 8]])[0].deaths, [], 'the count begins again');
	const { escalationWindow } = LIMITS;
	assert.ok(escalate([0, 1], escalationWindow - 1, NO_JITTER).degraded);
	assert.not(escalate([0, 1], escalationWindow, NO_JITTER).degraded);
});

/** Events as they can come: only a process that is there dies, or gets ready. */
const anyEvent = fc.oneof(
	fc.constantFrom(...EVENTS.filter(({ kind }) => kind !== 'died')),
	fc.record({
		kind: fc.constant('died' as const),
		code: fc.constantFrom(0, 1, 64, 69, 75, 77, 78, 137, 141),
		finished: fc.boolean(),
	}),
);
const anyRules = fc.record<Rules>({
	restart: fc.constantFrom('always', 'on-failure', 'never'),
	delays: fc.constantFrom([200, 30_000], [1, 1], [20, 100]),
	hasFallback: fc.boolean(),
	failFast: fc.boolean(),
});
const isProcessNeeded = ({ kind }: Event) => kind === 'died' || kind === 'spawned' || kind === 'overdue';

test('no sequence of events starts a stage twice, ends what is not there, or loses count', () => {
	fc.assert(
		fc.property(
			fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 40_000 })), { maxLength: 60 }),
			anyRules,
			(events, rules) => {
				let life = unborn(0);
				let isThere = false;
				let now = 0;
				for (const [event, ms] of events) {
					if (isProcessNeeded(event) && !isThere) continue;
					now += ms;
					if (event.kind === 'died') isThere = false;
					const [next, action] = step(life, event, rules, now, Math.random());
					if (action.kind === 'spawn' || action.kind === 'substitute') {
						assert.not(isThere, 'two processes for one stage');
						isThere = true;
					}
					if (action.kind === 'terminate') assert.ok(isThere, 'nothing is there to be ended');
					assert.ok(STATES.includes(next.state));
					assert.is(['STARTING', 'RUNNING', 'STOPPING'].includes(next.state), isThere, next.state);
					if (next.state !== life.state) assert.is(next.since, now);
					if (next.onFallback) assert.ok(rules.hasFallback);
					if (next.state === 'DEGRADED') assert.ok(next.degraded);
					assert.ok(next.deaths.length <= LIMITS.deaths);
					assert.ok(next.restarts - life.restarts <= 1 && next.restarts >= life.restarts);
					if (action.kind === 'wait') {
						assert.ok(next.state === 'BACKOFF' || next.state === 'DEGRADED');
						assert.ok(action.ms <= Math.ceil(rules.delays[1] * 1.2) && action.ms >= 0);
					}
					life = next;
				}
			},
		),
		{ numRuns: 3000 },
	);
});

test('whatever came before: after stop and its death a stage is down, and only start, retry or wait change that', () => {
	const quiet: Event[] = EVENTS.filter(
		({ kind }) => !['start', 'retry', 'wait', 'done', 'abandon', 'died', 'spawned'].includes(kind),
	);
	fc.assert(
		fc.property(
			fc.array(anyEvent, { maxLength: 30 }),
			fc.array(fc.constantFrom(...quiet), { maxLength: 10 }),
			anyRules,
			(before, late, rules) => {
				let life = unborn(0);
				const isUp = () => ['STARTING', 'RUNNING', 'STOPPING'].includes(life.state);
				const take = (event: Event) => {
					const [next, action] = step(life, event, rules, 1, 0);
					life = next;
					return action.kind;
				};
				for (const event of before) if (!isProcessNeeded(event) || isUp()) take(event);
				take(STOP);
				if (isUp()) take(died(143));
				const { state } = life;
				assert.ok(['STOPPED', 'EXITED', 'FATAL'].includes(state));
				for (const event of late) assert.is(take(event), 'nothing');
				assert.is(life.state, state);
			},
		),
	);
});

test.run();
