// picture: a chart as one SVG: title, numbers, heat map with its histogram, percentiles, notices, and what made it
// Sample data says so in the picture itself. Nothing in it depends on the process, the machine or its time zone.

import type { Row } from '../history/answers.ts';
import type { Exact, Notice } from '../record.ts';
import { type Chart, coveredIn, increaseIn, type Look, levelsOf, PERCENTS } from './chart.ts';
import { addUp, type Counts, highestRow, mostIn, percentileInterval } from './counts.ts';
import { element, short, svgFile, text } from './markup.ts';
import { shownName } from './name.ts';
import { countText, rateText, shareText, shortCount } from './number.ts';
import {
	type Box,
	bandNames,
	bands,
	gaps,
	hatchPattern,
	heatCells,
	resetMarks,
	rowAxis,
	timeAxis,
	valueLine,
} from './plot-area.ts';
import { intervalText, rateOfUnit, unitWords, valueText } from './quantity.ts';
import { colours, countScale, type HeatScale, legendOf, ramp, shareScale } from './ramp.ts';
import { clockText, dateText, zoneText } from './time.ts';

const LEFT = 84;
const RIGHT = 190;
const HEAT_HEIGHT = 286;
const BANDS_HEIGHT = 168;
const SIDE_GAP = 10;
const LANE = 26;

/** A figure of the summary: what it is, and what it reads. */
type Figure = [name: string, value: string];

/** The figures above a chart, of the whole range. */
export const figuresOf = (chart: Chart): Figure[] => {
	const { columns, unit, step, type, rows } = chart;
	const seconds = coveredIn(columns, step) / 1000;
	if (type === 'histogram') {
		const counts = addUp(columns, rows.length);
		const highest = highestRow(counts);
		return [
			['events', countText(counts.total)],
			['events a second', seconds > 0 ? rateText(Number(counts.total) / seconds) : '–'],
			...PERCENTS.map((percent): Figure => {
				const interval = chart.isOverlapping ? undefined : percentileInterval(counts, rows, percent);
				return [`p${percent} lies in`, interval ? intervalText(interval, unit) : '–'];
			}),
			['highest seen', highest === undefined ? '–' : intervalText(rows[highest]!, unit)],
		];
	}
	const levels = type === 'gauge' ? levelsOf(columns) : undefined;
	if (levels)
		return [
			['last', valueText(levels.last, unit)],
			['least', valueText(levels.least, unit)],
			['most', valueText(levels.most, unit)],
		];
	const increase: Exact = type === 'sum' ? increaseIn(columns) : 0;
	return [
		['increase', countText(increase)],
		['a second', seconds > 0 ? rateOfUnit(Number(increase) / seconds, unit) : '–'],
	];
};

const heading = (chart: Chart, look: Look, y: number): string => {
	const { text: strong, muted } = colours(look.theme);
	const words = unitWords(chart.unit);
	const about = [
		words && shownName(words, 40),
		`${chart.series} series`,
		shownName(chart.scope === '' ? 'all added up' : chart.scope, 90),
	];
	const figures = figuresOf(chart);
	const each = (look.width - 40) / Math.max(5, figures.length);
	return (
		text(20, y, shownName(chart.metric, 60), { fill: strong, 'font-size': 22, 'font-weight': 700 }) +
		text(20, y + 22, about.filter(Boolean).join(' · '), { fill: muted, 'font-size': 14 }) +
		figures
			.map(
				([name, value], index) =>
					text(20 + index * each, y + 54, name, { fill: muted, 'font-size': 12 }) +
					text(20 + index * each, y + 76, value, { fill: strong, 'font-size': 16, 'font-weight': 600 }),
			)
			.join('')
	);
};

