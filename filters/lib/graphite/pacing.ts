// pacing: new series no faster than carbon creates files; it throws away what comes for the others
// Points of a series that may not begin yet wait here, in order; every other point passes.

import { EXIT, Failure } from '../failure.ts';
import type { Waiting } from './queue.ts';

export type PacingOptions = {
	/** New series a minute, evenly spread. */
	perMinute: number;
	/** New series at once, when none was created for long. */
	burst: number;
	/** Series that carbon has already. */
	known: Iterable<string>;
};

/** `now` is a monotonic clock in milliseconds. */
export type Pacing = {
	/** Whether a point of `path` may go now; `new` when it begins a series; `wait` when it is kept here. */
	offer: (path: string, item: Waiting, now: number) => 'go' | 'new' | 'wait';
	/** The next series that may begin now, with everything of it that waited. */
	release: (now: number) => { path: string; items: Waiting[] } | undefined;
	/** Points that wait. */
	size: () => number;
	/** The point that has waited longest. */
	head: () => Waiting | undefined;
	/** Give up the point that has waited longest. */
	dropOldest: () => void;
};

// So that keys that never come again cannot fill the memory; a forgotten series is only paced once more.
const MOST_KNOWN = 1_000_000;

/**
 * `50/min` or a bare number, per minute.
 * @throws Failure(64) when it is something else.
 */
export const createRate = (text: string, where: string): number => {
	const match = /^(\d{1,9})(?:\/min)?$/.exec(text);
	if (match && Number(match[1]) > 0) return Number(match[1]);
	throw new Failure(
		EXIT.usage,
		`${where}: "${text}" is not a number of series a minute; write for example 50/min`,
	);
};

export const createPacing = ({ perMinute, burst, known }: PacingOptions): Pacing => {
	const begun = new Set<string>(known);
	const waiting = new Map<string, Waiting[]>();
	let size = 0;
	let tokens = burst;
	let filledAt: number | undefined;

	const mayBegin = (now: number): boolean => {
		tokens = Math.min(burst, tokens + ((now - (filledAt ?? now)) * perMinute) / 60_000);
		filledAt = now;
		if (tokens < 1) return false;
		tokens -= 1;
		return true;
	};
	const begin = (path: string) => {
		begun.add(path);
		if (begun.size <= MOST_KNOWN) return;
		const [oldest] = begun;
		begun.delete(oldest!);
	};
	const offer = (path: string, item: Waiting, now: number) => {
		if (begun.has(path)) return 'go';
		const items = waiting.get(path);
		// Whoever waits longest begins first.
		if (!items && waiting.size === 0 && mayBegin(now)) {
			begin(path);
			return 'new';
		}
		size += 1;
		if (items) items.push(item);
		else waiting.set(path, [item]);
		return 'wait';
	};
	const release = (now: number) => {
		const [next] = waiting;
		if (!next || !mayBegin(now)) return undefined;
		const [path, items] = next;
		waiting.delete(path);
		size -= items.length;
		begin(path);
		return { path, items };
	};
	const head = (): Waiting | undefined => {
		const [next] = waiting.values();
		return next?.[0];
	};
	const dropOldest = () => {
		const [next] = waiting;
		if (!next) return;
		next[1].shift();
		size -= 1;
		if (next[1].length === 0) waiting.delete(next[0]);
	};
	return { offer, release, size: () => size, head, dropOldest };
};
