// spark: a small line of a rate over time, filled down to zero, with time without data hatched

import { gapsIn, ratesOf } from '../../lib/chart/chart.ts';
import type { Theme } from '../../lib/chart/ramp.ts';
import type { ColumnsAnswer, Group } from '../../lib/history/answers.ts';
import { fresh, hatching } from '../paint/canvas.ts';
import { paintSample } from '../paint/scenes.ts';
import { paintLineThumbnail } from '../paint/thumbnail.ts';

const SMALL = '700 10px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/** The highest rate of a column, for the words beside the picture; undefined without data. */
export const highestRate = (answer: ColumnsAnswer, group: Group): number | undefined => {
	const rates = ratesOf({ type: answer.type, step: answer.step, columns: group.columns });
	const known = rates.filter((rate) => rate !== null);
	return known.length === 0 ? undefined : Math.max(...known);
};

/** The rate of a group; without a group only the hatching. */
export const paintRate = (
	canvas: HTMLCanvasElement,
	size: [width: number, height: number],
	answer: ColumnsAnswer | undefined,
	group: Group | undefined,
	theme: Theme,
): void => {
	const [width, height] = size;
	const columns = group?.columns ?? [null];
	if (answer && group) {
		const values = ratesOf({ type: answer.type, step: answer.step, columns });
		paintLineThumbnail(canvas, size, values, theme, true);
	} else fresh(canvas, width, height);
	const context = canvas.getContext('2d')!;
	context.fillStyle = hatching(context, theme);
	for (const [from, to] of gapsIn(columns))
		context.fillRect((from * width) / columns.length, 0, ((to - from) * width) / columns.length, height);
	if (group) paintSample(context, { left: -9, top: -8, width, height }, group, theme, SMALL);
};
