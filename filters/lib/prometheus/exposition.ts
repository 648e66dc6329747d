// exposition: the newest state of every series, as Prometheus reads it, whenever it is asked for
// All times are the records' own, in milliseconds since the epoch; no clock is read here.

import protobuf from 'protobufjs/minimal.js';
import type { Gauge, Measure, Notice, Sum } from '../record.ts';
import { createDelta, isCounter, SET_BACK } from '../series/delta.ts';
import { faultOf } from '../series/fault.ts';
import { createRestartPoints } from '../series/restart.ts';
import { createSetBack } from '../series/set-back.ts';
import { isDelta } from '../series/step-series.ts';
import { writeFamily } from './messages.ts';
import { createRegistry, keyOf, type Refusal } from './registry.ts';
import type { Series } from './series.ts';
import type { MessageStyle, Style, TextStyle } from './style.ts';
import { createTally, type Noticed } from './tally.ts';

export type ExpositionOptions = {
	/** In front of every metric's name, with an underscore between; '' for none. */
	prefix: string;
	/** A series without a record for longer than this, in the stream's time, is gone. */
	staleMs: number;
	maxSeries: number;
	/** Whether there is no room for more series, though there be fewer than that. */
	isFull?: () => boolean;
	/** A gauge beside each histogram with the sum that the middles of its buckets give. */
	estimates: boolean;
	/** Units are those that Prometheus would rather have: seconds, bytes, ratios. */
	isBase?: boolean;
	/** Told of each notice that is counted and did not come as a record. */
	onNotice: (notice: Pick<Notice, 'kind' | 'metric' | 'host'> & { detail: string }) => void;
};

type Rendered<Asked extends Style> = Asked extends MessageStyle ? Uint8Array : string;

export type Exposition = {
	/** Take a record; the answer is what is wrong with it, or ''. */
	take: (record: Measure) => string;
	/** Count a notice; a gauge that it calls stale is gone. */
	notice: (notice: Noticed) => void;
	/** The stream's time has come to `ms`; the answer is whether a series went stale by that. */
	time: (ms: number) => boolean;
	/**
	 * The whole of it, as text or as messages. When nothing was taken since and `style` is an object that was asked for
	 * before, the answer is the same one.
	 */
	render: <Asked extends Style>(style: Asked) => Rendered<Asked>;
	/**
	 * A barrier comes, with something taken that is not rendered yet (`isOpen`) or without: the answer is that line when
	 * it may go on at once, else it is held.
	 */
	barrier: (line: string, isOpen: boolean) => string | undefined;
	/** What was taken has been rendered: the newest barrier that may go on now, if any. */
	release: () => string | undefined;
	/** The stream's time: that of the newest record or time line. */
	now: () => number;
	/** Series held. */
	size: () => number;
};

const { Writer } = protobuf;

const REASON: Record<Refusal | 'late' | 'clock', string> = {
	max_series: 'there are as many series already as --max-series allows; left out',
	name_collision: 'another metric has the same name in Prometheus; left out',
	label_collision: 'another series has the same labels in Prometheus; left out',
	late: 'is older than what was taken; not applied',
	clock: 'time was set back; going on in the new time',
};

const gaugeName = ({ host, metric, attributes, synthetic }: Omit<Noticed, 'kind'>): string =>
	JSON.stringify([host, metric, Object.entries(attributes ?? {}).sort(), synthetic === true]);

/** Whether its newest value is all there is to know of it. */
const isReplaced = (record: Measure): record is Gauge | Sum =>
	record.type === 'gauge' || (record.type === 'sum' && !record.monotonic && !isDelta(record));

