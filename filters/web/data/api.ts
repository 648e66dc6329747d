// api: what the page asks the server for, with a limit of time, and what can go wrong in words

import type { ColumnsAnswer, MetricName, MetricsAnswer, NoticesAnswer } from '../../lib/history/answers.ts';
import type { AnyRecord } from '../../lib/record.ts';

const PATIENCE_MS = 15_000;

/** The server answered, and did not give what was asked for; or it cannot be asked. */
export class Refusal extends Error {}

/** Servers read so much of a request's head; a name that is longer cannot be asked for by an address. */
const MOST_ADDRESS = 14_000;

const asked = async (path: string, signal?: AbortSignal): Promise<Response> => {
	if (path.length > MOST_ADDRESS)
		throw new Refusal('The names that are asked for are too long for an address');
	const limit = AbortSignal.timeout(PATIENCE_MS);
	const response = await fetch(path, {
		signal: signal ? AbortSignal.any([signal, limit]) : limit,
		credentials: 'same-origin',
		cache: 'no-store',
	});
	if (!response.ok) throw new Refusal(`${path.split('?')[0]}: the server answers ${response.status}`);
	return response;
};

/** An answer in JSON. */
export const json = async <Answer>(path: string, signal?: AbortSignal): Promise<Answer> =>
	(await (await asked(path, signal)).json()) as Answer;

export const metricsAnswer = (signal?: AbortSignal): Promise<MetricsAnswer> =>
	json('/api/v1/metrics', signal);

export type ColumnsQuestion = MetricName & {
	from: number;
	to: number;
	columns: number;
	host?: string;
	attributes: Record<string, string>;
	by?: string;
	limit?: number;
};

export const columnsAnswer = (question: ColumnsQuestion, signal?: AbortSignal): Promise<ColumnsAnswer> => {
	const { metric, unit, type, from, to, columns, host, attributes, by, limit } = question;
	const query = new URLSearchParams({
		metric,
		unit,
		type,
		from: `${from}`,
		to: `${to}`,
		columns: `${columns}`,
	});
	if (host !== undefined) query.append('host', host);
	for (const [name, value] of Object.entries(attributes)) query.append(`attribute.${name}`, value);
	if (by !== undefined) query.append('by', by);
	if (limit !== undefined) query.append('limit', `${limit}`);
	return json(`/api/v1/columns?${query}`, signal);
};

export const noticesAnswer = (
	from: number,
	to: number,
	metric: string | undefined,
	signal?: AbortSignal,
): Promise<NoticesAnswer> => {
	const query = new URLSearchParams({ from: `${from}`, to: `${to}` });
	if (metric !== undefined) query.append('metric', metric);
	return json(`/api/v1/notices?${query}`, signal);
};

/** The newest record of each series of a metric. */
export const recordsAnswer = async (metric: string, signal?: AbortSignal): Promise<AnyRecord[]> => {
	const response = await asked(`/api/v1/records?${new URLSearchParams({ metric })}`, signal);
	const lines = (await response.text()).split('\n').filter((line) => line.startsWith('{'));
	return lines.map((line) => JSON.parse(line) as AnyRecord);
};
