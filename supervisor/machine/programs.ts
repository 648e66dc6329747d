// programs: from the first word of a stage to what is executed: one of our own programs, or one on the PATH

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** A command ready to spawn; `ours` programs know the lifeline and mark their log lines. */
export type Program = { file: string; args: string[]; ours: boolean };

const here = dirname(import.meta.filename);
const bundled = import.meta.filename.endsWith('.cjs');

/** Where bpfpipe's own files lie: the folder above dist/, or that above supervisor/run/. */
export const SHARE = bundled ? dirname(here) : dirname(dirname(here));

// A smaller young generation costs nothing measurable here and saves a third of a busy stage's memory.
const NODE_FLAGS = ['--max-semi-space-size=1'];

/** The file behind one of our own programs, and how Node is to run it. */
export const ownFile = (name: string): { file: string; flags: string[] } | undefined => {
	if (!/^[a-z][a-z0-9-]*$/.test(name)) return undefined;
	const file = bundled ? join(here, `${name}.cjs`) : join(SHARE, 'filters', `${name}.ts`);
	return existsSync(file) ? { file, flags: bundled ? NODE_FLAGS : ['--import', 'tsx'] } : undefined;
};

const isExecutable = (path: string): boolean => {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
};

/** The full path of a command, or undefined; a name with a slash stands for itself. */
export const which = (name: string, path = process.env.PATH ?? ''): string | undefined => {
	if (name.includes('/')) return isExecutable(name) ? name : undefined;
	const folders = [...path.split(delimiter), '/usr/sbin', '/sbin'].filter(Boolean);
	return folders.map((folder) => join(folder, name)).find(isExecutable);
};

const DIES_WITH_US = ['--pdeathsig', 'TERM', '--'];
let binder: string[] | undefined;

/** What ends a program that knows no lifeline when we die; nothing where a sandbox refuses that, as our unit's does. */
const bound = (): string[] => {
	if (binder) return binder;
	const setpriv = which('setpriv');
	const works = setpriv !== undefined && spawnSync(setpriv, [...DIES_WITH_US, 'true']).status === 0;
	binder = works ? [setpriv, ...DIES_WITH_US] : [];
	return binder;
};

/** What to execute for a command, or undefined when there is no such program. */
export const programFor = ([name, ...args]: string[]): Program | undefined => {
	const own = ownFile(name!);
	if (own) return { file: process.execPath, args: [...own.flags, own.file, ...args], ours: true };
	const file = which(name!);
	if (!file) return undefined;
	const [first, ...words] = [...bound(), file, ...args];
	return { file: first!, args: words, ours: false };
};
