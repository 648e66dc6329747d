// print: what was printed at one time; no series is in it twice
// Keys that look alike are added up, or a notice takes their place; a map that is printed again has a time of its own.

import type { Settings } from './naming.ts';
import { lineOf, type Part } from './part.ts';
import { type Fixed, noticeLine } from './records.ts';
import { nextPrintAt } from './repeat.ts';
import { createRun, type Entry, idOf } from './run.ts';
import { createTime } from './time.ts';

// bpftrace holds 4096 keys in a map by default. What is beyond these bounds leaves early, or begins another print.
const MOST_HELD_CHARS = 16 * 1024 * 1024;
const MOST_SERIES = 100_000;

/** Why the entries of one series are left out. */
const reasonOf = ({ repeat, times }: Entry, type: Part['type']): string => {
	if (repeat === 'lost' || repeat === 'label')
		return `${times} tables of one print that no label tells apart`;
	const why = type === 'gauge' ? 'values that do not add up' : 'what cannot be added up';
	return `${times} keys of one print look alike, with ${why}`;
};

/** Who knows which series were printed already: the time for another histogram, or -1 for none; and that it was taken. */
export type Gate = {
	admit: (fixed: Fixed, run: string) => number;
	admitted: (fixed: Fixed, run: string) => void;
};

/** What a short cut wrote: what may leave, and the open run's, with the series of each line. */
export type Released = { free: string; held: { text: string; series: Fixed[] } };

/** A short cut around this file, which writes records of what the gate admits. */
export type ShortCut = {
	/** Whether there is output, which must leave before anything else does. */
	pending: () => boolean;
	/** The output so far, whole lines. */
	release: () => Released;
	/** The open run is over: its output may leave. */
	free: () => void;
};

export type Printing = {
	settings: Settings;
	shortCut: ShortCut;
	text: (text: string) => void;
	now: () => number;
	/** Something to say once, about the line that is being read. */
	warn: (message: string, like: string) => void;
	count: (name: string) => void;
};

export type Print = Gate & {
	/** The time of what is read now: that of the last `#!ts`, or the clock where the print began. */
	ts: () => number;
	/** Whether a `#!ts` line is in force. */
	isTimed: () => boolean;
	/** A `#!ts` line came. */
	timed: (ms: number) => void;
	/** Nothing has come for a while: what comes next is printed at another time. */
	pause: () => void;
	/** Whether `pause` would do anything. */
	isOpen: () => boolean;
	/** Whole lines that are no values; they keep their place among those that are. */
	line: (text: string) => void;
	/** Values, which come in one go with others of `run`; '' is for those that no other series can be confused with. */
	take: (entry: Entry, run: string) => void;
	/** Text that stands between two prints: an empty line or a remark ends what maps print in one go, a time all. */
	between: (what: 'text' | 'time') => void;
	/** Let go of what is held: its map is over. */
	endRun: () => void;
	/** Forget what is held: it will be read again. */
	forget: () => void;
	/** Hand the short cut's output on. */
	sync: () => void;
};

/** The run that all tables are in. */
export const TABLES = 'tables';

