// notices: the newest notices, those that say the same at about the same time as one

import { add } from '../exact.ts';
import type { Notice } from '../record.ts';

export type NoticeList = {
	add: (notice: Notice) => void;
	/** Those from `from` on and before `to`, newest first; of one metric, or of all. */
	within: (from: number, to: number, metric?: string) => { notices: Notice[]; more: number };
	/** How many have come, those that were joined to another too. */
	count: () => number;
};

const MOST = 2000;
const MORE = 500;
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_SHOWN = 500;
// Of the same kind and series within so long: one notice that counts them.
const TOGETHER_MS = 10_000;
const LONGEST_TEXT = 2000;

const cut = (text: string): string =>
	text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}... (${text.length} characters)` : text;

/** A notice with texts that fit on a page; records have the whole of them. */
const bounded = (notice: Notice): Notice => {
	const { host, metric, attributes, detail } = notice;
	const short = Object.entries(attributes ?? {}).map(([name, value]) => [cut(name), cut(value)]);
	return {
		...notice,
		host: cut(String(host ?? '')),
		...(metric !== undefined && { metric: cut(String(metric)) }),
		...(attributes !== undefined && { attributes: Object.fromEntries(short) }),
		...(detail !== undefined && { detail: cut(String(detail)) }),
	};
};

type Entry = { notice: Notice; key: string; bytes: number };

/** Each says something else, and all of it at once: they are not one that goes on. */
const KINDS_BY_DETAIL = new Set(['missing_probe']);

export const createNoticeList = (): NoticeList => {
	let entries: Entry[] = [];
	const open = new Map<string, Entry>();
	let bytes = 0;
	let count = 0;
	let forgotten = { count: 0, newest: Number.NEGATIVE_INFINITY };

	const drop = () => {
		// Now and then, for a list is moved whole.
		if (entries.length <= MOST + MORE && bytes <= MOST_BYTES) return;
		let gone = 0;
		while (gone < entries.length && (entries.length - gone > MOST || bytes > MOST_BYTES)) {
			const entry = entries[gone++]!;
			bytes -= entry.bytes;
			if (open.get(entry.key) === entry) open.delete(entry.key);
			const newest = Math.max(forgotten.newest, entry.notice.ts);
			forgotten = { count: forgotten.count + 1, newest };
		}
		entries = entries.slice(gone);
	};
	const join = ({ notice: known }: Entry, notice: Notice) => {
		known.count = add(known.count ?? 1, notice.count ?? 1);
		if (notice.detail !== undefined) known.detail = notice.detail;
	};
	return {
		add: (given) => {
			count += 1;
			const notice = bounded(given);
			const { kind, host, metric, attributes, synthetic, detail } = notice;
			const own = KINDS_BY_DETAIL.has(kind) ? detail : undefined;
			const key = JSON.stringify([kind, host, metric, attributes, synthetic, own]);
			const last = open.get(key);
			if (last && Math.abs(notice.ts - last.notice.ts) < TOGETHER_MS) return join(last, notice);
			const entry = { notice, key, bytes: 2 * key.length + (notice.detail?.length ?? 0) + 300 };
			entries.push(entry);
			open.set(key, entry);
			bytes += entry.bytes;
			drop();
		},
		within: (from, to, metric) => {
			const found = entries
				.map(({ notice }) => notice)
				.filter(({ ts, metric: own }) => ts >= from && ts < to && (metric === undefined || own === metric))
				.sort((a, b) => b.ts - a.ts);
			const gone = forgotten.newest >= from ? forgotten.count : 0;
			return { notices: found.slice(0, MOST_SHOWN), more: Math.max(0, found.length - MOST_SHOWN) + gone };
		},
		count: () => count,
	};
};
