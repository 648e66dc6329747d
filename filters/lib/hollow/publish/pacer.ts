// pacer: when which cycle is published: at most one an interval, the newest, again after a failure
// A barrier is settled when every cycle before it was published or made superfluous by a newer one that was.

import { EXIT, Failure } from '../../failure.ts';
import type { Log } from '../../log.ts';
import type { Position } from '../../record.ts';
import { ValueError } from '../blob/bytes/errors.ts';
import type { Cycle } from '../metrics/cycle.ts';
import type { Version } from '../version.ts';
import type { Outcome, Publisher } from './publisher.ts';

export type PacerOptions = {
	publisher: Publisher;
	/** From one publication to the next, at least; 0 = every cycle is published as it comes. */
	intervalMs: number;
	/** From a failure that may pass (a full disk) to the next attempt. */
	retryMs: number;
	log: Log;
	count: (name: string) => void;
	/** There is a new version. */
	onPublished?: () => void;
	/** A cycle that cannot be stored. */
	bad: (what: string) => void;
	/** Everything before this position is done with. */
	onSettled: (position: Position) => void;
	/** What failed for good while nobody was waiting for it. */
	onFailure: (error: unknown) => void;
};

export type Pacer = {
	/** A whole cycle: published now, or kept until its time unless a newer one comes before. */
	offer: (cycle: Cycle) => Promise<void>;
	/** Everything before `position` has been offered. */
	barrier: (position: Position) => void;
	/** Publish what waits, whatever the interval says. Throws what stood in the way. */
	finish: () => Promise<void>;
};

const mayPass = (error: unknown): error is Failure =>
	error instanceof Failure && error.code === EXIT.unavailable;

export const createPacer = (options: PacerOptions): Pacer => {
	const { publisher, intervalMs, retryMs, log, count, bad, onPublished, onSettled, onFailure } = options;
	let waiting: Cycle | undefined;
	let position: Position | undefined;
	let timer: NodeJS.Timeout | undefined;
	let due = 0;
	let isFirst = true;
	let superseded = 0;
	// Since when publishing has failed, and how many cycles newer ones replaced since then.
	let failing: { since: number; superseded: number } | undefined;

	const settle = () => {
		if (waiting || !position) return;
		onSettled(position);
		position = undefined;
	};
	const leftOut = (cycles: number) => `${cycles} cycle${cycles === 1 ? ' was' : 's were'} left out`;
	const recover = (version: Version) => {
		if (!failing) return;
		const seconds = Math.round((performance.now() - failing.since) / 1000);
		const lost = failing.superseded > 0 ? `; ${leftOut(failing.superseded)}, newer ones came meanwhile` : '';
		log.warn(`published ${version}, well again after ${seconds} s${lost}`, {}, `recovered ${version}`);
		failing = undefined;
	};
	const note = (cycle: Cycle, outcome: Outcome) => {
		count(outcome.kind);
		if (outcome.kind === 'old')
			log.warn(
				`cycle ${cycle.version} is not newer than the announced ${outcome.announced}: skipped (read again, or the clock was set back)`,
				{},
				'old',
			);
		if (outcome.kind !== 'published') return;
		due = performance.now() + intervalMs;
		recover(outcome.version);
		const { phases, kind: _, version, ...sizes } = outcome;
		const text = `published ${version}, ${cycle.states.length} source${cycle.states.length === 1 ? '' : 's'}${cycle.synthetic ? ', sample data' : ''}`;
		(isFirst ? log.info : log.debug)(text, { ...sizes, ...phases }, `published ${version}`);
		isFirst = false;
		onPublished?.();
	};
	const attempt = async (cycle: Cycle) => {
		try {
			note(cycle, await publisher.publish(cycle));
		} catch (error) {
			if (!(error instanceof ValueError)) throw error;
			bad(`cycle ${cycle.version} is left out: ${error.message}`);
		}
		if (waiting === cycle) waiting = undefined;
		settle();
	};
	const wait = () => {
		clearTimeout(timer);
		timer = setTimeout(() => publishWaiting().catch(onFailure), Math.max(0, due - performance.now()));
	};
	const publishWaiting = async () => {
		if (!waiting) return;
		try {
			await attempt(waiting);
		} catch (error) {
			if (!mayPass(error)) throw error;
			count('failed');
			log.error(`${error.message}; trying again every ${retryMs / 1000} s`, {}, 'failed');
			failing ??= { since: performance.now(), superseded: 0 };
			due = performance.now() + retryMs;
			wait();
		}
	};
	return {
		offer: async (cycle) => {
			if (waiting) {
				count('superseded');
				if (failing) failing.superseded += 1;
				else superseded += 1;
			}
			waiting = cycle;
			if (performance.now() < due) wait();
			else await publishWaiting();
		},
		barrier: (at) => {
			position = at;
			settle();
		},
		finish: async () => {
			clearTimeout(timer);
			if (superseded > 0)
				log.info(`${leftOut(superseded)}: newer ones came within the interval (superseded)`);
			if (failing && failing.superseded > 0)
				log.warn(`${leftOut(failing.superseded)} while nothing could be published: newer ones came`);
			if (waiting) await attempt(waiting);
		},
	};
};
