// reading: what stands under the cursor, in figures: the bucket, its count and share, the column's time and length

import type { Chart } from '../../lib/chart/chart.ts';
import { ratesOf } from '../../lib/chart/chart.ts';
import { columnTotal } from '../../lib/chart/counts.ts';
import { countText, shareText } from '../../lib/chart/number.ts';
import { bucketText, rateOfUnit, valueText } from '../../lib/chart/quantity.ts';
import { resetLabel, resetsIn, resetWords } from '../../lib/chart/resets.ts';
import { clockText, durationText } from '../../lib/chart/time.ts';
import type { Exact } from '../../lib/record.ts';
import { el, setText } from './dom.ts';

const partly = (cover: number): string =>
	cover > 0 && cover < 0.95 ? `, ${shareText(cover)} of it looked at` : '';

const valuesAt = (chart: Chart, at: number, row: number | undefined, offset: number): string[] => {
	const column = chart.columns[at] ?? null;
	const time = `${clockText(chart.from + at * chart.step, offset)} · ${durationText(chart.step)}`;
	if (!column) return ['no data', 'nobody looked at this time', time];
	const when = `${time}${partly(column[0])}`;
	if (chart.type === 'histogram') {
		const total = columnTotal(column);
		const bounds = row === undefined ? undefined : chart.rows[row];
		if (!bounds || row === undefined) return [`${countText(total)} events`, '', when];
		const count = (row < (column[1] as number) ? 0 : (column[row - (column[1] as number) + 2] ?? 0)) as Exact;
		const share = Number(total) > 0 ? `, ${shareText(Number(count) / Number(total))}` : '';
		return [
			bucketText(bounds, chart.unit),
			`${countText(count)} of ${countText(total)} events${share}`,
			when,
		];
	}
	if (chart.type === 'gauge') {
		const [, last, least, most] = column as [number, Exact, Exact, Exact];
		const text = (value: Exact) => valueText(value, chart.unit);
		return [text(last), `from ${text(least)} to ${text(most)}`, when];
	}
	const rate = ratesOf(chart)[at];
	return [
		rate === null || rate === undefined ? '–' : rateOfUnit(rate, chart.unit),
		`increase ${countText(column[1] as Exact)}`,
		when,
	];
};

/** The lines of a reading, most telling first; the last one is empty but where counters began again. */
export const readingOf = (chart: Chart, at: number, row: number | undefined, offset: number): string[] => {
	const lines = valuesAt(chart, at, row, offset);
	const reset = resetsIn(chart).find((one) => one.at === at);
	if (!reset) return [...lines, ''];
	const words = resetWords(reset, offset);
	// What came with it was counted from zero on, and is no increase since the record before: so there are no data.
	if (!chart.columns[at]) return [resetLabel(reset), words, lines[2]!, ''];
	return [...lines, `${resetLabel(reset)}: ${words}`];
};

/** A box near the cursor, that keeps inside of what it stands in. */
export const createReading = () => {
	const lines = [el('strong'), el('span'), el('small'), el('span', { class: 'reset-words' })];
	const node = el('div', { class: 'reading', hidden: true, attributes: { 'aria-hidden': 'true' } }, ...lines);
	return {
		node,
		/** At a place in pixels of its parent, `width` wide; undefined takes it away. */
		show: (texts: string[] | undefined, x = 0, y = 0, width = 0) => {
			node.hidden = texts === undefined;
			if (!texts) return;
			texts.forEach((text, index) => {
				setText(lines[index]!, text);
				lines[index]!.hidden = text === '';
			});
			const isRight = x > width - 240;
			node.style.left = isRight ? '' : `${x + 14}px`;
			node.style.right = isRight ? `${width - x + 14}px` : '';
			node.style.top = `${Math.max(4, y - 76)}px`;
		},
	};
};
