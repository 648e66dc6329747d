// outbox: items in, in batches to a server, and which barriers that confirms

import { writeAck } from '../disk/ack.ts';
import { EXIT, Failure } from '../failure.ts';
import { createGate } from '../flow/gate.ts';
import { createLedger } from '../flow/ledger.ts';
import { createWaitReport } from '../flow/waiting.ts';
import { createPatience } from '../net/patience.ts';
import type { Position } from '../record.ts';
import { type CourierOptions, createCourier } from './courier.ts';
import { createQueue } from './queue.ts';

export type OutboxOptions<Item> = Omit<
	CourierOptions<Item>,
	'patience' | 'first' | 'onSettled' | 'onDivide' | 'onFailure'
> & {
	/** What items are, in the plural. */
	items: string;
	/** How much an item weighs, in bytes, about. */
	weigh: (item: Item) => number;
	/** How many items one body has at the most. */
	batch: number;
	lingerMs: number;
	retryMaxMs: number;
	/** How many items may wait where nothing else keeps them; two batches at least. */
	most: number;
	/** The ack file, '' = none: then what is too much is dropped instead of waited for. */
	ack: string;
	/** Everything before this position has been delivered; called before the ack file says so. */
	onConfirm?: (position: Position) => void;
	/** How long what waits is sent at the end of input, in ms. */
	drainMs: number;
	fail: (error: unknown) => void;
	/** Aborted at TERM. */
	signal: AbortSignal;
};

export type Outbox<Item> = {
	push: (item: Item) => void;
	/** Everything pushed so far came from before `position`. */
	barrier: (position: Position) => void;
	/** Wait here before reading on. */
	room: () => Promise<void> | undefined;
	/** Send what waits. @throws Failure(69), or 77 where the server wants another login, when items are lost. */
	finish: (how: 'eof' | 'term') => Promise<void>;
};

// Whoever sends TERM waits only so long before it sends KILL.
const TERM_MS = 5000;
const TICK_MS = 1000;
const REPORT_MS = 60_000;
// One body stays below what servers take, and what waits below what a small machine has.
const HEAVIEST_BODY = 1024 * 1024;
const HEAVIEST_QUEUE = 64 * 1024 * 1024;
/** With an ack file the log is the queue: so many batches are read ahead. */
const AHEAD = 4;

export const createOutbox = <Item>(options: OutboxOptions<Item>): Outbox<Item> => {
	const { weigh, sizeOf, batch, lingerMs, ack, drainMs, items, url, log, count, fail, signal } = options;
	const most = Math.max(options.most, 2 * batch);
	const holds = ack !== '';
	const patience = createPatience({ ...options, name: url.origin });
	const ledger = createLedger((position) => {
		if (!holds) return;
		options.onConfirm?.(position);
		writeAck(ack, position);
	});
	const report = createWaitReport({ what: items, everyMs: REPORT_MS, log, count });
	const queue = createQueue<Item>({
		most: batch,
		heaviest: HEAVIEST_BODY,
		lingerMs,
		onReady: () => courier.start(),
	});
	const isHeavy = () => queue.weight() >= HEAVIEST_QUEUE;
	// A server that is only slower than the input is waited for in any case; one that is away, where the log keeps it all.
	const isWaitedFor = () =>
		holds ? queue.size() >= AHEAD * batch : patience.condition() === 'well' && isCrowded();
	const isCrowded = () => queue.size() >= most || isHeavy();
	const gate = createGate(() => isWaitedFor() || (holds && isHeavy()));
	let settled = 0;

	const shift = (end: number) => {
		queue.shift();
		settled = end;
		ledger.settle(settled);
		gate.wake();
	};
	const courier = createCourier({
		...options,
		patience,
		first: queue.first,
		onSettled: ({ end }) => shift(end),
		onDivide: queue.halve,
		onFailure: fail,
	});
	const dropOldest = () => {
		const gone = queue.drop();
		if (!gone) return;
		const lost = sizeOf(gone.items);
		count('dropped', lost);
		log.error(`more than ${most} ${items} wait; the oldest are dropped`, {}, 'dropped');
	};
	const tick = () => {
		const now = performance.now();
		report(queue.size(), queue.oldest() ?? now, now);
		// The server may have gone meanwhile.
		gate.wake();
	};
	const timer = setInterval(tick, TICK_MS);
	signal.addEventListener('abort', gate.open);

	const emptied = async (deadline: number, isKept: boolean) => {
		const isWorthIt = () => performance.now() < deadline && !(isKept && patience.condition() !== 'well');
		while (queue.size() > 0 && isWorthIt()) await new Promise((resolve) => setTimeout(resolve, 5));
	};
	return {
		push: (item) => {
			if (!holds && isCrowded() && patience.condition() !== 'well') dropOldest();
			queue.push(item, weigh(item));
		},
		barrier: (position) => {
			ledger.barrier(position, queue.next());
			ledger.settle(settled);
		},
		room: gate.room,
		finish: async (how) => {
			const isTerm = how === 'term';
			queue.seal();
			const ms = isTerm ? Math.min(drainMs, TERM_MS) : drainMs;
			await emptied(performance.now() + ms, isTerm && holds);
			clearInterval(timer);
			await courier.stop();
			queue.close();
			const left = queue.size();
			if (left === 0) return;
			if (holds) return log.info(`${left} ${items} are not delivered; the next run reads them again`);
			const code = patience.condition() === 'blocked' ? EXIT.denied : EXIT.unavailable;
			throw new Failure(code, `${left} ${items} were not delivered`);
		},
	};
};
