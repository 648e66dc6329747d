// emitter: what was understood, written as records: histograms, sums, gauges, notices
// Text cannot tell count() from max(): a number is a sum unless the user, the format or a minus sign says gauge.

import { type Exact, exact } from '../record.ts';
import { type Address, createNaming, type Series, type Settings } from './naming.ts';
import type { Part } from './part.ts';
import { type Print, TABLES } from './print.ts';
import { type Fixed, fixedOf, noticeLine, type Remark } from './records.ts';
import type { Repeat } from './repeat.ts';

/** Where everything that is read goes. `bad` counts a line, reports it, and under --strict throws. */
export type Sink = {
	/** Whole lines, each with its newline. */
	text: (text: string) => void;
	bad: (what: string, line: number) => void;
	count: (name: string, by?: number) => void;
	/** Something to say once; `like` names what repeats. */
	warn: (message: string, like?: string) => void;
};

// Keyed maps come back with the same keys in every print; bpftrace holds 4096 of them in a map by default.
const MOST_CACHED = 20_000;
// Fewer digits than 2^53 has.
const SHORTEST_UNSAFE = 16;

/** `count A, average B, total C` of stats(). */
export type Stats = { count: bigint; average: bigint; total: bigint };

/** What a table says of itself: a title or '', labels, the unit of its values where it names one, and what they are. */
export type TableName = {
	title: string;
	attributes: Record<string, string>;
	unit: string | undefined;
	what: string;
};

/** A table's series, and how it is told from the other tables of its print. */
export type Table = { series: Series; repeat: Repeat; run: string; what: string };

export type Emitter = {
	line: (line: string) => void;
	/** Whether what comes from now on was replayed or generated. */
	mark: (synthetic: boolean) => void;
	/** Since when all of this print counts, in ms since the epoch, where that is known. */
	since: (start: number | undefined) => void;
	/** The fixed text of a histogram's records, and the run that they come in. */
	fixed: (address: Address) => { fixed: Fixed; run: string };
	/** A histogram; `total` is how much it counted, about. */
	histogram: (address: Address, buckets: string, total: number) => void;
	/** A histogram that no map names: a table's. */
	table: (table: Table, buckets: string) => void;
	number: (address: Address, value: bigint, isGauge?: boolean) => void;
	stats: (address: Address, stats: Stats) => void;
	notice: (ts: number, remark: Remark, tainted?: Address | Series) => void;
	/** A table by what it says of itself; `repeat` where no label names it. */
	tableOf: (name: TableName, repeat: Repeat) => Table;
};

/** What is printed in one go with a value: its map, or in JSON its line. */
const runOf = ({ keyed, dialect, map }: Address): string =>
	!keyed ? '' : dialect === 'json' ? 'json' : `@${map}`;
const repeatOf = ({ keyed, dialect }: Address): Repeat =>
	!keyed ? 'again' : dialect === 'json' ? 'member' : 'key';

const numberJson = (value: bigint): string => {
	const digits = value.toString();
	return digits.length < SHORTEST_UNSAFE ? digits : JSON.stringify(exact(value));
};

