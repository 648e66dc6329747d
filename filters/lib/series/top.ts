// top: the records of one time in their groups, of each of which only the heaviest series stay as they are
// What is cumulative becomes increments first: a fold of totals would fall and rise with who is in it, like a reset.
// No clock is read here. A barrier in the midst of one time is no place to restart: the rest would be folded anew.

import type { Histogram, KnownRecord, Measure, Sum } from '../record.ts';
import { createDelta, type DeltaOptions, isCounter } from './delta.ts';
import { createGroup, type Group, groupKey } from './fold.ts';

export type TopOptions = Pick<DeltaOptions, 'staleMs' | 'onCount'> & {
	/** How many series of a group stay as they are. */
	most: number;
	/** With more series than this, those that are light so far are folded before the time is over. */
	mostHeld?: number;
	/** What comes out: records, notices, barriers and the other control lines. */
	emit: (out: KnownRecord | string) => void;
};

export type Top = {
	take: (record: Measure) => void;
	/** A `#!ts` line: what is of another time ends before it. */
	time: (ms: number, line: string) => void;
	barrier: (line: string) => void;
	/** Any other control line. */
	control: (line: string) => void;
	/** What is held is whole. */
	close: () => void;
	/** Whether anything of a time has come since the last `close`. */
	isOpen: () => boolean;
	/** Series held one by one. */
	size: () => number;
};

const MOST_HELD = 100_000;

export const createTop = ({ most, mostHeld = MOST_HELD, staleMs, onCount, emit }: TopOptions): Top => {
	const delta = createDelta({ fromZero: false, staleMs, onCount });
	let groups = new Map<string, Group>();
	let open: number | undefined;
	let behind: { line: string; isBarrier: boolean }[] = [];
	let held = 0;
	let limit = mostHeld;

	const pass = (line: string | undefined) => {
		if (line !== undefined) emit(line);
	};
	const close = () => {
		for (const group of groups.values()) for (const record of group.close()) emit(record);
		for (const { line, isBarrier } of behind) pass(isBarrier ? delta.barrier(line) : line);
		groups = new Map();
		behind = [];
		open = undefined;
		held = 0;
		limit = mostHeld;
	};
	const shrink = () => {
		held = 0;
		for (const group of groups.values()) {
			group.shrink();
			held += group.size();
		}
		// Where most of it cannot be folded, not at every record.
		limit = Math.max(mostHeld, 2 * held);
	};
	const hold = (record: Measure) => {
		const key = groupKey(record);
		const group = groups.get(key) ?? createGroup(record, most);
		groups.set(key, group);
		held -= group.size();
		group.take(record);
		held += group.size();
		if (held > limit) shrink();
	};
	const increase = (record: Histogram | Sum) => {
		const results = delta.take(record);
		pass(delta.release());
		for (const result of results) {
			if (result.type === 'notice') emit(result);
			else hold(result);
		}
	};
	const take = (record: Measure) => {
		if (open !== undefined && open !== record.ts) close();
		open = record.ts;
		if (behind.length > 0) behind = behind.filter(({ isBarrier }) => !isBarrier);
		if (record.type !== 'gauge' && isCounter(record)) increase(record);
		else hold(record);
	};
	const time = (ms: number, line: string) => {
		if (open !== undefined && open !== ms) close();
		delta.time(ms);
		pass(delta.release());
		emit(line);
	};
	const barrier = (line: string) => {
		if (open === undefined) return pass(delta.barrier(line));
		behind = [...behind.filter(({ isBarrier }) => !isBarrier), { line, isBarrier: true }];
	};
	const control = (line: string) => {
		if (open === undefined) return emit(line);
		behind.push({ line, isBarrier: false });
	};
	return { take, time, barrier, control, close, isOpen: () => open !== undefined, size: () => held };
};
