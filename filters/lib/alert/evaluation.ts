// evaluation: what an expression comes to at one time: a number, or one for each series

import { sum } from '../histogram/layout.ts';
import { percentile } from '../histogram/percentile.ts';
import { totalOf } from '../histogram/total.ts';
import type { Bucket } from '../record.ts';
import { type LabelSet, labelSet, SYNTHETIC } from './labels.ts';
import {
	type Aggregate,
	type Aggregation,
	type Arithmetic,
	type Binary,
	type Comparison,
	type Expression,
	expressionText,
	isComparison,
	type Selector,
	type Window,
} from './promql/expression.ts';
import { LOOKBACK_MS, type Selection, type Track } from './series.ts';
import type { Counted } from './window.ts';

/** The value of one series, or its buckets. `metric` as long as it is about one. */
export type Element = { labels: LabelSet; metric: string | undefined } & (
	| { value: number }
	| { buckets: Bucket[] }
);
export type Valued = Extract<Element, { value: number }>;

/** A rule that cannot be worked out as it stands; the message says why. */
export class EvaluationError extends Error {}

export type Surroundings = {
	now: number;
	/** Since when anything was watched: what is missing cannot have been missing for longer. */
	since: number;
	selectionOf: (selector: Selector, rangeMs: number) => Selection;
	/** A series is not what the expression needs. */
	unfit: (why: string) => void;
};

const NUMBERS: Record<Arithmetic | Comparison, (left: number, right: number) => number | boolean> = {
	'+': (left, right) => left + right,
	'-': (left, right) => left - right,
	'*': (left, right) => left * right,
	'/': (left, right) => left / right,
	'%': (left, right) => left % right,
	'==': (left, right) => left === right,
	'!=': (left, right) => left !== right,
	'>': (left, right) => left > right,
	'<': (left, right) => left < right,
	'>=': (left, right) => left >= right,
	'<=': (left, right) => left <= right,
};

/** Whether a comparison holds. */
export const compares = (operator: Comparison, left: number, right: number): boolean =>
	NUMBERS[operator](left, right) === true;

const elementOf = ({ labels, metric }: Track, counted: Counted): Element =>
	'buckets' in counted
		? { labels, metric, buckets: counted.buckets }
		: { labels, metric, value: Number(counted.value) };

const perSecond = (counted: Counted, rangeMs: number): Counted => {
	const seconds = rangeMs / 1000;
	return 'buckets' in counted
		? { buckets: counted.buckets.map(([lower, upper, count]) => [lower, upper, Number(count) / seconds]) }
		: { value: Number(counted.value) / seconds };
};

const isAlive = ({ last, seen }: Track, now: number): boolean =>
	last !== undefined && seen > now - LOOKBACK_MS;

/** What a label must be where nothing has it: absent(up{job="x"}) is of job="x". */
const absence = (
	tracks: Iterable<Track>,
	rangeMs: number,
	selector: Selector,
	around: Surroundings,
): Element[] => {
	if (around.now - around.since < rangeMs) return [];
	for (const { seen } of tracks) if (seen > around.now - rangeMs) return [];
	const equal = selector.matchers.filter(({ label, operator }) => operator === '=' && label !== '__name__');
	const once = equal.filter(({ label }) => equal.filter((other) => other.label === label).length === 1);
	return [
		{ labels: labelSet(once.map(({ label, value }) => [label, value])), metric: selector.name, value: 1 },
	];
};

const windowed = (expression: Window, around: Surroundings): Element[] => {
	const { selector, rangeMs, function: name } = expression;
	const tracks = [...around.selectionOf(selector, rangeMs).tracks.values()];
	if (name === 'absent_over_time') return absence(tracks, rangeMs, selector, around);
	return tracks.flatMap((track) => {
		if (!track.isCounting || !track.window) {
			around.unfit(`${track.metric} does not count, so it has no ${name}`);
			return [];
		}
		const counted = track.window.at(around.now);
		return counted ? [elementOf(track, name === 'rate' ? perSecond(counted, rangeMs) : counted)] : [];
	});
};

/** Those that have a number. */
const valued = (elements: Element[], what: string, around: Surroundings): Valued[] =>
	elements.filter((one): one is Valued => {
		if ('value' in one) return true;
		around.unfit(`${one.metric ?? 'one side'} is a histogram where ${what} wants a number`);
		return false;
	});

const histograms = (elements: Element[], what: string, around: Surroundings) =>
	elements.filter((one): one is Extract<Element, { buckets: Bucket[] }> => {
		if ('buckets' in one) return true;
		around.unfit(`${one.metric ?? 'one series'} is no histogram, as ${what} wants`);
		return false;
	});

const AGGREGATE: Record<Aggregation, (values: number[]) => number> = {
	sum: (values) => values.reduce((so, value) => so + value, 0),
	min: (values) => Math.min(...values),
	max: (values) => Math.max(...values),
	avg: (values) => values.reduce((so, value) => so + value, 0) / values.length,
	count: (values) => values.length,
};

/** Series that are real and such that are made up are never added up: the label stays, whatever the grouping is. */
const groupOf = ({ grouping, labels }: Aggregate, { map }: LabelSet): LabelSet =>
	labelSet([...map].filter(([name]) => name === SYNTHETIC || labels.includes(name) === (grouping === 'by')));

const merged = (members: Element[], { operator }: Aggregate, around: Surroundings): Counted | undefined => {
	if (operator === 'count') return { value: members.length };
	if (operator === 'sum' && members.every((one) => 'buckets' in one)) {
		const [first, ...rest] = histograms(members, operator, around);
		return { buckets: rest.reduce((so, { buckets }) => sum(so, buckets), first!.buckets) };
	}
	const values = valued(members, operator, around).map(({ value }) => value);
	return values.length === 0 ? undefined : { value: AGGREGATE[operator](values) };
};

