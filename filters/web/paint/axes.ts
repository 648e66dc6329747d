// axes: a frame of axes with cursor and selection by uPlot, into which somebody paints
// Places in time are columns, places of value are rows or values; both as fractions of the frame outside of here.

import uPlot from 'uplot';
import { colours, type Theme } from '../../lib/chart/ramp.ts';
import { type Mark, timeMarks } from '../../lib/chart/time.ts';
import { takeHold } from './hold.ts';

/** What a frame shows: a range of time, marks of values with the range they lie in, and who paints it. */
export type Scene = {
	from: number;
	to: number;
	marks: Mark[];
	range: [number, number];
	theme: Theme;
	offset: number;
	isGrid: boolean;
	/** Into the frame's rectangle, in CSS pixels. */
	paint: (
		context: CanvasRenderingContext2D,
		box: { left: number; top: number; width: number; height: number },
	) => void;
};

/** Where the pointer is, as parts of the frame from its left and its bottom; undefined when it has left. */
export type Pointed = { x: number; y: number } | undefined;

export type Axes = {
	node: HTMLElement;
	show: (scene: Scene) => void;
	resize: (width: number, height: number) => void;
	/** Show the cursor's line at a part of the width. */
	point: (x: number | undefined) => void;
	/** Show a selection between parts of the width. */
	select: (range: [number, number] | undefined) => void;
	/** The frame inside the axes, in CSS pixels from the node's edges. */
	frame: () => { left: number; top: number; width: number; height: number };
};

type Events = {
	pointed: (at: Pointed) => void;
	selected: (range: [number, number]) => void;
};

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
/** Room for the labels; equal in all frames, so that their times stand under each other. */
const LABELS = 66;
const TIMES = 28;
const TOP = 8;
const NOWHERE = -10;
const LEAST_DRAG_PX = 4;
const HALF_CHARACTER_PX = 3.6;

/** Marks of time, but for one whose label would be cut at the right edge. */
const timesOf = ({ from, to, offset }: Scene, u: uPlot): Mark[] => {
	const width = u.bbox.width / uPlot.pxRatio;
	const all = timeMarks(from, to, Math.floor(width / 90), offset);
	return all.filter(({ at, text }) => ((to - at) / (to - from)) * width > text.length * HALF_CHARACTER_PX);
};

/** How uPlot draws whatever the scene is then: its marks, its colours, its range; the rest is painted over the grid. */
const optionsOf = (scene: () => Scene | undefined): Omit<uPlot.Options, 'width' | 'height' | 'hooks'> => {
	const own = () => colours(scene()?.theme ?? 'light');
	const axis = (size: number, marks: (u: uPlot) => Mark[]): uPlot.Axis => ({
		size,
		font: FONT,
		stroke: () => own().muted,
		gap: 4,
		grid: {
			stroke: () => own().line,
			width: 1,
			filter: (_u, splits) => (scene()?.isGrid ? splits : splits.map(() => null)),
		},
		ticks: { stroke: () => own().line, width: 1, size: 4 },
		splits: (u) => marks(u).map(({ at }) => at),
		filter: (_u, splits) => splits,
		values: (u) => marks(u).map(({ text }) => text),
	});
	return {
		padding: [TOP, 0, 0, 0],
		legend: { show: false },
		scales: {
			x: { time: false, range: () => [scene()?.from ?? 0, scene()?.to ?? 1] },
			y: { range: () => scene()?.range ?? [0, 1] },
		},
		axes: [
			axis(TIMES, (u) => {
				const now = scene();
				return now ? timesOf(now, u) : [];
			}),
			axis(LABELS, () => scene()?.marks ?? []),
		],
		series: [{}, { paths: () => null, points: { show: false } }],
		cursor: {
			points: { show: false },
			y: false,
			drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG_PX },
		},
	};
};

