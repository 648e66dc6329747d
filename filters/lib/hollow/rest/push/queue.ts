// queue: cycles that wait for their server, in memory, or in a folder where they outlive the program
//
//   DIR/20251121000000000.ebpf_metrics.cycle    the lines of that cycle

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../../disk/replace.ts';
import { about, describe } from '../../../failure.ts';
import { parseRecord } from '../../../record.ts';
import { type Cycle, createCycleReader, linesOf } from '../../metrics/cycle.ts';

/** A cycle that waits; `at` is when it came, on the monotonic clock (ms). */
export type QueueEntry = { name: string; at: number; load: () => Cycle };

/** The oldest first. */
export type Queue = {
	push: (cycle: Cycle) => void;
	first: () => QueueEntry | undefined;
	remove: (name: string) => void;
	size: () => number;
	/** Whether what waits is still there after a crash. */
	isDurable: boolean;
};

export const memoryQueue = (): Queue => {
	let list: QueueEntry[] = [];
	let pushed = 0;
	return {
		push: (cycle) => {
			list.push({ name: `${pushed++} ${cycle.version}`, at: performance.now(), load: () => cycle });
		},
		first: () => list[0],
		remove: (name) => {
			list = list.filter((one) => one.name !== name);
		},
		size: () => list.length,
		isDurable: false,
	};
};

function* textOf(cycle: Cycle): Generator<string> {
	for (const line of linesOf(cycle)) yield `${line}\n`;
}

const load = (path: string): Cycle => {
	let problem = 'it has no end';
	const reader = createCycleReader((what) => {
		problem = what;
	});
	for (const line of about(path, () => readFileSync(path, 'utf8')).split('\n')) {
		const cycle = reader.take(parseRecord(line) ?? { type: '' });
		if (cycle) return cycle;
	}
	throw new Error(`${path}: ${problem}`);
};

const FILE = /^\d{17}\..*\.cycle$/;

/** A queue in `folder`, with what an earlier run left there. Throws the system's error; `load` throws any. */
export const folderQueue = (folder: string): Queue => {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const entry = (name: string, at: number): QueueEntry => ({
		name,
		at,
		load: () => load(join(folder, name)),
	});
	const ageOf = (name: string) => Math.max(0, Date.now() - statSync(join(folder, name)).mtimeMs);
	const found = readdirSync(folder);
	// What a crash left half written was never confirmed.
	for (const name of found.filter((one) => one.startsWith('.') && FILE.test(one.slice(1))))
		rmSync(join(folder, name), { force: true });
	const files = found.filter((name) => FILE.test(name));
	let list = files.sort().map((name) => entry(name, performance.now() - ageOf(name)));
	const remove = (name: string) => {
		list = list.filter((one) => one.name !== name);
		rmSync(join(folder, name), { force: true });
	};
	return {
		push: (cycle) => {
			// A name of a data set can be longer than that of a file.
			const name = `${cycle.version}.${encodeURIComponent(cycle.dataset).slice(0, 200)}.cycle`;
			const aside = join(folder, `.${name}`);
			replaceFile(join(folder, name), textOf(cycle), { aside, mode: 0o600 });
			list = [...list.filter((one) => one.name !== name), entry(name, performance.now())];
			list.sort((a, b) => (a.name < b.name ? -1 : 1));
		},
		first: () => list[0],
		remove,
		size: () => list.length,
		isDurable: true,
	};
};

/** The cycle of an entry, or why it cannot be had. */
export const cycleOrReason = (entry: QueueEntry): Cycle | string => {
	try {
		return entry.load();
	} catch (error) {
		return describe(error);
	}
};
