// print: what was printed at one time; no series is in it twice
// Keys that look alike are added up, or a notice takes their place; a map that is printed again has a time of its own.

import { noticeOf, textOf } from './entry-text.ts';
import type { Settings } from './naming.ts';
import { createOpenRun } from './open-run.ts';
import type { Part } from './part.ts';
import { nextPrintAt } from './repeat.ts';
import { createRun, type Entry, idOf } from './run.ts';
import type { Gate, ShortCut } from './short-cut.ts';
import { createTime } from './time.ts';

// A print with more series than this is cut in two.
const MOST_SERIES = 100_000;

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

const nameOf = ({ fixed }: Part): string =>
	`${fixed.series.metric} ${JSON.stringify(fixed.series.attributes)} came twice in one print`;

/** Says what becomes of series that came twice. */
const createRemarks = ({ warn, count }: Pick<Printing, 'warn' | 'count'>) => {
	let hasAdded = false;
	return {
		lost: (part: Part) => {
			count('repeated_series');
			const what = 'and cannot be told apart or added up; it is left out, with a notice';
			warn(`${nameOf(part)} ${what}`, 'repeated');
		},
		added: (part: Part) => {
			count('added_up');
			// It is in order, and as it is in each print: once is enough.
			if (!hasAdded) warn(`${nameOf(part)}; keys that look alike are added up`, 'alike');
			hasAdded = true;
		},
	};
};

export const createPrint = ({ settings, shortCut, text, now, warn, count }: Printing): Print => {
	const put = (lines: string) => {
		if (lines !== '') text(lines);
	};
	const time = createTime(now);
	const write = (entry: Entry) => textOf(settings, entry, time.ts());
	const run = createRun(write, put);
	const open = createOpenRun(run, shortCut, time.ts, put);
	const remarks = createRemarks({ warn, count });
	const series = new Set<string>();

	const nextPrint = () => {
		time.next();
		series.clear();
	};
	/** The entries from number `at` on are of the next print. */
	const split = (at: number) => {
		run.release(at);
		nextPrint();
		for (const id of run.ids()) series.add(id);
	};
	/** The first one has left already. */
	const leaveOut = (entry: Entry) => {
		const [part] = entry.parts;
		run.add(noticeOf(settings, { ...entry, times: 2 }, part!, time.ts()));
		remarks.lost(part!);
	};
	const merge = (entry: Entry, earlier: number) => {
		const spoiled = run.merge(entry, earlier);
		if (spoiled) remarks.lost(spoiled);
		else remarks.added(entry.parts[0]!);
	};
	/** Whether an entry whose series was there before is the first of another print; else it is dealt with here. */
	const isNextPrint = (entry: Entry): boolean => {
		open.sync();
		const { orders, earlier } = run.look(idOf(entry));
		if (open.isTorn() && earlier < 0) {
			leaveOut(entry);
			return false;
		}
		const at = nextPrintAt(entry.repeat, entry.order, { orders, earlier, timed: time.isTimed() });
		if (at >= 0) split(at);
		else merge(entry, earlier);
		return at >= 0;
	};
	const makeRoom = () => {
		if (series.size < MOST_SERIES) return;
		open.release();
		nextPrint();
	};
	const pass = (lines: string) => {
		open.sync();
		text(lines);
	};
	return {
		ts: time.ts,
		isTimed: time.isTimed,
		timed: (ms) => {
			open.end();
			if (time.stamp(ms)) series.clear();
		},
		pause: () => {
			open.end();
			open.sync();
			if (time.pause()) series.clear();
		},
		isOpen: () => open.name() !== '' || time.isOpen(),
		line: (line) => (open.name() === '' ? pass(line) : open.add(line)),
		take: (entry, wanted) => {
			if (!open.isWithin(wanted)) {
				open.enter(wanted);
				if (time.isOld()) nextPrint();
			}
			if (series.has(idOf(entry)) && !isNextPrint(entry)) return;
			makeRoom();
			series.add(idOf(entry));
			if (open.name() === '') pass(write(entry));
			else open.add(entry);
		},
		admit: (fixed, wanted) => {
			if (series.has(fixed.id) || series.size >= MOST_SERIES) return -1;
			return !open.isWithin(wanted) && time.isOld() ? -1 : time.ts();
		},
		admitted: (fixed, wanted) => {
			open.enter(wanted);
			series.add(fixed.id);
		},
		between: (what) => {
			if (what === 'time' || open.name() !== TABLES) open.end();
		},
		endRun: open.end,
		forget: open.forget,
		sync: open.sync,
	};
};
