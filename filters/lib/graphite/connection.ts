// connection: one open TCP connection to the first of several servers that can be had
// Reconnects with a growing delay, moves on to the next server, and goes back when the first is up again.

import { connect, type Socket } from 'node:net';
import { describe } from '../failure.ts';
import type { Log } from '../log.ts';

export type Server = { host: string; port: number };

export type ConnectionOptions = {
	servers: Server[];
	connectTimeoutMs: number;
	/** The longest delay between two rounds of attempts. */
	retryMaxMs: number;
	log: Log;
	onUp: () => void;
	/** The connection is gone; `orderly` when the server closed its side after we had closed ours. */
	onDown: (orderly: boolean) => void;
	onDrain: () => void;
};

export type Connection = {
	/** The socket to write to, while there is one. */
	socket: () => Socket | undefined;
	/** Whether there is a connection, be it one that is just closing. */
	isUp: () => boolean;
	open: () => void;
	/** Say that no more comes, and let the server close when it has read everything. */
	finish: () => void;
	/** Give up whatever there is, for good. */
	destroy: () => void;
};

const FIRST_DELAY_MS = 200;
// A server that hangs up sooner than this counts as one that cannot be had, so that the delay grows.
const STEADY_MS = 5000;
const KEEPALIVE_MS = 30_000;
const JITTER = 0.2;

/** The delay behind `delay`: twice that, up to the most. */
export const nextDelay = (delay: number, most: number): number => Math.min(most, delay * 2);

const nameOf = ({ host, port }: Server): string =>
	host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** A socket that is connected, or calls back with the reason why not. */
const dial = ({ host, port }: Server, timeoutMs: number): Socket => {
	const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS });
	const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), timeoutMs);
	socket.once('connect', () => clearTimeout(timer));
	socket.once('close', () => clearTimeout(timer));
	// A server has nothing to say; unread bytes would keep its end of the connection from being seen.
	socket.resume();
	return socket;
};

export const createConnection = (options: ConnectionOptions): Connection => {
	const { servers, connectTimeoutMs, log, onUp, onDown, onDrain } = options;
	const retryMaxMs = Math.max(options.retryMaxMs, FIRST_DELAY_MS);
	let index = 0;
	let delay = FIRST_DELAY_MS;
	let current: Socket | undefined;
	let dialling: Socket | undefined;
	let upAt: number | undefined;
	let isFinishing = false;
	let isSwitching = false;
	let isOver = false;
	let retry: NodeJS.Timeout | undefined;
	let probe: NodeJS.Timeout | undefined;

	const later = () => {
		const wait = Math.min(retryMaxMs, delay * (1 + JITTER * (Math.random() * 2 - 1)));
		delay = nextDelay(delay, retryMaxMs);
		retry = setTimeout(open, wait);
	};
	/** The server could not be had, or only for a moment. */
	const tryNext = () => {
		index = (index + 1) % servers.length;
		if (index === 0) later();
		else open();
	};
	const lookForFirst = () => {
		const [first] = servers;
		const socket = dial(first!, connectTimeoutMs);
		socket.once('error', () => {});
		socket.once('connect', () => {
			socket.destroy();
			if (index === 0 || !current || isFinishing || isOver) return;
			log.info(`${nameOf(first!)} is up again; going back to it`);
			isSwitching = true;
			const old = current;
			current = undefined;
			old.end();
			setTimeout(() => old.destroy(), connectTimeoutMs).unref();
		});
	};
	const isUp = (socket: Socket) => {
		current = socket;
		dialling = undefined;
		upAt = performance.now();
		log.info(`connected to ${nameOf(servers[index]!)}`, {}, `connected ${index}`);
		if (index > 0) probe = setInterval(lookForFirst, retryMaxMs);
		onUp();
	};
	const isDown = (reason: string) => {
		const wasUp = upAt !== undefined;
		const wasSteady = wasUp && performance.now() - upAt! >= STEADY_MS;
		const wasSwitching = isSwitching;
		clearInterval(probe);
		[current, dialling, upAt, isSwitching] = [undefined, undefined, undefined, false];
		if (wasUp) onDown(isFinishing && reason === '');
		if (isOver || isFinishing) return;
		const why = reason || 'the server closed the connection';
		if (!wasSwitching) log.warn(`${nameOf(servers[index]!)}: ${why}; trying again`, {}, `down ${index}`);
		if (!wasSteady && !wasSwitching) return tryNext();
		index = 0;
		delay = FIRST_DELAY_MS;
		if (wasSwitching) open();
		else later();
	};
	const open = () => {
		if (isOver || isFinishing) return;
		let reason = '';
		const socket = dial(servers[index]!, connectTimeoutMs);
		dialling = socket;
		socket.on('error', (error) => {
			reason = describe(error) || 'cannot be reached';
		});
		socket.once('connect', () => isUp(socket));
		socket.on('drain', onDrain);
		socket.once('close', () => isDown(reason));
	};
	return {
		socket: () => (current?.writable ? current : undefined),
		isUp: () => upAt !== undefined,
		open,
		finish: () => {
			isFinishing = true;
			clearTimeout(retry);
			dialling?.destroy();
			current?.end();
		},
		destroy: () => {
			isOver = true;
			clearTimeout(retry);
			clearInterval(probe);
			dialling?.destroy();
			current?.destroy();
		},
	};
};
