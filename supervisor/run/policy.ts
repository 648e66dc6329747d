// policy: when a stage is started, restarted, replaced by its fallback, or given up, as one pure table
// Nothing here knows of processes or timers: events go in, a new life and what to do come out; the clock is an argument.

import { EXIT } from '../../filters/lib/failure.ts';
import { DELAYS, type Delays, type Restart } from '../plan/plan.ts';

/** The closed list of states that a stage can be in. */
export const STATES = [
	'STOPPED',
	'STARTING',
	'RUNNING',
	'BACKOFF',
	'STOPPING',
	'EXITED',
	'DEGRADED',
	'FATAL',
] as const;
export type State = (typeof STATES)[number];

/** Milliseconds on the monotonic clock, and counts. */
export const LIMITS = {
	jitter: 0.2,
	/** A run this long makes the next delay the first one again. */
	healthy: 30_000,
	/** A stage with a fallback that runs this long is taken to be there. */
	holds: 5000,
	/** More than this many deaths within `deathWindow` restart the whole pipeline. */
	deaths: 5,
	deathWindow: 60_000,
	/** This many such restarts within `escalationWindow` make the pipeline DEGRADED. */
	escalations: 3,
	escalationWindow: 600_000,
} as const;

/** Exit codes that say: starting me again cannot help. */
const HOPELESS = new Set<number>([EXIT.usage, EXIT.config]);
/** Exit codes that say: I cannot be had here, be it after a long run. */
const CANNOT_BE_HAD = new Set<number>([EXIT.unavailable, EXIT.denied, EXIT.config]);
/** 128 and the number of the signal, as shells count. */
const SIGPIPE = 141;

/** What the plan and the command line say about one stage. */
export type Rules = {
	restart: Restart;
	delays: Delays;
	/** There is a fallback that may take its place. */
	hasFallback: boolean;
	/** The first failure ends everything. */
	failFast: boolean;
};

/** What is remembered of one stage. Times are milliseconds on the monotonic clock. */
export type Life = {
	readonly state: State;
	readonly since: number;
	/** Deaths in a row without a healthy run between them: the exponent of the delay. */
	readonly failures: number;
	/** When it died, within the last death window. */
	readonly deaths: readonly number[];
	readonly restarts: number;
	/** It brought its pipeline down too often, and has not had a healthy run since. */
	readonly degraded: boolean;
	/** The fallback is what starts, runs or waits in its place. */
	readonly onFallback: boolean;
	/** The primary was started in the fallback's place, to see whether it holds. */
	readonly onTrial: boolean;
};

export const unborn = (now: number): Life => ({
	state: 'STOPPED',
	since: now,
	failures: 0,
	deaths: [],
	restarts: 0,
	degraded: false,
	onFallback: false,
	onTrial: false,
});

/** TERM at once, or only when it has not drained to the end of its input within its grace. */
export type How = 'term' | 'drain';

export type Event =
	| { kind: 'start' }
	/** The process is there and, where that was asked of it, has said that it is ready. */
	| { kind: 'spawned' }
	/** It has not said that it is ready in time. */
	| { kind: 'overdue' }
	/** The process ended; `finished` = as it should, which `isFinished` tells. */
	| { kind: 'died'; code: number; finished: boolean }
	/** The delay is over. */
	| { kind: 'due' }
	/** It has been up for `LIMITS.healthy`. */
	| { kind: 'healthy' }
	/** The pipeline escalated too often because of it. */
	| { kind: 'degrade' }
	/** Its end is wanted from now on; nothing is done about it yet. */
	| { kind: 'stop' }
	/** End it. */
	| { kind: 'end'; how: How }
	/** The fallback, which was ended for that, has run for a while: the primary is tried again. */
	| { kind: 'retry' }
	/** The pipeline is down and comes back after a delay: this stage is why, or all wait for the system. */
	| { kind: 'wait' }
	/** The pipeline is done, and this stage has been stopped for that. */
	| { kind: 'done' }
	/** The pipeline is given up, for a fault of our own. */
	| { kind: 'abandon' };

