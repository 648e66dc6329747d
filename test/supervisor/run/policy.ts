// Every arrow of the policy table under a clock of our own, and no sequence of events that breaks it.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	delayAfter,
	type Event,
	escalate,
	LIMITS,
	type Life,
	STATES,
	step,
	unborn,
} from '../../../supervisor/run/policy.ts';

const test = suite('policy');
const NO_JITTER = 0.5;

const after = (
	life: Life,
	events: [Event, number][],
	restart: 'always' | 'on-failure' | 'never' = 'on-failure',
) =>
	events.reduce<[Life, string]>(
		([before], [event, at]) => {
			const [next, action] = step(before, event, restart, at, NO_JITTER);
			return [next, action.kind === 'wait' ? `wait ${action.ms}` : action.kind];
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

const ARROWS: [
	from: string,
	events: Event[],
	restart: 'always' | 'on-failure' | 'never',
	to: string,
	action: string,
][] = [
	['STOPPED', [START], 'on-failure', 'STARTING', 'spawn'],
	['STOPPED', [STOP], 'on-failure', 'STOPPED', 'nothing'],
	['STOPPED', [DUE], 'on-failure', 'STOPPED', 'nothing'],
	['STARTING', [START, SPAWNED], 'on-failure', 'RUNNING', 'nothing'],
	['STARTING', [START, START], 'on-failure', 'STARTING', 'nothing'],
	['STARTING', [START, died(1)], 'on-failure', 'BACKOFF', 'wait 200'],
	['STARTING', [START, STOP], 'on-failure', 'STOPPING', 'terminate'],
	['RUNNING', [START, SPAWNED, died(0, true)], 'on-failure', 'EXITED', 'closeOutput'],
	['RUNNING', [START, SPAWNED, died(0, true)], 'always', 'BACKOFF', 'wait 200'],
	['RUNNING', [START, SPAWNED, died(0)], 'on-failure', 'BACKOFF', 'wait 200'],
	['RUNNING', [START, SPAWNED, died(1)], 'never', 'FATAL', 'giveUp'],
	['RUNNING', [START, SPAWNED, died(64)], 'always', 'FATAL', 'giveUp'],
	['RUNNING', [START, SPAWNED, died(78)], 'on-failure', 'FATAL', 'giveUp'],
	['RUNNING', [START, SPAWNED, died(75)], 'on-failure', 'BACKOFF', 'wait 200'],
	['RUNNING', [START, SPAWNED, STOP], 'always', 'STOPPING', 'terminate'],
	['STOPPING', [START, SPAWNED, STOP, died(1)], 'always', 'STOPPED', 'nothing'],
	['STOPPING', [START, SPAWNED, STOP, START], 'always', 'STOPPING', 'nothing'],
	['BACKOFF', [START, SPAWNED, died(1), DUE], 'on-failure', 'STARTING', 'spawn'],
	['BACKOFF', [START, SPAWNED, died(1), STOP], 'on-failure', 'STOPPED', 'nothing'],
	['BACKOFF', [START, SPAWNED, died(1), START], 'on-failure', 'BACKOFF', 'nothing'],
	['BACKOFF', [START, SPAWNED, died(1), DEGRADE], 'on-failure', 'DEGRADED', 'nothing'],
	['DEGRADED', [START, SPAWNED, died(1), DEGRADE, DUE], 'on-failure', 'STARTING', 'spawn'],
	['DEGRADED', [START, SPAWNED, died(1), DEGRADE, DUE, SPAWNED, died(1)], 'always', 'DEGRADED', 'wait 30000'],
	['DEGRADED', [START, SPAWNED, died(1), DEGRADE, STOP], 'always', 'STOPPED', 'nothing'],
	['RUNNING', [START, SPAWNED, DEGRADE], 'always', 'RUNNING', 'nothing'],
	['RUNNING', [START, SPAWNED, HEALTHY], 'always', 'RUNNING', 'nothing'],
	['BACKOFF', [START, SPAWNED, died(1), HEALTHY], 'always', 'BACKOFF', 'nothing'],
	['EXITED', [START, SPAWNED, died(0, true), DUE], 'on-failure', 'EXITED', 'nothing'],
	['EXITED', [START, SPAWNED, died(0, true), START], 'on-failure', 'STARTING', 'spawn'],
	['FATAL', [START, SPAWNED, died(78), STOP], 'on-failure', 'FATAL', 'nothing'],
	['FATAL', [START, SPAWNED, died(78), START], 'on-failure', 'STARTING', 'spawn'],
];
for (const [from, events, restart, to, action] of ARROWS) {
	test(`${from}, ${events.at(-1)!.kind}, restart ${restart}: ${to} and ${action}`, () => {
		const [life, last] = after(
			unborn(0),
			events.map((event) => [event, 1000]),
			restart,
		);
		assert.is(life.state, to);
		assert.is(last, action);
	});
}

test('DEGRADED is left by its timer and by stop', () => {
	const degraded: Life = { ...unborn(0), state: 'DEGRADED' };
	assert.is(after(degraded, [[DUE, 1]])[0].state, 'STARTING');
	assert.is(after(degraded, [[STOP, 1]])[0].state, 'STOPPED');
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
	assert.is(after(degraded, [...again.flat(), [died(1), 31_000]])[1], 'wait 30000');
	assert.is(after(degraded, [[HEALTHY, 30_000 + LIMITS.healthy - 1]])[0].degraded, true);
	const [well] = after(degraded, [[HEALTHY, 30_000 + LIMITS.healthy]]);
	assert.equal([well.degraded, well.failures], [false, 0]);
	assert.is(after(degraded, [[died(1), 30_000 + LIMITS.healthy]])[1], 'wait 200');
});

test("the delays are the plan's, and jittered alike", () => {
	const [life, action] = step({ ...unborn(0), state: 'RUNNING' }, died(1), 'always', 1, NO_JITTER, [10, 50]);
	assert.equal([life.state, action], ['BACKOFF', { kind: 'wait', ms: 10 }]);
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

test('no sequence of events leaves the list of states or starts a stage that is up', () => {
	const event = fc.oneof(
		fc.constantFrom<Event>(START, SPAWNED, DUE, STOP, HEALTHY, DEGRADE),
		fc.record({
			kind: fc.constant('died' as const),
			code: fc.integer({ min: 0, max: 255 }),
			finished: fc.boolean(),
		}),
	);
	const restart = fc.constantFrom('always', 'on-failure', 'never');
	fc.assert(
		fc.property(fc.array(event, { maxLength: 60 }), restart, (events, policy) => {
			let life = unborn(0);
			let processes = 0;
			for (const [index, one] of events.entries()) {
				// A process can only die when there is one.
				if (one.kind === 'died' && processes === 0) continue;
				if (one.kind === 'died') processes -= 1;
				const [next, action] = step(life, one, policy as 'always', index * 500, Math.random());
				if (action.kind === 'spawn') processes += 1;
				assert.ok(STATES.includes(next.state));
				assert.ok(processes <= 1, 'two processes for one stage');
				life = next;
			}
		}),
		{ numRuns: 2000 },
	);
});

test.run();
