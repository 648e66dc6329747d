// routes: from a request's path to the answer

import type { IncomingMessage } from 'node:http';
import { EXIT, Failure } from '../failure.ts';
import type { History } from '../history/history.ts';
import type { Answer } from '../http/answer.ts';
import { type Events, lastEventId } from '../http/events.ts';
import { HttpError } from '../http/http-error.ts';
import { columnsAnswer, metricsAnswer, noticesAnswer, recordsAnswer, statsAnswer } from './api.ts';
import { type Parameters, parametersOf } from './parameters.ts';
import type { Source } from './source.ts';
import type { Ticker } from './ticker.ts';

export type Site = {
	history: History;
	span: number;
	events: Events;
	ticker: Ticker;
	source: Source;
	/** A file of the page; undefined when there is none of that name. */
	file: (path: string[]) => Answer | undefined;
	/** Whoever is not known is told less. */
	health: (isKnown: boolean) => Answer;
	/** Where /metrics is too. */
	metricsPath: string;
	scrape: (request: IncomingMessage) => Answer | Promise<Answer>;
	/** What is below `/api/v1/hollow`. */
	hollow?: ((steps: string[], parameters: Parameters) => Answer | Promise<Answer>) | undefined;
};

const joinEvents = ({ events, ticker }: Site, request: IncomingMessage): Answer => {
	if (request.method === 'HEAD')
		return { status: 200, bytes: '', headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } };
	if (!events.hasRoom())
		throw new HttpError(503, 'limit', 'too many readers of events', 'try again later', {
			'Retry-After': '10',
		});
	const first = ticker.first(lastEventId(request));
	return { status: 200, takeOver: (_request, response, headers) => events.join(response, headers, first) };
};

type Asked = { request: IncomingMessage; parameters: Parameters; isKnown: boolean };
type Route = (site: Site, asked: Asked) => Answer | Promise<Answer>;

const ROUTES: Record<string, Route> = {
	'api/v1/metrics': ({ history, source, hollow }) => metricsAnswer(history, source, hollow !== undefined),
	'api/v1/columns': ({ history, span }, { parameters }) => columnsAnswer(history, parameters, span),
	'api/v1/notices': ({ history }, { parameters }) => noticesAnswer(history, parameters),
	'api/v1/records': ({ history }, { parameters }) => recordsAnswer(history, parameters),
	'api/v1/stats': ({ history }) => statsAnswer(history),
	events: (site, { request }) => joinEvents(site, request),
	health: ({ health }, { isKnown }) => health(isKnown),
	metrics: ({ scrape }, { request }) => scrape(request),
};

const HINT = `there are ${Object.keys(ROUTES)
	.map((path) => `/${path}`)
	.join(', ')}`;

const checkMethod = ({ method }: IncomingMessage): void => {
	if (method === 'GET' || method === 'HEAD') return;
	throw new HttpError(405, 'method', `${method} means nothing here`, 'use GET', { Allow: 'GET, HEAD' });
};

/** A path as its steps, joined; no other answer may stand there. @throws Failure(64) */
export const pathOf = (text: string, where: string): string => {
	const path = text.slice(1);
	if (!/^(?:\/[\w.~-]+)+$/.test(text))
		throw new Failure(EXIT.usage, `${where}: "${text}" is not a path; write for example /metrics`);
	if (path !== 'metrics' && Object.hasOwn(ROUTES, path))
		throw new Failure(EXIT.usage, `${where}: at ${text} there is something else`);
	return path;
};

/** Answers below a site. Throws HttpError for everything that it does not know. */
export const createRoutes =
	(site: Site) =>
	(request: IncomingMessage, steps: string[], isKnown: boolean): Answer | Promise<Answer> => {
		checkMethod(request);
		const parameters = parametersOf(request.url);
		const path = steps.join('/');
		const known = path === site.metricsPath ? 'metrics' : path;
		const route = Object.hasOwn(ROUTES, known) ? ROUTES[known] : undefined;
		if (route) return route(site, { request, parameters, isKnown });
		const [api, version, hollow, ...rest] = steps;
		if (site.hollow && api === 'api' && version === 'v1' && hollow === 'hollow')
			return site.hollow(rest, parameters);
		const file = site.file(steps);
		if (file) return file;
		throw new HttpError(404, 'not-found', 'there is nothing at this path', HINT);
	};
