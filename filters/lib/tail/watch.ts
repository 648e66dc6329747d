// watch: wait until a log may have changed: a hint from the kernel, or the next look at the clock
// The hint only saves time. What is read is decided by looking, so a lost hint costs a second and no line.

import { realpathSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import chokidar, { type FSWatcher } from 'chokidar';

/** A wait for changes of one log. */
export type Watch = {
	/** Resolves when the log may have changed, and after `ms` at the latest. */
	wait: (ms: number) => Promise<void>;
	/** Look whether the folders are still the ones being watched. */
	renew: () => void;
	close: () => void;
};

const inodeOf = (folder: string): string => {
	try {
		const { dev, ino } = statSync(folder);
		return `${dev}:${ino}`;
	} catch {
		return '';
	}
};

const targetOf = (path: string): string => {
	try {
		return realpathSync(path);
	} catch {
		return path;
	}
};

/** The folders alone: the events of a folder name each file in it, so no file needs a watch of its own. */
const watchFolders = (folders: string[]): FSWatcher =>
	chokidar.watch(folders, { depth: 0, ignoreInitial: true, ignored: (path) => !folders.includes(path) });

/** Watch the folder of the log at `path` (and of what a link of that name points to) until `signal` is aborted. */
export const createWatch = (path: string, signal: AbortSignal, trouble: (error: Error) => void): Watch => {
	let watcher: FSWatcher | undefined;
	let watched = '';
	let names = new Set<string>();
	let hinted = false;
	let wake: (() => void) | undefined;

	const hint = (name: unknown) => {
		if (typeof name === 'string' && !names.has(basename(name))) return;
		hinted = true;
		wake?.();
	};
	const failed = (error: unknown) => {
		watcher?.close();
		watcher = undefined;
		trouble(error as Error);
	};
	const renew = () => {
		const paths = [path, targetOf(path)];
		const folders = [...new Set(paths.map(dirname))].filter((folder) => inodeOf(folder) !== '');
		const now = folders.map((folder) => `${inodeOf(folder)} ${folder}`).join('\n');
		if (now === watched) return;
		watched = now;
		names = new Set(paths.map((each) => basename(each)));
		watcher?.close();
		watcher = watchFolders(folders)
			.on('raw', (_event, name) => hint(name))
			.on('error', failed);
	};
	const wait = (ms: number): Promise<void> =>
		new Promise((resolve) => {
			const done = () => {
				clearTimeout(timer);
				signal.removeEventListener('abort', done);
				wake = undefined;
				hinted = false;
				resolve();
			};
			const timer = setTimeout(done, ms);
			signal.addEventListener('abort', done);
			wake = done;
			if (hinted || signal.aborted) done();
		});
	renew();
	return { wait, renew, close: () => watcher?.close() };
};
