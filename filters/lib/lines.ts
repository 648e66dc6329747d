// lines: bytes in any pieces in, whole lines out; the guard in front of every stage
// A line is never cut by where the pieces ended, no line can grow without bound, and holes are stepped over.

import { createHoles } from './holes.ts';

const NEWLINE = 10;

/** The longest line that any stage takes in, newline included; longer ones are skipped and counted. */
export const LONGEST_LINE = 1024 * 1024;

/** What `wholeLines` calls back: each piece of whole lines; each skipped line, and each hole, with its length. */
export type LineSink = {
	lines: (bytes: Buffer) => void;
	tooLong: (length: number) => void;
	hole?: (length: number) => void;
};

/** Pieces of bytes put back into whole lines. `last` hands over what has no newline yet, once, at the end. */
export type WholeLines = { take: (chunk: Buffer) => void; pending: () => boolean; last: () => Buffer };

/**
 * Collect bytes and hand on runs of whole lines, each run ending in a newline.
 * The cost is one search per chunk, not per line, and a copy only of lines that span two chunks.
 */
export const wholeLines = (
	{ lines, tooLong, hole = () => {} }: LineSink,
	longest = LONGEST_LINE,
): WholeLines => {
	let held: Buffer[] = [];
	let size = 0;
	let skipping = false;

	const hold = (bytes: Buffer) => {
		if (bytes.length === 0) return;
		size += bytes.length;
		skipping ||= size > longest;
		if (skipping) held = [];
		else held.push(bytes);
	};
	const release = (): Buffer => {
		const bytes = held.length === 1 ? held[0]! : Buffer.concat(held);
		held = [];
		size = 0;
		return bytes;
	};
	const finishHeld = (end: Buffer) => {
		hold(end);
		const length = size;
		const wasSkipping = skipping;
		skipping = false;
		const bytes = release();
		if (wasSkipping) tooLong(length);
		else lines(bytes);
	};
	// A piece larger than the limit, from a file or a test, may hide a long line between two newlines.
	const takeOneByOne = (chunk: Buffer) => {
		let from = 0;
		for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
			finishHeld(chunk.subarray(from, at + 1));
			from = at + 1;
		}
		hold(chunk.subarray(from));
	};

	const takeText = (chunk: Buffer) => {
		if (chunk.length > longest) return takeOneByOne(chunk);
		const end = chunk.lastIndexOf(NEWLINE) + 1;
		if (end === 0) return hold(chunk);
		const start = size === 0 ? 0 : chunk.indexOf(NEWLINE) + 1;
		if (start > 0) finishHeld(chunk.subarray(0, start));
		if (end > start) lines(chunk.subarray(start, end));
		hold(chunk.subarray(end));
	};
	const holes = createHoles({ text: takeText, hole });
	const last = (): Buffer => {
		holes.end();
		const length = size;
		const wasSkipping = skipping;
		skipping = false;
		const bytes = release();
		if (wasSkipping) tooLong(length);
		return bytes;
	};
	return { take: holes.take, pending: () => size > 0, last };
};

/** How many lines end in `bytes`. */
export const linesIn = (bytes: Buffer): number => {
	let lines = 0;
	for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
	return lines;
};
