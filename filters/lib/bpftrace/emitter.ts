// emitter: what was understood, written as records: histograms, sums, gauges, notices
// Text cannot tell count() from max(): a number is a sum unless the user, the format or a minus sign says gauge.

import type { Section } from '../bcc/section.ts';
import { unitOf } from '../bcc/table.ts';
import { type Exact, exact } from '../record.ts';
import { type Address, createNaming, type Series, type Settings } from './naming.ts';
import {
	gaugeMiddle,
	histogramLine,
	histogramMiddle,
	noticeLine,
	numberLine,
	type Remark,
	sumMiddle,
} from './records.ts';
import type { Stats } from './value.ts';

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

export type Emitter = {
	line: (line: string) => void;
	/** Whether what comes from now on was replayed or generated. */
	mark: (synthetic: boolean) => void;
	/** The fixed part of a histogram's line, between its time and its buckets. */
	middle: (address: Address) => string;
	histogram: (ts: number, address: Address, buckets: string) => void;
	/** A histogram that no map names: a table's. */
	table: (ts: number, series: Series, buckets: string) => void;
	number: (ts: number, address: Address, value: bigint, isGauge?: boolean) => void;
	stats: (ts: number, address: Address, stats: Stats) => void;
	notice: (ts: number, remark: Remark, tainted?: Address | Series) => void;
	/** The series of a bcc table, from its value type and the lines above it. */
	tableSeries: (valueType: string, section: Section) => Series;
};

export const createEmitter = (settings: Settings, sink: Sink): Emitter => {
	const naming = createNaming(settings, (message) => sink.warn(message, 'metric'));
	const gauges = new Set(settings.gauges);
	const middles = new Map<string, string>();
	let synthetic: true | undefined;
	const line = (text: string) => sink.text(`${text}\n`);

	const seriesOf = (address: Address, suffix = ''): Series => ({
		metric: naming.metric(address.map, suffix),
		unit: settings.unit,
		attributes: naming.attributes(address),
		...(synthetic && { synthetic }),
	});
	const MAKERS = { histogram: histogramMiddle, sum: sumMiddle, gauge: gaugeMiddle };
	const middleOf = (type: keyof typeof MAKERS, address: Address, suffix: string): string => {
		const { dialect, map, keyed, key } = address;
		const id = `${synthetic ? '~' : ''}${type} ${suffix} ${dialect} ${map}${keyed ? '[' : ''}${key}`;
		const known = middles.get(id);
		if (known !== undefined) return known;
		const made = MAKERS[type](settings, seriesOf(address, suffix));
		if (middles.size >= MOST_CACHED) middles.clear();
		middles.set(id, made);
		return made;
	};
	const middle = (address: Address): string => middleOf('histogram', address, '');
	const scalar = (ts: number, address: Address, suffix: string, value: bigint, isGauge: boolean) => {
		const name = address.map + suffix;
		// What falls below zero does not only grow; from then on this run takes the map for a gauge.
		if (value < 0n && !isGauge && !gauges.has(name)) {
			gauges.add(name);
			sink.warn(`@${name} is below zero, so it is written as a gauge; name it with --gauge ${name}`);
		}
		const type = isGauge || gauges.has(name) ? 'gauge' : 'sum';
		line(numberLine(type, ts, middleOf(type, address, suffix), value));
	};
	const taintedBy = (tainted: Address | Series) => ('metric' in tainted ? tainted : seriesOf(tainted));
	return {
		line,
		mark: (isSynthetic) => {
			synthetic = isSynthetic || undefined;
		},
		middle,
		tableSeries: (valueType, { title = '', attributes }) => ({
			metric: naming.metric(title),
			unit: unitOf(valueType) ?? settings.unit,
			attributes: { ...settings.attributes, ...attributes },
			...(synthetic && { synthetic }),
		}),
		histogram: (ts, address, buckets) => line(histogramLine(ts, middle(address), buckets)),
		table: (ts, series, buckets) => line(histogramLine(ts, histogramMiddle(settings, series), buckets)),
		number: (ts, address, value, isGauge = false) => scalar(ts, address, '', value, isGauge),
		stats: (ts, address, { count, total, average }) => {
			const kept = gauges.has(address.map);
			scalar(ts, address, '_count', count, kept);
			scalar(ts, address, '_total', total, kept);
			scalar(ts, address, '_average', average, true);
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
