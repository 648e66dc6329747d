// sender: points to Graphite over one connection, kept until they have stayed delivered for a while
// Without an acknowledgement in the protocol, "delivered" is: the server's kernel has it, and both sides stayed up.

import type { Log } from '../log.ts';
import type { Position } from '../record.ts';
import { createConnection, type Server } from './connection.ts';
import type { Pacing } from './pacing.ts';
import { pickleFrame } from './pickle.ts';
import { type Point, parsePoint } from './point.ts';
import { createQueue, type Waiting } from './queue.ts';
import { unackedBytes } from './unacked.ts';
import { createWindow } from './window.ts';

export type SenderOptions = {
	servers: Server[];
	protocol: 'text' | 'pickle';
	connectTimeoutMs: number;
	retryMaxMs: number;
	/** How long what was sent is kept, to be sent again when the connection is lost. */
	windowMs: number;
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

/** What was left when the sender finished, in points. */
export type Leftover = { waiting: number; unconfirmed: number };

export type Sender = {
	push: (text: string) => void;
	barrier: (position: Position) => void;
	/** Resolves when there is room for more; undefined when there is now. */
	room: () => Promise<void> | undefined;
	/** Stop waiting for room, now and later. */
	release: () => void;
	/** Send what waits, close in order, and say what was left after at most `ms`. */
	finish: (ms: number) => Promise<Leftover>;
};

const TICK_MS = 250;
// What one write carries; a pickle frame of it stays far below carbon's limit of 1 MiB.
const BATCH_BYTES = 64 * 1024;
const BATCH_POINTS = 1000;
// What is kept for a resend. At most this much per window is what a backlog is sent with.
const MOST_KEPT_BYTES = 64 * 1024 * 1024;
// Points read ahead when a full queue makes the reader wait: enough for a batch.
const READ_AHEAD = 1000;
const REPORT_MS = 60_000;

const pathOf = (text: string): string => text.slice(0, text.indexOf(' '));

const encode = (texts: string[], protocol: 'text' | 'pickle'): Buffer =>
	protocol === 'text'
		? Buffer.from(`${texts.join('\n')}\n`)
		: pickleFrame(texts.map((text) => parsePoint(text) as Point));

/** Points in, batches out: pacing, order and size. */
const createGatherer = ({ protocol, most, holds, pacing }: SenderOptions) => {
	const queue = createQueue();

	const gather = (now: number) => {
		const texts: string[] = [];
		const fresh: string[] = [];
		let [bytes, low] = [0, Number.POSITIVE_INFINITY];
		const add = ({ text, seq }: Waiting) => {
			texts.push(text);
			bytes += text.length + 1;
			low = Math.min(low, seq);
		};
		for (let next = pacing?.release(now); next; next = pacing?.release(now)) {
			fresh.push(next.path);
			next.items.forEach(add);
		}
		// While too much waits for its series to begin, nothing more is read: memory is bounded.
		while (bytes < BATCH_BYTES && texts.length < BATCH_POINTS && (!holds || (pacing?.size() ?? 0) < most)) {
			const item = queue.shift();
			if (!item) break;
			const path = pathOf(item.text);
			const verdict = pacing?.offer(path, item, now) ?? 'go';
			if (verdict === 'new') fresh.push(path);
			if (verdict !== 'wait') add(item);
		}
		return texts.length > 0
			? { bytes: encode(texts, protocol), points: texts.length, low, fresh }
			: undefined;
	};
	const size = () => queue.size() + (pacing?.size() ?? 0);
	/** The point that has waited longest: one that waits for its series was always read before the queue's. */
	const oldest = () => pacing?.head() ?? queue.head();
	const dropOldest = () => (pacing && pacing.size() > 0 ? pacing.dropOldest() : queue.shift());
	return { queue, gather, size, oldest, dropOldest };
};

export const createSender = (options: SenderOptions): Sender => {
	const { most, holds, pacing, log, count, onConfirmed, onBegun, onFailure } = options;
	const { queue, gather, size, oldest, dropOldest } = createGatherer(options);
	const window = createWindow(options.windowMs);
	let barriers: { position: Position; seq: number }[] = [];
	let waiters: (() => void)[] = [];
	let isScheduled = false;
	let isReleased = false;
	let clock = 0;
	let tickedAt = performance.now();
	let reportedAt = 0;
	let unsentSince: number | undefined;
	let finished: ((orderly: boolean) => void) | undefined;

	const isFull = () => queue.size() >= READ_AHEAD || (pacing?.size() ?? 0) >= most;
	const wake = () => {
		if (waiters.length === 0 || (!isReleased && isFull())) return;
		const due = waiters;
		waiters = [];
		for (const resolve of due) resolve();
	};
	const send = () => {
		isScheduled = false;
		const socket = connection.socket();
		while (socket && !socket.writableNeedDrain) {
			let batch = window.next();
			if (!batch && window.bytes() < MOST_KEPT_BYTES) {
				const more = gather(performance.now());
				if (more) window.add(more);
				batch = window.next();
			}
			if (!batch) break;
			socket.write(batch.bytes);
			count('sent', batch.points);
		}
		wake();
	};
	const schedule = () => {
		if (isScheduled) return;
		isScheduled = true;
		setImmediate(send);
	};
	const confirm = (batches: { fresh: string[] }[]) => {
		const begun = batches.flatMap(({ fresh }) => fresh);
		if (begun.length > 0) onBegun(begun);
		const lowest = Math.min(
			window.lowest(),
			oldest()?.seq ?? Number.POSITIVE_INFINITY,
			queue.head()?.seq ?? Number.POSITIVE_INFINITY,
		);
		const done = barriers.filter(({ seq }) => seq <= lowest);
		barriers = barriers.slice(done.length);
		const last = done.at(-1);
		if (last) onConfirmed(last.position);
	};
	const connection = createConnection({
		...options,
		onUp: () => {
			count('connected');
			send();
		},
		onDown: (orderly) => {
			if (orderly) confirm(window.confirmSent());
			const again = window.rewind();
			if (again > 0) count('sent_again', again);
			finished?.(orderly);
		},
		onDrain: send,
	});

	let reached = 0;
	const settle = () => {
		const socket = connection.socket();
		const now = performance.now();
		// A process that was stopped learns of a lost connection only afterwards, so long ticks do not count in full.
		const passed = Math.min(now - tickedAt, 2 * TICK_MS);
		tickedAt = now;
		if (!socket) return;
		const accepted = socket.bytesWritten - socket.writableLength;
		const acknowledged = accepted - unackedBytes(socket.localPort ?? 0, socket.remotePort ?? 0);
		if (!socket.writableNeedDrain || acknowledged > reached) clock += passed;
		reached = acknowledged;
		window.settle(acknowledged, clock);
	};
	const gauges = new Map<string, number>();
	/** A counter that may fall, for USR1. */
	const gauge = (name: string, value: number) => {
		count(name, value - (gauges.get(name) ?? 0));
		gauges.set(name, value);
	};
	const report = () => {
		const now = performance.now();
		const { unsent } = window.points();
		const waiting = size() + unsent;
		unsentSince = unsent > 0 ? (unsentSince ?? now) : undefined;
		const since = Math.min(oldest()?.at ?? now, unsentSince ?? now);
		const seconds = Math.round((now - since) / 1000);
		gauge('waiting', waiting);
		gauge('oldest_waits_s', seconds);
		if (seconds * 1000 >= REPORT_MS && now - reportedAt >= REPORT_MS) {
			reportedAt = now;
			log.warn(`${waiting} points wait, the oldest for ${seconds} s`, {}, `waiting ${now}`);
		} else if (seconds === 0 && reportedAt > 0) {
			reportedAt = 0;
			log.info('nothing waits any more', {}, `recovered ${now}`);
		}
	};
	const tick = () => {
		try {
			settle();
			confirm(window.expire(clock));
			send();
			report();
		} catch (error) {
			onFailure(error);
		}
	};
	const timer = setInterval(tick, TICK_MS);
	connection.open();

	const push = (text: string) => {
		if (!holds && size() >= most) {
			dropOldest();
			count('dropped');
			log.error(`more than ${most} points wait; the oldest are dropped`, {}, 'dropped');
		}
		queue.push(text, performance.now());
		schedule();
	};
	const room = () => {
		if (!holds || isReleased || !isFull()) return undefined;
		return new Promise<void>((resolve) => waiters.push(resolve));
	};
	const release = () => {
		isReleased = true;
		wake();
	};
	/** Everything pushed is on the connection, or it is not worth waiting for. */
	const emptied = async (deadline: number) => {
		while (size() + window.points().unsent > 0 && performance.now() < deadline) {
			if (holds && isReleased && !connection.socket()) return;
			await new Promise((resolve) => setTimeout(resolve, 10));
			send();
		}
	};
	const closed = (deadline: number) =>
		new Promise<boolean>((resolve) => {
			finished = resolve;
			const end = setTimeout(() => resolve(false), Math.max(0, deadline - performance.now()));
			const isUp = connection.socket() !== undefined;
			connection.finish();
			if (isUp) return;
			clearTimeout(end);
			resolve(false);
		});
	const finish = async (ms: number): Promise<Leftover> => {
		const deadline = performance.now() + ms;
		await emptied(deadline);
		clearInterval(timer);
		const waiting = size() + window.points().unsent;
		await closed(deadline);
		const unconfirmed = Math.max(0, size() + window.points().kept - waiting);
		connection.destroy();
		return { waiting, unconfirmed };
	};
	return {
		push,
		barrier: (position) => void barriers.push({ position, seq: queue.next() }),
		room,
		release,
		finish,
	};
};