const legend = (scale: HeatScale, look: Look, x: number, y: number): string => {
	const [low, middle, high] = legendOf(scale);
	const form = (value: number) => (scale.kind === 'share' ? shareText(value) : shortCount(value));
	const { muted } = colours(look.theme);
	const label = { fill: muted, 'font-size': 12 };
	const cells = ramp(look.theme)
		.map((fill, step) => element('rect', { x: x + step * 16, y: y - 10, width: 16, height: 12, fill }))
		.join('');
	const words = scale.kind === 'share' ? 'of a column' : 'events a cell';
	return (
		text(x - 6, y, form(low), { ...label, 'text-anchor': 'end' }) +
		cells +
		text(x + 72, y - 14, form(middle), { ...label, 'text-anchor': 'middle' }) +
		text(x + 150, y, `${form(high)} ${words}`, label)
	);
};

/** The histogram of the whole range, each bar beside its row. */
const sideBars = (counts: Counts, rows: Row[], box: Box, look: Look): string => {
	const most = Math.max(1, ...counts.rows.map(Number));
	const height = box.height / rows.length;
	const left = box.left + box.width + SIDE_GAP;
	const room = RIGHT - SIDE_GAP - 66;
	const { bar, muted } = colours(look.theme);
	return counts.rows
		.map((count, row) => {
			if (Number(count) === 0) return '';
			const width = Math.max(1, (Number(count) / most) * room);
			const y = box.top + box.height - (row + 1) * height;
			const d = `M${short(left)} ${short(y + 1)}h${short(width)}v${short(height - 2)}h-${short(width)}z`;
			const label =
				height >= 10
					? text(left + width + 5, y + height / 2 + 4, shortCount(count), { fill: muted, 'font-size': 12 })
					: '';
			return element('path', { d, fill: bar }) + label;
		})
		.join('');
};

const noticeText = ({ kind, count }: Notice): string =>
	`${shownName(kind, 30)}${count === undefined ? '' : ` ${countText(count)}`}`;

/** Notices where they happened; those that find no room keep their mark. */
const lane = (chart: Chart, box: Box, look: Look): string => {
	const to = chart.from + chart.columns.length * chart.step;
	const { warn } = colours(look.theme);
	let free = Number.NEGATIVE_INFINITY;
	return chart.notices
		.filter(({ ts }) => ts >= chart.from && ts < to)
		.sort((a, b) => a.ts - b.ts)
		.map((notice) => {
			const x = box.left + ((notice.ts - chart.from) / (to - chart.from)) * box.width;
			const words = `${clockText(notice.ts, look.offset).slice(0, 5)} ${noticeText(notice)}`;
			const y = box.top + 14;
			const d = `M${short(x)} ${short(y - 8)}l4 8h-8z`;
			const hasRoom = x > free && x + words.length * 7 < box.left + box.width + RIGHT;
			if (hasRoom) free = x + 14 + words.length * 7;
			return (
				element('path', { d, fill: warn }) +
				(hasRoom ? text(x + 8, y, words, { fill: warn, 'font-size': 12 }) : '')
			);
		})
		.join('');
};

const sampleMark = (chart: Chart, box: Box, look: Look): string => {
	if (chart.synthetic === 'none') return '';
	const words = chart.synthetic === 'all' ? 'SAMPLE DATA' : 'PARTLY SAMPLE DATA';
	return text(box.left + 14, box.top + 32, words, {
		fill: colours(look.theme).sample,
		stroke: colours(look.theme).panel,
		'stroke-width': 4,
		'paint-order': 'stroke',
		'font-size': 26,
		'font-weight': 700,
		'letter-spacing': 2,
	});
};

const ground = ({ left, top, width, height }: Box, look: Look): string =>
	element('rect', { x: left, y: top, width, height, fill: colours(look.theme).panel });

const title = (words: string, y: number, look: Look): string =>
	text(20, y, words, { fill: colours(look.theme).text, 'font-size': 14, 'font-weight': 600 });

