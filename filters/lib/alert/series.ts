// series: what the selectors of all rules select of the records that come, and what is known of each series

import { add } from '../exact.ts';
import { sum } from '../histogram/layout.ts';
import { labelsOf } from '../prometheus/labels.ts';
import { metricName } from '../prometheus/name.ts';
import type { Exact, Measure, Notice, Sample } from '../record.ts';
import { type Counter, counterKey, createDelta, isCounter } from '../series/delta.ts';
import { type LabelSet, labelSet } from './labels.ts';
import type { Selector } from './promql/expression.ts';
import { type Counted, Window } from './window.ts';

/** For how long the last value of a series counts as its value, as with Prometheus. */
export const LOOKBACK_MS = 300_000;

// A record may hold a megabyte of label; nobody wants that in a message.
const LONGEST_LABEL = 4096;

/** One series of one selector. */
export type Track = {
	labels: LabelSet;
	metric: string;
	/** When it had a record, whatever was in it. */
	seen: number;
	/** Its value then; none where it has ended. */
	last: Counted | undefined;
	window: Window | undefined;
	isCounting: boolean;
};

/** The series of one selector with one range; 0 = none. */
export type Selection = { selector: Selector; rangeMs: number; tracks: Map<string, Track> };

/** Why something is left out of what the rules see. */
export type Trouble = 'max_series' | 'long_label' | 'label_clash' | 'late' | 'reset';

export type SeriesOptions = {
	/** How many series are kept in all. */
	most: number;
	onTrouble: (what: Trouble, detail: string) => void;
};

type Taken = Measure | Sample;

const NOTICES = 'notices';

const wholeCount = (count: unknown): Exact =>
	Number.isSafeInteger(count) || (typeof count === 'string' && /^\d{1,40}$/.test(count))
		? (count as Exact)
		: 1;

/** Under which names rules may select it: its own, and what it is called where Prometheus scrapes. */
const namesOf = (record: Taken): string[] => {
	const { metric, unit } = record;
	if (metric === NOTICES && record.type === 'sum' && unit === '') return [NOTICES, 'bpfpipe_notices_total'];
	const name = metricName(metric, unit);
	const isTotal = record.type === 'sum' && record.monotonic;
	return [metric, name, ...(isTotal ? [`${name}_total`] : [])];
};

const isNamed = ({ name, matchers }: Selector, names: string[]): boolean =>
	(name === undefined || names.includes(name)) &&
	matchers.every(
		({ label, operator, holds }) =>
			label !== '__name__' || (operator.startsWith('!') ? names.every(holds) : names.some(holds)),
	);

const isLabelled = ({ matchers }: Selector, { map }: LabelSet): boolean =>
	matchers.every(({ label, holds }) => label === '__name__' || holds(map.get(label) ?? ''));

const countedIn = (record: Taken): Counted =>
	record.type === 'histogram' ? { buckets: record.buckets } : { value: record.value };

const plus = (left: Counted | undefined, right: Counted): Counted => {
	if (left && 'buckets' in left && 'buckets' in right) return { buckets: sum(left.buckets, right.buckets) };
	return left && 'value' in left && 'value' in right ? { value: add(left.value, right.value) } : right;
};

/** All that is known of one series, and for how long after its last record. */
type Known = { tracks: Track[]; selections: Selection[]; keptMs: number };

const DELTA_STALE_MS = 3_600_000;
// Names are few; where they are not, they are looked up each time.
const MOST_NAMES = 10_000;

export class Series {
	readonly selections: Selection[] = [];
	private readonly options: SeriesOptions;
	private readonly byName = new Map<string, Selection[]>();
	private readonly known = new Map<string, Known>();
	private readonly counted = new Set<string>();
	private readonly delta;
	private size = 0;

	constructor(options: SeriesOptions) {
		this.options = options;
		this.delta = createDelta({
			fromZero: false,
			staleMs: DELTA_STALE_MS,
			onCount: (what, key) => what === 'forgotten' && this.counted.delete(key),
		});
	}

	/** The series of a selector; those of an equal one are the same. */
	select(selector: Selector, rangeMs: number): Selection {
		const made: Selection = { selector, rangeMs, tracks: new Map() };
		this.selections.push(made);
		return made;
	}

	take(record: Taken): void {
		const selections = this.selectionsFor(record);
		if (selections.length === 0) return;
		const key = counterKey(record);
		const increments = this.incrementsOf(record, key, selections);
		const known = this.known.get(key) ?? this.meet(record, key, selections);
		for (const track of known?.tracks ?? []) this.follow(track, record, increments);
	}

	/** A notice counts as an increment of `notices{kind="..."}`. */
	notice(notice: Notice): void {
		const { ts, host = '', metric = '', kind, count, synthetic } = notice;
		if (kind === 'stale') this.end(notice);
		const attributes = { kind, metric: typeof metric === 'string' ? metric : '' };
		const common = { ts, host: typeof host === 'string' ? host : '', metric: NOTICES, unit: '', attributes };
		this.take({
			type: 'sum',
			...common,
			temporality: 'delta',
			monotonic: true,
			value: wholeCount(count),
			...(synthetic === true ? { synthetic } : {}),
		});
	}

