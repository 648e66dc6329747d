// policy: when a stage is started, restarted, or given up, as one pure table; the clock is an argument
// Nothing here knows of processes: events go in, a new life and what to do come out.

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
	/** More than this many deaths within `deathWindow` restart the whole pipeline. */
	deaths: 5,
	deathWindow: 60_000,
	/** This many such restarts within `escalationWindow` make the pipeline DEGRADED. */
	escalations: 3,
	escalationWindow: 600_000,
} as const;

/** Exit codes that say: starting me again cannot help (sysexits usage and configuration). */
const HOPELESS = new Set([64, 78]);

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
};

export const unborn = (now: number): Life => ({
	state: 'STOPPED',
	since: now,
	failures: 0,
	deaths: [],
	restarts: 0,
	degraded: false,
});

export type Event =
	| { kind: 'start' }
	/** The process is there. */
	| { kind: 'spawned' }
	/** The process ended; `finished` = as it should: a source that is done, or a stage whose input had ended. */
	| { kind: 'died'; code: number; finished: boolean }
	/** The delay is over. */
	| { kind: 'due' }
	/** It has been up for `LIMITS.healthy`. */
	| { kind: 'healthy' }
	/** The pipeline gives it the longest delay: it escalated too often. */
	| { kind: 'degrade' }
	| { kind: 'stop' };

/** What the caller must do. `escalate`: too many deaths, restart the whole pipeline. */
export type Action =
	| { kind: 'nothing' }
	| { kind: 'spawn' }
	| { kind: 'wait'; ms: number }
	| { kind: 'escalate' }
	| { kind: 'terminate' }
	| { kind: 'closeOutput' }
	| { kind: 'giveUp' };

const NOTHING: Action = { kind: 'nothing' };

/** The delay before start number `failures` (from 1), with jitter; `random` is in [0, 1). */
export const delayAfter = (failures: number, random: number, [first, most]: Delays = DELAYS): number => {
	const plain = Math.min(most, first * 2 ** Math.min(failures - 1, 30));
	return Math.round(plain * (1 - LIMITS.jitter + 2 * LIMITS.jitter * random));
};

// Far enough for every pair of delays to be at its longest.
const LONGEST = 30;

const died = (
	life: Life,
	{ code, finished }: { code: number; finished: boolean },
	restart: Restart,
	now: number,
	random: number,
	delays: Delays,
): [Life, Action] => {
	const wanted = restart === 'always' || (restart === 'on-failure' && !finished);
	if (!wanted) {
		const action: Action = { kind: finished ? 'closeOutput' : 'giveUp' };
		return [{ ...life, state: finished ? 'EXITED' : 'FATAL', since: now }, action];
	}
	if (HOPELESS.has(code)) return [{ ...life, state: 'FATAL', since: now }, { kind: 'giveUp' }];
	const wasHealthy = life.state === 'RUNNING' && now - life.since >= LIMITS.healthy;
	const failures = wasHealthy ? 1 : life.failures + 1;
	const deaths = [...life.deaths.filter((at) => now - at < LIMITS.deathWindow), now];
	const degraded = life.degraded && !wasHealthy;
	const restarts = life.restarts + 1;
	const next: Life = { state: 'BACKOFF', since: now, failures, deaths, restarts, degraded };
	// What is degraded has escalated enough: it is only tried again, and seldom.
	if (degraded)
		return [
			{ ...next, state: 'DEGRADED', deaths: [] },
			{ kind: 'wait', ms: delayAfter(LONGEST, random, delays) },
		];
	if (deaths.length > LIMITS.deaths) return [{ ...next, deaths: [] }, { kind: 'escalate' }];
	return [next, { kind: 'wait', ms: delayAfter(failures, random, delays) }];
};

/**
 * One step of a stage's life. An event that means nothing in a state changes nothing, so a late timer
 * or a second `stop` is harmless, and no sequence of events can start a stage twice.
 */
export const step = (
	life: Life,
	event: Event,
	restart: Restart,
	now: number,
	random: number,
	delays: Delays = DELAYS,
): [Life, Action] => {
	const become = (state: State, action: Action): [Life, Action] => [{ ...life, state, since: now }, action];
	const isUp = life.state === 'STARTING' || life.state === 'RUNNING';
	switch (event.kind) {
		case 'start':
			if (isUp || life.state === 'STOPPING' || life.state === 'BACKOFF') return [life, NOTHING];
			return become('STARTING', { kind: 'spawn' });
		case 'spawned':
			return life.state === 'STARTING' ? become('RUNNING', NOTHING) : [life, NOTHING];
		case 'due':
			return life.state === 'BACKOFF' || life.state === 'DEGRADED'
				? become('STARTING', { kind: 'spawn' })
				: [life, NOTHING];
		case 'healthy':
			if (life.state !== 'RUNNING' || now - life.since < LIMITS.healthy) return [life, NOTHING];
			return [{ ...life, degraded: false, failures: 0 }, NOTHING];
		case 'degrade':
			if (life.state !== 'BACKOFF') return [life, NOTHING];
			return [{ ...life, state: 'DEGRADED', degraded: true, since: now }, NOTHING];
		case 'died':
			if (life.state === 'STOPPING') return become('STOPPED', NOTHING);
			return isUp ? died(life, event, restart, now, random, delays) : [life, NOTHING];
		case 'stop':
			if (isUp) return become('STOPPING', { kind: 'terminate' });
			return life.state === 'BACKOFF' || life.state === 'DEGRADED'
				? become('STOPPED', NOTHING)
				: [life, NOTHING];
	}
};

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
