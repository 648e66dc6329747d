// alerting: an engine with rules out of a text, fed with records, whose every answer is kept

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertRecord } from '../../filters/lib/alert/alert-record.ts';
import { Engine, type Kept } from '../../filters/lib/alert/engine.ts';
import { type Group, readRules } from '../../filters/lib/alert/rules.ts';
import type { Bucket, Exact, Measure, Notice, Temporality } from '../../filters/lib/record.ts';

/** When everything here begins; a multiple of every interval used. */
export const START = 1_763_712_000_000;

/** The groups in a text. @throws as `readRules` does. */
export const groupsIn = (text: string, intervalMs = 15_000): Group[] => {
	const folder = mkdtempSync(join(tmpdir(), 'alerting-'));
	try {
		const file = join(folder, 'rules.yml');
		writeFileSync(file, text);
		return readRules(file, intervalMs);
	} finally {
		rmSync(folder, { recursive: true });
	}
};

/** One rule as a file: the expression, and whatever else it has, as lines of YAML. */
export const ruleText = (expr: string, more: Record<string, unknown> = {}): string =>
	JSON.stringify({ groups: [{ name: 'g', rules: [{ alert: 'A', expr, ...more }] }] });

type Named = Partial<Pick<Measure, 'host' | 'unit' | 'attributes' | 'synthetic'>>;
const common = (second: number, metric: string, more: Named) => ({
	ts: START + second * 1000,
	host: 'web1',
	metric,
	unit: '',
	attributes: {},
	...more,
});

export const gauge = (second: number, metric: string, value: Exact, more: Named = {}): Measure => ({
	type: 'gauge',
	...common(second, metric, more),
	value,
});
export const counter = (
	second: number,
	metric: string,
	value: Exact,
	more: Named & { temporality?: Temporality } = {},
): Measure => ({
	type: 'sum',
	temporality: 'cumulative',
	monotonic: true,
	...common(second, metric, more),
	value,
});
export const histogram = (
	second: number,
	metric: string,
	buckets: Bucket[],
	more: Named & { temporality?: Temporality } = {},
): Measure => ({ type: 'histogram', temporality: 'cumulative', ...common(second, metric, more), buckets });
export const noticed = (second: number, kind: string, count: Exact, more: Partial<Notice> = {}): Notice => ({
	type: 'notice',
	ts: START + second * 1000,
	host: 'web1',
	kind,
	count,
	...more,
});

export type Alerting = {
	engine: Engine;
	/** What came out, and all of it since the last call of `said`. */
	out: (AlertRecord | Notice)[];
	/** Each answer in short: `second state labels`. */
	said: () => string[];
	feed: (...records: (Measure | Notice)[]) => void;
	/** Time goes on to this second. */
	at: (second: number) => void;
	counted: (name: string) => number;
};

const short = (one: AlertRecord | Notice): string => {
	const second = (one.ts - START) / 1000;
	if (one.type === 'notice') return `${second} notice ${one.kind} ${one.count}`;
	const { alertname, host, ...labels } = one.labels;
	const rest = Object.entries(labels).map(([name, value]) => ` ${name}=${value}`);
	return `${second} ${one.state}${alertname === 'A' ? '' : ` ${alertname}`}${rest.join('')}`;
};

export const alerting = (
	text: string,
	more: { mostSeries?: number; mostAlerts?: number; kept?: Kept } = {},
): Alerting => {
	const { mostSeries = 1000, mostAlerts = 100, kept } = more;
	const out: (AlertRecord | Notice)[] = [];
	const counts = new Map<string, number>();
	const engine = new Engine({
		groups: groupsIn(text),
		mostSeries,
		mostAlerts,
		onRecord: (record) => out.push(record),
		count: (name) => counts.set(name, (counts.get(name) ?? 0) + 1),
	});
	if (kept) engine.restore(kept);
	let told = 0;
	return {
		engine,
		out,
		said: () => {
			const news = out.slice(told).map(short);
			told = out.length;
			return news;
		},
		feed: (...records) => {
			for (const record of records) engine.take(record);
		},
		at: (second) => engine.advance(START + second * 1000),
		counted: (name) => counts.get(name) ?? 0,
	};
};