export const createAxes = (events: Events): Axes => {
	const node = document.createElement('div');
	node.className = 'axes';
	let scene: Scene | undefined;
	let plot: uPlot | undefined;
	let isOurs = false;
	let isDragging = false;

	const paint = (u: uPlot) => {
		if (!scene) return;
		const ratio = uPlot.pxRatio;
		const { left, top, width, height } = u.bbox;
		const { ctx } = u;
		ctx.save();
		ctx.beginPath();
		ctx.rect(left, top, width, height);
		ctx.clip();
		ctx.scale(ratio, ratio);
		scene.paint(ctx, {
			left: left / ratio,
			top: top / ratio,
			width: width / ratio,
			height: height / ratio,
		});
		ctx.restore();
	};
	/** A finger that rests begins at the column under it; the newest place of the finger ends it. */
	const listenToFinger = (over: HTMLElement) => {
		let from = 0;
		let to = 0;
		const place = (x: number) => {
			const { left, width } = over.getBoundingClientRect();
			return Math.min(1, Math.max(0, (x - left) / width));
		};
		const show = (x: number) => {
			to = place(x);
			const { clientWidth, clientHeight } = over;
			const left = Math.min(from, to) * clientWidth;
			const width = Math.max(1, Math.abs(to - from) * clientWidth);
			quietly(() => plot?.setSelect({ left, width, top: 0, height: clientHeight }, false));
			events.pointed({ x: to, y: 0.5 });
		};
		takeHold(over, {
			begin: (x) => {
				isDragging = true;
				from = place(x);
				show(x);
			},
			move: show,
			end: () => {
				isDragging = false;
				const isStretch = Math.abs(to - from) * over.clientWidth >= LEAST_DRAG_PX;
				if (isStretch) events.selected([Math.min(from, to), Math.max(from, to)]);
				else select(shown);
			},
			cancel: () => {
				isDragging = false;
				select(shown);
			},
		});
	};
	/** By the mouse itself: uPlot's own event of its cursor comes later too, when only the data changed. */
	const listen = (over: HTMLElement) => {
		over.addEventListener('mousemove', (event) => {
			const { left, top, width, height } = over.getBoundingClientRect();
			const inside = (part: number) => Math.min(1, Math.max(0, part));
			events.pointed({
				x: inside((event.clientX - left) / width),
				y: inside(1 - (event.clientY - top) / height),
			});
		});
		over.addEventListener('mouseleave', () => events.pointed(undefined));
		over.addEventListener('mousedown', () => {
			isDragging = true;
		});
		window.addEventListener('mouseup', () => {
			isDragging = false;
		});
	};
	const selected = (u: uPlot) => {
		isDragging = false;
		if (isOurs || u.select.width < LEAST_DRAG_PX) return;
		const { width } = u.over.getBoundingClientRect();
		events.selected([u.select.left / width, (u.select.left + u.select.width) / width]);
	};
	/** What the page does itself is no gesture of the reader. */
	const quietly = (what: () => void) => {
		isOurs = true;
		what();
		isOurs = false;
	};

	/** The selection that the page has. */
	let shown: [number, number] | undefined;
	const select = (range: [number, number] | undefined) =>
		quietly(() => {
			shown = range;
			if (!plot || isDragging) return;
			const { clientWidth, clientHeight } = plot.over;
			const [from, to] = range ?? [0, 0];
			const left = Math.max(0, from) * clientWidth;
			const width = Math.max(0, Math.min(1, to) * clientWidth - left);
			plot.setSelect({ left, width, top: 0, height: range ? clientHeight : 0 }, false);
		});

	return {
		node,
		resize: (width, height) => {
			if (plot) quietly(() => plot!.setSize({ width, height }));
			else {
				const hooks = { drawAxes: [paint], setSelect: [selected] };
				plot = new uPlot({ ...optionsOf(() => scene), width, height, hooks }, [[], []], node);
				listen(plot.over);
				listenToFinger(plot.over);
			}
		},
		show: (next) => {
			scene = next;
			quietly(() =>
				plot?.setData(
					[
						[next.from, next.to],
						[null, null],
					] as uPlot.AlignedData,
					true,
				),
			);
		},
		point: (x) =>
			quietly(() => {
				if (!plot || isDragging) return;
				const left = x === undefined ? NOWHERE : x * plot.over.clientWidth;
				plot.setCursor({ left, top: x === undefined ? NOWHERE : 0 }, false);
			}),
		select,
		frame: () => {
			if (!plot) return { left: 0, top: 0, width: 0, height: 0 };
			const { left, top, width, height } = plot.bbox;
			const ratio = uPlot.pxRatio;
			return { left: left / ratio, top: top / ratio, width: width / ratio, height: height / ratio };
		},
	};
};
