// explorer: data sets of Hollow for whoever has only a browser: versions, types, records with search, differences
//
//   .../hollow                                  the data sets           .../hollow/NAME            its versions
//   .../hollow/NAME/VERSION                     its types               VERSION may be "announced"
//   .../hollow/NAME/VERSION/records?type=Metric&search=cpu&offset=0&limit=50
//   .../hollow/NAME/diff?from=VERSION&to=VERSION&offset=0&limit=100

import { EXIT, verdict } from '../../failure.ts';
import type { Answer } from '../../http/answer.ts';
import { HttpError } from '../../http/http-error.ts';
import { Budget } from '../blob/budget.ts';
import { StateError, ValueError } from '../blob/bytes/errors.ts';
import { checksum, hex, type State } from '../blob/state.ts';
import { schemaText } from '../blob/type/schema-text.ts';
import { ordinalsOf } from '../blob/values.ts';
import { announcedIn } from '../folder/announcement.ts';
import { isVersion, type Version } from '../version.ts';
import { compare } from '../view/comparison.ts';
import { diffLines, tallies } from '../view/diff.ts';
import { expandedText, rootsOf } from '../view/json.ts';
import { statsOf } from '../view/stats.ts';
import { createShelf, type Dataset, type Shelf } from './shelf.ts';

const MIB = 1024 * 1024;
const LIMIT = 50;
const MOST_LIMIT = 1000;
// What one answer may be; more is had with another offset.
const MOST_TEXT = 16 * MIB;
// A search looks so long, ms, and says where to go on: meanwhile nothing else is answered.
const SEARCH_MS = 200;

const json = (text: string): Answer => ({ status: 200, bytes: `${text}\n`, isCompressible: true });

const wholeIn = (parameters: URLSearchParams, name: string, usual: number, most: number): number => {
	const text = parameters.get(name) ?? String(usual);
	if (/^\d{1,15}$/.test(text) && Number(text) <= most) return Number(text);
	throw new HttpError(
		400,
		'bad-request',
		`${name}=${text.slice(0, 100)} is not a whole number up to ${most}`,
	);
};

const versionOf = ({ folder }: Dataset, text: string | null, what: string): Version => {
	if (text === 'announced') return announcedIn(folder);
	if (text !== null && isVersion(text)) return text;
	throw new HttpError(400, 'bad-request', `${what} is not a version, which is digits, nor "announced"`);
};

const typesText = (state: State): object[] => {
	const roots = new Set(rootsOf(state));
	return statsOf(state).map((stats) => ({
		...stats,
		schema: schemaText(state.tables.get(stats.name)!.schema),
		isRoot: roots.has(stats.name),
	}));
};

/** Records whose text has the words, from a place on; `next` is the place to go on from. */
const recordsText = (state: State, parameters: URLSearchParams): string => {
	const type = parameters.get('type') ?? rootsOf(state)[0] ?? '';
	if (!state.tables.has(type))
		throw new HttpError(404, 'not-found', `there is no type ${JSON.stringify(type.slice(0, 100))}`);
	const search = (parameters.get('search') ?? '').toLowerCase();
	const limit = wholeIn(parameters, 'limit', LIMIT, MOST_LIMIT);
	const ordinals = ordinalsOf(state, type);
	const until = performance.now() + SEARCH_MS;
	const found: string[] = [];
	let length = 0;
	const offset = wholeIn(parameters, 'offset', 0, Number.MAX_SAFE_INTEGER);
	let at = offset;
	for (; at < ordinals.length && found.length < limit && length < MOST_TEXT; at++) {
		if (at > offset && performance.now() > until) break;
		const ordinal = ordinals[at]!;
		const text = expandedText(state, type, ordinal, new Budget(MOST_TEXT));
		if (search !== '' && !text.toLowerCase().includes(search)) continue;
		found.push(`{"ordinal":${ordinal},"value":${text}}`);
		length += text.length;
	}
	const next = at < ordinals.length ? `,"next":${at}` : '';
	const head = `"type":${JSON.stringify(type)},"total":${ordinals.length}${next}`;
	return `{${head},"records":[${found.join(',')}]}`;
};

const diffText = (shelf: Shelf, dataset: Dataset, parameters: URLSearchParams): string => {
	const from = versionOf(dataset, parameters.get('from'), 'from=');
	const to = versionOf(dataset, parameters.get('to') ?? 'announced', 'to=');
	const offset = wholeIn(parameters, 'offset', 0, Number.MAX_SAFE_INTEGER);
	const limit = wholeIn(parameters, 'limit', 2 * LIMIT, MOST_LIMIT);
	const both = compare(shelf.state(dataset, from), shelf.state(dataset, to), new Budget());
	const counts = tallies(both).map(([name, tally]) => ({ name, ...tally }));
	const lines: string[] = [];
	let [at, length, hasMore] = [0, 0, false];
	for (const line of diffLines(both, { from, to })) {
		hasMore = lines.length >= limit || length > MOST_TEXT;
		if (hasMore) break;
		if (at++ < offset) continue;
		lines.push(line.trimEnd());
		length += line.length;
	}
	const head = `"from":"${from}","to":"${to}","tallies":${JSON.stringify(counts)}`;
	return `{${head}${hasMore ? `,"next":${at}` : ''},"changes":[${lines.join(',')}]}`;
};

/** What a client is told of what is wrong with a data set. */
const refusalOf = (error: unknown): unknown => {
	if (error instanceof HttpError) return error;
	if (error instanceof StateError || error instanceof ValueError)
		return new HttpError(422, 'payload', error.message);
	const { code, message } = verdict(error);
	if (code === EXIT.data) return new HttpError(422, 'payload', message);
	if (code === EXIT.unavailable) return new HttpError(404, 'not-found', message);
	return code === EXIT.denied ? new HttpError(503, 'server', message) : error;
};

export const createExplorer = (folder: string) => {
	const shelf = createShelf(folder);
	const answerTo = (steps: string[], parameters: URLSearchParams): Answer => {
		const [name, version, part, ...rest] = steps;
		if (name === undefined) return json(JSON.stringify({ datasets: shelf.list() }));
		const dataset = shelf.find(name);
		if (version === undefined) return json(JSON.stringify({ name, ...shelf.history(dataset) }));
		if (version === 'diff' && part === undefined) return json(diffText(shelf, dataset, parameters));
		const wanted = versionOf(dataset, version, 'the step behind the data set');
		const state = shelf.state(dataset, wanted);
		if (part === undefined) {
			const types = typesText(state);
			return json(JSON.stringify({ name, version: wanted, checksum: hex(checksum(state)), types }));
		}
		if (part === 'records' && rest.length === 0) return json(recordsText(state, parameters));
		throw new HttpError(404, 'not-found', 'there is nothing at this path');
	};
	/** The answer to a path, by its steps below `hollow`. Throws HttpError, and what is a bug. */
	return (steps: string[], parameters: URLSearchParams): Answer => {
		try {
			return answerTo(steps, parameters);
		} catch (error) {
			throw refusalOf(error);
		}
	};
};
