// frame: everything that the board shows, as lines of a size; pure: the same scene and state give the same lines

import { shownName } from '../chart/name.ts';
import { colours, type Theme } from '../chart/ramp.ts';
import { durationText, timeMarks } from '../chart/time.ts';
import type { ColumnsAnswer, MetricsAnswer } from '../history/answers.ts';
import type { Notice } from '../record.ts';
import { bodyLines, figuresLine } from './chart-body.ts';
import { type Item, itemTitle } from './items.ts';
import { LABEL, mapWidth, roomFor, type Size, windowOf } from './layout.ts';
import { listHead, listLine } from './list-line.ts';
import { HELP, RANGES, type State } from './state.ts';
import { fit, type Line, widthOf } from './text.ts';

/** What there is to show at one moment. */
export type Scene = {
	metrics: MetricsAnswer;
	items: Item[];
	/** Of the chosen item, over the chosen time. */
	chart: ColumnsAnswer | undefined;
	/** Newest first. */
	notices: Notice[];
	/** What the program has to say to its reader. */
	message: string;
	/** The input has ended. */
	isOver: boolean;
	now: number;
	/** The zone of clocks, in minutes east of UTC. */
	offset: number;
};

const ageText = ({ metrics, isOver, now }: Scene): string => {
	const { newest } = metrics;
	if (newest === undefined) return isOver ? 'the input ended without a record' : 'waiting for records';
	return `data ${durationText(Math.max(0, now - newest))} old`;
};

/** The chips at the right of the first line: what a reader must not overlook. */
const chipsOf = (scene: Scene, state: State): Line => {
	const { metrics, isOver } = scene;
	const isStale = metrics.metrics.length > 0 && metrics.metrics.every((one) => one.isStale);
	const chip = (text: string) => [{ text: ' ' }, { text: ` ${text} `, inverse: true, bold: true }];
	return [
		...(metrics.synthetic === 'none' ? [] : chip('SAMPLE')),
		...(isStale && !isOver ? chip('STALE') : []),
		...(isOver ? chip('INPUT ENDED') : []),
		...(state.isFrozen ? chip('FROZEN') : []),
	];
};

const headLine = (scene: Scene, state: State, width: number): Line => {
	const { kept } = scene.metrics;
	const chips = chipsOf(scene, state);
	const right = `${ageText(scene)} `;
	const taken = chips.reduce((sum, { text }) => sum + widthOf(text), 0) + widthOf(right);
	const count = scene.metrics.metrics.length;
	const left = ` bpfpipe   ${count} metric${count === 1 ? '' : 's'}, ${kept.series} series`;
	return [{ text: fit(left, Math.max(0, width - taken)), bold: true }, { text: right }, ...chips];
};

const sampleLine = (scene: Scene, width: number, theme: Theme): Line[] => {
	const { synthetic } = scene.metrics;
	if (synthetic === 'none') return [];
	const part = synthetic === 'all' ? '' : 'in part ';
	const text = ` SAMPLE DATA: ${part}a replay or a fallback, not measured on this machine now`;
	return [[{ text: fit(text, width), inverse: true, bold: true, fg: colours(theme).sample }]];
};

/** The last line: what is typed, what the program says, what the data say of themselves, or the keys. */
const footLine = (scene: Scene, state: State, width: number): Line => {
	if (state.isTyping) return [{ text: fit(`/${state.filter}\u2588`, width) }];
	if (scene.message !== '') return [{ text: fit(shownName(scene.message, 500), width), bold: true }];
	const [newest] = scene.notices;
	const notice = newest
		? `notice ${newest.kind}${newest.count === undefined ? '' : ` ${newest.count}`}: ${newest.detail ?? ''}   `
		: '';
	const filter = state.filter === '' ? '' : `/${state.filter}   `;
	const by = state.by === undefined ? '' : `by ${shownName(state.by)}   `;
	const keys = 'j k choose  / find  s order  a divide  space freeze  ? help  q quit';
	return [
		{ text: fit(` ${filter}${by}${shownName(notice, 200).replace('(empty)', '')}${keys}`, width), dim: true },
	];
};

