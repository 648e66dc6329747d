// dial: a TCP connection to a host, by whichever of its addresses answers first
// As RFC 8305 ("happy eyeballs"), but no address is given up before the whole time is over: one that is far away may be
// the only one there is. Node's own gives each a quarter of a second.

import { lookup } from 'node:dns';
import { connect, type Socket } from 'node:net';

export type Server = { host: string; port: number };

/** The connection, or why there is none. Called once, unless the attempt is cancelled before. */
export type Dialled = (error: Error | undefined, socket?: Socket) => void;

const STAGGER_MS = 250;
const KEEPALIVE_MS = 30_000;

/** Begin to connect; the answer comes within `timeoutMs`. The result cancels what is not over yet. */
export const dial = ({ host, port }: Server, timeoutMs: number, done: Dialled): (() => void) => {
	const attempts = new Set<Socket>();
	let left: string[] = [];
	let failure: Error | undefined;
	let isOver = false;
	let stagger: NodeJS.Timeout | undefined;

	const end = (winner?: Socket) => {
		isOver = true;
		clearTimeout(stagger);
		clearTimeout(limit);
		for (const socket of attempts) if (socket !== winner) socket.destroy();
		attempts.clear();
	};
	const settle = (error: Error | undefined, socket?: Socket) => {
		end(socket);
		done(error, socket);
	};
	const limit = setTimeout(() => settle(failure ?? new Error('no answer in time')), timeoutMs);
	const tryNext = () => {
		const address = left.shift();
		if (address === undefined) return;
		const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS };
		const socket = connect({ host: address, port, ...options });
		attempts.add(socket);
		clearTimeout(stagger);
		stagger = setTimeout(tryNext, STAGGER_MS);
		socket.once('connect', () => settle(undefined, socket));
		socket.on('error', (error) => {
			attempts.delete(socket);
			if (isOver) return;
			failure = error;
			if (left.length > 0) tryNext();
			else if (attempts.size === 0) settle(error);
		});
	};
	lookup(host, { all: true }, (error, addresses) => {
		if (isOver) return;
		if (error) return settle(error);
		left = addresses.map(({ address }) => address);
		tryNext();
	});
	return () => end();
};
