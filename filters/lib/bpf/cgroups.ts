// cgroups: the tree of cgroup v2, whose ids are what the kernel's programs see

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

// Where version 1 is in use as well, version 2 has a folder of its own, and ids of both look alike.
const ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/** The folder of the tree; undefined where only version 1 is mounted. */
export const cgroupRoot = (roots = ROOTS): string | undefined =>
	roots.find((root) => existsSync(join(root, 'cgroup.procs')));

/** The paths of cgroups by their ids, which are the numbers of their folders; walked again for one that is new. */
export const cgroupPaths = (root = cgroupRoot()) => {
	const paths = new Map<bigint, string>();
	const walk = (folder: string, path: string) => {
		try {
			paths.set(statSync(join(folder, path), { bigint: true }).ino, path);
			for (const entry of readdirSync(join(folder, path), { withFileTypes: true }))
				if (entry.isDirectory()) walk(folder, join(path, entry.name));
		} catch {
			// One that is removed while we walk has no path any more.
		}
	};
	return (id: bigint): string => {
		if (!paths.has(id)) {
			if (root !== undefined) walk(root, '/');
			// Gone before we looked: its number stays its name, and is not looked for each time.
			if (!paths.has(id)) paths.set(id, id.toString());
		}
		return paths.get(id)!;
	};
};
