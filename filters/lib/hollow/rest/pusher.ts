// pusher: cycles in, one after the other to their server, and which barriers that confirms

import { createWaitReport } from '../../flow/waiting.ts';
import type { Log } from '../../log.ts';
import type { Position } from '../../record.ts';
import type { Cycle } from '../cycle.ts';
import type { Delivery } from './push.ts';
import { loaded, type Queue, type Waiting } from './queue.ts';

export type PusherOptions = {
	delivery: Delivery;
	queue: Queue;
	/** How many cycles may wait. */
	most: number;
	/** When so many wait: true, the input waits; false, the oldest are dropped. */
	holds: boolean;
	log: Log;
	/** What a published cycle is logged as. */
	say: (text: string) => void;
	count: (name: string, by?: number) => void;
	/** Everything before this position has been delivered, or lies where it will not be lost. */
	onConfirmed: (position: Position) => void;
	onFailure: (error: unknown) => void;
};

export type Pusher = {
	push: (cycle: Cycle) => void;
	barrier: (position: Position) => void;
	/** Wait here before reading on. */
	room: () => void | Promise<void>;
	/** The program is to stop: nothing waits for room any more. */
	release: () => void;
	/** Go on for at most so many ms; with `isKept`, not at all where the server is away. The answer: what still waits. */
	finish: (ms: number, isKept: boolean) => Promise<number>;
};

const TICK_MS = 1000;
const REPORT_MS = 60_000;

const DROPPED = new Error('dropped');

export const createPusher = (options: PusherOptions): Pusher => {
	const { delivery, queue, most, holds, log, count, onConfirmed, onFailure } = options;
	const report = createWaitReport({ what: 'cycles', everyMs: REPORT_MS, log, count });
	let barriers: { position: Position; after: number }[] = [];
	let pushed = 0;
	let settled = 0;
	let current: { entry: Waiting; abort: AbortController } | undefined;
	let isOver = false;
	let isReleased = false;
	let wakers: (() => void)[] = [];

	const confirm = () => {
		const done = barriers.filter(({ after }) => queue.isDurable || after <= settled);
		barriers = barriers.slice(done.length);
		const last = done.at(-1);
		if (last) onConfirmed(last.position);
	};
	const isFull = () => holds && !isReleased && queue.size() >= most;
	const wake = () => {
		if (isFull()) return;
		const due = wakers;
		wakers = [];
		for (const resolve of due) resolve();
	};
	const settle = (entry: Waiting) => {
		queue.remove(entry.name);
		settled += 1;
		confirm();
		wake();
	};
	const deliver = async (entry: Waiting, abort: AbortController): Promise<void> => {
		const cycle = loaded(entry);
		if (typeof cycle === 'string') {
			log.error(`a cycle is given up: ${cycle}`, {}, 'unreadable');
			return count('unreadable');
		}
		const verdict = await delivery.deliver(cycle, abort.signal);
		count(verdict);
		if (verdict === 'old')
			log.warn(`${cycle.version} is older than what the server has; left out`, {}, 'old');
		else if (verdict !== 'refused') options.say(`${cycle.version} ${verdict}`);
	};
	const run = async () => {
		for (let entry = queue.first(); entry && !isOver; entry = queue.first()) {
			const abort = new AbortController();
			current = { entry, abort };
			try {
				await deliver(entry, abort);
				settle(entry);
			} catch (error) {
				if (!abort.signal.aborted) throw error;
			}
		}
		current = undefined;
	};
	let running: Promise<void> | undefined;
	const start = () => {
		running ??= run().then(
			() => {
				running = undefined;
				// What came between the last look at the queue and now would wait for ever.
				if (queue.size() > 0 && !isOver) start();
			},
			(error) => {
				running = undefined;
				onFailure(error);
			},
		);
	};
	const dropOldest = () => {
		const entry = queue.first()!;
		count('dropped');
		log.error(`more than ${most} cycles wait; the oldest are dropped`, {}, 'dropped');
		settle(entry);
		if (current?.entry.name === entry.name) current.abort.abort(DROPPED);
	};
	const tick = () => {
		const now = performance.now();
		report(queue.size(), queue.first()?.at ?? now, now);
	};
	const timer = setInterval(tick, TICK_MS);
	if (queue.size() > 0) setImmediate(start);

	return {
		push: (cycle) => {
			if (!holds && queue.size() >= most) dropOldest();
			queue.push(cycle);
			pushed += 1;
			tick();
			start();
		},
		barrier: (position) => {
			barriers.push({ position, after: pushed });
			confirm();
		},
		room: () => (isFull() ? new Promise<void>((resolve) => wakers.push(resolve)) : undefined),
		release: () => {
			isReleased = true;
			wake();
		},
		finish: async (ms, isKept) => {
			const deadline = performance.now() + ms;
			const isWorthIt = () => performance.now() < deadline && !(isKept && delivery.condition() !== 'well');
			while (queue.size() > 0 && isWorthIt()) await new Promise((resolve) => setTimeout(resolve, 10));
			isOver = true;
			clearInterval(timer);
			current?.abort.abort(DROPPED);
			await running;
			tick();
			return queue.size();
		},
	};
};
