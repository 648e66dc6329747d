// strays: what a stage started and sent out of its process group (a daemon), found by a mark in its environment
// Only what empties its environment as well escapes.

import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** The variable that every process of a stage has, and what it begins with in all stages of this supervisor. */
export const MARK = 'BPFPIPE_RUN';
export const OURS = randomBytes(8).toString('hex');

let runs = 0;

/** A mark for one run of one stage. */
export const nextMark = (): string => `${OURS}.${++runs}`;

const hasMark = async (pid: string, mark: string): Promise<boolean> => {
	try {
		const text = await readFile(`/proc/${pid}/environ`, 'latin1');
		return `\0${text}`.includes(`\0${MARK}=${mark}\0`);
	} catch {
		// Gone, or another user's.
		return false;
	}
};

const marked = async (mark: string): Promise<number[]> => {
	const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
	const found: number[] = [];
	// One after the other: this is no reason to hold a descriptor for each process of the machine.
	for (const pid of pids) if (await hasMark(pid, mark)) found.push(Number(pid));
	return found;
};

// While some are ended others may be born.
const MOST_ROUNDS = 5;

/** End every process with that mark; the answer is how many there were. */
export const endStrays = async (mark: string): Promise<number> => {
	const ended = new Set<number>();
	for (let round = 0; round < MOST_ROUNDS; round++) {
		const found = await marked(mark).catch(() => []);
		if (found.length === 0) break;
		for (const pid of found) {
			ended.add(pid);
			try {
				process.kill(pid, 'SIGKILL');
			} catch {}
		}
	}
	return ended.size;
};
