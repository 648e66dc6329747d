// backlog: what an at-least-once pipeline has still to deliver, as its ack and its log say

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ackFileIn, logOf } from '../plan/ack.ts';
import type { PipelinePlan } from '../plan/plan.ts';

export type Backlog = {
	/** Milliseconds since something was acknowledged; undefined when nothing ever was. */
	age?: number;
	/** Bytes behind the acknowledged position, of all logs; undefined when that is not known of one. */
	bytes?: number;
	/** The log, or that with the most behind, and how long ago one was written to, in milliseconds. */
	log?: string;
	quiet?: number;
};

type File = { path: string; ino: string; size: number; mtimeMs: number };

/** The log and what it was called before its rotations, in the order in which they were written. */
const filesOf = (log: string): File[] => {
	const name = basename(log);
	const entries = readdirSync(dirname(log)).filter((entry) => entry === name || entry.startsWith(`${name}.`));
	const files = entries.flatMap((entry): File[] => {
		const path = join(dirname(log), entry);
		const stat = statSync(path, { throwIfNoEntry: false });
		return stat?.isFile() ? [{ path, ino: String(stat.ino), size: stat.size, mtimeMs: stat.mtimeMs }] : [];
	});
	const isLive = ({ path }: File) => Number(path === log);
	// Of two that were written within one tick of the kernel's clock, the one with the higher number is older.
	const byNumber = (a: File, b: File) => b.path.localeCompare(a.path, 'en', { numeric: true });
	return files.sort((a, b) => isLive(a) - isLive(b) || a.mtimeMs - b.mtimeMs || byNumber(a, b));
};

/** All that is behind `offset` of the file `ino`; of a file that is no more, all of the live one. */
const bytesBehind = (files: File[], ino: unknown, offset: number): number => {
	const at = files.findIndex((file) => file.ino === ino);
	const from = at < 0 ? files.length - 1 : at;
	const sum = files.slice(from).reduce((bytes, { size }) => bytes + size, 0);
	return Math.max(0, sum - (at < 0 ? 0 : offset));
};

/** A place in a log, as far as it matters here. */
type Place = { name?: unknown; ino?: unknown; offset?: unknown };

/** What is behind a place in `log`; undefined when that is not known. */
const behind = (log: string | undefined, { ino, offset }: Place) => {
	const files = log === undefined ? [] : filesOf(log);
	const live = files.at(-1);
	if (live === undefined || !Number.isSafeInteger(offset)) return undefined;
	return { bytes: bytesBehind(files, ino, offset as number), log: live.path, writtenAt: live.mtimeMs };
};

/** Nothing waits in a log that was not there when it was looked at, and is not now. */
const wasEver = ([path, { ino }]: [string, Place]): boolean => ino !== '0' || existsSync(path);

/** The logs that an ack speaks of, and its places in them; one that names several has the path of each. */
const placesIn = (plan: Pick<PipelinePlan, 'stages'>, ack: Place & { logs?: Record<string, Place> }) =>
	ack.logs === undefined
		? [behind(logOf(plan, String(ack.name)), ack)]
		: Object.entries(ack.logs)
				.filter(wasEver)
				.map(([path, place]) => behind(path, place));

/** What waits for `plan`, whose position is in `usual` unless its source names another, at the time `now` (ms since the epoch). */
export const backlogOf = (plan: Pick<PipelinePlan, 'stages'>, usual: string, now: number): Backlog => {
	const ackFile = ackFileIn(plan.stages[0]!.command) ?? usual;
	try {
		const age = Math.max(0, now - Math.round(statSync(ackFile).mtimeMs));
		const places = placesIn(plan, JSON.parse(readFileSync(ackFile, 'utf8')));
		const known = places.filter((place) => place !== undefined);
		if (known.length < places.length || known.length === 0) return { age };
		const most = known.reduce((a, b) => (b.bytes > a.bytes ? b : a));
		const writtenAt = Math.max(...known.map((place) => place.writtenAt));
		return {
			age,
			bytes: known.reduce((sum, { bytes }) => sum + bytes, 0),
			log: most.log,
			quiet: Math.max(0, now - Math.round(writtenAt)),
		};
	} catch {
		return {};
	}
};