/** What the caller must do. */
export type Action =
	| { kind: 'nothing' }
	| { kind: 'spawn' }
	/** Say that it cannot be had, and start its fallback. */
	| { kind: 'substitute' }
	/** It is up. `recovers`: send `healthy` once it has been so for `LIMITS.healthy`. */
	| { kind: 'up'; recovers: boolean }
	/** It has run well for long after deaths. */
	| { kind: 'recover'; wasDegraded: boolean }
	| { kind: 'wait'; ms: number }
	/** Too many deaths: restart the whole pipeline. */
	| { kind: 'escalate' }
	| { kind: 'terminate'; how: How }
	/** It ended because that was wanted. */
	| { kind: 'stopped' }
	/** It ended as it should, and stays ended. */
	| { kind: 'closeOutput' }
	| { kind: 'giveUp' };
const NOTHING: Action = { kind: 'nothing' };

/** The delay before start number `failures` (from 1), with jitter; `random` is in [0, 1). */
export const delayAfter = (failures: number, random: number, [first, most]: Delays = DELAYS): number => {
	const plain = Math.min(most, first * 2 ** Math.min(failures - 1, 30));
	return Math.round(plain * (1 - LIMITS.jitter + 2 * LIMITS.jitter * random));
};

/** Far enough for every pair of delays to be at its longest. */
const LONGEST = 30;
/** What of its surroundings is gone for good: all that it could read has been printed, or nobody reads it any more. */
export type Ends = { inputEnded: boolean; outputGone: boolean };

/** Whether an end with `code` is as it should be. A source has nothing to read, so its input counts as ended. */
export const isFinished = (code: number, { inputEnded, outputGone }: Ends, restart: Restart): boolean =>
	code === EXIT.done ? inputEnded || outputGone || restart === 'never' : code === SIGPIPE && outputGone;

type Circumstances = { rules: Rules; now: number; random: number };
type EventOf<Kind extends Event['kind']> = Extract<Event, { kind: Kind }>;
type Move<Kind extends Event['kind']> = (
	life: Life,
	event: EventOf<Kind>,
	around: Circumstances,
) => [Life, Action];

const become =
	(state: State, action: Action = NOTHING) =>
	(life: Life, _event: Event, { now }: Circumstances): [Life, Action] => [
		{ ...life, state, since: now },
		action,
	];
const begin = become('STARTING', { kind: 'spawn' });

/** Another program takes the place: what the one before did says nothing of it. */
const replaced = (life: Life, onFallback: boolean, now: number): Life => ({
	...unborn(now),
	state: 'STARTING',
	restarts: life.restarts + 1,
	onFallback,
	onTrial: !onFallback,
});
const mayBeReplaced = (life: Life, { hasFallback }: Rules): boolean => hasFallback && !life.onFallback;

/** Whether it is not there to be started; one that asks to be started again (75) is, and lacks something for a moment. */
const isAbsent = (life: Life, code: number, now: number): boolean => {
	const held = life.state === 'RUNNING' && now - life.since >= LIMITS.holds;
	return CANNOT_BE_HAD.has(code) || (!held && code !== EXIT.again);
};

const died: Move<'died'> = (life, event, around) => {
	const { code, finished } = event;
	const { rules, now } = around;
	if (!finished && code !== EXIT.done) {
		if (rules.failFast) return become('FATAL', { kind: 'giveUp' })(life, event, around);
		if (mayBeReplaced(life, rules) && isAbsent(life, code, now))
			return [replaced(life, true, now), { kind: 'substitute' }];
	}
	const isWanted = rules.restart === 'always' || (rules.restart === 'on-failure' && !finished);
	if (!isWanted && finished) return become('EXITED', { kind: 'closeOutput' })(life, event, around);
	if (!isWanted || HOPELESS.has(code)) return become('FATAL', { kind: 'giveUp' })(life, event, around);
	return again(life, around);
};

/** It is started once more, after a delay, or with the whole pipeline. */
const again = (life: Life, { rules, now, random }: Circumstances): [Life, Action] => {
	const wasHealthy = life.state === 'RUNNING' && now - life.since >= LIMITS.healthy;
	const next: Life = {
		...life,
		state: 'BACKOFF',
		since: now,
		failures: wasHealthy ? 1 : life.failures + 1,
		deaths: [...life.deaths.filter((at) => now - at < LIMITS.deathWindow), now],
		restarts: life.restarts + 1,
		degraded: life.degraded && !wasHealthy,
	};
	const after = (failures: number): Action => ({
		kind: 'wait',
		ms: delayAfter(failures, random, rules.delays),
	});
	// What is degraded has escalated enough: it is only tried again, and seldom.
	if (next.degraded) return [{ ...next, state: 'DEGRADED', deaths: [] }, after(LONGEST)];
	if (next.deaths.length > LIMITS.deaths) return [{ ...next, deaths: [] }, { kind: 'escalate' }];
	return [next, after(next.failures)];
};

