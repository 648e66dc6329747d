// engine: records in, alerts out, by the time of the records
// Groups are looked at on multiples of their interval. A look at time T comes when the time has passed T, and sees
// everything up to T; so what comes out depends on what came in and on nothing else.

import type { Measure, Notice, Sample } from '../record.ts';
import { SET_BACK } from '../series/delta.ts';
import { createSetBack } from '../series/set-back.ts';
import type { AlertRecord } from './alert-record.ts';
import { type Alert, Alerts, recordOf } from './alerts.ts';
import { EvaluationError, type Surroundings } from './evaluation.ts';
import { type Expression, expressionText, partsOf, type Selector } from './promql/expression.ts';
import type { Group, Rule } from './rules.ts';
import { LOOKBACK_MS, type Selection, Series } from './series.ts';
import { createTroubles } from './troubles.ts';

export type EngineOptions = {
	groups: Group[];
	/** How many series are kept, and how many alerts may be on, in all. */
	mostSeries: number;
	mostAlerts: number;
	onRecord: (record: AlertRecord | Notice) => void;
	count: (name: string) => void;
};

/** What is kept for the next run: alerts that are on, by their rule, and when that was. */
export type Kept = { now: number; alerts: Record<string, Alert[]> };

type Looked = { intervalMs: number; alerts: Alerts[]; last: number };

const selectorsOf = (expression: Expression): { selector: Selector; rangeMs: number }[] =>
	partsOf(expression).flatMap((part) => {
		if (part.kind === 'select') return [{ selector: part.selector, rangeMs: 0 }];
		return part.kind === 'window' ? [part] : [];
	});

const expressionsOf = ({ expression, resolve }: Rule): Expression[] =>
	resolve ? [expression, resolve.of] : [expression];

/** How far back a rule looks. */
const reachOf = (rule: Rule): number =>
	Math.max(
		LOOKBACK_MS,
		...expressionsOf(rule)
			.flatMap(selectorsOf)
			.map(({ rangeMs }) => rangeMs),
	);

const selectionKey = (selector: Selector, rangeMs: number): string =>
	`${expressionText({ kind: 'select', selector })} ${rangeMs}`;

export class Engine {
	private readonly options: EngineOptions;
	private groups: Looked[] = [];
	private series!: Series;
	private readonly selections = new Map<string, Selection>();
	private readonly troubles;
	private readonly isSetBack = createSetBack(SET_BACK);
	/** The time of the records, and since when anything has been watched. */
	private time = Number.NEGATIVE_INFINITY;
	private since = Number.POSITIVE_INFINITY;
	private changes = 0;
	/** The run before came so far; what is older is read again. */
	private restoredAt: number | undefined;
	private isReread = false;
	/** After so long without a record nothing changes any more. */
	private spanMs = 0;
	/** How far back the rules look. */
	reachMs = 0;

	constructor(options: EngineOptions) {
		this.options = options;
		this.troubles = createTroubles(options.count);
		this.arrange(options.groups);
	}

	/** Other rules from now on. What is on goes on under its rule's name; windows fill anew. */
	reload(groups: Group[]): void {
		const kept = this.keep();
		this.arrange(groups);
		this.restore(kept);
	}

	private arrange(groups: Group[]): void {
		const { mostSeries, mostAlerts } = this.options;
		const onTrouble = this.troubles.meet;
		this.series = new Series({ most: mostSeries, onTrouble });
		this.selections.clear();
		const rules = groups.flatMap((group) => group.rules);
		for (const { selector, rangeMs } of rules.flatMap(expressionsOf).flatMap(selectorsOf)) {
			const key = selectionKey(selector, rangeMs);
			if (!this.selections.has(key)) this.selections.set(key, this.series.select(selector, rangeMs));
		}
		const hasRoom = () => this.size() < mostAlerts;
		const onRecord = (record: AlertRecord) => this.tell(record);
		this.groups = groups.map(({ intervalMs, rules }) => ({
			intervalMs,
			last: Number.NEGATIVE_INFINITY,
			alerts: rules.map((rule) => new Alerts({ rule, hasRoom, onTrouble, onRecord })),
		}));
		this.reachMs = Math.max(LOOKBACK_MS, ...rules.map(reachOf));
		const patience = Math.max(0, ...rules.map(({ forMs, keepMs }) => forMs + keepMs));
		const interval = Math.max(0, ...groups.map(({ intervalMs }) => intervalMs));
		this.spanMs = this.reachMs + patience + 3 * interval;
	}

	/** The time that the records have reached; undefined before the first. */
	now(): number | undefined {
		return Number.isFinite(this.time) ? this.time : undefined;
	}
	/** Since when the oldest alert has been on. */
	oldest(): number {
		return this.everyRule().reduce((so, alerts) => Math.min(so, alerts.oldest()), Number.POSITIVE_INFINITY);
	}
	/** Grows whenever an alert changes its state. */
	changed(): number {
		return this.changes;
	}

