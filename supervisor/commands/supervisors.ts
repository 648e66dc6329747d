// supervisors: those that run now, found by their sockets: of one pipeline file there may be several, each with a part

import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { ask } from '../daemon/control.ts';
import type { Status } from '../health/status.ts';
import { runFolders, SOCKET, socketOf } from '../machine/places.ts';
import { isSameFile } from '../machine/same-file.ts';

/** One that has answered, and what it said of itself. */
export type Supervisor = { socket: string; status: Status };

// What a supervisor that was killed leaves behind refuses; nobody is there.
const NOBODY = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'];

const socketsIn = (folder: string): string[] => {
	try {
		return readdirSync(folder).flatMap((entry) => (entry.endsWith(SOCKET) ? join(folder, entry) : []));
	} catch {
		return [];
	}
};

/** Whether the socket belongs to what the file called `name` describes: to all of it, or to a part. */
const isOf = (name: string) => (socket: string) => `${basename(socket, SOCKET)}.`.startsWith(`${name}.`);

const isNobody = (error: unknown): boolean => {
	const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
	return NOBODY.includes(code ?? '');
};

/** What became of asking all `sockets`: who answered, and who is there and does not. */
const askAll = async (sockets: string[]): Promise<{ answered: Supervisor[]; silent: Failure[] }> => {
	const asked = sockets.map(async (socket) => ({
		socket,
		status: (await ask(socket, { command: 'status' })) as Status,
	}));
	const results = await Promise.allSettled(asked);
	return {
		answered: results.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])),
		silent: results.flatMap((one) => (one.status === 'rejected' && !isNobody(one.reason) ? one.reason : [])),
	};
};

/** Every supervisor on this machine that lets us ask. */
export const allSupervisors = () => askAll(runFolders().flatMap(socketsIn));

const nobody = (name: string): Failure => {
	const hint = process.getuid?.() === 0 ? '' : '; one of root or of a systemd unit answers root alone';
	return new Failure(EXIT.unavailable, `${socketOf(name)}: no supervisor answers${hint}`);
};

/**
 * The supervisors of `file`, whose name is `name`, and those of that name that do not answer.
 * @throws Failure(69) when there is none, or only of another file.
 */
export const supervisorsOf = async (file: string, name: string) => {
	const sockets = runFolders().flatMap(socketsIn).filter(isOf(name));
	const { answered, silent } = await askAll(sockets);
	const ours = answered.filter(({ status }) => isSameFile(status.file, file));
	if (ours.length > 0 || silent.length > 0) return { answered: ours, silent };
	const [other] = answered;
	if (!other) throw nobody(name);
	throw new Failure(
		EXIT.unavailable,
		`"${name}" runs from ${other.status.file}, not from ${file}; give that file, or rename one with "name:"`,
	);
};
