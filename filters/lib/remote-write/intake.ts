// intake: records in, items out: names and labels, increments added up, ends of series, and what has to be left out
// All times are the records' own, in milliseconds since the epoch; no clock is read here.

import { createRegistry, keyOf, type Refusal } from '../prometheus/registry.ts';
import type { Series } from '../prometheus/series.ts';
import type { Spelling } from '../prometheus/style.ts';
import type { Exact, Measure, Notice, Sum } from '../record.ts';
import { SET_BACK } from '../series/delta.ts';
import { faultOf } from '../series/fault.ts';
import { createSetBack } from '../series/set-back.ts';
import { isDelta } from '../series/step-series.ts';
import { createMaker, type HistogramForm, type Item, type Maker } from './item.ts';
import type { Sum as Saved } from './sums.ts';

export type IntakeOptions = {
	prefix: string;
	/** A series without a record for longer than this, in the stream's time, has ended; one at least. */
	staleMs: number;
	maxSeries: number;
	/** Units are those that Prometheus would rather have: seconds, bytes, ratios. */
	isBase?: boolean;
	/** Names as they are, which Prometheus 3 takes, or of letters, digits and underscores. */
	spelling?: Spelling;
	form: HistogramForm;
	/** What increments had been added up to by an earlier run. */
	restored: readonly Saved[];
	onItem: (item: Item) => void;
	/** Told of each record that is left out, and why. */
	onNotice: (notice: { kind: string; metric: string; detail: string }) => void;
};

export type Intake = {
	/** Take a record; the answer is what is wrong with it, or ''. */
	take: (record: Measure) => string;
	/** Count a notice. */
	notice: (notice: Notice) => void;
	/** The stream's time has come to `ms`. */
	time: (ms: number) => void;
	/** What increments have been added up to now. */
	sums: () => Saved[];
};

type Known = {
	series: Series;
	maker: Maker;
	ts: number;
	/** Increments are added up, since `since`; what was read before is in it. */
	isAdded: boolean;
	since: number | undefined;
};

const REASON: Record<Refusal | 'late' | 'clock', string> = {
	max_series: 'there are as many series already as --max-series allows; left out',
	name_collision: 'another metric has the same name in Prometheus; left out',
	label_collision: 'another series has the same labels in Prometheus; left out',
	late: 'is not newer than what was taken; not sent',
	clock: 'time was set back; going on in the new time',
};

const NOTICES = 'bpfpipe_notices';
// Hosts and metrics of notices come from outside; what is beyond has one series together, or two: sample data is apart.
const MOST_NOTICES = 1000;
const BEYOND = 'more_kinds';
// Series that ended and may come again with a time from before; of more than these the first are forgotten.
const MOST_ENDED = 10_000;

const countOf = (count: unknown): Exact =>
	Number.isSafeInteger(count) && Number(count) > 0 ? Number(count) : 1;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** When something began to count; what goes up and down does not count. */
const startIn = (record: Measure): number | undefined =>
	record.type === 'histogram' || (record.type === 'sum' && record.monotonic) ? record.start : undefined;

/** What the server knows a series by: a sum that may fall and a gauge may be one there. */
const nameOf = ({ family, labels }: Series): string => `${family.kind} ${family.name}${labels}`;

