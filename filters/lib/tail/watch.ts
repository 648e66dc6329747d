// watch: wait until a log may have changed: a hint from the kernel, or the next look at the clock

import { statSync } from 'node:fs';
import chokidar, { type FSWatcher } from 'chokidar';
import { createHintedWait } from '../disk/hint.ts';
import { watchTrouble } from '../disk/watch-trouble.ts';

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

/**
 * Watch the live file of the log at `path`, once renewed, until `signal` is aborted; `trouble` hears, in words, why it cannot be.
 * The file and not its folder: for each event in a folder, of any file in it, chokidar would list it anew.
 * A rename is an event of the file too, and a file to come is met by looking.
 */
export const createWatch = (path: string, signal: AbortSignal, trouble: (why: string) => void): Watch => {
	let watcher: FSWatcher | undefined;
	let watched = '';
	const { wait, hint } = createHintedWait(signal, { spacingMs: SPACING_MS });

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
	return { wait, renew, close: () => watcher?.close() };
};
