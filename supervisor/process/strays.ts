// strays: what a stage started and sent out of its process group (a daemon), found by a mark in its environment
// Only what empties its environment as well escapes.

import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The variable that every process of a stage has, and what it begins with in all stages of this supervisor. */
export const MARK = 'BPFPIPE_RUN';
export const OURS = randomBytes(8).toString('hex');

let runs = 0;

/** A mark for one run of one stage. */
export const nextMark = (): string => `${OURS}.${++runs}`;

const groupOf = async (pid: string): Promise<number> =>
	Number(/^\d+ \(.*\) \S \d+ (\d+)/s.exec(await readFile(`/proc/${pid}/stat`, 'latin1'))?.[1]);

const isStray = async (pid: string, mark: string, group: number): Promise<boolean> => {
	try {
		const text = await readFile(`/proc/${pid}/environ`, 'latin1');
		return `\0${text}`.includes(`\0${MARK}=${mark}\0`) && (await groupOf(pid)) !== group;
	} catch {
		// Gone, or another user's.
		return false;
	}
};

const straysOf = async (mark: string, group: number): Promise<number[]> => {
	const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
	const found: number[] = [];
	// One after the other: this is no reason to hold a descriptor for each process of the machine.
	for (const pid of pids) if (await isStray(pid, mark, group)) found.push(Number(pid));
	return found;
};

// While some are ended others may be born.
const MOST_ROUNDS = 5;
// What was killed holds its files and ports for a moment more, in which whoever comes next would not get them.
const GONE_MS = 1000;
const LOOK_MS = 2;

/** Whether a process has ended, be it that nobody has asked for its code yet. */
const hasEnded = async (pid: number): Promise<boolean> => {
	const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
	return stat === '' || /^\d+ \(.*\) [ZX]/s.test(stat);
};

const allEnded = async (pids: Iterable<number>): Promise<void> => {
	const deadline = performance.now() + GONE_MS;
	for (const pid of pids) while (!(await hasEnded(pid)) && performance.now() < deadline) await sleep(LOOK_MS);
};

/** End every process with that mark outside its group, which has been ended already; the answer is how many there were. */
export const endStrays = async (mark: string, group: number): Promise<number> => {
	const ended = new Set<number>();
	for (let round = 0; round < MOST_ROUNDS; round++) {
		const found = await straysOf(mark, group).catch(() => []);
		if (found.length === 0) break;
		for (const pid of found) {
			ended.add(pid);
			try {
				process.kill(pid, 'SIGKILL');
			} catch {}
		}
	}
	await allEnded(ended);
	return ended.size;
};
