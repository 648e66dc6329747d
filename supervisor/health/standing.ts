// standing: how a pipeline stands, put together from its slots, its pipes, and its ack

import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { PipelinePlan } from '../file/config.ts';
import type { HeldPipe } from '../process/pipes.ts';
import type { Line } from '../run/line.ts';
import type { Slot } from '../run/slot.ts';
import { backlogOf } from './backlog.ts';
import { healthOf } from './health.ts';
import { type PipelineStatus, type StageStatus, worst } from './status.ts';

export type Parts = {
	plan: PipelinePlan;
	slots: Slot[];
	line: Line;
	ackFile: string;
	/** The stages up to this one wait for the one behind them to be ready. */
	waiting: number;
	trouble: string;
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
const hasClosed = ({ pid, state, for: since }: StageStatus, output: HeldPipe | undefined): boolean => {
	if (!output || pid === 0 || state !== 'RUNNING' || since < SETTLED_MS || holds(pid, output)) return false;
	const members = membersOf(pid);
	if (members.length === 0 || members.some((member) => holds(member, output))) return false;
	// One that was just ending held nothing either.
	return members.some((member) => isInGroup(member, pid));
};

/** What there is to say of it at this moment; a look into /proc for each stage. */
export const standingOf = ({ plan, slots, line, ackFile, waiting, trouble }: Parts): PipelineStatus => {
	const now = Date.now();
	const waits = plan.stages[waiting + 1]?.name;
	const stages = slots.map((slot, at): StageStatus => {
		const status = slot.status();
		const more = { ...(at <= waiting && waits !== undefined ? { waits } : {}) };
		return hasClosed(status, line.around(at).output)
			? { ...status, ...more, closed: true }
			: { ...status, ...more };
	});
	const backlog = plan.delivery === 'at-least-once' ? backlogOf(plan, ackFile, now) : undefined;
	const health = healthOf({ plan, stages, trouble, backlog, now });
	const { name, delivery } = plan;
	return { name, state: worst(stages), delivery, ...health, ...(backlog ? { backlog } : {}), stages };
};
