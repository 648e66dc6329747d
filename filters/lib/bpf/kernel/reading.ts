// reading: all entries of a map, in batches where the kernel has them, else key for key

import { constants } from 'node:os';
import type { Entry } from '../records.ts';
import type { Libbpf } from './libbpf.ts';
import type { OpenMap } from './loading.ts';

const { ENOENT, ENOSPC } = constants.errno;
// Linux says of what it does not know: EINVAL of a command, ENOTSUPP (no errno of POSIX) of a kind of map.
const NO_BATCHES = new Set([constants.errno.EINVAL, 524, constants.errno.EOPNOTSUPP]);
const PER_CPU = new Set([5, 6, 10]);
const FIRST_BATCH = 1024;
// A bucket of a hash map has some entries; a batch that is smaller than one is refused, so there is room for a few.
const LEAST_BATCH = 64;
// A position in a hash map is a number; in an array a key.
const POSITION = 8;

/** A map cannot be read; `errno` is what the kernel says. */
export class Unreadable extends Error {
	readonly errno: number;
	constructor(errno: number) {
		super(`errno ${errno}`);
		this.errno = errno;
	}
}

const roundUp = (size: number): number => Math.ceil(size / 8) * 8;

/** Reads maps, each into entries of which every key is there once. */
export const createReading = (bpf: Libbpf) => {
	const processors = bpf.processors();
	const byKey = new Set<number>();

	const layoutOf = ({ type, valueSize }: OpenMap) => {
		const isPerCpu = PER_CPU.has(type);
		const stride = isPerCpu ? roundUp(valueSize) : valueSize;
		return { stride, total: isPerCpu ? stride * processors : valueSize };
	};
	const entryOf = (map: OpenMap, key: Buffer, value: Buffer): Entry => {
		const { stride, total } = layoutOf(map);
		const values: Buffer[] = [];
		for (let at = 0; at < total; at += stride) values.push(value.subarray(at, at + map.valueSize));
		return { key, values };
	};

	/** Undefined where this kernel has no batches of such maps. */
	const inBatches = (map: OpenMap): Map<string, Entry> | undefined => {
		const { total } = layoutOf(map);
		const found = new Map<string, Entry>();
		const at = Buffer.alloc(Math.max(POSITION, map.keySize));
		let size = Math.max(Math.min(map.entries, FIRST_BATCH), LEAST_BATCH);
		for (let isFirst = true; ; ) {
			const keys = Buffer.alloc(size * map.keySize);
			const values = Buffer.alloc(size * total);
			const count = new Uint32Array([size]);
			const status = -bpf.batch(map.fd, isFirst ? null : at, at, keys, values, count, null);
			if (status === ENOSPC && size < map.entries * 2) {
				size *= 2;
				continue;
			}
			if (status !== 0 && status !== ENOENT) {
				if (NO_BATCHES.has(status) && isFirst) return undefined;
				throw new Unreadable(status);
			}
			for (let i = 0; i < count[0]!; i++) {
				const key = keys.subarray(i * map.keySize, (i + 1) * map.keySize);
				found.set(key.toString('latin1'), entryOf(map, key, values.subarray(i * total, (i + 1) * total)));
			}
			if (status === ENOENT) return found;
			isFirst = false;
		}
	};

	/** A key that is removed under us makes the kernel begin anew, so it ends after as many keys as there can be. */
	const keyForKey = (map: OpenMap): Map<string, Entry> => {
		const { total } = layoutOf(map);
		const found = new Map<string, Entry>();
		let key: Buffer | null = null;
		for (let steps = 0; steps < map.entries * 2 + 1; steps++) {
			const next = Buffer.alloc(map.keySize);
			const status = -bpf.nextKey(map.fd, key, next);
			if (status === ENOENT) break;
			if (status !== 0) throw new Unreadable(status);
			const value = Buffer.alloc(total);
			const got = -bpf.lookup(map.fd, next, value);
			if (got === 0) found.set(next.toString('latin1'), entryOf(map, next, value));
			else if (got !== ENOENT) throw new Unreadable(got);
			key = next;
		}
		return found;
	};

	/**
	 * All entries of a map.
	 * @throws Unreadable when the kernel does not let it be read.
	 */
	return (map: OpenMap): Entry[] => {
		const found = byKey.has(map.fd) ? undefined : inBatches(map);
		if (!found) byKey.add(map.fd);
		return [...(found ?? keyForKey(map)).values()];
	};
};
