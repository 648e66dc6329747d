// merge: the lines of several logs in one stream, in the order of their times while there is more to read in each
// A log that has been read to its end holds nobody up: what comes then is passed on as it comes.

import type { Position } from '../record.ts';
import { timeOfLine } from './record-time.ts';

const NEWLINE = 10;
const HASH = 35;
const MARK = '#!';

/** The way of one log into the stream. */
export type Lane = {
	/** A run of whole lines; control lines in it are left out, since each record has its own time. */
	bytes: (run: Buffer) => void;
	/** A barrier of this log: everything before it has been handed in. */
	position: (position: Position) => void;
	/** Whether the log is at its end for now; what it has not handed in yet is waited for while it is not. */
	idle: (isIdle: boolean) => void;
	/** Resolves when all that was handed in has gone on. */
	room: () => Promise<void>;
};

/** Where the stream goes to. */
export type Merged = {
	put: (lines: Buffer) => void;
	/** All lines of a log before this position have been put. */
	barrier: (lane: number, position: Position) => void;
	blocked: () => boolean;
	room: () => Promise<void>;
};

/** A run of lines being passed on: from byte `at` on it is still here, `time` is that of the line there. */
type Run = { bytes: Buffer; at: number; time: number };
type Queue = { items: (Run | Position)[]; isIdle: boolean; waiters: (() => void)[] };

const isRun = (item: Run | Position | undefined): item is Run =>
	item !== undefined && Buffer.isBuffer(item.bytes);

/** A run without its control lines. */
const recordsOf = (run: Buffer): Buffer => {
	if (!run.includes(MARK)) return run;
	const kept: Buffer[] = [];
	for (let at = 0; at < run.length; ) {
		const end = run.indexOf(NEWLINE, at) + 1 || run.length;
		if (run[at] !== HASH) kept.push(run.subarray(at, end));
		at = end;
	}
	return Buffer.concat(kept);
};

/** The time of the line at the start of what is left; one without a time goes first. */
const timeAt = (bytes: Buffer, at: number): number =>
	timeOfLine(bytes, at, bytes.indexOf(NEWLINE, at)) ?? Number.NEGATIVE_INFINITY;

/** Take the lines off the start of a run whose time is `last` or earlier. */
const linesUpTo = (run: Run, last: number): Buffer => {
	const from = run.at;
	if (last === Number.POSITIVE_INFINITY) run.at = run.bytes.length;
	while (run.at < run.bytes.length && run.time <= last) {
		run.at = run.bytes.indexOf(NEWLINE, run.at) + 1;
		if (run.at < run.bytes.length) run.time = timeAt(run.bytes, run.at);
	}
	return run.bytes.subarray(from, run.at);
};

/** As many lanes as there are logs. */
export const createMerge = (count: number, { put, barrier, blocked, room }: Merged): Lane[] => {
	const queues = Array.from({ length: count }, (): Queue => ({ items: [], isIdle: false, waiters: [] }));
	let isWaiting = false;

	const shift = (queue: Queue) => {
		queue.items.shift();
		if (queue.items.length === 0) for (const go of queue.waiters.splice(0)) go();
	};
	const passBarriers = () => {
		for (const [lane, queue] of queues.entries())
			for (let item = queue.items[0]; item !== undefined && !isRun(item); item = queue.items[0]) {
				barrier(lane, item);
				shift(queue);
			}
	};
	/** Pass on what is next; false when nothing is, or may be yet. */
	const step = (): boolean => {
		passBarriers();
		if (queues.some(({ items, isIdle }) => items.length === 0 && !isIdle)) return false;
		const ready = queues
			.filter(({ items }) => items.length > 0)
			.map((queue) => [queue, queue.items[0] as Run] as const);
		if (ready.length === 0) return false;
		const [first, second] = ready.sort(([, a], [, b]) => a.time - b.time);
		const [queue, run] = first!;
		put(linesUpTo(run, second ? second[1].time : Number.POSITIVE_INFINITY));
		if (run.at === run.bytes.length) shift(queue);
		return true;
	};
	const pump = () => {
		if (isWaiting) return;
		while (!blocked()) if (!step()) return;
		isWaiting = true;
		room().then(() => {
			isWaiting = false;
			pump();
		});
	};
	return queues.map((queue) => ({
		bytes: (run) => {
			const bytes = recordsOf(run);
			if (bytes.length > 0) queue.items.push({ bytes, at: 0, time: timeAt(bytes, 0) });
			pump();
		},
		position: (position) => {
			queue.items.push(position);
			pump();
		},
		idle: (isIdle) => {
			queue.isIdle = isIdle;
			if (isIdle) pump();
		},
		room: async () => {
			if (queue.items.length > 0) await new Promise<void>((go) => queue.waiters.push(go));
		},
	}));
};
