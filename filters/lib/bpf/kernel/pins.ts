// pins: maps that a bpffs keeps when no process holds them, so that counts go on across restarts

import { existsSync, mkdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT, Failure } from '../../failure.ts';

const BPFFS = 0xcafe4a11;

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)));

/**
 * The maps `names` pinned in `folder`, which is made when it is not there.
 * @throws Failure(69) when it is not in a bpffs.
 */
export const pinsIn = (folder: string, names: string[]) => {
	const path = resolve(folder);
	// As a number of 32 bits without a sign, which Node gives with one on some machines.
	if (statfsSync(existing(path)).type >>> 0 !== BPFFS) {
		const hint = 'mount one (mount -t bpf bpf /sys/fs/bpf), and name a folder in it';
		throw new Failure(EXIT.unavailable, `--pin ${folder}: not in a bpffs; ${hint}`);
	}
	const isNew = !existsSync(path);
	mkdirSync(path, { recursive: true, mode: 0o700 });
	const before = new Set(names.filter((name) => existsSync(join(path, name))));
	return {
		/** Maps that were there before: what they count goes on. */
		before,
		/** Since when a map counts, in ms since the epoch; undefined when it is not pinned. */
		startOf: (name: string): number | undefined => {
			const pin = join(path, name);
			return existsSync(pin) ? Math.floor(statSync(pin).mtimeMs) : undefined;
		},
		/** Take away what this run has pinned. */
		undo: () => {
			for (const name of names) if (!before.has(name)) rmSync(join(path, name), { force: true });
			if (isNew) rmSync(path, { recursive: true, force: true });
		},
	};
};
