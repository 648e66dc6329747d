// watch: wait until a log may have changed: a hint from the kernel, or the next look at the clock
// The hint only saves time. What is read is decided by looking, so a lost hint costs a second and no line.

import { statSync } from 'node:fs';
import chokidar, { type FSWatcher } from 'chokidar';
import { describe, errnoOf } from '../failure.ts';

/** Hints that follow each other faster are taken together: a busy log is read in pieces, not line by line. */
const SPACING_MS = 20;

/** A wait for changes of one log. */
export type Watch = {
	/** Resolves when the log may have changed, and after `ms` at the latest. */
	wait: (ms: number) => Promise<void>;
	/** Look whether the name still stands for the file that is being watched. */
	renew: () => void;
	close: () => void;
};

const inodeOf = (path: string): string => {
	try {
		const { dev, ino } = statSync(path);
		return `${dev}:${ino}`;
	} catch {
		return '';
	}
};

const LIMITS: Record<string, string> = {
	ENOSPC: 'all of fs.inotify.max_user_watches are in use',
	EMFILE: 'all of fs.inotify.max_user_instances are in use',
};

/** Why a watch cannot be had, in words; the kernel's own say that the disk is full. */
export const watchTrouble = (error: Error): string => LIMITS[errnoOf(error)] ?? describe(error);

/**
 * Watch the live file of the log at `path`, once renewed, until `signal` is aborted; `trouble` hears, in words, why it cannot be.
 * The file and not its folder: for each event in a folder, of any file in it, chokidar would list it anew.
 * A rename is an event of the file too, and a file to come is met by looking.
 */
export const createWatch = (path: string, signal: AbortSignal, trouble: (why: string) => void): Watch => {
	let watcher: FSWatcher | undefined;
	let watched = '';
	let hinted = false;
	let wake: (() => void) | undefined;
	let wokenAt = Number.NEGATIVE_INFINITY;
	let spacer: NodeJS.Timeout | undefined;

	const wakeSoon = () => {
		const early = wokenAt + SPACING_MS - performance.now();
		if (early <= 0) wake?.();
		else spacer ??= setTimeout(() => wake?.(), early);
	};
	const hint = () => {
		hinted = true;
		if (wake) wakeSoon();
	};
	const failed = (error: unknown) => {
		watcher?.close();
		watcher = undefined;
		trouble(watchTrouble(error as Error));
	};
	const renew = () => {
		const now = inodeOf(path);
		if (now === watched) return;
		watched = now;
		watcher?.close();
		watcher = undefined;
		if (now !== '')
			watcher = chokidar.watch(path, { ignoreInitial: true }).on('raw', hint).on('error', failed);
	};
	const wait = (ms: number): Promise<void> =>
		new Promise((resolve) => {
			const done = () => {
				clearTimeout(timer);
				clearTimeout(spacer);
				spacer = undefined;
				wokenAt = performance.now();
				signal.removeEventListener('abort', done);
				wake = undefined;
				hinted = false;
				resolve();
			};
			const timer = setTimeout(done, ms);
			signal.addEventListener('abort', done);
			wake = done;
			if (signal.aborted) done();
			else if (hinted) wakeSoon();
		});
	return { wait, renew, close: () => watcher?.close() };
};
