// questions: all that the Kea tab asks the server for, of one service, one range of time and one host or all

import type { ColumnsAnswer, MetricSummary } from '../../lib/history/answers.ts';
import { type ColumnsQuestion, columnsAnswer } from '../data/api.ts';
import type { Span } from '../view/span.ts';

/** What is asked about. `message`: of stages alone. */
export type Asked = {
	metrics: MetricSummary[];
	service: string;
	host: string | undefined;
	message: string | undefined;
	span: Span;
};

type Answer = ColumnsAnswer | undefined;
/** Counts by two attributes: all by the first, and for each of its values those by the second. */
export type Split = { all: ColumnsAnswer; of: Map<string, ColumnsAnswer> };

/** Each is undefined where the server has no such metric. */
export type KeaAnswers = {
	span: Span;
	received: Answer;
	sent: Answer;
	/** By cause, then by message. */
	drops: Split | undefined;
	/** By file, then by line. */
	errors: Split | undefined;
	/** Packets with their answer: by message, then by answer. */
	answered: Split | undefined;
	failures: Answer;
	stages: Answer;
	/** The whole packet, as the stages are chosen. */
	whole: Answer;
	operations: Answer;
	relays: Answer;
	/** What Kea counts itself. */
	keaReceived: Answer;
	keaSent: Answer;
	/** All that it dropped, and what of that has a cause. */
	keaDropped: Answer;
	keaDrops: Answer;
	keaFailures: Answer;
};

/** The server gives no more groups than this at once; what is left out is said where it would stand. */
const MOST_GROUPS = 500;
/** Of what has a picture in each row. */
const MOST_PICTURES = 100;

type Wish = { by?: string; attributes?: Record<string, string>; limit?: number };

/** A metric by its name, asked for with what all questions have in common. */
export const asking = ({ metrics, service, host, span }: Asked, signal: AbortSignal) => {
	const ask = async (
		name: string,
		{ by, attributes = {}, limit = MOST_GROUPS }: Wish = {},
	): Promise<Answer> => {
		const known = metrics.find(({ metric }) => metric === name);
		if (!known) return undefined;
		const question: ColumnsQuestion = {
			metric: known.metric,
			unit: known.unit,
			type: known.type,
			from: span.from,
			to: span.to,
			columns: span.columns,
			attributes: { ...attributes, service },
			limit,
			...(host !== undefined && { host }),
			...(by !== undefined && { by }),
		};
		return columnsAnswer(question, signal);
	};
	const split = async (name: string, by: string, then: string): Promise<Split | undefined> => {
		const all = await ask(name, { by });
		if (!all) return undefined;
		const of = await Promise.all(
			all.groups.map(async (group): Promise<[string, ColumnsAnswer] | undefined> => {
				const parts = await ask(name, { by: then, attributes: { [by]: group.name ?? '' } });
				return parts && [group.name ?? '', parts];
			}),
		);
		return { all, of: new Map(of.filter((one) => one !== undefined)) };
	};
	return { ask, split };
};

/** Kea counts failures for the whole server from its start on, and for a subnet from its first one on. */
const failuresOf = async (ask: ReturnType<typeof asking>['ask']): Promise<Answer> => {
	const all = await ask('kea_server_allocation_failures', { by: 'cause' });
	return all && all.groups.length > 0 ? all : ask('kea_allocation_failures', { by: 'cause' });
};

/** All at once, each under its name. */
const together = async <Values extends object>(
	promises: {
		[name in keyof Values]: Promise<Values[name]>;
	},
): Promise<Values> => {
	const named = Object.entries<Promise<unknown>>(promises);
	const values = await Promise.all(named.map(([, promise]) => promise));
	return Object.fromEntries(named.map(([name], at) => [name, values[at]])) as Values;
};

export const askKea = async (asked: Asked, signal: AbortSignal): Promise<KeaAnswers> => {
	const { ask, split } = asking(asked, signal);
	const ofMessage = asked.message === undefined ? {} : { attributes: { message: asked.message } };
	const answers = await together({
		received: ask('packets', { by: 'message', attributes: { direction: 'in' } }),
		sent: ask('packets', { by: 'message', attributes: { direction: 'out' } }),
		drops: split('packet_drop_rate', 'cause', 'message'),
		errors: split('error_rates', 'file', 'line'),
		answered: split('packet_processing_time', 'message', 'answer'),
		failures: ask('allocation_failures', { by: 'message' }),
		stages: ask('stage_time', { by: 'stage', ...ofMessage }),
		whole: ask('packet_processing_time', ofMessage),
		operations: ask('database_query_performance', { by: 'operation' }),
		relays: ask('relay_processing_time', { by: 'relay', limit: MOST_PICTURES }),
		keaReceived: ask('kea_packets', { by: 'message', attributes: { direction: 'received' } }),
		keaSent: ask('kea_packets', { by: 'message', attributes: { direction: 'sent' } }),
		keaDropped: ask('kea_dropped', { by: 'service' }),
		keaDrops: ask('kea_drops', { by: 'cause' }),
		keaFailures: failuresOf(ask),
	});
	return { span: asked.span, ...answers };
};