export const createExposition = (options: ExpositionOptions): Exposition => {
	const { staleMs, onNotice } = options;
	const tally = createTally();
	const registry = createRegistry({ ...options, claimed: tally.family.claims });
	const points = createRestartPoints();
	const isSetBack = createSetBack(SET_BACK);
	const delta = createDelta({
		fromZero: true,
		staleMs,
		onCount: (what, key) => {
			if (what === 'forgotten') registry.remove(key);
		},
	});
	/** Keys of gauges by all but their unit, which a notice does not have. */
	const gauges = new Map<string, string>();
	let newest = Number.NEGATIVE_INFINITY;
	const rendered = new Map<Style, string | Uint8Array>();
	/** No series is stale before this. */
	let dueAt = Number.POSITIVE_INFINITY;

	const countNotice: Exposition['notice'] = (notice) => {
		rendered.clear();
		tally.take(notice);
		if (notice.kind === 'stale') registry.remove(gauges.get(gaugeName(notice)) ?? '');
	};
	const note = ({ host, metric, synthetic }: Measure, kind: string, detail: string) => {
		countNotice({ kind, host, metric, synthetic });
		onNotice({ kind, host, metric, detail });
	};
	/** Take away what is stale, from here and from `delta` in one, so that what comes back begins in both. */
	const sweep = (): boolean => {
		if (newest <= dueAt) return false;
		dueAt = Number.POSITIVE_INFINITY;
		let found = false;
		for (const [key, { ts }] of registry.all) {
			if (newest - ts <= staleMs) dueAt = Math.min(dueAt, ts + staleMs);
			else {
				registry.remove(key);
				delta.forget(key);
				found = true;
				rendered.clear();
			}
		}
		if (found) for (const [name, key] of gauges) if (!registry.get(key)) gauges.delete(name);
		return found;
	};
	const time = (ms: number): boolean => {
		newest = Math.max(newest, ms);
		points.time(ms);
		return sweep();
	};
	const setBack = (record: Measure) => {
		newest = record.ts;
		for (const series of registry.all.values()) series.ts = record.ts;
		dueAt = record.ts + staleMs;
		points.startOver();
		note(record, 'clock', REASON.clock);
	};

	/** Its series, with a place made for one that is new; undefined, and a notice, when there is none. */
	const seriesOf = (record: Measure): Series | undefined => {
		const key = keyOf(record);
		const known = registry.get(key);
		if (known) return known;
		const series = registry.admit(key, record);
		if (typeof series === 'string') {
			note(record, series, REASON[series]);
			return undefined;
		}
		if (record.type === 'gauge') gauges.set(gaugeName(record), key);
		return series;
	};
	const count = (series: Series, record: Measure) => {
		if (record.type === 'gauge' || !isCounter(record)) return series.add(record);
		// While a series never began again, the sum of its increments is what it says of itself.
		for (const result of series.isCarried ? delta.take(record) : delta.follow(record)) {
			if (result.type === 'notice') {
				if (result.kind !== 'clock') note(record, result.kind, result.detail!);
				if (result.kind === 'reset') series.isCarried = true;
			} else if (series.isCarried) series.add(result);
			else series.set(record);
		}
	};
	const replace = (series: Series, record: Gauge | Sum) => {
		if (record.ts < series.ts) note(record, 'late', REASON.late);
		else series.set(record);
	};

	const take = (record: Measure): string => {
		const fault = faultOf(record);
		if (fault !== '') return `${record.metric}: ${fault}`;
		rendered.clear();
		if (isSetBack(record.ts, newest)) setBack(record);
		time(record.ts);
		const epoch = points.record(record.ts);
		const series = seriesOf(record);
		if (!series) return '';
		if (isReplaced(record)) replace(series, record);
		else count(series, record);
		// A restart would add up less of a series that carries something on than is in it now.
		if (!series.isCarried) series.epoch = epoch;
		if (isDelta(record)) series.isCarried = true;
		series.ts = Math.max(series.ts, record.ts);
		dueAt = Math.min(dueAt, series.ts + staleMs);
		return '';
	};
	const oldestEpoch = (): number => {
		let oldest = Number.POSITIVE_INFINITY;
		for (const { epoch } of registry.all.values()) oldest = Math.min(oldest, epoch);
		return oldest;
	};
	const barrier = (line: string, isOpen: boolean): string | undefined => {
		const isHeld = isOpen || registry.all.size > 0;
		if (isHeld) points.hold(line);
		else points.clear();
		return isHeld ? undefined : line;
	};
	const render = <Asked extends Style>(style: Asked): Rendered<Asked> => {
		const known = rendered.get(style);
		const answer = known ?? (style.format === 'protobuf' ? messages(style) : write(style));
		rendered.set(style, answer);
		return answer as Rendered<Asked>;
	};
	const shown = () => [...registry.families(), tally.family].filter(({ members }) => members.size > 0);
	const write = (style: TextStyle): string => {
		let text = '';
		for (const { header, members } of shown()) {
			text += header(style);
			for (const member of members) text += member.lines(style);
		}
		return style.format === 'text' ? text : `${text}# EOF\n`;
	};
	const messages = (style: MessageStyle): Uint8Array => {
		const writer = Writer.create();
		for (const family of shown()) writeFamily(writer, family, style);
		return writer.finish();
	};
	return {
		take,
		notice: countNotice,
		time,
		render,
		barrier,
		release: () => points.release(oldestEpoch),
		now: () => newest,
		size: () => registry.all.size,
	};
};
