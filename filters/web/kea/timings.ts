// timings: histograms below each other, each with its percentiles as intervals and its heat map, one colour scale for all

import { highestRow, mostIn } from '../../lib/chart/counts.ts';
import { countText } from '../../lib/chart/number.ts';
import { intervalText } from '../../lib/chart/quantity.ts';
import { countScale } from '../../lib/chart/ramp.ts';
import type { ColumnsAnswer, Group } from '../../lib/history/answers.ts';
import { paintHeatThumbnail } from '../paint/thumbnail.ts';
import { rowsShown } from '../view/places.ts';
import { percentileOf, totalOf } from './figures.ts';
import { type KeaModel, lostOf, NONE, named } from './model.ts';
import { type Cell, createPanel, createTable, type Row } from './table.ts';

export const PERCENTS = [50, 95, 99];
const PICTURE = { width: 300, height: 56 };

/** The rows of a table of histograms, in the order of `groups`. */
const timingRows = (
	{ theme, open }: KeaModel,
	answer: ColumnsAnswer,
	groups: Group[],
	attribute: string,
): Row[] => {
	const scale = countScale(Math.max(1, ...groups.map(({ columns }) => mostIn(columns))));
	const shown = rowsShown({ rows: answer.rows, columns: groups.flatMap(({ columns }) => columns) });
	return groups.map((group) => {
		const name = group.name ?? '';
		const highest = highestRow({ rows: group.total });
		return {
			key: name,
			cells: [
				{ text: named(name, 50), open: () => open(answer, { [attribute]: name }) },
				group.columns.some((column) => column !== null) ? countText(totalOf(group)) : NONE,
				...PERCENTS.map((percent) => {
					const interval = percentileOf(answer, group, percent);
					return interval ? intervalText(interval, answer.unit) : NONE;
				}),
				highest === undefined ? NONE : intervalText(answer.rows[highest]!, answer.unit),
				{
					picture: (canvas: HTMLCanvasElement, width: number) =>
						paintHeatThumbnail(
							canvas,
							[width, PICTURE.height],
							group.columns,
							shown,
							scale,
							theme,
							group.synthetic,
						),
					width: PICTURE.width,
				},
			] satisfies Cell[],
		};
	});
};

export const createTimingTable = (title: string, first: string, attribute: string, counted: string) => {
	const table = createTable(title, [
		first,
		`${counted}#`,
		'p50 in#',
		'p95 in#',
		'p99 in#',
		'Slowest#',
		'Over time',
	]);
	table.node.classList.add('timings');
	return {
		node: table.node,
		render: (model: KeaModel, answer: ColumnsAnswer | undefined, groups: Group[]) =>
			table.render(answer ? timingRows(model, answer, groups, attribute) : []),
	};
};

/** A panel of one such table, in the order of the server's answer: the highest 99th percentile first. */
export const createTimings = (
	question: string,
	[first, attribute, counted]: [string, string, string],
	lost: RegExp,
	words: string,
) => {
	const table = createTimingTable(question, first, attribute, counted);
	const panel = createPanel(question, table.node);
	return {
		node: panel.node,
		render: (model: KeaModel, answer: ColumnsAnswer | undefined) => {
			const more = answer && answer.more > 0 ? ` · ${countText(answer.more)} more are left out` : '';
			panel.about(answer ? `the slowest p99 first · ${words}${more}` : `${NONE} not measured`);
			panel.lost([...lostOf(model.lost, lost), ...(answer?.remarks ?? [])]);
			table.render(model, answer, answer?.groups ?? []);
		},
	};
};
