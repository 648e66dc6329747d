// family: processes with whatever they have started, as /proc has them now

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The parent of a process; undefined when it is gone. */
const parentOf = (proc: string, pid: number): number | undefined => {
	try {
		const stat = readFileSync(join(proc, String(pid), 'stat'), 'utf8');
		// After the name, which may contain anything: the state, then the parent.
		return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
	} catch {
		return undefined;
	}
};

/** `roots` as far as they live, and all that descend from them through processes that live. */
export const familyOf = (roots: readonly number[], proc = '/proc'): Set<number> => {
	const pids = readdirSync(proc).filter((name) => /^\d+$/.test(name));
	const parents = new Map(pids.map((name) => [Number(name), parentOf(proc, Number(name))]));
	const found = new Set(roots.filter((pid) => parents.has(pid)));
	// A child may have a lower number than its parent, so until a round finds nobody.
	for (let before = -1; before !== found.size; ) {
		before = found.size;
		for (const [pid, parent] of parents) if (parent !== undefined && found.has(parent)) found.add(pid);
	}
	return found;
};
