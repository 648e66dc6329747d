// receiver: what each call of the REST interface does to a data set, and what it answers
// One version's way: POST versions, POST data, PUT status; every step may be repeated, and repeated steps change nothing.

import { readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Answer } from '../../../http/answer.ts';
import { checkBody, smallBody, spool } from '../../../http/body.ts';
import { HttpError } from '../../../http/http-error.ts';
import type { Log } from '../../../log.ts';
import type { Cycle } from '../../metrics/cycle.ts';
import { cycleFromPayload, PayloadError } from '../../metrics/payload.ts';
import { isSameContent } from '../../metrics/published-cycle.ts';
import type { Outcome } from '../../publish/publisher.ts';
import { AHEAD, isAbove, isAhead, millisOf } from '../../version.ts';
import { cycleVersionOf, VERSION_RULE } from '../names.ts';
import {
	absentVersion,
	type Call,
	type Fields,
	isPublished,
	millisNote,
	notAbove,
	unknownVersion,
} from './call.ts';
import { type Dataset, type Datasets, refusalOf } from './datasets.ts';
import type { Draft } from './drafts.ts';
import { JsonError, parseExact, utf8Text } from './exact-json.ts';
import { createQueries } from './queries.ts';
import { createReservation } from './reservation.ts';

export type ReceiveOptions = { datasets: Datasets; maxBody: number; log: Log; count: (name: string) => void };

// The largest body of a call that carries no data.
const SMALL_BODY = 64 * 1024;

const asRefusal = (error: unknown): unknown => {
	if (error instanceof JsonError) return new HttpError(400, 'bad-request', `not JSON: ${error.message}`);
	if (error instanceof PayloadError) return new HttpError(422, 'payload', error.message);
	return error;
};

const refusing = async <T>(work: () => T | Promise<T>): Promise<T> => {
	try {
		return await work();
	} catch (error) {
		throw asRefusal(error);
	}
};

/** The object in a small body. */
const fieldsIn = async (request: IncomingMessage): Promise<Fields> => {
	checkBody(request, SMALL_BODY);
	const bytes = await smallBody(request, SMALL_BODY);
	const value = await refusing(() => parseExact(utf8Text(bytes)));
	if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
	throw new HttpError(400, 'bad-request', 'the body is no JSON object');
};

const checkStatus = (status: unknown, wanted: string): void => {
	if (status === wanted) return;
	const given = JSON.stringify(status)?.slice(0, 100) ?? 'nothing';
	throw new HttpError(422, 'payload', `"status" is ${given}`, `send {"status":"${wanted}"}`);
};

const cycleInBody = (file: string, { dataset, version }: Call): Cycle => {
	const ms = millisOf(version);
	const timestamp = Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
	return cycleFromPayload(parseExact(utf8Text(readFileSync(file))), version, dataset, timestamp);
};

/** The answer for data that belong to a version that is published already. */
const answerToRepeated = (dataset: Dataset, cycle: Cycle): Answer => {
	const { version } = cycle;
	if (isSameContent(dataset.read(version), cycle))
		return { status: 200, body: { dataset: dataset.name, version, status: 'PUBLISHED' } };
	throw new HttpError(
		409,
		'conflict',
		`version ${version} is published, with other data`,
		'push a newer version',
	);
};

