// filters: the maps of an object that say whom it counts, filled by what was named

import { closeSync, constants, existsSync, openSync, readlinkSync, statfsSync } from 'node:fs';
import { constants as system } from 'node:os';
import { join } from 'node:path';
import { EXIT, Failure } from '../../failure.ts';
import { whole } from '../../options.ts';
import { cgroupRoot } from '../cgroups.ts';
import { errnoName } from '../errno.ts';
import { familyOf } from '../family.ts';
import type { Chosen } from '../filters.ts';
import type { Libbpf, Pointer } from './libbpf.ts';

const CGROUP2 = 0x63677270;
// The kernel keeps 15 bytes of a thread's name and a zero.
const COMM = 16;
const MOST_PID = 2 ** 22;
const { E2BIG } = system.errno;
// The number that the first PID namespace, the kernel's own, has on every Linux.
const FIRST_NAMESPACE = 'pid:[4026531836]';

const number = (value: number): Buffer => {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
};

/** A folder of cgroup v2: by its path, or by the path that the tree has for it. */
const openCgroup = (path: string): number => {
	const root = cgroupRoot();
	const found = [path, ...(root === undefined ? [] : [join(root, path)])].find(
		(one) => existsSync(one) && statfsSync(one).type >>> 0 === CGROUP2,
	);
	if (found === undefined) {
		const hint = root === undefined ? 'cgroup v2 is not mounted' : `there is none such in ${root}`;
		throw new Failure(EXIT.unavailable, `--cgroup ${path}: no cgroup of version 2; ${hint}`);
	}
	return openSync(found, constants.O_RDONLY | constants.O_DIRECTORY);
};

/** Sets whom an object counts, by what was chosen: `before` it is attached, and what only then can be known `after`. */
export const createFilters = (bpf: Libbpf, object: Pointer, chosen: Chosen[]) => {
	const put = (map: string, key: Buffer, value: Buffer, what: string) => {
		const status = -bpf.update(bpf.mapFd(bpf.findMap(object, map)), key, value, 0);
		if (status === 0) return;
		const why =
			status === E2BIG ? `are more than map "${map}" takes` : `cannot be set (${errnoName(status)})`;
		throw new Failure(EXIT.unavailable, `${what}: they ${why}`);
	};
	const ways: Record<Chosen['name'], (one: Chosen) => void> = {
		comm: ({ map, values }) => {
			for (const name of values) {
				const key = Buffer.alloc(COMM);
				Buffer.from(name).copy(key, 0, 0, COMM - 1);
				put(map, key, Buffer.from([1]), '--comm');
			}
		},
		cgroup: ({ map, values }) => {
			values.forEach((path, i) => {
				const fd = openCgroup(path);
				try {
					put(map, number(i), number(fd), '--cgroup');
				} finally {
					closeSync(fd);
				}
			});
		},
		pid: () => {
			if (readlinkSync('/proc/self/ns/pid') !== FIRST_NAMESPACE)
				throw new Failure(
					EXIT.unavailable,
					'--pid: processes have other numbers here than in the kernel (a PID namespace); use --cgroup or --comm',
				);
		},
	};
	return {
		before: () => {
			const counts = new Map<string, Buffer>();
			for (const one of chosen) {
				ways[one.name](one);
				const { map, valueSize, field } = one.count;
				const value = counts.get(map) ?? Buffer.alloc(valueSize);
				value.writeUInt32LE(one.values.length, field.offset);
				counts.set(map, value);
			}
			for (const [map, value] of counts) put(map, number(0), value, 'filters');
		},
		/** Whom a process starts from now on the object itself adds; whom it has started is added until nobody is new. */
		after: () => {
			for (const { map, values } of chosen.filter(({ name }) => name === 'pid')) {
				const roots = values.map((value) => whole(value, '--pid', 1, MOST_PID));
				const added = new Set<number>();
				for (;;) {
					const family = familyOf(roots);
					const gone = roots.find((pid) => added.size === 0 && !family.has(pid));
					if (gone !== undefined)
						throw new Failure(EXIT.unavailable, `--pid ${gone}: there is no such process`);
					const fresh = [...family].filter((pid) => !added.has(pid));
					if (fresh.length === 0) break;
					for (const pid of fresh) {
						put(map, number(pid), Buffer.from([1]), '--pid');
						added.add(pid);
					}
				}
			}
		},
	};
};
