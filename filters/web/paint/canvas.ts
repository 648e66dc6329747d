// canvas: canvases as sharp as the screen, and the hatching of time without data

import { colours, type Theme } from '../../lib/chart/ramp.ts';

/** The canvas at this size in CSS pixels, empty, with its context scaled to them. */
export const fresh = (canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D => {
	const ratio = window.devicePixelRatio || 1;
	const [wide, high] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
	if (canvas.width !== wide) canvas.width = wide;
	if (canvas.height !== high) canvas.height = high;
	canvas.style.width = `${width}px`;
	canvas.style.height = `${height}px`;
	const context = canvas.getContext('2d')!;
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.clearRect(0, 0, width, height);
	return context;
};

const tiles = new Map<Theme, HTMLCanvasElement>();

const tileOf = (theme: Theme): HTMLCanvasElement => {
	const known = tiles.get(theme);
	if (known) return known;
	const tile = document.createElement('canvas');
	tile.width = 8;
	tile.height = 8;
	const context = tile.getContext('2d')!;
	const { hatch } = colours(theme);
	context.globalAlpha = 0.75;
	context.fillStyle = hatch;
	context.fillRect(0, 0, 8, 8);
	context.globalAlpha = 1;
	context.strokeStyle = theme === 'dark' ? '#3b4653' : '#b3bcc7';
	context.lineWidth = 1.2;
	context.beginPath();
	for (const shift of [-8, 0, 8]) {
		context.moveTo(shift - 1, 9);
		context.lineTo(shift + 9, -1);
	}
	context.stroke();
	tiles.set(theme, tile);
	return tile;
};

/** What a stretch without data is filled with. */
export const hatching = (context: CanvasRenderingContext2D, theme: Theme): CanvasPattern =>
	context.createPattern(tileOf(theme), 'repeat')!;
