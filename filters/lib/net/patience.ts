// patience: how long to wait for a server before it is tried again, and what is said about it meanwhile

import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';

/** Whether a server can be had: `blocked` when it answers, but somebody has to set something right first. */
export type Condition = 'well' | 'away' | 'blocked';

export type Patience = {
	/** How the server is now, and why; a change is logged, and so is that it is well again. */
	tell: (now: Condition, why: string) => void;
	condition: () => Condition;
	/**
	 * Wait: each time twice as long as before, at once for the longest time where it is blocked, and for `least` ms where the
	 * server asks for that. Rejects with the reason of `signal`.
	 */
	pause: (least: number, signal: AbortSignal) => Promise<void>;
	/** Something went well: the next wait is the shortest again. */
	renew: () => void;
};

export type PatienceOptions = {
	/** What the server is called in the log. */
	name: string;
	/** The longest wait, unless the server asks for a longer one. */
	retryMaxMs: number;
	log: Log;
	count: (name: string, by?: number) => void;
};

const FIRST_DELAY_MS = 200;
const JITTER = 0.2;

export const createPatience = ({ name, retryMaxMs, log, count }: PatienceOptions): Patience => {
	let condition: Condition = 'well';
	let delay = FIRST_DELAY_MS;
	return {
		tell: (now, why) => {
			if (now === 'well' && condition !== 'well') log.info(`${name} answers again`, {}, 'well');
			const what = now === 'blocked' ? 'tried again until somebody sets that right' : 'trying again';
			if (now !== 'well') log.warn(`${name}: ${why}; ${what}`, {}, `${now} ${why.slice(0, 3)}`);
			condition = now;
		},
		condition: () => condition,
		pause: async (least, signal) => {
			const now = condition === 'blocked' ? retryMaxMs : Math.min(delay, retryMaxMs);
			delay = Math.min(retryMaxMs, now * 2);
			count('retries');
			await sleep(Math.max(least, now * (1 + JITTER * (Math.random() * 2 - 1))), undefined, { signal });
		},
		renew: () => {
			delay = FIRST_DELAY_MS;
		},
	};
};

const MOST_AFTER_MS = 300_000;

/** How long the server asks to be left alone, in ms: Retry-After as seconds or a date, at most 5 minutes; else 0. */
export const retryAfter = (header: string | undefined, now: number): number => {
	if (header === undefined) return 0;
	const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
	return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), MOST_AFTER_MS);
};