/** The calls of the interface; each throws HttpError, GoneError, or what the system says. */
export const createReceiver = ({ datasets, maxBody, log, count }: ReceiveOptions) => {
	const reserving = createReservation(datasets.hasRoom);

	const begin = async (call: Call): Promise<Answer> => {
		const { version: asked, status } = await fieldsIn(call.request);
		checkStatus(status, 'ANNOUNCING');
		const version = cycleVersionOf(asked);
		const given = String(asked).slice(0, 40);
		if (version === undefined)
			throw new HttpError(
				422,
				'payload',
				`"version" is ${JSON.stringify(asked)?.slice(0, 100)}`,
				VERSION_RULE,
			);
		if (isAhead(version, Date.now())) throw new HttpError(422, 'payload', `version ${version} ${AHEAD}`);
		const dataset = datasets.make(call.dataset);
		const announced = dataset.announced();
		if (isPublished(dataset, version))
			throw new HttpError(409, 'published', `version ${version} is published already`);
		if (announced !== undefined && !isAbove(version, announced)) throw notAbove(version, announced);
		const isNew = (await dataset.open()).begin(version);
		const body = { dataset: dataset.name, version, status: 'ANNOUNCING', ...millisNote(version, given) };
		return { status: isNew ? 201 : 200, body };
	};

	/** The body that has come in `path` becomes that of its version, unless that was published meanwhile. */
	const settle = (call: Call, dataset: Dataset, path: string, bytes: number, cycle: Cycle): Answer => {
		const begun = dataset.drafts()?.get(call.version);
		if (isPublished(dataset, call.version)) return answerToRepeated(dataset, cycle);
		if (!begun) throw absentVersion(call, dataset);
		dataset.drafts()!.replace(begun, path, bytes);
		const { version, given } = call;
		const body = { dataset: dataset.name, version, status: 'ANNOUNCING', data: true, bytes };
		return { status: 200, body: { ...body, states: cycle.states.length, ...millisNote(version, given) } };
	};
	const takeData = async (call: Call): Promise<Answer> => {
		checkBody(call.request, maxBody);
		const dataset = datasets.find(call.dataset);
		const known = dataset?.drafts()?.get(call.version);
		if (!dataset || (!known && !isPublished(dataset, call.version))) throw absentVersion(call, dataset);
		const path = (await dataset.open()).fresh(call.version);
		const size = Number(call.request.headers['content-length'] ?? maxBody);
		const bytes = await reserving(size, known?.bytes ?? 0, () => spool(call.request, maxBody, path));
		try {
			const cycle = await refusing(() => cycleInBody(path, call));
			return await dataset.serial(() => settle(call, dataset, path, bytes, cycle));
		} finally {
			rmSync(path, { force: true });
		}
	};

	const outcomeOf = (call: Call, outcome: Outcome): Fields => {
		const { dataset, version } = call;
		count(outcome.kind);
		if (outcome.kind === 'old') throw notAbove(version, outcome.announced);
		const common = { dataset, version, status: 'PUBLISHED', ...millisNote(version, call.given) };
		if (outcome.kind === 'unchanged') {
			log.info(
				`${dataset}: ${version} holds what ${outcome.version ?? 'no version'} holds; nothing to publish`,
			);
			return { ...common, unchanged: true, announced: outcome.version ?? null };
		}
		const { kind, phases, ...sizes } = outcome;
		log.info(`${dataset}: published ${version}`, { snapshot: outcome.snapshot, delta: outcome.delta ?? 0 });
		return { ...common, ...sizes };
	};
	const publish = async (call: Call, dataset: Dataset, begun: Draft): Promise<Answer> => {
		const hint = `POST /api/datasets/${call.dataset}/versions/${call.version}/data comes before`;
		if (begun.body === undefined)
			throw new HttpError(409, 'order', `version ${call.version} has no data yet`, hint);
		const cycle = await refusing(() => cycleInBody(begun.body!, call));
		const outcome = await dataset.publish(cycle).catch((error) => {
			log.error(`${call.dataset}: ${call.version} is not published: ${(error as Error).message}`);
			throw refusalOf(error);
		});
		dataset.drafts()?.forget(call.version);
		return { status: 200, body: outcomeOf(call, outcome) };
	};
	const setStatus = async (call: Call): Promise<Answer> => {
		checkStatus((await fieldsIn(call.request)).status, 'PUBLISHED');
		const dataset = datasets.find(call.dataset);
		if (!dataset) throw unknownVersion(call);
		return dataset.serial(() => {
			if (isPublished(dataset, call.version))
				return { status: 200, body: { dataset: dataset.name, version: call.version, status: 'PUBLISHED' } };
			const begun = dataset.drafts()?.get(call.version);
			if (!begun) throw absentVersion(call, dataset);
			return publish(call, dataset, begun);
		});
	};

	return { ...createQueries(datasets), begin, takeData, setStatus };
};

export type Receiver = ReturnType<typeof createReceiver>;
