// list-line: one item of the list in one line: its name, how fast, where its percentiles lie, the last five minutes

import { countText } from '../chart/number.ts';
import { intervalText, rateOfUnit, valueText } from '../chart/quantity.ts';
import { colours } from '../chart/ramp.ts';
import { sparkText } from './bars.ts';
import { type Item, itemTitle, RECENT_COLUMNS } from './items.ts';
import type { Size } from './layout.ts';
import { fit, type Line } from './text.ts';

const RATE = 11;
const PERCENTILE = 18;
const SPARK = RECENT_COLUMNS + 1;
const NAME = 16;

/** How wide each part is; a narrow screen goes without the median, then without the 90th, then without the picture. */
const widthsOf = (width: number) => {
	const fits = (percentiles: number, spark: number) =>
		width >= NAME + RATE + percentiles * PERCENTILE + spark + 2;
	const percentiles = fits(3, SPARK) ? 3 : fits(2, SPARK) ? 2 : 1;
	const spark = fits(percentiles, SPARK) ? SPARK : 0;
	return { percentiles, spark, name: Math.max(8, width - 2 - RATE - percentiles * PERCENTILE - spark) };
};

const NAMES = ['p50 lies in', 'p90 lies in', 'p99 lies in'];

/** A figure at the right of its part, with a blank before it however long its unit is. */
const figure = (text: string, width: number): string => ` ${fit(text, width - 1, true)}`;

/** The names of the parts; `more` says what of the list is not seen. */
export const listHead = ({ width }: Pick<Size, 'width'>, more: string): Line => {
	const { percentiles, spark, name } = widthsOf(width);
	const names = NAMES.slice(3 - percentiles).map((text) => fit(text, PERCENTILE, true));
	const picture = spark > 0 ? ` ${fit('last 5 min', spark - 1)}` : '';
	return [{ text: `  ${fit(more, name)}${fit('rate', RATE, true)}${names.join('')}${picture}`, dim: true }];
};

const amount = ({ name, rate, value }: Item): string => {
	if (value !== undefined) return valueText(value, name.unit);
	if (rate === undefined) return '-';
	return name.type === 'histogram' ? `${countText(Math.round(rate))}/s` : rateOfUnit(rate, name.unit);
};

/** An item as a line; the chosen one is marked by a sign and by its ground. */
export const listLine = (
	item: Item,
	isChosen: boolean,
	{ width, theme }: Pick<Size, 'width' | 'theme'>,
): Line => {
	const { percentiles, spark, name } = widthsOf(width);
	const mark = item.synthetic === 'none' ? '' : '[SAMPLE] ';
	const stale = item.isStale ? '[STALE] ' : '';
	const shown = Array.from({ length: 3 }, (_, at) => item.percentiles[at]).slice(3 - percentiles);
	const values = shown.map((row) => figure(row ? intervalText(row, item.name.unit) : '', PERCENTILE));
	const style = isChosen ? { inverse: true } : item.isStale ? { dim: true } : {};
	return [
		{ text: `${isChosen ? '>' : ' '} `, bold: true },
		{ text: fit(`${mark}${stale}${itemTitle(item)}`, name), ...style },
		{ text: figure(amount(item), RATE), ...style },
		{ text: values.join(''), ...style },
		...(spark > 0
			? [{ text: ` ${sparkText(item.recent.slice(-RECENT_COLUMNS))}`, fg: colours(theme).bar }]
			: []),
	];
};
