// test/parts: which real counterparts this machine has; a test without its part is skipped, loudly
// Under CI=true as root nothing may be skipped that `npm run setup` can provide.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { clangLacks } from '../build.ts';

export const isRoot = process.getuid?.() === 0;
const mayNotSkip = process.env.CI === 'true' && isRoot;

/** Whether a command can be found on the PATH (or among the system's own folders). */
export const hasCommand = (name: string): boolean =>
	[...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) => {
		try {
			accessSync(join(folder, name), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});

/** Why bpftrace cannot run here, or ''. Mounts tracefs when root and missing. */
export const bpftraceLacks = (): string => {
	if (!hasCommand('bpftrace')) return 'bpftrace is not installed';
	if (!isRoot) return 'bpftrace needs root';
	const tracefs = '/sys/kernel/tracing';
	if (!existsSync(join(tracefs, 'events'))) spawnSync('mount', ['-t', 'tracefs', 'tracefs', tracefs]);
	return existsSync(join(tracefs, 'events')) ? '' : `tracefs cannot be mounted on ${tracefs}`;
};

/** Why BPF objects cannot be compiled and loaded here, or ''. */
export const bpfLacks = (): string => {
	if (!isRoot) return 'loading BPF objects needs root';
	if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF';
	const lack = clangLacks() || bpftraceLacks();
	return lack === '' ? '' : `${lack}; npm run setup installs it`;
};

/** Why a list of commands cannot be had, or ''. */
export const commandsLack = (...names: string[]): string => {
	const missing = names.filter((name) => !hasCommand(name));
	return missing.length > 0 ? `${missing.join(', ')} not installed; npm run setup installs it` : '';
};

type Register<Body> = ((name: string, body: Body) => void) & { skip: (name: string, body: Body) => void };

/** Register `body` as a test when `lack` is '', else as a skipped one with its reason on the output. */
export const testWith = <Body extends () => unknown>(
	test: Register<Body>,
	lack: string,
	name: string,
	body: Body,
): void => {
	if (lack === '') {
		test(name, body);
		return;
	}
	if (mayNotSkip) {
		const refuse = () => {
			throw new Error(`may not be skipped in CI: ${lack}`);
		};
		test(name, refuse as unknown as Body);
		return;
	}
	console.log(`skipped: ${name}: ${lack}`);
	test.skip(name, body);
};
