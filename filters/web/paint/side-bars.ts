// side-bars: a histogram lying beside the heat map, its bars at the height of the same rows
// Bars are parts of what they count; ticks are the parts of what they are compared with.

import type { Counts } from '../../lib/chart/counts.ts';
import { shortCount } from '../../lib/chart/number.ts';
import { colours, type Theme } from '../../lib/chart/ramp.ts';
import { fresh } from './canvas.ts';

const LABEL = 44;
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

export type Side = {
	bars: Counts;
	ticks: Counts;
	/** Rows `[first, last)` are shown; `lit` is the one under the cursor. */
	shown: [first: number, last: number];
	lit: number | undefined;
	theme: Theme;
	width: number;
	/** The frame of the heat map beside it. */
	top: number;
	height: number;
};

const partsOf = ({ rows, total }: Counts): number[] => {
	const sum = Number(total);
	return rows.map((count) => (sum > 0 ? Number(count) / sum : 0));
};

/** Paint it; the canvas gets the size that it needs. */
export const paintSide = (canvas: HTMLCanvasElement, side: Side): void => {
	const { bars, ticks, shown, lit, theme, width, top, height } = side;
	const context = fresh(canvas, width, top + height + 8);
	const [first, last] = shown;
	const row = height / (last - first);
	const [bar, tick] = [partsOf(bars), partsOf(ticks)];
	const most = Math.max(1e-12, ...bar, ...tick);
	const room = width - LABEL;
	const { bar: fill, text, muted } = colours(theme);
	context.font = FONT;
	context.textBaseline = 'middle';
	for (let at = first; at < last; at += 1) {
		const y = top + height - (at - first + 1) * row;
		if (at === lit) {
			context.fillStyle = muted;
			context.globalAlpha = 0.22;
			context.fillRect(0, y, width, row);
			context.globalAlpha = 1;
		}
		const long = bar[at]! > 0 ? Math.max(1.5, (bar[at]! / most) * room) : 0;
		const gap = Math.min(1, row / 6);
		context.fillStyle = fill;
		context.fillRect(0, y + gap, long, row - 2 * gap);
		const mark = tick[at]! > 0 ? Math.max(1, (tick[at]! / most) * room) : 0;
		if (mark > 0) {
			context.fillStyle = text;
			context.fillRect(mark - 1, y + gap, 2, row - 2 * gap);
		}
		if (long > 0 && row >= 9.5) {
			context.fillStyle = muted;
			// A tick does not go through a number.
			const near = mark > long && mark < long + LABEL ? mark : long;
			context.fillText(shortCount(bars.rows[at]!), near + 5, y + row / 2 + 0.5);
		}
	}
};