export const createPrint = ({ settings, shortCut, text, now, warn, count }: Printing): Print => {
	const time = createTime(now);
	let name = '';
	// Whether some of the open run left before its end, and whether keys that look alike were spoken of.
	let overflowed = false;
	let hasAdded = false;
	const series = new Set<string>();

	const noticeOf = (entry: Entry, { type, fixed }: Part): string => {
		const remark = { kind: 'repeated_series', count: entry.times, detail: reasonOf(entry, type) };
		const tainted = fixed.series;
		return `${noticeLine(settings, time.ts(), remark, tainted.synthetic, tainted)}\n`;
	};
	const write = (entry: Entry): string => {
		let lines = '';
		for (const part of entry.parts) lines += part.isSpoiled ? noticeOf(entry, part) : lineOf(part, time.ts());
		return lines;
	};
	const put = (lines: string) => {
		if (lines !== '') text(lines);
	};
	const run = createRun(write, put);

	const keepBounds = () => {
		if (run.size() < MOST_HELD_CHARS) return;
		overflowed = true;
		run.releaseAll();
	};
	const sync = () => {
		if (!shortCut.pending()) return;
		const { free, held } = shortCut.release();
		put(free);
		if (held.text === '') return;
		run.add({ ...held, ts: time.ts() });
		keepBounds();
	};
	const endRun = () => {
		if (name === '') return;
		shortCut.free();
		// What is held came before what the short cut still has.
		run.releaseAll();
		name = '';
		overflowed = false;
	};
	const nextPrint = () => {
		time.next();
		series.clear();
	};
	const isWithin = (wanted: string) => wanted === name && name !== '';
	const enter = (wanted: string) => {
		if (wanted !== name) endRun();
		name = wanted;
	};
	const split = (at: number) => {
		run.release(at);
		nextPrint();
		for (const id of run.ids()) series.add(id);
	};
	const nameOf = ({ fixed }: Part): string =>
		`${fixed.series.metric} ${JSON.stringify(fixed.series.attributes)} came twice in one print`;
	const warnOfLoss = (part: Part) => {
		count('repeated_series');
		const what = 'and cannot be told apart or added up; it is left out, with a notice';
		warn(`${nameOf(part)} ${what}`, 'repeated');
	};
	/** The first one has left already. */
	const leaveOut = (entry: Entry) => {
		run.add(noticeOf({ ...entry, times: 2 }, entry.parts[0]!));
		warnOfLoss(entry.parts[0]!);
	};
	const merge = (entry: Entry, earlier: number) => {
		const spoiled = run.merge(entry, earlier);
		if (spoiled) return warnOfLoss(spoiled);
		count('added_up');
		// It is in order, and as it is in each print: once is enough.
		if (!hasAdded) warn(`${nameOf(entry.parts[0]!)}; keys that look alike are added up`, 'alike');
		hasAdded = true;
	};
	/** Whether an entry whose series was there before is the first of another print; else it is dealt with here. */
	const isNextPrint = (entry: Entry): boolean => {
		sync();
		const { orders, earlier } = run.look(idOf(entry));
		if (overflowed && earlier < 0) {
			leaveOut(entry);
			return false;
		}
		const at = nextPrintAt(entry.repeat, entry.order, { orders, earlier, timed: time.isTimed() });
		if (at >= 0) split(at);
		else merge(entry, earlier);
		return at >= 0;
	};
	const hold = (entry: Entry) => {
		sync();
		run.add(entry);
		keepBounds();
	};
	const makeRoom = () => {
		if (series.size < MOST_SERIES) return;
		sync();
		run.releaseAll();
		nextPrint();
	};
	return {
		ts: time.ts,
		isTimed: time.isTimed,
		timed: (ms) => {
			endRun();
			if (time.stamp(ms)) series.clear();
		},
		pause: () => {
			endRun();
			sync();
			if (time.pause()) series.clear();
		},
		isOpen: () => name !== '' || time.isOpen(),
		line: (line) => {
			sync();
			if (name === '') text(line);
			else run.add(line);
		},
		take: (entry, wanted) => {
			if (!isWithin(wanted)) {
				enter(wanted);
				if (time.isOld()) nextPrint();
			}
			if (series.has(idOf(entry)) && !isNextPrint(entry)) return;
			makeRoom();
			series.add(idOf(entry));
			if (name !== '') return hold(entry);
			sync();
			text(write(entry));
		},
		admit: (fixed, wanted) => {
			if (series.has(fixed.id) || series.size >= MOST_SERIES) return -1;
			return !isWithin(wanted) && time.isOld() ? -1 : time.ts();
		},
		admitted: (fixed, wanted) => {
			enter(wanted);
			series.add(fixed.id);
		},
		between: (what) => {
			if (what === 'time' || name !== TABLES) endRun();
		},
		endRun,
		forget: () => {
			sync();
			run.clear();
		},
		sync,
	};
};
