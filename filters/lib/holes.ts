// holes: runs of NULs that stand in a log in the place of text, taken out of what was read of it
// A log that is truncated under a writer that keeps its offset begins with one, of any length; a crash leaves one
// where the last lines were. Text has no NULs, so behind a hole a line begins.

const NEWLINE = 10;
const LINE_END = Buffer.from('\n');

/**
 * How many NULs are a hole; fewer are text that a program printed. A hole in the midst of a line ends it: the first of
 * its NULs becomes the newline, so every byte of the log is accounted for.
 */
export const SHORTEST_HOLE = 64;

/** What is left of the bytes, in pieces of any size, and each hole in its place. */
export type HoleSink = { text: (bytes: Buffer) => void; hole: (length: number) => void };

/** Pieces of bytes taken out of holes. `end` says that a run of NULs at the end does not go on. */
export type Holes = { take: (chunk: Buffer) => void; end: () => void };

/** The place of the first byte from `from` on that is no NUL. */
const endOfRun = (chunk: Buffer, from: number): number => {
	let at = from;
	while (at < chunk.length && chunk[at] === 0) at += 1;
	return at;
};

/** Holes of a stream that begins with a line. A chunk without a NUL costs one native search. */
export const createHoles = ({ text, hole }: HoleSink): Holes => {
	// Whether the last byte that was passed on is in the midst of a line, and the NULs after it that were not.
	let inLine = false;
	let run = 0;

	const pass = (bytes: Buffer) => {
		if (bytes.length === 0) return;
		inLine = bytes.at(-1) !== NEWLINE;
		text(bytes);
	};
	const end = () => {
		const nuls = run;
		run = 0;
		if (nuls === 0) return;
		if (nuls < SHORTEST_HOLE) return pass(Buffer.alloc(nuls));
		const ended = Number(inLine);
		if (inLine) pass(LINE_END);
		hole(nuls - ended);
	};
	const take = (chunk: Buffer) => {
		let from = run > 0 ? endOfRun(chunk, 0) : 0;
		run += from;
		if (from < chunk.length) end();
		for (let at = chunk.indexOf(0, from); at >= 0; ) {
			const next = endOfRun(chunk, at);
			if (next === chunk.length || next - at >= SHORTEST_HOLE) {
				pass(chunk.subarray(from, at));
				run = next - at;
				from = next;
				if (next < chunk.length) end();
			}
			at = chunk.indexOf(0, next);
		}
		pass(chunk.subarray(from));
	};
	return { take, end };
};
