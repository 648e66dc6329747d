// rest: the same service over HTTP, at the paths that the proto file gives its calls

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from '../grpc/fault.ts';
import type { Answer } from '../http/answer.ts';
import { checkBody, smallBody } from '../http/body.ts';
import { type Code, HttpError } from '../http/http-error.ts';
import { configurationOf, jsonOf, type Question, questionOf } from './json.ts';
import type { Service } from './service.ts';
import { beginStream } from './stream.ts';

export type RestOptions = {
	service: Service;
	/** @throws Fault for who may not set modules. */
	checkConfigure: (authorization: string | undefined) => void;
	onSkipped: () => void;
};

const CODES: Partial<Record<Fault['word'], Code>> = {
	INVALID_ARGUMENT: 'bad-request',
	FAILED_PRECONDITION: 'bad-request',
	NOT_FOUND: 'not-found',
	PERMISSION_DENIED: 'denied',
	UNAUTHENTICATED: 'denied',
	RESOURCE_EXHAUSTED: 'limit',
};
const MOST_BODY = 64 * 1024;
const BASE = 'api/v1/ebpf/';

const answerOf = (message: unknown): Answer => ({ status: 200, body: jsonOf(message), isCompressible: true });

/** A stream as grpc-gateway has it: a line of JSON for each message, below "result". */
const streamed = (question: Question, { service, onSkipped }: RestOptions): Answer => {
	const intervalMs = service.interval(question);
	const takeOver = (_request: IncomingMessage, response: ServerResponse, headers: Record<string, string>) => {
		response.writeHead(200, {
			...headers,
			'Content-Type': 'application/x-ndjson',
			'Cache-Control': 'no-store',
		});
		const reader = {
			write: (message: object) => response.write(`${JSON.stringify({ result: jsonOf(message) })}\n`),
			onDrain: (resume: () => void) => response.once('drain', resume),
			giveUp: () => response.destroy(),
		};
		const end = beginStream(reader, { intervalMs, newest: () => service.newest(question), onSkipped });
		response.on('close', end).on('error', end);
	};
	return { status: 200, takeOver };
};

const configured = async (request: IncomingMessage, options: RestOptions): Promise<Answer> => {
	options.checkConfigure(request.headers.authorization);
	checkBody(request, MOST_BODY);
	const body = await smallBody(request, MOST_BODY);
	return answerOf(await options.service.configure(configurationOf(body.toString())));
};

type Route = (question: Question, options: RestOptions) => Answer | Promise<Answer>;
const ROUTES: Record<string, Route> = {
	metrics: (question, { service }) => answerOf(service.metrics(question)),
	'metrics/stream': streamed,
	'io/stats': (question, { service }) => answerOf(service.ioStats(question)),
	'modules/status': async (question, { service }) => answerOf(await service.moduleStatus(question)),
	health: (question, { service }) => answerOf(service.health(question)),
};
const CONFIGURE = 'modules/configure';
const HINT = `there are ${[...Object.keys(ROUTES), CONFIGURE].map((path) => `/${BASE}${path}`).join(', ')}`;

const checkMethod = ({ method }: IncomingMessage, wanted: string) => {
	if (method !== wanted)
		throw new HttpError(405, 'method', `${method} means nothing here`, `use ${wanted}`, { Allow: wanted });
};

/** The answer to a request at a path. @throws HttpError */
export const createRest =
	(options: RestOptions) =>
	async (request: IncomingMessage, steps: string[]): Promise<Answer> => {
		const path = steps.join('/');
		const call = path.startsWith(BASE) ? path.slice(BASE.length) : '';
		try {
			if (call === CONFIGURE) {
				checkMethod(request, 'POST');
				return await configured(request, options);
			}
			const route = Object.hasOwn(ROUTES, call) ? ROUTES[call] : undefined;
			if (!route) throw new HttpError(404, 'not-found', `there is no /${path} here`, HINT);
			checkMethod(request, 'GET');
			const parameters = new URL(request.url ?? '', 'http://localhost').searchParams;
			return await route(questionOf(parameters), options);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			throw new HttpError(error.status, CODES[error.word] ?? 'server', error.message);
		}
	};
