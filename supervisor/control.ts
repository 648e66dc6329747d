// control: the Unix socket through which `bpfpipe status` asks a running supervisor
// One line of JSON asks, one line answers; the socket is its owner's alone.

import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { EXIT, Failure } from '../filters/lib/failure.ts';

export type Request = { command: string };
/** Answers one request; what it throws is sent back as `{"error": message}`. */
export type Answer = (request: Request) => unknown;

const LONGEST_REQUEST = 4096;
const TIMEOUT_MS = 5000;

const reply = (text: string, answer: Answer): string => {
	try {
		return JSON.stringify(answer(JSON.parse(text) as Request));
	} catch (error) {
		return JSON.stringify({ error: (error as Error).message });
	}
};

const listen = (path: string, answer: Answer): Promise<Server> =>
	new Promise((resolve, reject) => {
		const server = createServer((socket) => {
			let text = '';
			socket.setEncoding('utf8');
			socket.on('error', () => {});
			socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
			socket.on('data', (chunk: string) => {
				text += chunk;
				if (text.length > LONGEST_REQUEST) socket.destroy();
				else if (text.includes('\n')) socket.end(`${reply(text, answer)}\n`);
			});
		});
		server.once('error', reject);
		const umask = process.umask(0o177);
		server.listen(path, () => resolve(server));
		process.umask(umask);
	});

/**
 * Serve `answer` on a socket at `path`, taking the place of a supervisor that is gone.
 * @throws Failure(69) when another supervisor answers there.
 */
export const serveControl = async (path: string, answer: Answer): Promise<() => void> => {
	const taken = await ask(path, { command: 'ping' }).then(
		() => true,
		() => false,
	);
	if (taken) throw new Failure(EXIT.unavailable, `${path}: a supervisor with this name is running already`);
	rmSync(path, { force: true });
	const server = await listen(path, answer);
	chmodSync(path, 0o600);
	return () => {
		server.close();
		rmSync(path, { force: true });
	};
};

/**
 * Ask the supervisor behind `path`.
 * @throws Failure(69) when there is none.
 */
export const ask = (path: string, request: Request): Promise<unknown> =>
	new Promise((resolve, reject) => {
		const socket = createConnection(path);
		let text = '';
		socket.setEncoding('utf8');
		socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('time-out')));
		socket.on('error', (error) =>
			reject(new Failure(EXIT.unavailable, `${path}: no supervisor answers (${error.message})`)),
		);
		socket.on('data', (chunk: string) => {
			text += chunk;
		});
		socket.on('close', () => {
			try {
				resolve(JSON.parse(text));
			} catch {
				reject(new Failure(EXIT.unavailable, `${path}: no supervisor answers`));
			}
		});
		socket.write(`${JSON.stringify(request)}\n`);
	});
