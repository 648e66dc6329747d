// output: what a stage emits, gathered into few large writes to stdout
// One write(2) per line costs seven times the throughput; a quiet stream still sees each line at once,
// because what is gathered goes out at the end of the event-loop turn.

import { fstatSync, readlinkSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { linesIn } from './lines.ts';

// One pipe buffer: a larger write would only be cut up by the kernel.
const BATCH_CHARS = 64 * 1024;

/** Lines towards stdout. `line` never blocks; a producer that can wait awaits `room` between lines. */
export type Output = {
	line: (line: string) => void;
	/** Whole lines that already end in a newline. */
	text: (text: string) => void;
	/** The same as bytes, of whatever encoding; many at a time, for they are not gathered. */
	bytes: (bytes: Buffer) => void;
	/** Lines so far. */
	count: () => number;
	/** True while the reader downstream is slower than we are. */
	blocked: () => boolean;
	/** Resolves when the reader downstream has room again; at once when it already has. */
	room: () => Promise<void>;
	/** Push out what is gathered, and resolve when the last byte is with the kernel. */
	finish: () => Promise<void>;
};

/** What stdout is: the file that it goes to, or `<stdout>`. */
export const nameOfOutput = (): string => {
	try {
		return fstatSync(1).isFile() ? readlinkSync('/proc/self/fd/1') : '<stdout>';
	} catch {
		return '<stdout>';
	}
};

export const createOutput = (stream: Writable): Output => {
	let gathered = '';
	let lines = 0;
	let scheduled = false;
	let waiting: Promise<void> | undefined;

	const push = () => {
		scheduled = false;
		if (gathered === '') return;
		const batch = gathered;
		gathered = '';
		stream.write(batch);
	};
	const add = (text: string) => {
		gathered += text;
		if (gathered.length >= BATCH_CHARS) push();
		else if (!scheduled) {
			scheduled = true;
			setImmediate(push);
		}
	};
	const drained = () =>
		new Promise<void>((resolve) => {
			stream.once('drain', () => {
				waiting = undefined;
				resolve();
			});
		});
	return {
		line: (line) => {
			lines += 1;
			add(`${line}\n`);
		},
		text: (text) => {
			for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
			add(text);
		},
		bytes: (bytes) => {
			lines += linesIn(bytes);
			push();
			stream.write(bytes);
		},
		count: () => lines,
		blocked: () => stream.writableNeedDrain,
		room: async () => {
			if (!stream.writableNeedDrain) return;
			waiting ??= drained();
			await waiting;
		},
		finish: () => {
			push();
			return new Promise((resolve) => stream.write('', () => resolve()));
		},
	};
};
