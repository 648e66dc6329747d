// target: a file that a user names to be replaced whole, checked before anything is written

import { existsSync, fstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { EXIT, Failure } from '../failure.ts';

const isStdout = ({ dev, ino }: Stats): boolean => {
	const stdout = fstatSync(1);
	return stdout.dev === dev && stdout.ino === ino;
};

/**
 * The file that an option names: `path`, or what it is a link to, because a rename would replace the link.
 * @throws Failure(64) for what a rename must not replace: a device, a pipe, a folder, or what stdout is (/dev/stdout).
 */
export const replaceTarget = (path: string, option: string): string => {
	if (!existsSync(path)) return path;
	const stat = statSync(path);
	if (!stat.isFile() || isStdout(stat))
		throw new Failure(EXIT.usage, `${option}: "${path}" is no file that can be replaced`);
	return realpathSync(path);
};