const listLines = (scene: Scene, chosen: number, height: number, size: Size): Line[] => {
	const { items } = scene;
	if (items.length === 0) {
		const text = scene.metrics.metrics.length === 0 ? ageText(scene) : 'no name contains that';
		return [[{ text: `  ${text}` }], ...Array.from({ length: height - 1 }, () => [])];
	}
	const top = windowOf(items.length, chosen, height - 1);
	const shown = items.slice(top, top + height - 1);
	const more = items.length - shown.length;
	return [
		listHead(size, more > 0 ? `${items.length} lines, ${top + 1} to ${top + shown.length} shown` : ''),
		...shown.map((item, at) => listLine(item, top + at === chosen, size)),
		...Array.from({ length: height - 1 - shown.length }, (): Line => []),
	];
};

const chartTitle = (item: Item, state: State, width: number): Line => {
	const { series, name } = item;
	const span = durationText(RANGES[state.range]!);
	const facts = `${name.unit === '1' ? '' : ` (${shownName(name.unit)})`}  ${series} series  last ${span}${state.isShare ? '  colour: share of each column' : ''}`;
	const mark = item.synthetic === 'none' ? '' : '[SAMPLE] ';
	const title = fit(
		`\u2500 ${mark}${itemTitle(item)}`,
		Math.min(width, widthOf(`\u2500 ${mark}${itemTitle(item)}`)),
	);
	const left = width - widthOf(title);
	const told = fit(facts, Math.min(left, widthOf(facts)));
	const rule = '\u2500'.repeat(Math.max(0, left - widthOf(told) - 1));
	return [{ text: title, bold: true }, { text: `${told} ${rule}` }];
};

const timeLine = ({ from, step, groups }: ColumnsAnswer, size: Size, offset: number): Line => {
	const count = groups[0]?.columns.length ?? 0;
	const width = mapWidth(size.width);
	const marks = timeMarks(from, from + count * step, Math.max(2, Math.floor(width / 16)), offset);
	let text = '';
	for (const { at, text: mark } of marks) {
		const place = LABEL + Math.floor(((at - from) / (count * step)) * width);
		if (place < text.length + (text === '' ? 0 : 1) || place + mark.length > LABEL + width) continue;
		text = text.padEnd(place) + mark;
	}
	return [{ text, dim: true }];
};

const chartLines = (scene: Scene, item: Item, state: State, height: number, size: Size): Line[] => {
	const { chart } = scene;
	if (!chart || height < 4) return Array.from({ length: height }, () => []);
	return [
		chartTitle(item, state, size.width),
		figuresLine(chart, size),
		...bodyLines({ chart, item, state, height: height - 3, size }),
		timeLine(chart, size, scene.offset),
	];
};

const helpLines = (height: number): Line[] => {
	const lines: Line[] = [
		[{ text: '  What the keys do', bold: true }],
		[],
		...HELP.map(([keys, what]): Line => [{ text: `  ${keys.padEnd(18)}`, bold: true }, { text: what }]),
		[],
		[{ text: '  Figures are buckets: a percentile lies somewhere in the one that is named.' }],
		[{ text: '  A hatched column is time without data, an empty cell is none counted.' }],
		[{ text: '  Any other key goes back.' }],
	];
	return Array.from({ length: height }, (_, at) => lines[at] ?? []);
};

/** The screen. */
export const frameOf = (scene: Scene, state: State, size: Size): Line[] => {
	const { width, height, theme } = size;
	const isSample = scene.metrics.synthetic !== 'none';
	const head = [headLine(scene, state, width), ...sampleLine(scene, width, theme)];
	const foot = footLine(scene, state, width);
	if (state.isHelp) return [...head, ...helpLines(height - head.length - 1), foot];
	const chosen = Math.max(
		0,
		scene.items.findIndex(({ key }) => key === state.selected),
	);
	const item = scene.items[chosen];
	const room = roomFor(size, scene.items.length, state, isSample);
	return [
		...head,
		...(room.list > 0 ? listLines(scene, chosen, room.list, size) : []),
		...(item && room.chart > 0 ? chartLines(scene, item, state, room.chart, size) : []),
		foot,
	];
};
