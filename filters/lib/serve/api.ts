// api: the questions about a history, and their answers

import type { History } from '../history/history.ts';
import { MOST_COLUMNS } from '../history/query.ts';
import type { Answer } from '../http/answer.ts';
import type { Measure, Sample } from '../record.ts';
import { filterIn, type Parameters, textIn, wholeIn, wordIn } from './parameters.ts';
import type { Source } from './source.ts';

const TYPES = ['histogram', 'sum', 'gauge'] as const;
const COLUMNS = 300;
const LIMIT = 12;
const MOST_GROUPS = 500;

const json = (body: unknown): Answer => ({ status: 200, body, isCompressible: true });

/** The range that is asked for; without one all there is. */
const rangeIn = (parameters: Parameters, span: number, newest: number): { from: number; to: number } => {
	const to = wholeIn(parameters, 'to', { usual: newest + 1 });
	return { from: wholeIn(parameters, 'from', { usual: Math.max(0, to - span) }), to };
};

export const columnsAnswer = (history: History, parameters: Parameters, span: number): Answer => {
	const { from, to } = rangeIn(parameters, span, history.newest() ?? 0);
	const step = wholeIn(parameters, 'step', { usual: 0 });
	const { host, attributes } = filterIn(parameters);
	const by = parameters.get('by');
	return json(
		history.columns({
			metric: textIn(parameters, 'metric'),
			unit: textIn(parameters, 'unit'),
			type: wordIn(parameters, 'type', TYPES),
			from,
			to: Math.max(from, to),
			columns: wholeIn(parameters, 'columns', { least: 1, most: MOST_COLUMNS, usual: COLUMNS }),
			...(step > 0 && { step }),
			...(host !== undefined && { host }),
			attributes,
			...(by !== null && { by }),
			limit: wholeIn(parameters, 'limit', { least: 1, most: MOST_GROUPS, usual: LIMIT }),
		}),
	);
};

export const noticesAnswer = (history: History, parameters: Parameters): Answer => {
	const from = wholeIn(parameters, 'from', { usual: 0 });
	const to = wholeIn(parameters, 'to', { usual: Number.MAX_SAFE_INTEGER });
	return json(history.notices(from, to, parameters.get('metric') ?? undefined));
};

/** The newest record of each series that the parameters leave, a line each. */
function* recordLines(history: History, parameters: Parameters): Generator<string> {
	const { host, attributes } = filterIn(parameters);
	const wanted = Object.entries(attributes);
	const isAsked = (record: Measure | Sample): boolean =>
		(['metric', 'unit', 'type'] as const).every(
			(name) => (parameters.get(name) ?? record[name]) === record[name],
		) &&
		(host === undefined || record.host === host) &&
		wanted.every(([name, value]) => (record.attributes[name] ?? '') === value);
	for (const record of history.records()) if (isAsked(record)) yield `${JSON.stringify(record)}\n`;
}

export const recordsAnswer = (history: History, parameters: Parameters): Answer => ({
	status: 200,
	pieces: recordLines(history, parameters),
	headers: { 'Content-Type': 'application/x-ndjson; charset=utf-8' },
});

/** The counts that the sidecar for BanyanDB gave: a metric is a module there, its series the module's metrics. */
export const statsAnswer = (history: History): Answer => {
	const { metrics } = history.metrics();
	const modules: Record<string, number> = {};
	for (const { metric, series } of metrics) modules[metric] = (modules[metric] ?? 0) + series;
	const total = Object.values(modules).reduce((sum, count) => sum + count, 0);
	const body = {
		status: 'ok',
		total_modules: Object.keys(modules).length,
		total_metrics: total,
		modules,
		synthetic: history.synthetic(),
	};
	return json(body);
};

/** All there is; the page asks nothing of which this says that there is none. */
export const metricsAnswer = (history: History, source: Source, hollow: boolean): Answer =>
	json({ ...history.metrics(), source: source.state(), silent: Math.round(source.silentMs()), hollow });