export const createIntake = (options: IntakeOptions): Intake => {
	const { staleMs, form, spelling, onItem, onNotice } = options;
	const claimed = ['', '_total', '_created'].map((suffix) => `${NOTICES}${suffix}`);
	const registry = createRegistry({ ...options, estimates: false, claimed });
	const notices = createRegistry({ prefix: '', maxSeries: MOST_NOTICES + 2, estimates: false, claimed: [] });
	const noted = new Map<Series, { maker: Maker; ts: number }>();
	const restored = new Map(options.restored.map((saved) => [saved.key, saved]));
	const known = new Map<string, Known>();
	const ended = new Map<string, number>();
	const isSetBack = createSetBack(SET_BACK);
	let newest = Number.NEGATIVE_INFINITY;
	/** No series has ended before this. */
	let dueAt = Number.POSITIVE_INFINITY;

	const notice: Intake['notice'] = ({ ts, host, kind, metric, count, synthetic }) => {
		const named = (name: string, from: unknown, about: unknown): Sum => ({
			type: 'sum',
			ts,
			host: textOf(from),
			metric: NOTICES,
			unit: '',
			attributes: { kind: name, metric: textOf(about) },
			temporality: 'delta',
			monotonic: true,
			value: countOf(count),
			...(synthetic === true && { synthetic }),
		});
		const own = named(kind, host, metric);
		const isRoom = notices.get(keyOf(own)) !== undefined || notices.all.size < MOST_NOTICES;
		const record = isRoom ? own : named(BEYOND, '', '');
		const key = keyOf(record);
		const series = notices.get(key) ?? notices.admit(key, record);
		if (typeof series === 'string') return;
		const before = noted.get(series);
		const maker = before?.maker ?? createMaker(series, form, spelling);
		// Two at one time are two samples all the same: the server takes no second value for a time.
		const at = before ? Math.max(ts, before.ts + 1) : ts;
		noted.set(series, { maker, ts: at });
		series.add(record);
		onItem(maker.make(at, undefined));
	};
	const note = ({ ts, host, metric, synthetic }: Measure, kind: keyof typeof REASON) => {
		onNotice({ kind, metric, detail: REASON[kind] });
		notice({ type: 'notice', ts, host, metric, kind, ...(synthetic && { synthetic }) });
	};
	/** The ends of series that have had no record for long. */
	const time = (ms: number) => {
		newest = Math.max(newest, ms);
		if (newest <= dueAt) return;
		dueAt = Number.POSITIVE_INFINITY;
		for (const [key, { ts }] of restored) {
			if (newest - ts > staleMs) restored.delete(key);
			else dueAt = Math.min(dueAt, ts + staleMs);
		}
		for (const [key, { ts, maker, series }] of known) {
			if (newest - ts <= staleMs) {
				dueAt = Math.min(dueAt, ts + staleMs);
				continue;
			}
			// Below every time that its next record may have, for a server takes one sample for a time.
			onItem(maker.end(ts + staleMs));
			registry.remove(key);
			known.delete(key);
			// Whatever comes of it from before its end is late.
			if (ended.size >= MOST_ENDED) ended.delete(ended.keys().next().value!);
			ended.set(nameOf(series), ts + staleMs);
		}
	};
	const setBack = (record: Measure) => {
		newest = record.ts;
		for (const one of known.values()) one.ts = Math.min(one.ts, record.ts - 1);
		ended.clear();
		dueAt = record.ts + staleMs;
		note(record, 'clock');
	};
	const meet = (key: string, record: Measure): Known | undefined => {
		const series = registry.admit(key, record);
		if (typeof series === 'string') {
			note(record, series);
			return undefined;
		}
		const isAdded = isDelta(record);
		const saved = isAdded ? restored.get(key) : undefined;
		if (saved)
			series.set(
				record.type === 'histogram'
					? { ...record, buckets: saved.buckets }
					: { ...record, value: saved.value },
			);
		restored.delete(key);
		const since = saved ? (saved.since ?? undefined) : startIn(record);
		const ts = saved?.ts ?? ended.get(nameOf(series)) ?? Number.NEGATIVE_INFINITY;
		ended.delete(nameOf(series));
		const fresh = { series, maker: createMaker(series, form, spelling), ts, isAdded, since };
		known.set(key, fresh);
		return fresh;
	};
	const take = (record: Measure): string => {
		const fault = faultOf(record);
		if (fault !== '') return `${record.metric}: ${fault}`;
		if (isSetBack(record.ts, newest)) setBack(record);
		time(record.ts);
		const key = keyOf(record);
		const one = known.get(key) ?? meet(key, record);
		if (!one) return '';
		const isLate = record.ts <= one.ts;
		// An increment counts whenever it comes.
		if (one.isAdded) one.series.add(record);
		else if (!isLate) one.series.set(record);
		if (isLate) {
			note(record, 'late');
			return '';
		}
		one.ts = record.ts;
		dueAt = Math.min(dueAt, record.ts + staleMs);
		onItem(one.maker.make(record.ts, one.isAdded ? one.since : startIn(record)));
		return '';
	};
	const sums = (): Saved[] => {
		const own = [...known].filter(([, { isAdded }]) => isAdded);
		const saved = own.map(([key, { series, ts, since }]) => {
			const { value, buckets } = series.state;
			return { key, ts, since: since ?? null, value, buckets };
		});
		return [...saved, ...restored.values()];
	};
	return { take, notice, time, sums };
};
