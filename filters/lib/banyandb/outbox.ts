// outbox: points in, in batches to the server, and which barriers that confirms
// An answer of the server's is not durable: it writes what it has taken some seconds later. So what was answered is kept here
// until that is long over, sent once more when the connection breaks meanwhile, and confirmed only then.

import { writeAck } from '../disk/ack.ts';
import { EXIT, Failure } from '../failure.ts';
import { createCatchUp } from '../flow/catch-up.ts';
import { createGate } from '../flow/gate.ts';
import { createLedger } from '../flow/ledger.ts';
import { createWaitReport } from '../flow/waiting.ts';
import type { Log } from '../log.ts';
import type { Patience } from '../net/patience.ts';
import { type Batch, createQueue } from '../post/queue.ts';
import type { Position } from '../record.ts';
import type { Courier } from './courier.ts';
import { type Point, weightOf } from './point.ts';

export type OutboxOptions = {
	courier: Courier;
	patience: Patience;
	/** How many points one stream has at the most. */
	batch: number;
	lingerMs: number;
	/** How many points may wait where nothing else keeps them; two batches at least. */
	most: number;
	/** How long after its answer a point is safe with the server. */
	safetyMs: number;
	/** The ack file, '' = none: then what is too much is dropped instead of waited for. */
	ack: string;
	/** How long what waits is sent at the end of input, in ms. */
	drainMs: number;
	log: Log;
	count: (name: string, by?: number) => void;
	fail: (error: unknown) => void;
	/** Aborted at TERM. */
	signal: AbortSignal;
	/** Whether the next run reads again what is not confirmed. */
	isReadAgain: () => boolean;
};

export type Outbox = {
	push: (point: Point) => void;
	/** Everything pushed so far came from before `position`. */
	barrier: (position: Position) => void;
	/** Wait here before reading on. */
	room: () => Promise<void> | undefined;
	/** The server may have lost what it answered lately: it is sent again. */
	resend: () => void;
	/** Send what waits, and see it safe. @throws Failure(69), or 77 where the server wants another login, when points are lost. */
	finish: (how: 'eof' | 'term') => Promise<void>;
};

// Whoever sends TERM waits only so long before it sends KILL.
const TERM_MS = 5000;
const TICK_MS = 100;
const REPORT_MS = 60_000;
const HEAVIEST_BATCH = 16 * 1024 * 1024;
// What waits and what is not safe yet: at 10 s a point and 200 bytes each some 60,000 points a second.
const HEAVIEST = 128 * 1024 * 1024;
/** With an ack file the log is the queue: so many batches are read ahead. */
const AHEAD = 4;

type Answered = { batch: Batch<Point>; at: number };

const lengthOf = (batches: readonly { items: readonly Point[] }[]): number =>
	batches.reduce((sum, { items }) => sum + items.length, 0);

