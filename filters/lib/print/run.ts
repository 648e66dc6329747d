// run: the records of one map, or of the tables that follow one another, held until all of it has been read
// A key that comes a second time finds the first one here. What the short cut wrote stays text until that happens.

import { addUp, countOf, histogramOf, type Part } from './part.ts';
import type { Fixed } from './records.ts';
import type { Repeat } from './repeat.ts';

/** What one line or block says: a value for each of its series, which come and go together. */
export type Entry = {
	parts: Part[];
	repeat: Repeat;
	/** What bpftrace sorts the keys of a map by. */
	order: number;
	/** A table's value type; two tables that differ in it say different things. */
	what: string;
	/** How often its series came. */
	times: number;
};

/** Histograms as the short cut wrote them, one a line, each with its series. */
export type Chunk = { text: string; ts: number; series: Fixed[] };

/** One time that an entry came, and what was held by then. */
type Occurrence = { entry: Entry; order: number; place: number };

/** What names an entry's series. */
export const idOf = ({ parts }: Entry): string => parts[0]!.fixed.id;

const entriesOf = ({ text, ts, series }: Chunk): Entry[] => {
	const lines = text.split('\n');
	return series.map((fixed, at) => {
		const part = histogramOf(lines[at]!, ts, fixed);
		const order = countOf(part.value);
		return { parts: [part], repeat: 'key', order, what: '', times: 1 };
	});
};

export type Run = {
	add: (item: Item) => void;
	/** Bytes of text that are held, about. */
	size: () => number;
	/** What sorts each entry that came, and which of them was the last of the series `id`, or -1. */
	look: (id: string) => { orders: number[]; earlier: number };
	/** Add `entry` up with the one that came as number `earlier`; the part for which that is wrong, if any. */
	merge: (entry: Entry, earlier: number) => Part | undefined;
	/** Let go of all that came before number `at`. */
	release: (at: number) => void;
	/** Let go of everything. */
	releaseAll: () => void;
	/** Forget everything. */
	clear: () => void;
	/** What names the series that are held. */
	ids: () => Iterable<string>;
};

export type Item = Entry | Chunk | string;

const BARRIER = '#!pos ';

/** About how much room an item takes. */
const weightOf = (item: Item): number => {
	if (typeof item === 'string') return item.length;
	if ('text' in item) return item.text.length;
	return item.parts.reduce((all, { fixed, value }) => all + fixed.middle.length + value.length, 0);
};

/** An empty run; `write` makes an entry's lines, and `put` gets what is let go of. */
export const createRun = (write: (entry: Entry) => string, put: (text: string) => void): Run => {
	let items: Item[] = [];
	let occurrences: Occurrence[] = [];
	let latest = new Map<string, number>();
	// Items before this one are among the occurrences.
	let seen = 0;
	let size = 0;

	const note = (entry: Entry, place: number) => {
		latest.set(idOf(entry), occurrences.length);
		occurrences.push({ entry, order: entry.order, place });
	};
	const lookAtItems = () => {
		for (const item of items.splice(seen)) {
			const found = typeof item === 'string' ? [item] : 'text' in item ? entriesOf(item) : [item];
			for (const one of found) {
				if (typeof one !== 'string') note(one, items.length);
				items.push(one);
			}
		}
		seen = items.length;
	};
	const clear = () => {
		items = [];
		occurrences = [];
		latest = new Map();
		seen = 0;
		size = 0;
	};
	const putAll = (all: Item[]) => {
		let lines = '';
		for (const item of all) {
			if (typeof item === 'string') lines += item;
			else if ('parts' in item) lines += write(item);
			else {
				// A chunk is large, and is not copied once more.
				put(lines);
				put(item.text);
				lines = '';
			}
		}
		put(lines);
	};
	// Reading again from a barrier between two that were added up would give the second one alone.
	const dropBarriers = (from: number) => {
		for (let at = from; at < items.length; at++) {
			const item = items[at]!;
			if (typeof item === 'string' && item.startsWith(BARRIER)) items[at] = '';
		}
	};
	const add = (item: Item) => {
		items.push(item);
		size += weightOf(item);
	};
	return {
		add,
		size: () => size,
		look: (id) => {
			lookAtItems();
			return { orders: occurrences.map(({ order }) => order), earlier: latest.get(id) ?? -1 };
		},
		merge: (entry, earlier) => {
			const first = occurrences[earlier]!.entry;
			first.times += 1;
			dropBarriers(occurrences[earlier]!.place);
			const isOther = entry.repeat === 'lost' || entry.what !== first.what;
			first.parts = first.parts.map((part, at) => {
				const other = isOther ? undefined : entry.parts[at];
				return (other && !part.isSpoiled && addUp(part, other)) || { ...part, isSpoiled: true };
			});
			latest.set(idOf(entry), occurrences.length);
			occurrences.push({ entry: first, order: entry.order, place: items.length });
			return first.parts.find(({ isSpoiled }) => isSpoiled);
		},
		release: (at) => {
			const place = occurrences[at]?.place ?? items.length;
			putAll(items.slice(0, place));
			const rest = items.slice(place);
			clear();
			for (const item of rest) add(item);
		},
		releaseAll: () => {
			putAll(items);
			clear();
		},
		clear,
		ids: () => {
			lookAtItems();
			return latest.keys();
		},
	};
};