const aggregated = (expression: Aggregate, around: Surroundings): Element[] => {
	const groups = new Map<string, { labels: LabelSet; members: Element[] }>();
	for (const one of vector(expression.of, around)) {
		const labels = groupOf(expression, one.labels);
		const group = groups.get(labels.key) ?? { labels, members: [] };
		group.members.push(one);
		groups.set(labels.key, group);
	}
	return [...groups.values()].flatMap(({ labels, members }): Element[] => {
		const counted = merged(members, expression, around);
		const [{ metric }] = members as [Element];
		const one = members.every((other) => other.metric === metric) ? metric : undefined;
		if (!counted) return [];
		if ('buckets' in counted) return [{ labels, metric: one, buckets: counted.buckets }];
		return [{ labels, metric: one, value: Number(counted.value) }];
	});
};

/** By their labels; two with the same have no partner that is theirs. */
const byLabels = <One extends Element>(elements: One[], side: Expression): Map<string, One> => {
	const found = new Map<string, One>();
	for (const one of elements) {
		if (found.has(one.labels.key))
			throw new EvaluationError(
				`two series of ${expressionText(side)} have the labels ${one.labels.key}; add them up with sum by (...)`,
			);
		found.set(one.labels.key, one);
	}
	return found;
};

const applied = (one: Valued, operator: Arithmetic | Comparison, left: number, right: number): Valued[] => {
	const result = NUMBERS[operator](left, right);
	if (typeof result === 'number') return [{ ...one, value: result }];
	return result ? [one] : [];
};

const betweenSets = ({ operator, left, right }: Binary, around: Surroundings): Element[] => {
	const [mine, others] = [vector(left, around), vector(right, around)];
	const theirs = new Set(others.map(({ labels }) => labels.key));
	if (operator === 'and') return mine.filter(({ labels }) => theirs.has(labels.key));
	if (operator === 'unless') return mine.filter(({ labels }) => !theirs.has(labels.key));
	const first = new Set(mine.map(({ labels }) => labels.key));
	return [...mine, ...others.filter(({ labels }) => !first.has(labels.key))];
};

const between = (expression: Binary, around: Surroundings): number | Element[] => {
	const { operator, left, right } = expression;
	if (operator === 'and' || operator === 'or' || operator === 'unless')
		return betweenSets(expression, around);
	const [a, b] = [evaluate(left, around), evaluate(right, around)];
	if (typeof a === 'number') {
		if (typeof b === 'number') return Number(NUMBERS[operator](a, b));
		return valued(b, operator, around).flatMap((one) => applied(one, operator, a, one.value));
	}
	const mine = valued(a, operator, around);
	if (typeof b === 'number') return mine.flatMap((one) => applied(one, operator, one.value, b));
	const theirs = byLabels(valued(b, operator, around), right);
	return [...byLabels(mine, left).values()].flatMap((one) => {
		const other = theirs.get(one.labels.key);
		if (!other) return [];
		const metric = isComparison(operator) || one.metric === other.metric ? one.metric : undefined;
		return applied({ ...one, metric }, operator, one.value, other.value);
	});
};

const quantiles = (of: Element[], quantile: number, around: Surroundings): Element[] =>
	histograms(of, 'histogram_quantile', around).flatMap(({ labels, metric, buckets }) => {
		const value = percentile(buckets, quantile * 100);
		return value === undefined ? [] : [{ labels, metric, value }];
	});

const vector = (expression: Expression, around: Surroundings): Element[] => {
	const found = evaluate(expression, around);
	return typeof found === 'number' ? [] : found;
};

/**
 * What an expression comes to.
 * @throws EvaluationError
 */
export const evaluate = (expression: Expression, around: Surroundings): number | Element[] => {
	const { now, selectionOf } = around;
	switch (expression.kind) {
		case 'number':
			return expression.value;
		case 'time':
			return now / 1000;
		case 'select': {
			const alive = [...selectionOf(expression.selector, 0).tracks.values()].filter((one) =>
				isAlive(one, now),
			);
			return alive.map((track) => elementOf(track, track.last!));
		}
		case 'window':
			return windowed(expression, around);
		case 'absent': {
			const { selector } = expression.of;
			const alive = [...selectionOf(selector, 0).tracks.values()].filter(({ last }) => last !== undefined);
			return absence(alive, LOOKBACK_MS, selector, around);
		}
		case 'timestamp':
			return [...selectionOf(expression.of.selector, 0).tracks.values()]
				.filter((one) => isAlive(one, now))
				.map(({ labels, metric, seen }) => ({ labels, metric, value: seen / 1000 }));
		case 'histogram_quantile':
			return quantiles(vector(expression.of, around), expression.quantile, around);
		case 'histogram_count':
			return histograms(vector(expression.of, around), 'histogram_count', around).map(
				({ labels, metric, buckets }) => ({ labels, metric, value: Number(totalOf(buckets)) }),
			);
		case 'negative': {
			const of = evaluate(expression.of, around);
			if (typeof of === 'number') return -of;
			return valued(of, '-', around).map((one) => ({ ...one, value: -one.value }));
		}
		case 'aggregate':
			return aggregated(expression, around);
		case 'binary':
			return between(expression, around);
	}
};

/** The series for which a rule's expression holds, by their labels. @throws EvaluationError */
export const holding = (expression: Expression, around: Surroundings): Map<string, Valued> =>
	byLabels(valued(vector(expression, around), 'a rule', around), expression);
