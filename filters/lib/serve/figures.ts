// figures: what serve says of itself among the metrics that it serves

import type { History } from '../history/history.ts';
import type { Events } from '../http/events.ts';
import type { Figure } from './scrape.ts';
import type { Source } from './source.ts';

export type FiguresInput = {
	history: History;
	events: Events;
	source: Source;
	maxBytes: number;
	counter: (name: string) => number;
};

export const figuresOf = ({ history, events, source, maxBytes, counter }: FiguresInput): Figure[] => {
	const gauge = (name: string, help: string, value: () => number, unit = ''): Figure => ({
		name: `bpfpipe_serve_${name}`,
		kind: 'gauge',
		unit,
		help,
		value,
	});
	const total = (name: string, help: string, value: () => number): Figure => ({
		name: `bpfpipe_serve_${name}`,
		kind: 'counter',
		help,
		value,
	});
	return [
		total('lines', 'Lines that came in.', () => counter('in')),
		total(
			'bad_lines',
			'Lines that were not understood, or too long to be read.',
			() => counter('bad') + counter('too_long'),
		),
		total('requests', 'Requests that came.', () => counter('requests')),
		total('refused_requests', 'Requests that were answered with an error.', () => counter('refused')),
		total('readers_let_go', 'Readers of events that did not read.', () => counter('readers_let_go')),
		total('refused_series', 'Series for which there was no room.', () => history.counts().refused),
		gauge('series', 'Series in the history.', () => history.counts().series),
		gauge('history_bytes', 'What the history takes.', () => history.counts().bytes, 'bytes'),
		gauge('history_limit_bytes', 'What the history may take.', () => maxBytes, 'bytes'),
		gauge('readers', 'Readers of events.', events.readers),
		gauge('silence_seconds', 'How long ago a record came.', () => source.silentMs() / 1000, 'seconds'),
		gauge('resident_memory_bytes', 'Memory of this process.', () => process.memoryUsage.rss(), 'bytes'),
	];
};