	/** The clock was set by so much: what is known keeps its age. */
	shift(ms: number): void {
		for (const { tracks } of this.selections)
			for (const track of tracks.values()) {
				track.seen += ms;
				track.window?.shift(ms);
			}
	}

	/** Forget what has not been seen for so long that no rule can tell. */
	sweep(now: number): void {
		for (const [key, { tracks, selections, keptMs }] of this.known) {
			if (tracks.every(({ seen }) => now - seen <= keptMs)) continue;
			for (const one of selections) one.tracks.delete(key);
			this.size -= tracks.length;
			this.known.delete(key);
		}
	}

	private selectionsFor(record: Taken): Selection[] {
		const { type, metric, unit } = record;
		const isTotal = type === 'sum' && record.monotonic;
		const name = JSON.stringify([metric, unit, isTotal]);
		const found = this.byName.get(name);
		if (found) return found;
		const names = namesOf(record);
		const selections = this.selections.filter(({ selector }) => isNamed(selector, names));
		if (this.byName.size < MOST_NAMES) this.byName.set(name, selections);
		return selections;
	}

	private meet(record: Taken, key: string, selections: Selection[]): Known | undefined {
		const list = labelsOf(record)?.list;
		if (!list) {
			this.options.onTrouble('label_clash', `${record.metric}: two attributes come to one label`);
			return undefined;
		}
		if (list.some(({ value }) => value.length > LONGEST_LABEL)) {
			this.options.onTrouble(
				'long_label',
				`${record.metric}: a label of more than ${LONGEST_LABEL} characters`,
			);
			return undefined;
		}
		const labels = labelSet(list.map(({ name, value }) => [name, value] as const));
		const fitting = selections.filter(({ selector }) => isLabelled(selector, labels));
		if (fitting.length === 0) return undefined;
		if (this.size + fitting.length > this.options.most) {
			this.options.onTrouble('max_series', `${record.metric}: more than ${this.options.most} series`);
			return undefined;
		}
		const isCounting = record.type === 'sum' || record.type === 'histogram';
		const tracks = fitting.map(({ rangeMs, tracks }): Track => {
			const window = rangeMs > 0 && isCounting ? new Window(rangeMs) : undefined;
			const track = { labels, metric: record.metric, seen: record.ts, last: undefined, window, isCounting };
			tracks.set(key, track);
			return track;
		});
		this.size += tracks.length;
		const keptMs = Math.max(LOOKBACK_MS, ...fitting.map(({ rangeMs }) => rangeMs));
		const known = { tracks, selections: fitting, keptMs };
		this.known.set(key, known);
		return known;
	}

	/** What a record adds to windows; undefined where it is a level and no count. */
	private incrementsOf(record: Taken, key: string, selections: Selection[]): [number, Counted][] | undefined {
		if (record.type !== 'sum' && record.type !== 'histogram') return undefined;
		if (!selections.some(({ rangeMs }) => rangeMs > 0)) return [];
		if (record.temporality === 'delta') return [[record.ts, countedIn(record)]];
		if (!isCounter(record)) return undefined;
		// Whether another series of the metric came before says if this one began at zero: so all of them are followed.
		if (!this.counted.has(key)) {
			if (this.counted.size >= this.options.most) {
				this.options.onTrouble('max_series', `${record.metric}: more than ${this.options.most} series`);
				return [];
			}
			this.counted.add(key);
		}
		return this.delta.take(record).flatMap((one): [number, Counted][] => {
			if (one.type !== 'notice') return [[one.ts, countedIn(one as Counter)]];
			if (one.kind === 'late' || one.kind === 'reset') this.options.onTrouble(one.kind, one.detail!);
			return [];
		});
	}

	private follow(track: Track, record: Taken, increments: [number, Counted][] | undefined): void {
		const isDelta = (record.type === 'sum' || record.type === 'histogram') && record.temporality === 'delta';
		if (increments === undefined) track.isCounting = false;
		for (const [ts, counted] of increments ?? []) track.window?.push(ts, counted);
		if (isDelta && track.window?.isPast(record.ts, track.seen))
			this.options.onTrouble(
				'late',
				`${record.metric}: older by ${track.seen - record.ts} ms than what was taken`,
			);
		if (isDelta) track.last = plus(track.last, countedIn(record));
		else if (record.ts >= track.seen) track.last = countedIn(record);
		track.seen = Math.max(track.seen, record.ts);
	}

	/** A notice says that a series has ended. */
	private end({ host, metric, attributes, synthetic }: Notice): void {
		const list = labelsOf({
			host: host ?? '',
			attributes: attributes ?? {},
			...(synthetic ? { synthetic } : {}),
		})?.list;
		if (!list) return;
		const { key } = labelSet(list.map(({ name, value }) => [name, value] as const));
		for (const { tracks } of this.selections)
			for (const track of tracks.values())
				if (track.metric === metric && track.labels.key === key) track.last = undefined;
	}
}
