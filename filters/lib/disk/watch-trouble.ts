// watch-trouble: why the kernel gives no hints about a file or a folder, in words that help

import { describe, errnoOf } from '../failure.ts';

// The kernel's own words say that the disk is full, or that too many files are open.
const LIMITS: Record<string, string> = {
	ENOSPC: 'all of fs.inotify.max_user_watches are in use',
	EMFILE: 'all of fs.inotify.max_user_instances are in use',
};

/** Why a watch cannot be had. */
export const watchTrouble = (error: Error): string => LIMITS[errnoOf(error)] ?? describe(error);
