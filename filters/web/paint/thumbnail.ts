// thumbnail: small pictures without axes: heat maps of multiples, lines of the list

import { gapsIn } from '../../lib/chart/chart.ts';
import { colours, type HeatScale, type Theme } from '../../lib/chart/ramp.ts';
import type { Column, Synthetic } from '../../lib/history/answers.ts';
import { fresh, hatching } from './canvas.ts';
import { heatImage } from './heat-image.ts';
import { paintSample } from './scenes.ts';

const SMALL = '700 11px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

export const paintHeatThumbnail = (
	canvas: HTMLCanvasElement,
	[width, height]: [number, number],
	columns: Column[],
	shown: [number, number],
	scale: HeatScale,
	theme: Theme,
	synthetic: Synthetic,
): void => {
	const context = fresh(canvas, width, height);
	const box = { left: 0, top: 0, width, height };
	heatImage(columns, shown, scale, theme).draw(context, box);
	context.fillStyle = hatching(context, theme);
	for (const [from, to] of gapsIn(columns))
		context.fillRect((from * width) / columns.length, 0, ((to - from) * width) / columns.length, height);
	paintSample(context, { ...box, left: -8, top: -6 }, { synthetic }, theme, SMALL);
};

/** A line from its least to its most, of values with holes; filled down to zero where `isRate`. */
export const paintLineThumbnail = (
	canvas: HTMLCanvasElement,
	[width, height]: [number, number],
	values: (number | null)[],
	theme: Theme,
	isRate: boolean,
): void => {
	const context = fresh(canvas, width, height);
	const known = values.filter((value) => value !== null);
	if (known.length === 0) return;
	const least = isRate ? 0 : Math.min(...known);
	const most = Math.max(...known);
	const x = (at: number) => (at * width) / values.length;
	const y = (value: number) =>
		height - 2 - (most > least ? (value - least) / (most - least) : 0) * (height - 4);
	context.strokeStyle = colours(theme).percentiles[0];
	context.fillStyle = colours(theme).percentiles[0];
	context.lineWidth = 1.25;
	context.beginPath();
	let isOn = false;
	values.forEach((value, at) => {
		if (value === null) isOn = false;
		else {
			if (isOn) context.lineTo(x(at), y(value));
			else context.moveTo(x(at), y(value));
			context.lineTo(x(at + 1), y(value));
			isOn = true;
		}
	});
	context.stroke();
	if (!isRate) return;
	context.globalAlpha = 0.2;
	values.forEach((value, at) => {
		if (value !== null) context.fillRect(x(at), y(value), x(1), height - 1 - y(value));
	});
	context.globalAlpha = 1;
};
