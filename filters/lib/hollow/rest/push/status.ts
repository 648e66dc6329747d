// status: whether a server of the REST interface can be had, and what data sets it has

import { EXIT, Failure } from '../../../failure.ts';
import type { Log } from '../../../log.ts';
import { CallError, type Caller, type Reply } from '../../../net/client.ts';
import type { Emit } from '../../../program.ts';
import { addressBelow } from '../names.ts';
import { type Connection, type ConnectionOptions, connect } from './connection.ts';
import { problemIn } from './moves.ts';

const json = ({ text }: Reply): unknown => {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
};

const get = async (client: Caller, url: URL): Promise<unknown> => {
	const reply = await client.call('GET', url).catch((error) => {
		throw error instanceof CallError ? new Failure(EXIT.unavailable, `${url}: ${error.message}`) : error;
	});
	if (reply.status < 200 || reply.status > 299)
		throw new Failure(EXIT.unavailable, `${url}: the answer is ${problemIn(reply)}`);
	const value = json(reply);
	if (value !== undefined) return value;
	throw new Failure(EXIT.unavailable, `${url}: the answer is no JSON; is this the right address?`);
};

/** Outside text on a terminal: nothing in it may move the cursor or begin a line. */
const printable = (value: unknown): string =>
	String(value)
		.replace(/[\x00-\x1f\x7f-\x9f]/g, '?')
		.slice(0, 200);

const datasetLine = (dataset: { name?: unknown; version?: unknown }): string =>
	`${printable(dataset?.name ?? '?')} ${printable(dataset?.version ?? 'nothing published')}`;

/** What a server says of itself and of its data sets, a line each. */
const serverLines = async ({ client, base }: Connection): Promise<string[]> => {
	const status = (await get(client, addressBelow(base, 'status'))) as { status?: unknown } | null;
	if (status?.status === undefined)
		throw new Failure(
			EXIT.unavailable,
			`${base}/status: no "status" in the answer; is this the right address?`,
		);
	const datasets = await get(client, addressBelow(base, 'datasets'));
	if (!Array.isArray(datasets))
		throw new Failure(EXIT.unavailable, `${base}/datasets: the answer is no list`);
	return [
		`${base}: status ${printable(status.status)}, ${datasets.length} data sets`,
		...datasets.map(datasetLine),
	];
};

const DEFAULT_URL = 'http://localhost:7001';
const DEFAULT_TIMEOUT = '5s';

/**
 * Print what the server that the options name says of itself and of its data sets.
 * @throws Failure(69) when it cannot be had or is something else.
 */
export const printStatus = async ({
	options,
	log,
	emit,
}: {
	options: ConnectionOptions;
	log: Log;
	emit: Emit;
}): Promise<void> => {
	const url = options['producer-url'] ?? DEFAULT_URL;
	for (const line of await serverLines(connect(options, url, DEFAULT_TIMEOUT, log))) emit(line);
};
