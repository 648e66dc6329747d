// layout: how large the parts of the board are on a screen of some size

import type { Theme } from '../chart/ramp.ts';
import type { Depth } from './colour.ts';
import type { State } from './state.ts';

export type Size = { width: number; height: number; depth: Depth; theme: Theme };

/** Below this there is no room for a chart: one line a series is all. */
const CHART_HEIGHT = 16;
/** The columns of the labels at the left of a chart. */
export const LABEL = 10;

/** The part of the list that is on the screen, so that the chosen item is. */
export const windowOf = (count: number, chosen: number, height: number): number =>
	Math.max(0, Math.min(count - height, chosen - Math.floor(height / 2)));

/** How many columns of a chart there is room for, and how many lines the list has, header included. */
export const roomFor = ({ width, height }: Size, items: number, state: State, isSample: boolean) => {
	const body = height - 2 - Number(isSample);
	const hasChart = height >= CHART_HEIGHT && items > 0;
	const wanted = Math.min(items + 1, Math.max(4, Math.floor(body / 3)));
	const list = !hasChart ? body : state.isWide ? 0 : wanted;
	return { list, chart: body - list, columns: mapWidth(width) };
};

/** The columns of the bars beside the map, where there is room for them. */
export const barsIn = (width: number): number => (width >= 100 ? 30 : 0);

/** The columns of the screen in which time passes. */
export const mapWidth = (width: number): number => Math.max(10, width - LABEL - barsIn(width));
