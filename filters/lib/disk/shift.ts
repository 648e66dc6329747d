// shift: rotation by rename, as svlogd does it: FILE to FILE.1, FILE.1 to FILE.2, the oldest goes
// From the oldest end, so that a crash half-way leaves a gap in the numbers and never a file lost.

import { existsSync, renameSync } from 'node:fs';

/** Rename `path` and its numbered predecessors up by one, keeping `keep` of them. Throws the system's error. */
export const shiftFiles = (path: string, keep: number): void => {
	const nameAt = (n: number) => (n === 0 ? path : `${path}.${n}`);
	const free = Array.from({ length: keep }, (_, n) => n + 1).find((n) => !existsSync(nameAt(n))) ?? keep;
	for (let n = free; n > 0; n--) renameSync(nameAt(n - 1), nameAt(n));
};
