// control: the Unix socket through which commands reach a running supervisor
// One line of JSON asks, one line answers (`logs` any number); the socket is its owner's alone.

import { chmodSync, closeSync, openSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { EXIT, Failure, verdict } from '../../filters/lib/failure.ts';

export type Request = {
	command: string;
	targets?: string[];
	follow?: boolean;
	/** `logs`: not what was said before this (ms since the epoch), and at most so many lines of the past. */
	since?: number;
	lines?: number;
	/** The pipeline file that is meant: of another one with the same name nothing is done. */
	file?: string;
};
/**
 * Answers one request: the result is one line, or every line that `say` is given before it resolves.
 * What it throws is sent back as `{"error": message, "code": code}`. `gone` is aborted when the asker has left.
 */
export type Answer = (request: Request, say: (line: unknown) => void, gone: AbortSignal) => unknown;

const LONGEST_REQUEST = 64 * 1024;
const MOST_ASKERS = 64;
/** A follower that leaves this much unread is let go. */
const MOST_UNREAD = 1 << 20;
const TIMEOUT_MS = 5000;
/** Stopping takes as long as the stages' graces, one after the other. */
const OPERATION_MS = 600_000;

const parsed = (text: string): Request => {
	const request = JSON.parse(text);
	const { command, targets = [] } = request ?? {};
	const isTargets = Array.isArray(targets) && targets.every((one) => typeof one === 'string');
	if (typeof command === 'string' && isTargets) return { ...request, command, targets };
	throw new Failure(EXIT.usage, 'a request is {"command": ..., "targets": [...]}');
};

const serve = async (socket: Socket, text: string, answer: Answer): Promise<void> => {
	const gone = new AbortController();
	socket.on('close', () => gone.abort());
	const say = (line: unknown) => {
		if (socket.writableLength > MOST_UNREAD) socket.destroy();
		else if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
	};
	try {
		const result = await answer(parsed(text), say, gone.signal);
		if (result !== undefined) say(result);
	} catch (error) {
		const { code, message } = verdict(error);
		say({ error: error instanceof SyntaxError ? 'a request is one line of JSON' : message, code });
	}
	socket.end();
};

/**
 * A way to the socket at `path` that is short enough: the kernel takes 107 bytes for its address. It is good until
 * `close`, and for us alone.
 */
const shortcut = (path: string): { path: string; close: () => void } => {
	const folder = openSync(dirname(path), 'r');
	return { path: `/proc/self/fd/${folder}/${basename(path)}`, close: () => closeSync(folder) };
};

const listen = (path: string, answer: Answer): Promise<Server> =>
	new Promise((resolve, reject) => {
		const server = createServer((socket) => {
			let text = '';
			socket.setEncoding('utf8');
			socket.on('error', () => {});
			socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
			const take = (chunk: string) => {
				text += chunk;
				if (text.length > LONGEST_REQUEST) socket.destroy();
				else if (text.includes('\n')) {
					socket.off('data', take).resume().setTimeout(0);
					serve(socket, text.slice(0, text.indexOf('\n')), answer);
				}
			};
			socket.on('data', take);
		});
		server.maxConnections = MOST_ASKERS;
		server.once('error', reject);
		const umask = process.umask(0o177);
		server.listen(path, () => resolve(server));
		process.umask(umask);
	});

/** Serve `answer` on a socket at `path`, in the place of a supervisor that is gone: the caller has claimed the name. */
export const serveControl = async (path: string, answer: Answer): Promise<() => void> => {
	rmSync(path, { force: true });
	const short = shortcut(path);
	const server = await listen(short.path, answer);
	chmodSync(path, 0o600);
	return () => {
		server.close();
		rmSync(path, { force: true });
		short.close();
	};
};

/**
 * Ask the supervisor behind `path`, and hear each line of its answer.
 * @throws Failure(69) when there is none, or what the supervisor says is wrong with the request.
 */
export const converse = (path: string, request: Request, hear: (line: unknown) => void): Promise<void> =>
	new Promise((resolve, reject) => {
		const refuse = (why: string, cause?: unknown) =>
			reject(new Failure(EXIT.unavailable, `${path}: no supervisor answers${why}`, { cause }));
		let short: ReturnType<typeof shortcut>;
		try {
			short = shortcut(path);
		} catch (error) {
			return refuse(` (${(error as Error).message})`, error);
		}
		const socket = createConnection(short.path);
		let text = '';
		let answered = false;
		const take = (line: string) => {
			const value = JSON.parse(line);
			answered = true;
			if (typeof value?.error === 'string') reject(new Failure(value.code ?? EXIT.unavailable, value.error));
			else hear(value);
		};
		socket.setEncoding('utf8');
		const patience = request.command === 'status' ? TIMEOUT_MS : OPERATION_MS;
		if (!request.follow) socket.setTimeout(patience, () => socket.destroy(new Error('time-out')));
		socket.on('error', (error) => refuse(` (${error.message})`, error));
		socket.on('data', (chunk: string) => {
			const lines = (text + chunk).split('\n');
			text = lines.pop()!;
			try {
				for (const line of lines) take(line);
			} catch {
				socket.destroy(new Error('not JSON'));
			}
		});
		socket.once('close', short.close);
		socket.on('close', () => (answered || request.command === 'logs' ? resolve() : refuse('')));
		socket.write(`${JSON.stringify(request)}\n`);
	});

/** Ask for one line; see `converse`. */
export const ask = async (path: string, request: Request): Promise<unknown> => {
	let answer: unknown;
	await converse(path, request, (line) => {
		answer = line;
	});
	return answer;
};
