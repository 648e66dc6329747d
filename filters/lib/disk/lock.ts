// lock: a file that one process at a time holds; the kernel lets go of it when that process dies, however it dies

import { spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { EXIT, errnoOf, Failure } from '../failure.ts';

/** A lock that is held until `release` or death. The file stays: removing it would let two hold two locks of one name. */
export type Lock = {
	file: number;
	/** Whether the path still leads to the file that was locked. */
	isInPlace: () => boolean;
	/** Another note than the one that it was taken with. */
	sign: (note: string) => void;
	release: () => void;
};

// Node has no flock(2). The lock belongs to the open file, so the program that takes it may end; a lock made of a
// process number would not hold between containers, which number their processes apart.
const take = (file: number, path: string): boolean => {
	const { status, error, stderr } = spawnSync('flock', ['-x', '-n', '3'], {
		stdio: ['ignore', 'ignore', 'pipe', file],
	});
	if (errnoOf(error) === 'ENOENT')
		throw new Failure(EXIT.config, 'the program flock is not there; install util-linux');
	if (error) throw error;
	if (status !== 0 && stderr.length > 0)
		throw new Failure(EXIT.unavailable, `${path}: ${stderr.toString().trim()}; its folder must be lockable`);
	return status === 0;
};

/** What the last one to hold the lock at `path` wrote there: who it was, and its note; both may be ''. */
export const signatureIn = (path: string): { holder: string; note: string } => {
	let text = '';
	try {
		text = readFileSync(path, 'utf8');
	} catch {}
	const [holder = '', note = ''] = text.split('\n');
	return { holder, note };
};

/** Who holds the lock at `path`, as it wrote there: `process 12 on web1`. */
export const holderOf = (path: string): string => signatureIn(path).holder || 'another process';

/** Nobody needs it to hold a lock, so a full disk is no reason to go without one. */
const sign = (path: string, note: string): void => {
	try {
		writeFileSync(path, `process ${process.pid} on ${hostname()}\n${note}${note ? '\n' : ''}`);
	} catch {}
};

/** Open for reading alone: what is open for writing keeps a file system from being made read-only. */
const openLock = (path: string, mode: number): number => {
	try {
		return openSync(path, constants.O_RDONLY | constants.O_CREAT, mode);
	} catch (error) {
		if (!['EROFS', 'EACCES'].includes(errnoOf(error))) throw error;
		return openSync(path, 'r');
	}
};

/**
 * Hold the file at `path`, which is made when it is not there; undefined when another process does.
 * `note` is one line for whoever looks into it later. Throws the system's error when it cannot be opened.
 */
export const lockFile = (path: string, mode = 0o644, note = ''): Lock | undefined => {
	const file = openLock(path, mode);
	const isInPlace = (): boolean => {
		const [there, ours] = [statSync(path, { throwIfNoEntry: false }), fstatSync(file)];
		return there?.ino === ours.ino && there.dev === ours.dev;
	};
	let isOurs = false;
	try {
		isOurs = take(file, path);
		// Removed and made anew between the two calls: somebody else may hold the new one.
		if (isOurs && !isInPlace()) throw new Failure(EXIT.again, `${path} was replaced or removed; start again`);
	} catch (error) {
		closeSync(file);
		throw error;
	}
	if (isOurs) sign(path, note);
	else closeSync(file);
	if (!isOurs) return undefined;
	return { file, isInPlace, sign: (text) => sign(path, text), release: () => closeSync(file) };
};
