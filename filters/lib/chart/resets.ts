// resets: where counters began again, which is neither a fall nor a time that nobody looked at

import type { Notice } from '../record.ts';
import type { Chart } from './chart.ts';
import { shownName } from './name.ts';
import { countText } from './number.ts';
import { clockText } from './time.ts';

/** The resets that came within one column. */
export type Reset = { at: number; first: Notice; count: number };

const LONGEST_SERIES = 80;
const LONGEST_DETAIL = 160;

/** Those of a chart, oldest first. */
export const resetsIn = ({ notices, from, step, columns }: Chart): Reset[] => {
	const resets = new Map<number, Reset>();
	for (const notice of notices) {
		// It came between the record before and this one, whose time is the end of what it counts.
		const at = Math.floor((notice.ts - 1 - from) / step);
		if (notice.kind !== 'reset' || at < 0 || at >= columns.length) continue;
		const known = resets.get(at);
		const count = (known?.count ?? 0) + (Number(notice.count) || 1);
		const isFirst = !known || notice.ts < known.first.ts;
		resets.set(at, { at, count, first: isFirst ? notice : known.first });
	}
	return [...resets.values()].sort((a, b) => a.at - b.at);
};

/** What stands at its mark. */
export const resetLabel = ({ count }: Reset): string =>
	count === 1 ? '\u21ba reset' : `\u21ba ${countText(count)} resets`;

/** Which counter began again when, and how that was seen; of several the first. */
export const resetWords = ({ first, count }: Reset, offset: number): string => {
	const { ts, host, attributes, detail } = first;
	const names = [host, ...Object.entries(attributes ?? {}).map(([name, value]) => `${name}=${value}`)];
	const series = shownName(names.filter(Boolean).join(', '), LONGEST_SERIES);
	const why = detail === undefined ? '' : `: ${shownName(detail, LONGEST_DETAIL)}`;
	const many = count === 1 ? '' : `${countText(count)} counters began again, the first `;
	return `${many}${clockText(ts, offset)} ${series}${why}`;
};
