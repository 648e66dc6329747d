// routes: from a request's method and path to the call that answers it

import type { IncomingMessage } from 'node:http';
import type { Answer } from '../../../http/answer.ts';
import { HttpError } from '../../../http/http-error.ts';
import { cycleVersionOf, DATASET_RULE, isDataset, VERSION_RULE } from '../names.ts';
import type { Call } from './call.ts';
import type { Receiver } from './receiver.ts';

/** What a path is good for, by method. HEAD is answered as GET is, without the body. */
type Methods = Partial<Record<string, (call: Call) => Answer | Promise<Answer>>>;

const datasetIn = (step: string): string => {
	if (isDataset(step)) return step;
	throw new HttpError(
		400,
		'bad-request',
		`${JSON.stringify(step.slice(0, 100))} is no name of a data set`,
		DATASET_RULE,
	);
};

const versionIn = (step: string): string => {
	const version = cycleVersionOf(step);
	if (version !== undefined) return version;
	throw new HttpError(
		400,
		'bad-request',
		`${JSON.stringify(step.slice(0, 100))} is no version`,
		VERSION_RULE,
	);
};

const methodsFor = (receiver: Receiver, rest: string[]): Methods | undefined => {
	const [versions, version, part] = rest;
	if (versions !== 'versions') return undefined;
	if (version === undefined) return { GET: receiver.versions, POST: receiver.begin };
	if (part === undefined) return { GET: receiver.version };
	if (part === 'data') return { GET: receiver.readData, POST: receiver.takeData };
	return part === 'status' ? { GET: receiver.version, PUT: receiver.setStatus } : undefined;
};

const notFound = (steps: string[]): HttpError => {
	const isDoubled = steps[0] === 'api' && steps[1] === 'api';
	const hint = isDoubled
		? 'the producer URL must not end in /api here: the client adds that itself'
		: 'GET /api/status, GET /api/datasets, /api/datasets/NAME/versions[/VERSION[/data|/status]]';
	return new HttpError(404, 'not-found', 'there is nothing at this path', hint);
};

const choose = (methods: Methods, method: string) => {
	const chosen = methods[method === 'HEAD' ? 'GET' : method];
	if (chosen) return chosen;
	const allow = Object.keys(methods).flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one]));
	throw new HttpError(405, 'method', `${method} means nothing here`, `use ${allow.join(' or ')}`, {
		Allow: allow.join(', '),
	});
};

/** Answer `/api/datasets` and what is below. Throws HttpError for everything that it does not know. */
export const createRoutes =
	(receiver: Receiver) =>
	async (request: IncomingMessage, steps: string[]): Promise<Answer> => {
		const [api, datasets, name, ...rest] = steps.at(-1) === '' ? steps.slice(0, -1) : steps;
		const method = request.method ?? '';
		if (api !== 'api' || datasets !== 'datasets' || rest.length > 3) throw notFound(steps);
		if (name === undefined)
			return choose({ GET: receiver.list }, method)({ request, dataset: '', version: '', given: '' });
		const methods = methodsFor(receiver, rest);
		if (!methods) throw notFound(steps);
		const dataset = datasetIn(name);
		const given = rest[1] ?? '';
		const version = given === '' ? '' : versionIn(given);
		return choose(methods, method)({ request, dataset, version, given });
	};
