// watch: wait until a folder may announce another version: a hint from the kernel, or the next look at the clock
// The folder and not the file: every announcement is another file, and a watch of it would come too late for the next.

import { type FSWatcher, statSync, watch } from 'node:fs';
import { createHintedWait } from '../../disk/hint.ts';
import { watchTrouble } from '../../disk/watch-trouble.ts';
import { ANNOUNCED } from './announcement.ts';

/** A wait for announcements in one folder. */
export type Watch = {
	/** Resolves when something may have been announced since `renew`, and after `ms` at the latest. */
	wait: (ms: number) => Promise<void>;
	/** Look whether the folder is there and is the one that is being watched; before each look into it. */
	renew: () => void;
	close: () => void;
};

const inodeOf = (folder: string): string => {
	const stat = statSync(folder, { throwIfNoEntry: false, bigint: true });
	return stat ? `${stat.dev}:${stat.ino}` : '';
};

/** Wait for announcements until `signal` is aborted; `trouble` hears, in words, why there can be no hints, once for a folder. */
export const watchAnnouncements = (
	folder: string,
	signal: AbortSignal,
	trouble: (why: string) => void,
): Watch => {
	let watcher: FSWatcher | undefined;
	let watched = '';
	const { wait, hint } = createHintedWait(signal);

	const hear = (name: string | null) => {
		// A name is missing where the system does not tell it.
		if (name === null || name === ANNOUNCED) hint();
	};
	const close = () => {
		watcher?.close();
		watcher = undefined;
	};
	const failed = (error: unknown) => {
		close();
		trouble(watchTrouble(error as Error));
	};
	const renew = () => {
		const now = inodeOf(folder);
		if (now === watched) return;
		watched = now;
		close();
		if (now === '') return;
		try {
			watcher = watch(folder, (_event, name) => hear(name)).on('error', failed);
		} catch (error) {
			failed(error);
		}
	};
	return { wait, renew, close };
};
