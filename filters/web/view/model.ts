// model: all that the parts of the page are rendered from

import type { Chart } from '../../lib/chart/chart.ts';
import type { Theme } from '../../lib/chart/ramp.ts';
import type { ColumnsAnswer, MetricName, MetricSummary } from '../../lib/history/answers.ts';
import type { Exact, Notice } from '../../lib/record.ts';
import type { View } from './view.ts';

/** A place in a chart, by time, so that it stays where it was when time goes on. */
export type Cursor = { at: number; row?: number };

/** One metric as it is looked at. */
export type BoardModel = {
	view: View;
	theme: Theme;
	/** Minutes east of UTC of the reader's zone. */
	offset: number;
	metric: MetricName;
	summary: MetricSummary | undefined;
	chart: Chart | undefined;
	/** The same range, earlier; of the same columns. */
	earlier: Chart | undefined;
	groups: ColumnsAnswer | undefined;
	/** Of the range, about this metric or about none, newest first. */
	notices: Notice[];
	moreNotices: number;
	/** The sum of the newest values of a counter's series. */
	total: Exact | undefined;
	remarks: string[];
	/** Nothing for three intervals: figures are the last known. */
	isStale: boolean;
	/** What went wrong with the last question, in words. */
	trouble: string | undefined;
	cursor: Cursor | undefined;
};

/** What parts of the page may do. */
export type Actions = {
	change: (change: Partial<View>) => void;
	point: (cursor: Cursor | undefined) => void;
	/** Say something to who cannot see it. */
	say: (words: string) => void;
	more: () => void;
};
