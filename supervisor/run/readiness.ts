// readiness: a process that has to say that it is ready, and the time that it has for that

import type { Process } from '../process/process.ts';

/** Call `onReady` when `process` says so, `onOverdue` when it has not within `most` milliseconds and lives. */
export const awaitReadiness = (
	process: Process,
	most: number,
	onReady: () => void,
	onOverdue: () => void,
): void => {
	const timer = setTimeout(onOverdue, most);
	process.ended.then(() => clearTimeout(timer));
	process.ready?.then(() => {
		clearTimeout(timer);
		onReady();
	});
};
