// scrape: the newest state of every series as Prometheus asks for it, with serve's own figures behind

import type { IncomingMessage } from 'node:http';
import type { Answer } from '../http/answer.ts';
import { createExposition, type Exposition } from '../prometheus/exposition.ts';
import { familyOf } from '../prometheus/family.ts';
import type { Style } from '../prometheus/style.ts';
import type { Measure, Notice, Sample } from '../record.ts';
import { chosenOf, type Form } from './accept.ts';

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

/** How an exposition is written, and under which name. Another form is another line in `FORMS`. */
type Format = Form & {
	contentType: string;
	write: (state: Exposition, own: (style: Style) => string) => string | Buffer;
};

const TEXT: Style = { format: 'text', timestamps: false };
const OPEN_METRICS: Style = { format: 'openMetrics', timestamps: false };
const END = '# EOF\n';

/** The first is what a client gets that does not care. */
const FORMS: readonly Format[] = [
	{
		type: 'text/plain',
		parameters: { version: '0.0.4' },
		contentType: 'text/plain; version=0.0.4; charset=utf-8',
		write: (state, own) => state.render(TEXT) + own(TEXT),
	},
	{
		type: 'application/openmetrics-text',
		parameters: { version: '1.0.0' },
		contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
		write: (state, own) => state.render(OPEN_METRICS).slice(0, -END.length) + own(OPEN_METRICS) + END,
	},
];

// Every line of a series has its labels, twice over; what is longer would take the memory of hundreds of others.
const LONGEST_LABELS = 8192;
// A notice of kinds that are trouble for Prometheus alone; the others are in the history as well.
const OF_NAMES = new Set(['max_series', 'name_collision', 'label_collision']);

const isTooLong = ({ metric, host, attributes }: Measure | Sample): boolean => {
	let length = metric.length + host.length;
	for (const name in attributes) length += name.length + attributes[name]!.length;
	return length > LONGEST_LABELS;
};

const figureText = (figures: Figure[]): ((style: Style) => string) => {
	const families = figures.map(({ name, kind, unit = '', help }) => familyOf({ kind, name, unit, help }));
	return (style) =>
		figures
			.map(({ name, kind, value }, at) => {
				const sample = kind === 'counter' ? `${name}_total` : name;
				return `${families[at]!.header(style)}${sample} ${value()}\n`;
			})
			.join('');
};

export const createScrape = ({ staleMs, maxSeries, figures, onLeftOut }: ScrapeOptions): Scrape => {
	const state = createExposition({
		prefix: '',
		staleMs,
		maxSeries,
		estimates: false,
		onNotice: ({ kind, metric, detail }) => {
			if (OF_NAMES.has(kind)) onLeftOut(kind, metric ?? '', detail);
		},
	});
	const own = figureText(figures);
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
			const form = chosenOf(headers.accept, FORMS);
			return {
				status: 200,
				bytes: form.write(state, own),
				headers: { 'Content-Type': form.contentType, Vary: 'Accept, Accept-Encoding, Origin' },
				isCompressible: true,
			};
		},
		series: state.size,
	};
};
