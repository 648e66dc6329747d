// batches: points that wait, put together into what one write carries
// Points of new series wait for their turn in the pacing; once begun, what waited goes before what is newer.

import type { Pacing } from './pacing.ts';
import { pickleFrame } from './pickle.ts';
import { type Point, parsePoint } from './point.ts';
import { createQueue, type Waiting } from './queue.ts';
import type { Batch } from './window.ts';

export type BatchOptions = {
	protocol: 'text' | 'pickle';
	/** The most points that wait for their series to begin before no more are taken from the queue. */
	most: number;
	pacing?: Pacing | undefined;
};

export type Batches = {
	/** Take a checked line; `now` is a monotonic clock in milliseconds. */
	push: (text: string, now: number) => void;
	/** What to send next, if there is anything that may be sent now. */
	gather: (now: number) => Batch | undefined;
	/** Points that wait. */
	size: () => number;
	/** Points that wait for their turn to be looked at, and points that wait for their series to begin. */
	sizes: () => { queued: number; paced: number };
	/** The point that came first of all that wait. */
	oldest: () => Waiting | undefined;
	/** Give up the oldest point. */
	dropOldest: () => void;
	/** The number that the next point will get. */
	next: () => number;
};

// What one write carries; a pickle frame of it stays far below carbon's limit of 1 MiB.
const BATCH_BYTES = 64 * 1024;
const BATCH_POINTS = 1000;

const pathOf = (text: string): string => text.slice(0, text.indexOf(' '));

const encode = (texts: string[], protocol: 'text' | 'pickle'): Buffer =>
	protocol === 'text'
		? Buffer.from(`${texts.join('\n')}\n`)
		: pickleFrame(texts.map((text) => parsePoint(text) as Point));

export const createBatches = ({ protocol, most, pacing }: BatchOptions): Batches => {
	const queue = createQueue();
	let begun: { path: string; items: Waiting[]; at: number } | undefined;

	const paced = () => (pacing?.size() ?? 0) + (begun ? begun.items.length - begun.at : 0);

	/** The next point that may go: first what waited for its series, then the queue. */
	const take = (now: number, fresh: string[]): Waiting | undefined => {
		if (!begun) {
			const released = pacing?.release(now);
			if (released) begun = { ...released, at: 0 };
		}
		if (begun) {
			if (begun.at === 0) fresh.push(begun.path);
			const item = begun.items[begun.at++];
			if (begun.at >= begun.items.length) begun = undefined;
			return item;
		}
		while (paced() < most) {
			const item = queue.shift();
			if (!item || !pacing) return item;
			const path = pathOf(item.text);
			const verdict = pacing.offer(path, item, now);
			if (verdict === 'new') fresh.push(path);
			if (verdict !== 'wait') return item;
		}
		return undefined;
	};
	const gather = (now: number): Batch | undefined => {
		const texts: string[] = [];
		const fresh: string[] = [];
		let [bytes, low] = [0, Number.POSITIVE_INFINITY];
		while (bytes < BATCH_BYTES && texts.length < BATCH_POINTS) {
			const item = take(now, fresh);
			if (!item) break;
			texts.push(item.text);
			bytes += item.text.length + 1;
			low = Math.min(low, item.seq);
		}
		return texts.length > 0
			? { bytes: encode(texts, protocol), points: texts.length, low, fresh }
			: undefined;
	};
	// What waits for its series was always read before what is in the queue.
	const oldest = (): Waiting | undefined => {
		const waiting = [begun?.items[begun.at], pacing?.head()].filter((item) => item !== undefined);
		return waiting.length > 0 ? waiting.reduce((a, b) => (a.seq < b.seq ? a : b)) : queue.head();
	};
	const dropOldest = () => {
		if (pacing && pacing.size() > 0) pacing.dropOldest();
		else queue.shift();
	};
	return {
		push: queue.push,
		gather,
		size: () => queue.size() + paced(),
		sizes: () => ({ queued: queue.size(), paced: paced() }),
		oldest,
		dropOldest,
		next: queue.next,
	};
};