	/** A record comes; everything that is due before it is looked at first. `ts` is when it is taken to be of. */
	take(record: Measure | Sample | Notice, ts = record.ts): void {
		// What a restart reads again is old, and no sign that the clock was set.
		if (ts <= (this.restoredAt ?? 0)) this.isReread = true;
		else if (this.isSetBack(ts, this.time)) this.setBack(ts);
		this.advance(ts);
		const taken = ts === record.ts ? record : { ...record, ts };
		if (taken.type === 'notice') this.series.notice(taken);
		else this.series.take(taken);
	}

	/** The time has come to `ms`: look at what is due before. It does not go back. */
	advance(ms: number): void {
		if (ms <= this.time) return;
		if (!Number.isFinite(this.time)) this.start(ms);
		if (this.restoredAt !== undefined) this.resume(ms);
		// Where nothing came for long, nothing changed after a while: only the last look is worked out then.
		const settled = this.time + this.spanMs;
		for (let next = this.next(); next && next.at < ms; next = this.next()) {
			if (next.at > settled && next.at + next.group.intervalMs < ms) {
				next.group.last = Math.floor((ms - 1) / next.group.intervalMs - 1) * next.group.intervalMs;
				continue;
			}
			this.look(next.group, next.at);
		}
		this.time = ms;
	}

	/** Look at everything as of now, where nothing more will come. */
	finish(): void {
		const now = this.now();
		if (now === undefined) return;
		for (const group of this.groups) if (group.last < now) this.look(group, now);
	}

	/** The clock was set by so much: everything that is known keeps its age. */
	shift(ms: number, why: string): void {
		if (!Number.isFinite(this.time)) return;
		this.time += ms;
		this.since += ms;
		this.series.shift(ms);
		for (const group of this.groups) {
			group.last = Math.floor((this.time - 1) / group.intervalMs) * group.intervalMs;
			for (const alerts of group.alerts) alerts.shift(ms);
		}
		this.troubles.meet('clock', why);
	}

	keep(): Kept {
		const alerts = this.everyRule().map((one) => [one.rule.key, one.all()] as const);
		return { now: this.now() ?? 0, alerts: Object.fromEntries(alerts.filter(([, all]) => all.length > 0)) };
	}

	/** Alerts that fire, each as it was said when it began. */
	firing(): AlertRecord[] {
		const all = this.everyRule().flatMap((alerts) => alerts.all());
		return all.flatMap((one) => (one.state === 'firing' ? [recordOf(one, 'firing', one.firedAt!)] : []));
	}

	/** Go on where the run before stopped. An alert whose rule is gone is over. */
	restore({ now, alerts }: Kept): void {
		if (now === 0) return;
		this.isReread = false;
		this.start(now);
		this.time = now;
		this.restoredAt = now;
		const rules = this.everyRule();
		for (const one of rules) one.restore(alerts[one.rule.key] ?? []);
		const known = new Set(rules.map(({ rule }) => rule.key));
		for (const [key, all] of Object.entries(alerts))
			for (const alert of known.has(key) ? [] : all)
				this.tell(recordOf(alert, alert.state === 'firing' ? 'resolved' : 'inactive', now));
	}

	private tell(record: AlertRecord): void {
		this.changes += 1;
		this.options.count(record.state);
		this.options.onRecord(record);
	}
	private everyRule(): Alerts[] {
		return this.groups.flatMap(({ alerts }) => alerts);
	}
	private size(): number {
		return this.everyRule().reduce((so, { size }) => so + size, 0);
	}
	private start(ms: number): void {
		this.since = ms;
		for (const group of this.groups) group.last = Math.floor((ms - 1) / group.intervalMs) * group.intervalMs;
	}
	private next(): { group: Looked; at: number } | undefined {
		let first: { group: Looked; at: number } | undefined;
		for (const group of this.groups) {
			const at = group.last + group.intervalMs;
			if (!first || at < first.at) first = { group, at };
		}
		return first;
	}

	/** The first time after that of the run before. Where nothing was read again, windows have to fill first. */
	private resume(ms: number): void {
		this.restoredAt = undefined;
		if (this.isReread) return;
		this.start(ms);
		for (const one of this.everyRule()) one.hold(ms + reachOf(one.rule));
	}

	private look(group: Looked, now: number): void {
		group.last = now;
		const around: Surroundings = {
			now,
			since: this.since,
			selectionOf: (selector, rangeMs) => this.selections.get(selectionKey(selector, rangeMs))!,
			unfit: (why) => this.troubles.meet('unfit', why),
		};
		for (const alerts of group.alerts) {
			try {
				alerts.look(around);
			} catch (error) {
				if (!(error instanceof EvaluationError)) throw error;
				this.troubles.meet('rule_failed', `${alerts.rule.name}: ${error.message}`);
			}
		}
		for (const notice of this.troubles.notices(now)) this.options.onRecord(notice);
		this.series.sweep(now);
	}

	private setBack(ts: number): void {
		const seconds = Math.round((this.time - ts) / 1000);
		this.shift(ts - this.time, `time was set back by about ${seconds} s; going on in the new time`);
	}
}
