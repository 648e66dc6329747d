// podman: images built and run without a registry, on the base that setup has made, in a store of their own

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from '../parts.ts';

const STORE = join(
	process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
	`bpfpipe/images-${process.version}`,
);
const BASE = 'localhost/bpfpipe-base';
/** What runc can set here, where the machine's own limits are lower than its usual ones. */
const LIMITS = ['--ulimit', 'nofile=1024:20000', '--ulimit', 'nproc=4096:4096'];
const MOST_MS = 60_000;

/** Why no image can be built here, or ''. */
export const podmanLacks = (): string => {
	if (!isRoot) return 'building images needs root';
	return existsSync(join(STORE, 'ready')) ? '' : 'no base for images; npm run setup makes it';
};

export type Said = { status: number | null; stdout: string; stderr: string };

/** A way to podman, for one test; `end` removes what was built and started by it. */
export const openPodman = () => {
	const made: string[] = [];
	const storage = ['--root', STORE, '--runroot', join(STORE, 'run'), '--storage-driver', 'overlay'];
	const podman = (...args: string[]): Said => {
		const flags = [...storage, '--cgroup-manager', 'cgroupfs', '--events-backend=file', '--runtime', 'runc'];
		const { status, stdout, stderr } = spawnSync('podman', [...flags, ...args], {
			encoding: 'utf8',
			timeout: MOST_MS,
		});
		return { status, stdout, stderr };
	};
	return {
		podman,
		build: (file: string, context: string, tag: string): Said => {
			made.push(tag);
			const how = ['--format', 'docker', '--network=none', '--pull=never', ...LIMITS];
			return podman('build', ...how, '--build-arg', `BASE=${BASE}`, '-f', file, '-t', tag, context);
		},
		/** Start a container; it has no network but its own loopback. */
		start: (name: string, tag: string, ...args: string[]): Said => {
			const at = args.indexOf('--');
			const [flags, command] = at < 0 ? [args, []] : [args.slice(0, at), args.slice(at + 1)];
			return podman('run', '-d', '--name', name, '--network=none', ...LIMITS, ...flags, tag, ...command);
		},
		end: () => {
			podman('rm', '--force', '--all', '--time', '1');
			for (const tag of made) podman('rmi', '--force', tag);
			spawnSync('umount', ['-q', join(STORE, 'overlay')]);
		},
	};
};
