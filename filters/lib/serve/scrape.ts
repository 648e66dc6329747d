// scrape: the newest state of every series as Prometheus asks for it, with serve's own figures behind

import type { IncomingMessage } from 'node:http';
import protobuf from 'protobufjs/minimal.js';
import type { Answer } from '../http/answer.ts';
import { createExposition, type Exposition } from '../prometheus/exposition.ts';
import { type Family, familyOf } from '../prometheus/family.ts';
import { labelsOf } from '../prometheus/labels.ts';
import { valueMessage, writeFamily } from '../prometheus/messages.ts';
import { createNegotiation } from '../prometheus/negotiation.ts';
import type { Style } from '../prometheus/style.ts';
import type { Measure, Notice, Sample } from '../record.ts';

/** A figure of serve itself; of kind counter it only grows. */
export type Figure = {
	name: string;
	kind: 'counter' | 'gauge';
	unit?: string;
	help: string;
	value: () => number;
};

export type ScrapeOptions = {
	staleMs: number;
	maxSeries: number;
	/** Whether there is no room for one more than there are, though it be fewer than that. */
	isFull?: (series: number) => boolean;
	/** Units are those that Prometheus would rather have. */
	isBase?: boolean;
	figures: Figure[];
	/** A series that Prometheus does not get, and why. */
	onLeftOut: (kind: string, metric: string, detail: string) => void;
};

export type Scrape = {
	take: (record: Measure | Sample) => void;
	notice: (notice: Notice) => void;
	time: (ms: number) => void;
	answer: (request: IncomingMessage) => Answer;
	series: () => number;
};

// Every line of a series has its labels, twice over; what is longer would take the memory of hundreds of others.
const LONGEST_LABELS = 8192;
// A notice of kinds that are trouble for Prometheus alone; the others are in the history as well.
const OF_NAMES = new Set(['max_series', 'name_collision', 'label_collision']);

const { Writer } = protobuf;

const NO_ROOM = 'there is no room for more series, by --max-series or --max-memory; left out';

const isTooLong = ({ metric, host, attributes }: Measure | Sample): boolean => {
	let length = metric.length + host.length;
	for (const name in attributes) length += name.length + attributes[name]!.length;
	return length > LONGEST_LABELS;
};

/** The figures, each in a family of its own; their values are those of the moment. */
const familiesOf = (figures: Figure[]): Family[] =>
	figures.map(({ name, kind, unit = '', help, value }) => {
		const family = familyOf({ kind, name, utf8: name, unit, help });
		const labels = labelsOf({ host: '', attributes: {} })!;
		const sample = kind === 'counter' ? `${name}_total` : name;
		family.members.add({ lines: () => `${sample} ${value()}\n`, ...valueMessage({ labels }, kind, value) });
		return family;
	});

const END = '# EOF\n';

/** The exposition with the figures behind it. They are written anew each time, the exposition only when it has changed. */
const renderWith = (state: Exposition, families: Family[], style: Style): Buffer | string => {
	if (style.format === 'protobuf') {
		const writer = Writer.create();
		for (const family of families) writeFamily(writer, family, style);
		return Buffer.concat([state.render(style), writer.finish()]);
	}
	const own = families
		.map((family) => family.header(style) + [...family.members].map(({ lines }) => lines(style)).join(''))
		.join('');
	const text = state.render(style);
	return style.format === 'text' ? text + own : text.slice(0, -END.length) + own + END;
};

export const createScrape = (options: ScrapeOptions): Scrape => {
	const { figures, onLeftOut, isFull = () => false, ...rest } = options;
	const state: Exposition = createExposition({
		...rest,
		isFull: () => isFull(state.size()),
		prefix: '',
		estimates: false,
		onNotice: ({ kind, metric, detail }) => {
			if (OF_NAMES.has(kind)) onLeftOut(kind, metric ?? '', kind === 'max_series' ? NO_ROOM : detail);
		},
	});
	const families = familiesOf(figures);
	const negotiate = createNegotiation({ timestamps: false });
	const leaveOut = (record: Measure | Sample, kind: string, detail: string) => {
		const { host, metric, synthetic } = record;
		const short = (text: string) => text.slice(0, 200);
		state.notice({ kind, host: short(host), metric: short(metric), synthetic });
		onLeftOut(kind, short(metric), detail);
	};
	return {
		take: (record) => {
			if (record.type === 'sample') return leaveOut(record, 'sample', 'samples have no form in Prometheus');
			if (isTooLong(record)) return leaveOut(record, 'too_long', 'its labels are too long for Prometheus');
			state.take(record);
		},
		notice: state.notice,
		time: (ms) => void state.time(ms),
		answer: ({ headers }) => {
			const { style, contentType } = negotiate(headers.accept);
			return {
				status: 200,
				bytes: renderWith(state, families, style),
				headers: { 'Content-Type': contentType, Vary: 'Accept, Accept-Encoding, Origin' },
				isCompressible: true,
			};
		},
		series: state.size,
	};
};
