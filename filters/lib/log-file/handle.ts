// handle: one open log file: appending to it, and what its name says about it now
// Writing is synchronous: the page cache takes 64 KiB in microseconds, and nothing can come between two lines.

import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { about, EXIT, errnoOf, Failure, naming } from '../failure.ts';

const MODE = 0o640;
const NEWLINE = 10;

/** An open log. `size` is in bytes, kept by us; `torn` means that it ended in half a line when opened. */
export type LogHandle = { path: string; fd: number; size: number; torn: boolean };

const lastByte = (fd: number, size: number): number | undefined => {
	const byte = Buffer.alloc(1);
	return readSync(fd, byte, 0, 1, size - 1) === 1 ? byte[0] : undefined;
};

/** Open `path` for appending, making it (mode 0640) when it is not there. Throws the system's error. */
export const openLog = (path: string): LogHandle => {
	const fd = openSync(path, 'a+', MODE);
	const stat = fstatSync(fd);
	const size = stat.isFile() ? stat.size : 0;
	return { path, fd, size, torn: size > 0 && about(path, () => lastByte(fd, size)) !== NEWLINE };
};

/** The same at the start of a program: what cannot be opened is a Failure that says what to do. */
export const openFirst = (path: string): LogHandle => {
	try {
		return openLog(path);
	} catch (error) {
		if (errnoOf(error) !== 'ENOENT') throw error;
		const folder = dirname(path);
		throw new Failure(EXIT.unavailable, `${path}: the folder ${folder} is not there; mkdir -p ${folder}`);
	}
};

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Append as much of `bytes` as there is room for: how many bytes were taken, 0 on a full disk. */
export const append = (log: LogHandle, bytes: Buffer, from: number): number => {
	try {
		const taken = writeSync(log.fd, bytes, from, bytes.length - from);
		log.size += taken;
		return taken;
	} catch (error) {
		if (FULL.has(errnoOf(error))) return 0;
		throw naming(error, log.path);
	}
};

/** Make what was written survive a loss of power. */
export const syncLog = ({ path, fd }: LogHandle): void => about(path, () => fdatasyncSync(fd));

/** Let the file go, with `sync` after what was written would survive a loss of power. */
export const closeLog = (log: LogHandle, sync: boolean): void => {
	if (sync) syncLog(log);
	closeSync(log.fd);
};

/** Whether nothing has this name any more; false also when that cannot be told. */
export const isGone = (path: string): boolean => {
	try {
		statSync(path);
		return false;
	} catch (error) {
		return errnoOf(error) === 'ENOENT';
	}
};

/** Whether no name is left for an open log, so that nobody will ever read its end. */
export const isRemoved = (log: LogHandle): boolean => fstatSync(log.fd).nlink === 0;

/** The length that the log has now, which differs from `size` after somebody truncated it. */
export const lengthOf = (log: LogHandle): number => fstatSync(log.fd).size;
