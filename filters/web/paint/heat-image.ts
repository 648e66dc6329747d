// heat-image: columns of counts as an image of one pixel a cell, which is drawn enlarged

import { colouredColumns } from '../../lib/chart/chart.ts';
import { columnTotal } from '../../lib/chart/counts.ts';
import { type HeatScale, ramp, stepOf, type Theme } from '../../lib/chart/ramp.ts';
import type { Column } from '../../lib/history/answers.ts';

const channels = (hex: string): [number, number, number] => [
	Number.parseInt(hex.slice(1, 3), 16),
	Number.parseInt(hex.slice(3, 5), 16),
	Number.parseInt(hex.slice(5, 7), 16),
];

/** Opaque colours as whole numbers, in the byte order of ImageData. */
const words = (theme: Theme): Uint32Array => {
	const isLittle = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
	return Uint32Array.from(
		ramp(theme).map((hex) => {
			const [r, g, b] = channels(hex);
			return isLittle
				? ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0
				: ((r << 24) | (g << 16) | (b << 8) | 255) >>> 0;
		}),
	);
};

export type HeatImage = {
	/** Draw rows `[first, last)` of the columns into a rectangle of `context`. */
	draw: (
		context: CanvasRenderingContext2D,
		box: { left: number; top: number; width: number; height: number },
	) => void;
};

/** An image of the rows `[first, last)` of columns; nothing is transparent, so the panel shows through. */
export const heatImage = (
	columns: readonly Column[],
	[first, last]: [number, number],
	scale: HeatScale,
	theme: Theme,
	canvas = document.createElement('canvas'),
): HeatImage => {
	const [width, height] = [Math.max(1, columns.length), Math.max(1, last - first)];
	canvas.width = width;
	canvas.height = height;
	const context = canvas.getContext('2d')!;
	const image = context.createImageData(width, height);
	const pixels = new Uint32Array(image.data.buffer);
	const colour = words(theme);
	colouredColumns(columns).forEach((column, at) => {
		if (!column) return;
		const total = scale.kind === 'share' ? Number(columnTotal(column)) : 1;
		const lowest = column[1] as number;
		for (let index = 2; index < column.length; index += 1) {
			const row = lowest + index - 2;
			if (row < first || row >= last) continue;
			const step = stepOf(scale, Number(column[index]) / total);
			if (step > 0) pixels[(last - 1 - row) * width + at] = colour[step - 1]!;
		}
	});
	context.putImageData(image, 0, 0);
	return {
		draw: (target, box) => {
			target.imageSmoothingEnabled = false;
			target.drawImage(canvas, box.left, box.top, box.width, box.height);
		},
	};
};
