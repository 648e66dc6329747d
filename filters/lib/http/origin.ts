// origin: which other sites' pages may read answers, and how a browser is told (CORS)

import type { IncomingMessage } from 'node:http';
import { EXIT, Failure } from '../failure.ts';
import type { Answer } from './answer.ts';

export type Origins = {
	/** The headers for whoever asks from another site that may. */
	headersFor: (request: IncomingMessage) => Record<string, string>;
	/** The answer to a browser that asks whether it may ask; undefined when that is not the question. */
	preflight: (request: IncomingMessage) => Answer | undefined;
	/** The hosts of these sites, which also are names of ours where a page of ours is below them. */
	hosts: string[];
};

const ANY = '*';
const FORM = /^https?:\/\/([^/?#@\s:[\]]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/**
 * `https://wall.example`, as a browser writes it, any number of them, or `*`.
 * @throws Failure(64)
 */
export const originsOf = (texts: readonly string[], where: string): Origins => {
	for (const text of texts)
		if (text !== ANY && !FORM.test(text))
			throw new Failure(EXIT.usage, `${where}: "${text}" is no origin; write https://HOST[:PORT] or *`);
	const isAllowed = (origin: string): boolean => texts.includes(ANY) || texts.includes(origin);
	const headersFor = ({ headers }: IncomingMessage): Record<string, string> => {
		if (texts.length === 0) return {};
		const { origin } = headers;
		if (origin === undefined || !isAllowed(origin)) return { Vary: 'Origin' };
		return { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
	};
	const preflight = (request: IncomingMessage): Answer | undefined => {
		const { method, headers } = request;
		const isAsked = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
		if (!isAsked || texts.length === 0) return undefined;
		return {
			status: 204,
			bytes: '',
			headers: {
				'Access-Control-Allow-Methods': 'GET, HEAD',
				'Access-Control-Allow-Headers': 'authorization, last-event-id',
				'Access-Control-Max-Age': '600',
			},
		};
	};
	return {
		headersFor,
		preflight,
		hosts: texts.flatMap((text) => FORM.exec(text)?.[1]?.toLowerCase() ?? []),
	};
};