const heatPart = (chart: Chart, box: Box, look: Look): string => {
	const scale = look.isShare ? shareScale() : countScale(mostIn(chart.columns));
	return [
		title(`${howMuch(chart.unit)}, over time`, box.top - 18, look),
		legend(scale, look, 260, box.top - 18),
		ground(box, look),
		heatCells(chart, box, look, scale),
		gaps(chart, box),
		look.hasPercentiles && !chart.isOverlapping ? bands(chart, box, look, true) : '',
		resetMarks(chart, box, look),
		rowAxis(chart.rows, chart.unit, box, look, false),
		timeAxis(chart, box, look, false),
		sideBars(addUp(chart.columns, chart.rows.length), chart.rows, box, look),
	].join('');
};

const bandPart = (chart: Chart, box: Box, look: Look): string => {
	const counts = addUp(chart.columns, chart.rows.length);
	const intervals = PERCENTS.map((percent) => percentileInterval(counts, chart.rows, percent));
	const words = 'each lies somewhere in its band: a bucket is an interval';
	return [
		title('Percentiles', box.top - 14, look),
		text(114, box.top - 14, words, { fill: colours(look.theme).muted, 'font-size': 12 }),
		ground(box, look),
		rowAxis(chart.rows, chart.unit, box, look, true),
		timeAxis(chart, box, look, true),
		gaps(chart, box),
		bands(chart, box, look, false),
		resetMarks(chart, box, look),
		bandNames(intervals, chart.unit, box, look),
		sampleMark(chart, box, look),
	].join('');
};

const linePart = (chart: Chart, box: Box, look: Look): string =>
	[
		title(chart.type === 'gauge' ? 'Value, over time' : 'Rate, over time', box.top - 18, look),
		ground(box, look),
		timeAxis(chart, box, look, true),
		gaps(chart, box),
		valueLine(chart, box, look),
		resetMarks(chart, box, look),
	].join('');

/** The chart as the text of an SVG file. */
export const svgOf = (chart: Chart, look: Look): string => {
	const { width } = look;
	const { page, line, muted, sample } = colours(look.theme);
	const isHeat = chart.type === 'histogram' && chart.rows.length > 0;
	const hasBands = isHeat && !chart.isOverlapping;
	const rowsHeight = isHeat ? chart.rows.length * 11 : 0;
	const box: Box = {
		left: LEFT,
		top: 178,
		width: width - LEFT - RIGHT,
		height: Math.max(HEAT_HEIGHT, rowsHeight),
	};
	const below = box.top + box.height + 30;
	const second: Box = { ...box, top: below + LANE + 40, height: BANDS_HEIGHT };
	const height = (hasBands ? second.top + second.height + 30 : below + LANE) + 34;
	const frame = { x: 1, y: 1, width: width - 2, height: height - 2, fill: 'none', 'stroke-width': 2 };
	const parts = [
		element('defs', {}, hatchPattern(look)),
		element('rect', { width, height, fill: page }),
		heading(chart, look, 38),
		isHeat ? heatPart(chart, box, look) : linePart(chart, box, look),
		hasBands ? bandPart(chart, second, look) : '',
		sampleMark(chart, box, look),
		element('path', { d: `M${box.left} ${below}h${short(box.width)}`, stroke: line }),
		lane(chart, { ...box, top: below }, look),
		text(20, height - 14, footer(chart, look), { fill: muted, 'font-size': 12 }),
		chart.synthetic === 'none' ? '' : element('rect', { ...frame, stroke: sample }),
	];
	return svgFile(width, height, parts.join(''));
};

/** A heat map of times shows how long; of sizes or anything else, how much. */
export const howMuch = (unit: string): string =>
	/^(ns|us|µs|μs|ms|s)$/.test(unit) ? 'How long' : 'How much';

const footer = (chart: Chart, look: Look): string => {
	const to = chart.from + chart.columns.length * chart.step;
	const sample = chart.synthetic === 'none' ? '' : ' · synthetic: not measured';
	return `${dateText(chart.from, look.offset)} to ${dateText(to, look.offset)} ${zoneText(look.offset)} · columns of ${short(chart.step / 1000)} s · hatched: no data${sample} · bpfpipe`;
};
