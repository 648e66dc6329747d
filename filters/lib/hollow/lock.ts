// lock: one writer of a folder at a time; the kernel lets go of the lock when the writer dies, however it dies

import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { EXIT, Failure, naming } from '../failure.ts';

/** The file that is locked. It stays: removing it would let two writers hold two locks of one name. */
export const LOCK = '.writer.lock';

/** A lock that is held; `check` throws a Failure when the folder is no longer the one that was locked. */
export type Lock = { check: () => void; release: () => void };

const refusal = (folder: string, path: string): Failure => {
	const holder = readFileSync(path, 'utf8').trim();
	return new Failure(EXIT.again, `${folder} has a writer already: ${holder || 'another process'}`);
};

// Node has no flock(2). The lock belongs to the open file, so the program that takes it may end; a lock made of a
// process number would not hold between containers, which number their processes apart.
const take = (file: number): boolean => {
	const { status, error, stderr } = spawnSync('flock', ['-x', '-n', '3'], {
		stdio: ['ignore', 'ignore', 'pipe', file],
	});
	if (error) throw new Failure(EXIT.config, `flock cannot be started (${error.message}); install util-linux`);
	if (status !== 0 && stderr.length > 0)
		throw new Failure(EXIT.unavailable, `${stderr.toString().trim()}; the folder must be lockable`);
	return status === 0;
};

/**
 * Be the only writer of a folder, until `release` or death.
 * @throws Failure(75) naming the process that is.
 */
export const lockFolder = (folder: string): Lock => {
	const path = join(folder, LOCK);
	const file = openSync(path, 'a+', 0o644);
	try {
		if (!take(file)) throw refusal(folder, path);
		ftruncateSync(file);
		writeSync(file, `process ${process.pid} on ${hostname()}\n`);
	} catch (error) {
		closeSync(file);
		throw naming(error, path);
	}
	const { ino, dev } = fstatSync(file);
	return {
		check: () => {
			const now = statSync(path, { throwIfNoEntry: false }) ?? statSync(folder);
			if (now.ino !== ino || now.dev !== dev)
				throw new Failure(EXIT.again, `${folder} or its ${LOCK} was replaced or removed; start again`);
		},
		release: () => closeSync(file),
	};
};
