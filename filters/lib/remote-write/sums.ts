// sums: what increments have been added up to, kept beside the ack file, so that a restart goes on from there
//
//   FILE.sums   [{"position":{...},"series":[...]},{"position":{...},"series":[...]}]   as of the last two barriers
//
// Two, because the one is written before the ack file and the other belongs to what the ack file has until then.

import { existsSync, readFileSync } from 'node:fs';
import { readAck } from '../disk/ack.ts';
import { replaceFile } from '../disk/replace.ts';
import { about, EXIT, Failure } from '../failure.ts';
import type { Bucket, Exact, Position } from '../record.ts';

/** One series: the name that `keyOf` gives it, what was added up, and the times of its newest record and its beginning. */
export type Sum = { key: string; ts: number; since: number | null; value: Exact; buckets: Bucket[] };

type Generation = { position: Position; series: Sum[] };

export type Sums = {
	/** As of where the source begins now. */
	restored: Sum[];
	/** Everything before `position` has been delivered, and `series` is what was added up by then. */
	confirm: (position: Position, series: Sum[]) => void;
};

const isSame = (left: Position, right: Position): boolean => JSON.stringify(left) === JSON.stringify(right);

const generationsIn = (path: string): Generation[] => {
	if (!existsSync(path)) return [];
	const text = about(path, () => readFileSync(path, 'utf8'));
	try {
		const found = JSON.parse(text);
		if (Array.isArray(found) && found.every(({ position, series }) => position && Array.isArray(series)))
			return found;
	} catch {}
	throw new Failure(EXIT.config, `${path} holds no sums; remove it to begin at zero`);
};

/**
 * The sums in the file at `path`, '' = none: those of the ack file's position, or the newest where `ack` is ''.
 * @throws Failure(78) when the file, or the ack file, holds something else.
 */
export const openSums = (path: string, ack: string): Sums => {
	let generations = path === '' ? [] : generationsIn(path);
	const acked = ack === '' ? undefined : readAck(ack);
	// An ack file that was taken away makes the source begin anew, and the sums with it.
	const current =
		ack === '' ? generations[0] : acked && generations.find(({ position }) => isSame(position, acked));
	generations = current ? [current] : [];
	return {
		restored: current?.series ?? [],
		confirm: (position, series) => {
			if (path === '' || (series.length === 0 && generations.length === 0)) return;
			generations = [{ position, series }, ...generations.slice(0, 1)];
			replaceFile(path, `${JSON.stringify(generations)}\n`, { mode: 0o600 });
		},
	};
};
