// answers: what a history answers when it is asked: the shapes that the page, the API, plots and the terminal share
// All times are milliseconds since the epoch. Bounds and counts are exact: digits in a string beyond 2^53.

import type { Exact, Notice } from '../record.ts';
import type { MetricName } from './kept/metric.ts';
import type { Row } from './kept/rows.ts';

export type { MetricName, Row };

/** Whether what is shown comes of a replay or a generator: nothing of it, a part, all. */
export type Synthetic = 'none' | 'some' | 'all';

/** What feeds the server: nothing has come yet, records come, none has come for too long, its input is over. */
export type SourceState = 'waiting' | 'flowing' | 'silent' | 'ended';

/** One line of the list of metrics: figures of the last minute of its data. */
export type MetricSummary = MetricName & {
	series: number;
	/** The first 200 of each, by name; `values` counts all of them. */
	hosts: string[];
	attributes: { name: string; values: number; first: string[] }[];
	/** The usual time between two records of a series; undefined until there are two. */
	interval?: number;
	newest: number;
	/** No record for three intervals of this metric. */
	isStale: boolean;
	synthetic: Synthetic;
	/** Events a second for histograms, the increase a second for sums that only grow; undefined when not known. */
	rate?: number;
	/** The bucket in which the 99th percentile lies; of histograms. */
	p99?: Row;
	/** The newest value, added up over all series; of gauges and of sums that go up and down. */
	value?: Exact;
	/** For a thumbnail: events, increase or value in each of 60 columns of the last five minutes; null without data. */
	recent: (number | null)[];
};

/** All there is. `epoch` changes when the server starts anew. */
export type MetricsAnswer = {
	epoch: string;
	/** The server's clock, and the time of the newest record or time line (`#!ts`): the stream's own clock. */
	now: number;
	newest?: number;
	/** How far back the history reaches, and how far it may. */
	from?: number;
	span: number;
	synthetic: Synthetic;
	/** Of a server: what feeds it, and for how long nothing has come, ms by its own clock. */
	source?: SourceState;
	silent?: number;
	/** Of a server: whether it has data sets of Hollow to explore, at `/api/v1/hollow`. */
	hollow?: boolean;
	metrics: MetricSummary[];
	/** What is kept and how much may be; `refused` counts series for which there was no room, at least so many. */
	kept: { series: number; maxSeries: number; bytes: number; maxBytes: number; refused: number };
	/** In words, what a reader has to know: back-filling, the cap is reached, ... */
	remarks: string[];
};

/**
 * A step of time. `cover` is how much time was counted into it, in steps: a rate is what was counted, by `cover * step`.
 * It is about 1; less where data begin or end; more where an increment reaches over columns before this one, which is
 * counted in one column as a whole, for nobody knows when in it things happened. Those other columns have a cover of 0 and
 * no counts: looked at, and counted elsewhere. Of several series it is such that the rate is the sum of their rates.
 * Of a histogram: the counts from row `first` on, without the zeros at either end.
 */
export type CountColumn = [cover: number, first: number, ...counts: Exact[]];
/** Of a sum that only grows: how much it grew. */
export type SumColumn = [cover: number, increase: Exact];
/** Of a gauge, or a sum that goes up and down: added up over the series, last, least and most. */
export type GaugeColumn = [cover: number, last: Exact, least: Exact, most: Exact];
/** null: nobody looked at this step of time, which is not the same as nothing happened. */
export type Column = CountColumn | SumColumn | GaugeColumn | null;

/**
 * The series of one value of an attribute added up, or all of them (`name` undefined); those without the attribute have the
 * name ''. `total` is all that was counted in the columns, by rows; of a gauge nothing.
 */
export type Group = {
	name?: string;
	series: number;
	synthetic: Synthetic;
	columns: Column[];
	total: Exact[];
};

/**
 * Column `i` is the time `[from + i * step, from + (i + 1) * step)`; `from` is a multiple of `step`, so columns that are
 * asked for later lie beside those from before. To get the same ones, ask with `step=` instead of `columns=`; when the
 * answer has another `step` (the source became slower, the range is further back than so fine steps reach), ask for all
 * anew. `from` is later than what was asked for where the history does not reach so far.
 */
export type ColumnsAnswer = MetricName & {
	epoch: string;
	now: number;
	newest?: number;
	from: number;
	step: number;
	/** The usual time between two records of a series, as far as it is known. */
	interval?: number;
	/** Of a histogram: its buckets, sorted; others have none. */
	rows: Row[];
	/** Rows overlap, since they are of layouts that cross: no percentile can be had of what has several of them. */
	isOverlapping: boolean;
	/** In words, what a reader has to know of these columns. */
	remarks: string[];
	/** With `by`: the groups, those with the highest 99th percentile first, else the largest. */
	groups: Group[];
	/** How many groups are left out. */
	more: number;
};

/** The notices of a range of time, newest first. */
export type NoticesAnswer = { epoch: string; notices: Notice[]; more: number };

/**
 * An event of `/events`: something came, or the source has another state. `changed` names the metrics that have something
 * new, `notices` is how many notices there have been. After a break the first tick names all that changed meanwhile.
 */
export type Tick = {
	epoch: string;
	seq: number;
	now: number;
	newest?: number;
	source: SourceState;
	changed: MetricName[];
	notices: number;
};
