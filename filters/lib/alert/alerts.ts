// alerts: the alerts of one rule that are on, and a record for each change of one

import { hostname } from 'node:os';
import type { AlertRecord, AlertState } from './alert-record.ts';
import { type Active, begun, type Look, stepped } from './condition.ts';
import { compares, evaluate, holding, type Surroundings, type Valued } from './evaluation.ts';
import { type LabelSet, labelSet, SYNTHETIC } from './labels.ts';
import { numberText } from './promql/expression.ts';
import type { Rule } from './rules.ts';

/** One that is on, and what its last record said. */
export type Alert = Active & {
	/** The labels of its series, which say who it is; and with those of its rule. */
	series: [string, string][];
	labels: [string, string][];
	annotations: [string, string][];
	value: number;
	metric?: string;
	/** Until then it is not over: the windows that it comes of are not full again after a restart. */
	heldUntil?: number;
};

export type AlertsOptions = {
	rule: Rule;
	/** Whether there is room for one more alert. */
	hasRoom: () => boolean;
	onTrouble: (what: 'max_alerts' | 'same_labels', detail: string) => void;
	onRecord: (record: AlertRecord) => void;
};

const jsonValue = (value: number): number | string => (Number.isFinite(value) ? value : numberText(value));

export class Alerts {
	readonly rule: Rule;
	private readonly options: AlertsOptions;
	private active = new Map<string, Alert>();

	constructor(options: AlertsOptions) {
		this.options = options;
		this.rule = options.rule;
	}

	get size(): number {
		return this.active.size;
	}
	all(): Alert[] {
		return [...this.active.values()];
	}
	/** Since when the oldest has been on. */
	oldest(): number {
		return this.all().reduce((so, { activeAt }) => Math.min(so, activeAt), Number.POSITIVE_INFINITY);
	}
	/** Nothing is over before that time. */
	hold(until: number): void {
		for (const alert of this.active.values()) alert.heldUntil = until;
	}
	restore(alerts: Alert[]): void {
		for (const alert of alerts) this.active.set(labelSet(alert.series).key, alert);
	}
	shift(ms: number): void {
		for (const alert of this.active.values()) {
			alert.activeAt += ms;
			if (alert.firedAt !== undefined) alert.firedAt += ms;
			if (alert.keptSince !== undefined) alert.keptSince += ms;
			if (alert.heldUntil !== undefined) alert.heldUntil += ms;
		}
	}

	/** Look at every series. @throws EvaluationError; the alerts are then as they were. */
	look(around: Surroundings): void {
		const found = holding(this.rule.expression, around);
		const between = this.between(around);
		for (const [key, alert] of [...this.active]) {
			const one = found.get(key);
			found.delete(key);
			const isOver = around.now >= (alert.heldUntil ?? 0) ? 'over' : 'unknown';
			this.step(key, alert, one ? 'holds' : between.has(key) ? 'between' : isOver, one, around.now);
		}
		const taken = new Set(found.size === 0 ? [] : this.all().map(({ labels }) => labelSet(labels).key));
		for (const [key, one] of found) this.begin(key, one, taken, around.now);
	}

	/** The series that are on this side of the threshold, but not yet beyond the other one. */
	private between(around: Surroundings): Set<string> {
		const { resolve } = this.rule;
		if (!resolve || this.active.size === 0) return new Set();
		const found = evaluate(resolve.of, around);
		if (typeof found === 'number') return new Set();
		const isBetween = (value: number) =>
			!Number.isNaN(value) && !compares(resolve.operator, value, resolve.than);
		return new Set(found.flatMap((one) => ('value' in one && isBetween(one.value) ? [one.labels.key] : [])));
	}

	private step(key: string, alert: Alert, look: Look, one: Valued | undefined, now: number): void {
		const [after, change] = stepped(alert, look, now, this.rule);
		// Its labels stay what they were when it began: they are who it is to whoever heard of it.
		const said = one ? { ...this.said(one), labels: alert.labels } : {};
		const next: Alert = { ...alert, ...after, ...said };
		if (after) this.active.set(key, next);
		else this.active.delete(key);
		if (change === 'firing') this.tell(next, 'firing', now);
		if (change === 'ended') this.tell(next, 'resolved', now);
		if (change === 'dropped') this.tell(next, 'inactive', now);
	}

	private begin(key: string, one: Valued, taken: Set<string>, now: number): void {
		if (!this.options.hasRoom()) {
			this.options.onTrouble(
				'max_alerts',
				`${this.rule.name}: too many alerts at once; this one is left out`,
			);
			return;
		}
		const said = this.said(one);
		const labels = labelSet(said.labels).key;
		if (taken.has(labels)) {
			this.options.onTrouble(
				'same_labels',
				`${this.rule.name}: two series give alerts with the labels ${labels}`,
			);
			return;
		}
		taken.add(labels);
		const alert: Alert = { ...begun(now, this.rule), series: [...one.labels.map], ...said };
		this.active.set(key, alert);
		this.tell(alert, alert.state, now);
	}

	/** What is said of it, out of its series and its value. */
	private said({
		labels,
		value,
		metric,
	}: Valued): Pick<Alert, 'labels' | 'annotations' | 'value' | 'metric'> {
		const { rule } = this;
		const filling = { labels: labels.map, value };
		const filled = (list: Rule['labels']) =>
			list.map(([name, template]): [string, string] => [name, template.fill(filling)]);
		const synthetic = labels.map.get(SYNTHETIC);
		const all: LabelSet = labelSet([
			...labels.map,
			...filled(rule.labels),
			// No rule takes the mark away.
			...(synthetic === undefined ? [] : ([[SYNTHETIC, synthetic]] as const)),
			['alertname', rule.name],
		]);
		return {
			labels: [...all.map],
			annotations: filled(rule.annotations),
			value,
			...(metric === undefined ? {} : { metric }),
		};
	}

	private tell(alert: Alert, state: AlertState, now: number): void {
		this.options.onRecord(recordOf(alert, state, now));
	}
}

/** What is said of an alert that is in a state now. */
export const recordOf = (alert: Alert, state: AlertState, now: number): AlertRecord => {
	const { labels, annotations, value, metric, activeAt, firedAt } = alert;
	const map = new Map(labels);
	const isOver = state === 'resolved' || state === 'inactive';
	return {
		type: 'alert',
		ts: now,
		host: map.get('host') ?? hostname(),
		...(metric === undefined ? {} : { metric }),
		alert: map.get('alertname')!,
		state,
		labels: Object.fromEntries(map),
		annotations: Object.fromEntries(annotations),
		value: jsonValue(value),
		starts_at: firedAt ?? activeAt,
		...(isOver ? { ends_at: now } : {}),
		...(map.get(SYNTHETIC) === 'true' ? { synthetic: true } : {}),
	};
};
