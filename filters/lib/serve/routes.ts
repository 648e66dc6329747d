// routes: from a request's path to the answer

import type { IncomingMessage } from 'node:http';
import type { History } from '../history/history.ts';
import type { Answer } from '../http/answer.ts';
import { type Events, lastEventId } from '../http/events.ts';
import { HttpError } from '../http/http-error.ts';
import { columnsAnswer, metricsAnswer, noticesAnswer, recordsAnswer, statsAnswer } from './api.ts';
import { type Parameters, parametersOf } from './parameters.ts';
import type { Ticker } from './ticker.ts';

export type Site = {
	history: History;
	span: number;
	events: Events;
	ticker: Ticker;
	/** What the page is told in words, beside what the history says itself. */
	remarks: () => string[];
	/** A file of the page; undefined when there is none of that name. */
	file: (path: string[]) => Answer | undefined;
	health: () => Answer;
	scrape: (request: IncomingMessage) => Answer | Promise<Answer>;
	/** What is below `/api/v1/hollow`. */
	hollow?: ((steps: string[], parameters: Parameters) => Answer | Promise<Answer>) | undefined;
};

const joinEvents = ({ events, ticker }: Site, request: IncomingMessage): Answer => {
	if (!events.hasRoom())
		throw new HttpError(503, 'limit', 'too many readers of events', 'try again later', {
			'Retry-After': '10',
		});
	const first = ticker.first(lastEventId(request));
	return { status: 200, takeOver: (_request, response, headers) => events.join(response, headers, first) };
};

type Route = (site: Site, request: IncomingMessage, parameters: Parameters) => Answer | Promise<Answer>;

const ROUTES: Record<string, Route> = {
	'api/v1/metrics': ({ history, remarks }) => metricsAnswer(history, remarks()),
	'api/v1/columns': ({ history, span }, _request, parameters) => columnsAnswer(history, parameters, span),
	'api/v1/notices': ({ history }, _request, parameters) => noticesAnswer(history, parameters),
	'api/v1/records': ({ history }, _request, parameters) => recordsAnswer(history, parameters),
	'api/v1/stats': ({ history }) => statsAnswer(history),
	events: (site, request) => joinEvents(site, request),
	health: ({ health }) => health(),
	metrics: ({ scrape }, request) => scrape(request),
};

const HINT = `there are ${Object.keys(ROUTES)
	.map((path) => `/${path}`)
	.join(', ')}`;

const checkMethod = ({ method }: IncomingMessage): void => {
	if (method === 'GET' || method === 'HEAD') return;
	throw new HttpError(405, 'method', `${method} means nothing here`, 'use GET', { Allow: 'GET, HEAD' });
};

/** Answers below a site. Throws HttpError for everything that it does not know. */
export const createRoutes =
	(site: Site) =>
	(request: IncomingMessage, steps: string[]): Answer | Promise<Answer> => {
		checkMethod(request);
		const parameters = parametersOf(request.url);
		const route = ROUTES[steps.join('/')];
		if (route) return route(site, request, parameters);
		const [api, version, hollow, ...rest] = steps;
		if (site.hollow && api === 'api' && version === 'v1' && hollow === 'hollow')
			return site.hollow(rest, parameters);
		const file = site.file(steps);
		if (file) return file;
		throw new HttpError(404, 'not-found', 'there is nothing at this path', HINT);
	};