export const createOutbox = (options: OutboxOptions): Outbox => {
	const { courier, patience, batch, lingerMs, safetyMs, ack, drainMs, log, count, fail, signal } = options;
	const most = Math.max(options.most, 2 * batch);
	const holds = ack !== '';
	const ledger = createLedger((position) => {
		if (holds) writeAck(ack, position);
	});
	const report = createWaitReport({ what: 'points', everyMs: REPORT_MS, log, count });
	const queue = createQueue<Point>({
		most: batch,
		heaviest: HEAVIEST_BATCH,
		lingerMs,
		onReady: () => work.start(),
	});
	/** To be sent once more, the oldest first; all of them older than what the queue has. */
	let again: Batch<Point>[] = [];
	/** Answered, but not safe yet; the oldest first. */
	let answered: Answered[] = [];
	/** How often the connection broke. */
	let breaks = 0;
	let kept = 0;
	let settled = 0;
	const abort = new AbortController();

	const isCrowded = () => queue.size() >= most || queue.weight() + kept >= HEAVIEST;
	const gate = createGate(() =>
		holds
			? queue.size() >= AHEAD * batch || queue.weight() + kept >= HEAVIEST
			: patience.condition() === 'well' && isCrowded(),
	);
	const release = () => {
		const now = performance.now();
		while (answered.length > 0) {
			const [{ batch: first, at }] = answered as [Answered];
			if (now - at < safetyMs || (again[0] !== undefined && again[0].end < first.end)) break;
			answered.shift();
			kept -= first.weight;
			settled = first.end;
		}
		ledger.settle(settled);
		gate.wake();
	};
	const inOrder = (batches: Batch<Point>[]) => batches.sort((a, b) => a.end - b.end);
	/** A batch has been answered, `isLate` when the connection broke since it was sent. */
	const keep = (one: Batch<Point>, taken: Point[], isLate: boolean) => {
		if (again.includes(one)) again = again.filter((other) => other !== one);
		else {
			queue.shift();
			kept += one.weight;
		}
		const rest = { ...one, items: taken };
		if (isLate && taken.length > 0) again = inOrder([rest, ...again]);
		else answered.push({ batch: rest, at: performance.now() });
		answered.sort((a, b) => a.batch.end - b.batch.end);
		release();
	};
	const deliverAll = async () => {
		while (!abort.signal.aborted) {
			const one = again[0] ?? queue.first();
			if (!one) return;
			const before = breaks;
			try {
				const taken = await courier.deliver(one.items, abort.signal);
				keep(one, taken, breaks !== before);
			} catch (error) {
				if (!abort.signal.aborted) throw error;
			}
		}
	};
	const work = createCatchUp(deliverAll, fail);
	const dropOldest = () => {
		const gone = queue.drop();
		if (!gone) return;
		count('dropped', gone.items.length);
		log.error(`more than ${most} points wait; the oldest are dropped`, {}, 'dropped');
	};
	const waiting = () => queue.size() + lengthOf(again);
	let ticks = 0;
	const timer = setInterval(() => {
		release();
		if (++ticks % 10 !== 0) return;
		const now = performance.now();
		report(waiting(), again[0]?.at ?? queue.oldest() ?? now, now);
	}, TICK_MS);
	signal.addEventListener('abort', gate.open);

	/** Until nothing waits, and nothing is unsafe where `isSafe` says so. */
	const emptied = async (deadline: number, isKept: boolean, isSafe: boolean) => {
		const isLeft = () => waiting() > 0 || (isSafe && answered.length > 0);
		const isWorthIt = () => performance.now() < deadline && !(isKept && patience.condition() !== 'well');
		while (isLeft() && isWorthIt()) await new Promise((resolve) => setTimeout(resolve, 5));
	};
	return {
		push: (point) => {
			if (!holds && isCrowded() && patience.condition() !== 'well') dropOldest();
			queue.push(point, weightOf(point));
		},
		barrier: (position) => {
			ledger.barrier(position, queue.next());
			ledger.settle(settled);
		},
		room: gate.room,
		resend: () => {
			breaks += 1;
			const batches = answered.map((one) => one.batch).filter(({ items }) => items.length > 0);
			if (batches.length === 0) return;
			answered = answered.filter(({ batch: { items } }) => items.length === 0);
			again = inOrder([...batches, ...again]);
			const points = lengthOf(batches);
			count('resent', points);
			log.info(`${points} points that were answered lately are sent once more`, {}, 'resent');
			work.start();
		},
		finish: async (how) => {
			const isTerm = how === 'term';
			queue.seal();
			const isSafe = !isTerm && !options.isReadAgain();
			const ms = isTerm ? Math.min(drainMs, TERM_MS) : drainMs + (isSafe ? safetyMs : 0);
			await emptied(performance.now() + ms, isTerm && holds, isSafe);
			clearInterval(timer);
			abort.abort();
			await work.over();
			queue.close();
			const left = waiting();
			if (left === 0) return;
			if (holds) return log.info(`${left} points are not delivered; the next run reads them again`);
			const code = patience.condition() === 'blocked' ? EXIT.denied : EXIT.unavailable;
			throw new Failure(code, `${left} points were not delivered`);
		},
	};
};
