// payload-file: the payload of the newest cycle in a file that is replaced whole, so that a reader never sees half of one

import { existsSync, fstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { replaceFile } from '../../disk/replace.ts';
import { EXIT, Failure } from '../../failure.ts';
import type { Cycle } from './cycle.ts';
import { payloadText } from './payload.ts';

const isStdout = ({ dev, ino }: Stats): boolean => {
	const stdout = fstatSync(1);
	return stdout.dev === dev && stdout.ino === ino;
};

/**
 * Where the payload goes: `path`, or what it is a link to, because a rename would replace the link.
 * @throws Failure(64) for what a rename must not replace: a device, a pipe, a folder, or what stdout is (/dev/stdout).
 */
export const payloadTarget = (path: string, option: string): string => {
	if (!existsSync(path)) return path;
	const stat = statSync(path);
	if (!stat.isFile() || isStdout(stat))
		throw new Failure(EXIT.usage, `${option}: "${path}" is no file that can be replaced`);
	return realpathSync(path);
};

function* fileText(cycle: Cycle): Generator<string> {
	yield* payloadText(cycle);
	yield '\n';
}

/** Put the payload of a cycle into the file at `path`. Throws the system's error; then the file is as it was. */
export const writePayload = (path: string, cycle: Cycle): void => replaceFile(path, fileText(cycle));
