// address: where a server listens: a host and port, a path of a Unix socket, or what systemd has opened already

import { existsSync, lstatSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, type ListenOptions } from 'node:net';
import { EXIT, Failure, naming } from '../failure.ts';
import { hostPort } from '../options.ts';

/** `name` is how people write it. */
export type Address = { name: string; isLocal: boolean; options: ListenOptions & { fd?: number } };

/** Whether nobody outside this machine can connect to an address. */
export const isLocalOnly = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/.test(host);

/** The first descriptor that systemd hands over; they are in a row. */
const FIRST_FD = 3;

/**
 * `HOST:PORT`, `HOST`, `unix:PATH` or a path with a slash at its front.
 * @throws Failure(64)
 */
export const addressOf = (text: string, where: string, port: number): Address => {
	const path = text.startsWith('unix:')
		? text.slice('unix:'.length)
		: text.startsWith('/')
			? text
			: undefined;
	if (path !== undefined) {
		if (path === '') throw new Failure(EXIT.usage, `${where}: "${text}" names no socket`);
		return { name: `unix:${path}`, isLocal: true, options: { path } };
	}
	const { host, port: given } = hostPort(text, where, port);
	const shown = host.includes(':') ? `[${host}]` : host;
	return { name: `${shown}:${given}`, isLocal: isLocalOnly(host), options: { host, port: given } };
};

/**
 * The sockets that were opened for this process (sd_listen_fds(3)); none when it was not started that way. Whether they
 * are local nobody can tell, so they count as such: whoever wrote the unit said where they listen.
 */
export const inheritedAddresses = (env: NodeJS.ProcessEnv): Address[] => {
	if (Number(env.LISTEN_PID) !== process.pid) return [];
	const count = Number(env.LISTEN_FDS ?? 0);
	return Array.from({ length: count }, (_, at) => ({
		name: `descriptor ${FIRST_FD + at}`,
		isLocal: true,
		options: { fd: FIRST_FD + at },
	}));
};

/** Whether somebody answers at a Unix socket. */
const isAnswered = (path: string): Promise<boolean> =>
	new Promise((resolve) => {
		const socket = connect(path);
		socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
		socket.on('connect', () => socket.destroy());
	});

/** Remove what a server that died has left at the path of a Unix socket; a living one's is not ours to take. */
export const clearSocket = async (path: string): Promise<void> => {
	if (!existsSync(path) || !lstatSync(path).isSocket() || (await isAnswered(path))) return;
	rmSync(path, { force: true });
};

/** Listen; @throws the system's error, naming the address. */
export const listenAt = async (server: Server, { name, options }: Address): Promise<void> => {
	if (options.path !== undefined) await clearSocket(options.path);
	await new Promise<void>((resolve, reject) => {
		server.once('error', (error) => reject(naming(error, name)));
		server.listen(options, () => {
			server.removeAllListeners('error');
			resolve();
		});
	});
};
