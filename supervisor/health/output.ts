// output: whether anybody of a stage can still write to the pipe behind it, as /proc shows it

import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { HeldPipe } from '../process/pipes.ts';
import type { StageReport } from '../run/report.ts';

export type StageStatus = StageReport & {
	/** It lives, and none of its processes holds its output any more. */
	closed?: true;
};

const isPipe = (path: string, { inode }: HeldPipe): boolean => {
	try {
		const stat = statSync(path);
		return stat.isFIFO() && stat.ino === inode;
	} catch (error) {
		// Another user's process is not ours to look at: it may hold anything.
		return ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
	}
};

const entriesOf = (folder: string): string[] => {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
};

const holds = (pid: number | string, pipe: HeldPipe): boolean =>
	isPipe(`/proc/${pid}/fd/1`, pipe) ||
	entriesOf(`/proc/${pid}/fd`).some((fd) => isPipe(`/proc/${pid}/fd/${fd}`, pipe));

// From linux/sched.h: it is on its way out, and has let go of its descriptors.
const PF_EXITING = 4;

/** Whether a process lives and belongs to the group. */
const isInGroup = (pid: string, group: number): boolean => {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
		const [, found, flags] = /^\d+ \(.*\) \S \d+ (\d+) \d+ \d+ -?\d+ (\d+)/s.exec(stat) ?? [];
		return Number(found) === group && (Number(flags) & PF_EXITING) === 0;
	} catch {
		return false;
	}
};

const membersOf = (group: number): string[] =>
	entriesOf('/proc').filter((entry) => /^\d+$/.test(entry) && isInGroup(entry, group));

// Until then a wrapper such as nice or setpriv may not have become the program.
const SETTLED_MS = 1000;

/** Whether a stage lives and nobody of its group can write to the pipe behind it any more. */
const hasClosed = ({ pid, state, for: since }: StageReport, output: HeldPipe | undefined): boolean => {
	if (!output || pid === 0 || state !== 'RUNNING' || since < SETTLED_MS || holds(pid, output)) return false;
	const members = membersOf(pid);
	if (members.length === 0 || members.some((member) => holds(member, output))) return false;
	// One that was just ending held nothing either.
	return members.some((member) => isInGroup(member, pid));
};

/** The stage as it reports itself, and whether it has closed `output`, the pipe behind it. */
export const withOutput = (stage: StageReport, output: HeldPipe | undefined): StageStatus =>
	hasClosed(stage, output) ? { ...stage, closed: true } : stage;
