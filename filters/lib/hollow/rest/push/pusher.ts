// pusher: cycles in, what of them waits and what is dropped, and which barriers that confirms

import { createGate } from '../../../flow/gate.ts';
import { createLedger } from '../../../flow/ledger.ts';
import { createWaitReport } from '../../../flow/waiting.ts';
import type { Log } from '../../../log.ts';
import type { Position } from '../../../record.ts';
import type { Cycle } from '../../metrics/cycle.ts';
import { type CourierOptions, createCourier } from './courier.ts';
import type { QueueEntry } from './queue.ts';

export type PusherOptions = Omit<CourierOptions, 'onSettled'> & {
	/** How many cycles may wait. */
	most: number;
	/** When so many wait: true, the input waits; false, the oldest are dropped. */
	holds: boolean;
	log: Log;
	/** Everything before this position has been delivered, or lies where it will not be lost. */
	onConfirmed: (position: Position) => void;
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

export const createPusher = (options: PusherOptions): Pusher => {
	const { delivery, queue, most, holds, log, count, onConfirmed } = options;
	const report = createWaitReport({ what: 'cycles', everyMs: REPORT_MS, log, count });
	const ledger = createLedger(onConfirmed);
	const gate = createGate(() => holds && queue.size() >= most);
	let pushed = 0;
	let settled = 0;

	// What lies in a durable queue is as good as delivered.
	const confirm = () => ledger.settle(queue.isDurable ? pushed : settled);
	const settle = (entry: QueueEntry) => {
		queue.remove(entry.name);
		settled += 1;
		confirm();
		gate.wake();
	};
	const courier = createCourier({ ...options, onSettled: settle });
	const dropOldest = () => {
		const entry = queue.first()!;
		count('dropped');
		log.error(`more than ${most} cycles wait; the oldest are dropped`, {}, 'dropped');
		settle(entry);
		courier.drop(entry);
	};
	const tick = () => {
		const now = performance.now();
		report(queue.size(), queue.first()?.at ?? now, now);
	};
	const timer = setInterval(tick, TICK_MS);
	if (queue.size() > 0) setImmediate(courier.start);

	return {
		push: (cycle) => {
			if (!holds && queue.size() >= most) dropOldest();
			queue.push(cycle);
			pushed += 1;
			tick();
			courier.start();
		},
		barrier: (position) => {
			ledger.barrier(position, pushed);
			confirm();
		},
		room: gate.room,
		release: gate.open,
		finish: async (ms, isKept) => {
			const deadline = performance.now() + ms;
			const isWorthIt = () => performance.now() < deadline && !(isKept && delivery.condition() !== 'well');
			while (queue.size() > 0 && isWorthIt()) await new Promise((resolve) => setTimeout(resolve, 10));
			clearInterval(timer);
			await courier.stop();
			tick();
			return queue.size();
		},
	};
};
