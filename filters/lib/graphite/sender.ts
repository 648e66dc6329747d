// sender: points to Graphite over one connection, kept until they have stayed delivered for a while
// Joins the parts: batches of what waits, the connection, the delivery window, and the report of what waits.

import { createGate } from '../flow/gate.ts';
import { createWaitReport } from '../flow/waiting.ts';
import type { Log } from '../log.ts';
import type { Server } from '../net/dial.ts';
import type { Position } from '../record.ts';
import { createBatches } from './batches.ts';
import { createConnection } from './connection.ts';
import { createDelivery } from './delivery.ts';
import type { Pacing } from './pacing.ts';

export type SenderOptions = {
	servers: Server[];
	protocol: 'text' | 'pickle';
	connectTimeoutMs: number;
	retryMaxMs: number;
	/** How long what was sent is kept, to be sent again when the connection is lost. */
	windowMs: number;
	/** How long the server may acknowledge nothing of what was sent before its connection counts as lost. */
	stallMs: number;
	/** The most points that wait. */
	most: number;
	/** Whether a full queue makes `room` wait; else its oldest points are dropped. */
	holds: boolean;
	pacing?: Pacing | undefined;
	log: Log;
	count: (name: string, by?: number) => void;
	/** Everything before this position has been delivered. */
	onConfirmed: (position: Position) => void;
	/** These series are on the server now. */
	onBegun: (paths: string[]) => void;
	/** An error that ends the program. */
	onFailure: (error: unknown) => void;
};

/** What was left at the end, in points: not sent (or sent and lost), and sent without the server's orderly close. */
export type Leftover = { waiting: number; unconfirmed: number };

export type Sender = {
	/** Take a checked line, without its newline. */
	push: (text: string) => void;
	/** Everything pushed so far came from before `position`. */
	barrier: (position: Position) => void;
	/** Resolves when there is room for more; undefined when there is now. */
	room: () => Promise<void> | undefined;
	/** Stop waiting for room, now and later. */
	release: () => void;
	/** Send what waits, close in order, and say what was left after at most `ms`. */
	finish: (ms: number) => Promise<Leftover>;
};

const TICK_MS = 250;
// What is kept for a resend. At most this much per window is what a backlog is sent with.
const MOST_KEPT_BYTES = 64 * 1024 * 1024;
// Points read ahead when a full queue makes the reader wait: enough for a batch.
const READ_AHEAD = 1000;
const REPORT_MS = 60_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const createSender = (options: SenderOptions): Sender => {
	const { most, holds, stallMs, log, count, onFailure } = options;
	const batches = createBatches({ ...options, most: holds ? most : Number.POSITIVE_INFINITY });
	const delivery = createDelivery({ ...options, tickMs: TICK_MS });
	const report = createWaitReport({ what: 'points', everyMs: REPORT_MS, log, count });
	const { window } = delivery;
	const gate = createGate(() => {
		const { queued, paced } = batches.sizes();
		return holds && (queued >= READ_AHEAD || paced >= most);
	});
	let isScheduled = false;
	let unsentSince: number | undefined;
	let closed: () => void = () => {};

	const lowestWaiting = () => batches.oldest()?.seq ?? batches.next();
	const nextBatch = () => {
		const now = performance.now();
		const again = window.next(now);
		if (again || window.bytes() >= MOST_KEPT_BYTES) return again;
		const batch = batches.gather(now);
		if (batch) window.add(batch);
		return window.next(now);
	};
	const send = () => {
		isScheduled = false;
		const socket = connection.socket();
		while (socket && !socket.writableNeedDrain) {
			const batch = nextBatch();
			if (!batch) break;
			socket.write(batch.bytes);
			count('sent', batch.points);
		}
		gate.wake();
	};
	const connection = createConnection({
		...options,
		onUp: send,
		onDown: (ending) => {
			count('sent_again', delivery.down(ending, lowestWaiting()));
			closed();
		},
		onEnd: delivery.ended,
		onDrain: send,
	});
	const tell = (now: number) => {
		const { unsent, unsettled, unsettledSince } = window.points();
		unsentSince = unsent > 0 ? (unsentSince ?? now) : undefined;
		const since = Math.min(batches.oldest()?.at ?? now, unsentSince ?? now, unsettledSince ?? now);
		report(batches.size() + unsent + unsettled, since, now);
	};
	const tick = () => {
		const now = performance.now();
		try {
			delivery.tick(connection.socket(), now, lowestWaiting());
			if (delivery.stalledMs() >= stallMs)
				connection.abandon(`nothing was acknowledged for ${Math.round(stallMs / 1000)} s`);
			send();
			tell(now);
		} catch (error) {
			onFailure(error);
		}
	};
	const timer = setInterval(tick, TICK_MS);
	connection.open();

	const push = (text: string) => {
		if (!holds && batches.size() >= most) {
			batches.dropOldest();
			count('dropped');
			log.error(`more than ${most} points wait; the oldest are dropped`, {}, 'dropped');
		}
		batches.push(text, performance.now());
		if (isScheduled) return;
		isScheduled = true;
		setImmediate(send);
	};
	/** Everything pushed is on the connection, or it is not worth waiting for. */
	const emptied = async (deadline: number) => {
		while (batches.size() + window.points().unsent > 0 && performance.now() < deadline) {
			if (holds && gate.isOpen() && !connection.socket()) return;
			await pause(10);
			send();
		}
	};
	/** The server has closed its side after ours, or did not within the time. */
	const close = async (deadline: number) => {
		const gone = new Promise<void>((resolve) => {
			closed = resolve;
		});
		const isUp = connection.isUp();
		connection.finish();
		if (isUp) await Promise.race([gone, pause(Math.max(0, deadline - performance.now()))]);
	};
	const finish = async (ms: number): Promise<Leftover> => {
		const deadline = performance.now() + ms;
		await emptied(deadline);
		clearInterval(timer);
		await close(deadline);
		// A connection that was lost meanwhile has made all that is kept unsent again.
		const { kept, unsent } = window.points();
		connection.destroy();
		return { waiting: batches.size() + unsent, unconfirmed: kept - unsent };
	};
	return {
		push,
		barrier: (position) => delivery.barrier(position, batches.next()),
		room: gate.room,
		release: gate.open,
		finish,
	};
};