const spawned: Move<'spawned'> = (life, event, around) =>
	become('RUNNING', { kind: 'up', recovers: life.degraded || life.failures > 0 })(life, event, around);

const healthy: Move<'healthy'> = (life, _, { now }) => {
	if (now - life.since < LIMITS.healthy || !(life.degraded || life.failures > 0)) return [life, NOTHING];
	return [
		{ ...life, degraded: false, failures: 0 },
		{ kind: 'recover', wasDegraded: life.degraded },
	];
};

const degrade: Move<'degrade'> = (life, _, { rules, now }) =>
	mayBeReplaced(life, rules)
		? [replaced(life, true, now), { kind: 'substitute' }]
		: [{ ...life, state: 'DEGRADED', degraded: true, since: now }, NOTHING];

const retry: Move<'retry'> = (life, _, { now }) =>
	life.onFallback ? [replaced(life, false, now), { kind: 'spawn' }] : [life, NOTHING];

const wait: Move<'wait'> = (life, event, around) =>
	become(life.degraded ? 'DEGRADED' : 'BACKOFF')(life, event, around);

const terminate = (life: Life, how: How): [Life, Action] => [life, { kind: 'terminate', how }];
const overdue: Move<'overdue'> = (life) => terminate(life, 'term');
const end: Move<'end'> = (life, event, { now }) =>
	terminate(life.state === 'STOPPING' ? life : { ...life, state: 'STOPPING', since: now }, event.how);

const stop = become('STOPPING');
const stopped = become('STOPPED');
const done = become('EXITED');
const abandon = become('FATAL');

type Table = { readonly [S in State]: { readonly [Kind in Event['kind']]?: Move<Kind> } };

/**
 * Each state with the events that mean something in it. Any other event changes nothing, so a late timer or a second
 * `stop` is harmless, and no sequence of events can start a stage twice: only where there is no process is there a `spawn`.
 */
const TABLE: Table = {
	STOPPED: { start: begin, retry, wait, done, abandon },
	STARTING: { spawned, overdue, died, stop, end },
	RUNNING: { healthy, died, stop, end },
	BACKOFF: { start: begin, due: begin, degrade, stop: stopped, end: stopped, wait, abandon },
	STOPPING: { died: become('STOPPED', { kind: 'stopped' }), overdue, end },
	EXITED: { start: begin, wait, abandon },
	DEGRADED: { start: begin, due: begin, stop: stopped, end: stopped, wait, abandon },
	FATAL: { start: begin, wait },
};

/** One step of a stage's life. */
export const step = <Kind extends Event['kind']>(
	life: Life,
	event: EventOf<Kind>,
	rules: Rules,
	now: number,
	random: number,
): [Life, Action] => {
	const move = TABLE[life.state][event.kind as Kind] as Move<Kind> | undefined;
	return move ? move(life, event, { rules, now, random }) : [life, NOTHING];
};

/** Whether the primary is tried in its fallback's place, and has not run for `LIMITS.holds` yet. */
export const isOnTrial = ({ onTrial, state, since }: Life, now: number): boolean =>
	onTrial && !(state === 'RUNNING' && now - since >= LIMITS.holds);

/** The state for people: what is up and has not run well for long since it was DEGRADED still is. */
export const shownState = ({ state, degraded }: Life): State =>
	degraded && (state === 'STARTING' || state === 'RUNNING' || state === 'STOPPING') ? 'DEGRADED' : state;

/** How often a whole pipeline had to be restarted lately. */
export type Escalations = readonly number[];

/**
 * A pipeline restart at `now`: the delay before it, and whether the pipeline is now DEGRADED, that is,
 * tried for ever at the longest delay, and said to be so everywhere.
 */
export const escalate = (
	before: Escalations,
	now: number,
	random: number,
	delays: Delays = DELAYS,
): { escalations: Escalations; degraded: boolean; ms: number } => {
	const escalations = [...before.filter((at) => now - at < LIMITS.escalationWindow), now];
	const degraded = escalations.length >= LIMITS.escalations;
	const ms = delayAfter(degraded ? LONGEST : escalations.length, random, delays);
	return { escalations, degraded, ms };
};
