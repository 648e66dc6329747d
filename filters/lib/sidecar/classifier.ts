// classifier: the class of each host as records: five gauges a print, and a notice at each change

import type { Gauge, Notice } from '../record.ts';
import { CLASSES, type Evidence, type Thresholds, verdictOf } from './classes.ts';
import { commonOf, type View, windowOf } from './view.ts';

const METRIC = 'io_class';
const NONE = 'none';

const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(4)));
const rangeText = ({ value, upper }: Evidence): string => {
	if (upper === undefined) return `${rounded(value)}`;
	return upper === null ? `${value} or more` : `${value} to ${upper}`;
};
const evidenceText = (evidence: Evidence[], seconds: number): string => {
	const figures = evidence.map(
		(one) => `${one.figure} ${rangeText(one)} ${one.unit} (up from ${one.threshold})`,
	);
	return `${figures.join(', ')}, of ${seconds} s`;
};

/** What each print of a host says of its class. */
export const createClassifier = (limits: Thresholds): ((view: View) => (Gauge | Notice)[]) => {
	/** The class that was told last, by host. */
	const told = new Map<string, string>();

	return (view) => {
		const key = JSON.stringify([view.host, view.synthetic]);
		const common = { ...commonOf(view), metric: METRIC };
		const verdict = verdictOf(view, limits);
		const before = told.get(key);
		if ('unknown' in verdict) {
			if (!told.delete(key)) return [];
			return CLASSES.map((name) => ({
				...{ type: 'notice', ...common, attributes: { class: name } },
				...{ kind: 'stale', count: 1, detail: verdict.unknown },
			}));
		}
		const { evidence } = verdict;
		const now = verdict.class ?? NONE;
		told.set(key, now);
		const gauges = CLASSES.map((name): Gauge => {
			const isIt = name === now;
			const more = { window_ms: windowOf(view), ...(isIt && { evidence }) };
			const what = { unit: '1', attributes: { class: name }, value: isIt ? 1 : 0, ...more };
			return { type: 'gauge', ...common, ...what };
		});
		if (now === (before ?? NONE)) return gauges;
		const detail = `${now}: ${evidenceText(evidence, windowOf(view) / 1000)}`;
		return [...gauges, { type: 'notice', ...common, kind: METRIC, count: 1, detail }];
	};
};