export const createEmitter = (settings: Settings, sink: Sink, print: Print): Emitter => {
	const naming = createNaming(settings, (message) => sink.warn(message, 'metric'));
	const { maps } = settings;
	const gauges = new Set(settings.gauges);
	for (const [map, { kind }] of maps ?? []) if (kind === 'gauge') gauges.add(map);
	const told = new Map<string, bigint>();
	const known = new Map<string, Map<string, Fixed>>();
	let synthetic: true | undefined;
	let start: number | undefined;
	/** What the cached texts say of the start. */
	let cachedStart: number | undefined;
	const line = (text: string) => print.line(`${text}\n`);

	const seriesOf = (address: Address, suffix = ''): Series => ({
		metric: naming.metric(address.map, suffix),
		unit: maps?.get(address.map)?.unit ?? settings.unit,
		attributes: naming.attributes(address),
		...(synthetic && { synthetic }),
	});
	const fixed = (type: Part['type'], address: Address, suffix: string): Fixed => {
		const { dialect, map, keyed, key } = address;
		if (start !== cachedStart) {
			known.clear();
			cachedStart = start;
		}
		const kind = `${synthetic ? '~' : ''}${type}${suffix} ${dialect}`;
		const all = known.get(kind) ?? new Map<string, Fixed>();
		if (all.size === 0) known.set(kind, all);
		const id = keyed ? `${map}[${key}` : map;
		const before = all.get(id);
		if (before !== undefined) return before;
		const made = fixedOf(type, settings, seriesOf(address, suffix), start);
		if (all.size >= MOST_CACHED) all.clear();
		all.set(id, made);
		return made;
	};
	const take = (parts: Part[], order: number, repeat: Repeat, run: string, what = '') =>
		print.take({ parts, repeat, order, what, times: 1 }, run);
	const scalar = (address: Address, suffix: string, value: bigint, isGauge: boolean): Part => {
		const name = address.map + suffix;
		// What falls below zero does not only grow; from then on this run takes the map for a gauge.
		if (value < 0n && !isGauge && !gauges.has(name)) {
			gauges.add(name);
			sink.warn(`@${name} is below zero, so it is written as a gauge; name it with --gauge ${name}`);
		}
		const type = isGauge || gauges.has(name) ? 'gauge' : 'sum';
		return { type, fixed: fixed(type, address, suffix), value: numberJson(value) };
	};
	/** A map that counts what must not be: how many more there are than at the print before. */
	const event = ({ map, key }: Address, value: bigint) => {
		const id = `${map}[${key}`;
		const before = told.get(id) ?? 0n;
		if (value === before) return;
		if (told.size >= MOST_CACHED) told.clear();
		told.set(id, value);
		const count = exact(value > before ? value - before : value);
		line(noticeLine(settings, print.ts(), { kind: map, count, detail: key }, synthetic));
	};
	const taintedBy = (tainted: Address | Series) => ('metric' in tainted ? tainted : seriesOf(tainted));
	return {
		line,
		mark: (isSynthetic) => {
			synthetic = isSynthetic || undefined;
		},
		since: (ms) => {
			start = settings.temporality === 'cumulative' ? ms : undefined;
		},
		fixed: (address) => ({ fixed: fixed('histogram', address, ''), run: runOf(address) }),
		tableOf: ({ title, attributes, unit, what }, repeat) => {
			const series: Series = {
				metric: naming.metric(title),
				unit: unit ?? settings.unit,
				attributes: { ...settings.attributes, ...attributes },
				...(synthetic && { synthetic }),
			};
			if (Object.keys(attributes).length > 0) return { series, repeat: 'label', run: TABLES, what };
			if (title === '') return { series, repeat, run: TABLES, what };
			return { series, repeat: 'again', run: '', what };
		},
		histogram: (address, value, total) =>
			take(
				[{ type: 'histogram', fixed: fixed('histogram', address, ''), value }],
				total,
				repeatOf(address),
				runOf(address),
			),
		table: ({ series, repeat, run, what }, value) => {
			const part: Part = { type: 'histogram', fixed: fixedOf('histogram', settings, series, start), value };
			take([part], 0, repeat, run, what);
		},
		number: (address, value, isGauge = false) => {
			if (maps?.get(address.map)?.kind === 'notice') event(address, value);
			else take([scalar(address, '', value, isGauge)], Number(value), repeatOf(address), runOf(address));
		},
		stats: (address, { count, total, average }) => {
			const kept = gauges.has(address.map);
			const parts = [
				scalar(address, '_count', count, kept),
				scalar(address, '_total', total, kept),
				scalar(address, '_average', average, true),
			];
			take(parts, Number(average), repeatOf(address), runOf(address));
		},
		notice: (ts, remark, tainted) =>
			line(noticeLine(settings, ts, remark, synthetic, tainted && taintedBy(tainted))),
	};
};

/** A notice that `count` events never reached bpftrace's user side. */
export const lostEvents = (count: bigint): Remark => ({
	kind: 'lost_events',
	count: exact(count) satisfies Exact,
	detail: 'the tracer reported lost events',
});

/** A line of a tseries, which holds single values over time and no histogram. */
export const skipChart = (sink: Sink): void => {
	sink.count('tseries');
	sink.warn('tseries charts are not read; print the same values with hist() or lhist()', 'tseries');
};
