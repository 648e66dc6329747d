// channel: commands to Kea, over its control socket or over HTTP

import { connect } from 'node:net';
import { describe } from '../failure.ts';
import { CallError, type Client } from '../net/client.ts';
import { type Answer, answerIn, KeaError, newestIn } from './answer.ts';

/** Asks one command. @throws KeaError, also where `signal` is aborted first. */
export type Channel = (command: string, signal: AbortSignal, service?: string) => Promise<Answer>;

const TOO_LONG = (most: number) =>
	new KeaError(
		'away',
		`an answer of more than ${most} bytes; --max-answer allows more, "statistic-default-sample-count": 1 in Kea makes it small`,
	);

const LATE = 'no answer in time';

/** One command down the control socket at `path`, and all that comes back until Kea closes it. */
const exchange = (path: string, command: string, most: number, signal: AbortSignal): Promise<string> =>
	new Promise((resolve, reject) => {
		const pieces: Buffer[] = [];
		let size = 0;
		const socket = connect(path);
		const fail = (error: KeaError) => {
			socket.destroy();
			reject(error);
		};
		const onAbort = () => fail(new KeaError('away', LATE));
		signal.addEventListener('abort', onAbort);
		socket.on('connect', () => socket.write(JSON.stringify({ command })));
		socket.on('data', (piece: Buffer) => {
			pieces.push(piece);
			size += piece.length;
			if (size > most) fail(TOO_LONG(most));
		});
		socket.on('error', (error: NodeJS.ErrnoException) => {
			const isDenied = error.code === 'EACCES' || error.code === 'EPERM';
			const hint = isDenied ? '; whoever may write to it is let in, often the group of Kea' : '';
			fail(new KeaError(isDenied ? 'denied' : 'away', `${describe(error)}${hint}`));
		});
		socket.on('end', () => {
			socket.destroy();
			resolve(Buffer.concat(pieces).toString());
		});
		socket.on('close', () => {
			signal.removeEventListener('abort', onAbort);
			reject(new KeaError('away', 'the connection ended before an answer'));
		});
		if (signal.aborted) onAbort();
	});

const answerFor = (command: string, text: string): Answer =>
	answerIn(command === 'statistic-get-all' ? newestIn(text) : text);

/** Kea's control socket: it takes one command a connection. An answer has at most `most` bytes. */
export const socketChannel =
	(path: string, most: number): Channel =>
	async (command, signal) =>
		answerFor(command, await exchange(path, command, most, signal));

// What the control agent says of a server that does not run.
const OFFLINE = /unable to forward command|forwarding socket is not configured|likely to be offline/;

/** Kea over HTTP: a control agent, which passes a command on to `service`, or a server that listens itself. */
export const httpChannel =
	(url: URL, client: Client, most: number): Channel =>
	async (command, signal, service) => {
		const body = JSON.stringify({ command, ...(service === undefined ? {} : { service: [service] }) });
		const reply = await client
			.call('POST', url, () => [body], signal, { 'Content-Type': 'application/json' })
			.catch((error: unknown) => {
				throw new KeaError('away', error instanceof CallError ? error.message : LATE);
			});
		const { status, bytes, text } = reply;
		if (status === 401 || status === 403)
			throw new KeaError(
				'denied',
				`Kea does not let us in (${status}); --auth-file FILE holds NAME:PASSWORD of one of its clients`,
			);
		if (status !== 200)
			throw new KeaError('away', `the answer is HTTP status ${status}; is this the address of Kea?`);
		if (bytes.length >= most) throw TOO_LONG(most);
		const answer = answerFor(command, text);
		if (answer.result !== 0 && OFFLINE.test(answer.text)) throw new KeaError('away', answer.text);
		return answer;
	};
