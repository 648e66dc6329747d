// tail: a log followed on behalf of a program: what is found in it is a notice, a counter and a warning

import { hostname } from 'node:os';
import type { Context } from '../program.ts';
import type { Finding } from './chain.ts';
import { follow } from './follow.ts';
import { type Following, PACE } from './reading.ts';
import { createWatch, type Watch } from './watch.ts';

/** Which log, from where on, and where its lines go. */
export type Tailed = Omit<Following, 'log' | 'count' | 'found' | 'signal' | 'watch' | 'pace'>;

/**
 * Follow a log until the program is to stop, or with `once` to its end; `around` may stand before the watch.
 * Throws as `follow` does.
 */
export const tailLog = async (
	{ log, count, emit, signal }: Pick<Context, 'log' | 'count' | 'emit' | 'signal'>,
	tailed: Tailed,
	around = (watch: Watch): Watch => watch,
): Promise<void> => {
	const { path } = tailed;
	const host = hostname();
	const found = ({ kind, detail }: Finding) => {
		count(kind);
		log.warn(detail);
		emit({ type: 'notice', ts: Date.now(), host, kind, detail });
	};
	const trouble = (why: string) => log.warn(`cannot watch ${path}: ${why}; looking once a second`);
	const watch = createWatch(path, signal, trouble);
	await follow({ ...tailed, log, count, found, signal, watch: around(watch), pace: PACE });
	watch.close();
};
