// entry-text: the lines that an entry becomes: a record for each of its parts, or a notice for one that is spoiled

import type { Settings } from './naming.ts';
import { lineOf, type Part } from './part.ts';
import { noticeLine } from './records.ts';
import type { Entry } from './run.ts';

/** Why the entries of one series are left out. */
const reasonOf = ({ repeat, times }: Entry, type: Part['type']): string => {
	if (repeat === 'lost' || repeat === 'label')
		return `${times} tables of one print that no label tells apart`;
	const why = type === 'gauge' ? 'values that do not add up' : 'what cannot be added up';
	return `${times} keys of one print look alike, with ${why}`;
};

/** The notice that stands in the place of a part, with its newline. */
export const noticeOf = (settings: Settings, entry: Entry, { type, fixed }: Part, ts: number): string => {
	const remark = { kind: 'repeated_series', count: entry.times, detail: reasonOf(entry, type) };
	const tainted = fixed.series;
	return `${noticeLine(settings, ts, remark, tainted.synthetic, tainted)}\n`;
};

export const textOf = (settings: Settings, entry: Entry, ts: number): string => {
	let lines = '';
	for (const part of entry.parts)
		lines += part.isSpoiled ? noticeOf(settings, entry, part, ts) : lineOf(part, ts);
	return lines;
};
