// connection: one open TCP connection to the first of several servers that can be had
// Reconnects with a growing delay, moves on to the next server, and goes back when the first is up again.

import type { Socket } from 'node:net';
import { describe } from '../failure.ts';
import type { Log } from '../log.ts';
import { dial, type Server } from '../net/dial.ts';

/**
 * How a connection ended, or could not be made. `finished`: the server closed its side after we had closed ours.
 * `closed`: it closed it by itself, in order, and is asked at once for another connection. Else it is `lost`.
 */
export type Ending = 'finished' | 'closed' | 'lost';

export type ConnectionOptions = {
	servers: Server[];
	connectTimeoutMs: number;
	/** The longest delay between two rounds of attempts. */
	retryMaxMs: number;
	log: Log;
	onUp: () => void;
	/** The connection is gone, or there is still none. */
	onDown: (ending: Ending) => void;
	/** The server has closed its side; ours is still open. */
	onEnd: (socket: Socket) => void;
	onDrain: () => void;
};

export type Connection = {
	/** The socket to write to, while there is one. */
	socket: () => Socket | undefined;
	/** Whether there is a connection, be it one that is just closing. */
	isUp: () => boolean;
	open: () => void;
	/** Give the connection up, and the server as well where there is another one. */
	abandon: (reason: string) => void;
	/** Say that no more comes, and let the server close when it has read everything. */
	finish: () => void;
	/** Give up whatever there is, for good. */
	destroy: () => void;
};

const FIRST_DELAY_MS = 200;
// A server that hangs up sooner than this counts as one that cannot be had, so that the delay grows.
const STEADY_MS = 5000;
// A proxy that has no server behind it hangs up sooner than this; one that closes what is idle does not.
const HELD_MS = 100;
const JITTER = 0.2;

/** The delay behind `delay`: twice that, up to the most. */
const nextDelay = (delay: number, most: number): number => Math.min(most, delay * 2);

const nameOf = ({ host, port }: Server): string =>
	host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

export const createConnection = (options: ConnectionOptions): Connection => {
	const { servers, connectTimeoutMs, log, onUp, onDown, onEnd, onDrain } = options;
	const retryMaxMs = Math.max(options.retryMaxMs, FIRST_DELAY_MS);
	let index = 0;
	let delay = FIRST_DELAY_MS;
	let current: Socket | undefined;
	let cancel = () => {};
	let upAt: number | undefined;
	let isFinishing = false;
	let isSwitching = false;
	let isOver = false;
	let retry: NodeJS.Timeout | undefined;
	let probe: NodeJS.Timeout | undefined;
	let cancelProbe = () => {};

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
		cancelProbe();
		cancelProbe = dial(first!, connectTimeoutMs, (_error, socket) => {
			socket?.destroy();
			if (!socket || !current) return;
			log.info(`${nameOf(first!)} is up again; going back to it`);
			isSwitching = true;
			const old = current;
			current = undefined;
			old.end();
			setTimeout(() => old.destroy(), connectTimeoutMs).unref();
		});
	};
	const isDown = (ending: Ending, reason: string, isAbandoned?: boolean) => {
		const upMs = upAt === undefined ? 0 : performance.now() - upAt;
		const wasSteady = upMs >= STEADY_MS;
		const wasSwitching = isSwitching;
		const isAgain = ending === 'closed' && upMs >= HELD_MS;
		clearInterval(probe);
		cancelProbe();
		[current, upAt, isSwitching] = [undefined, undefined, false];
		onDown(ending === 'closed' && !isAgain ? 'lost' : ending);
		if (isOver || isFinishing) return;
		if (isAgain) {
			log.info(`${nameOf(servers[index]!)} closed the connection; connecting again`, {}, `closed ${index}`);
			return open();
		}
		if (!wasSwitching) log.warn(`${nameOf(servers[index]!)}: ${reason}; trying again`, {}, `down ${index}`);
		if (isAbandoned || (!wasSteady && !wasSwitching)) return tryNext();
		index = 0;
		delay = FIRST_DELAY_MS;
		if (wasSwitching) open();
		else later();
	};
	const isUp = (socket: Socket) => {
		let reason = '';
		let hasEnded = false;
		current = socket;
		upAt = performance.now();
		log.info(`connected to ${nameOf(servers[index]!)}`, {}, `connected ${index}`);
		if (index > 0) probe = setInterval(lookForFirst, retryMaxMs);
		// A server has nothing to say; unread bytes would keep its end of the connection from being seen.
		socket.resume();
		socket.on('error', (error) => {
			reason = describe(error) || 'the connection broke';
		});
		socket.on('drain', onDrain);
		socket.once('end', () => {
			hasEnded = true;
			onEnd(socket);
		});
		socket.once('close', () => {
			const isOrderly = hasEnded && reason === '' && !isSwitching;
			const ending = isOrderly ? (isFinishing ? 'finished' : 'closed') : 'lost';
			isDown(ending, abandoned || reason || 'the server closed the connection', abandoned !== '');
			abandoned = '';
		});
		onUp();
	};
	let abandoned = '';
	const open = () => {
		cancel = dial(servers[index]!, connectTimeoutMs, (error, socket) => {
			if (socket) isUp(socket);
			else isDown('lost', (error && describe(error)) || 'cannot be reached');
		});
	};
	return {
		socket: () => (current?.writable ? current : undefined),
		isUp: () => upAt !== undefined,
		open,
		abandon: (reason) => {
			abandoned = reason;
			current?.resetAndDestroy();
		},
		finish: () => {
			isFinishing = true;
			clearTimeout(retry);
			clearInterval(probe);
			cancel();
			cancelProbe();
			current?.end();
		},
		destroy: () => {
			isOver = true;
			clearTimeout(retry);
			clearInterval(probe);
			cancel();
			cancelProbe();
			current?.destroy();
		},
	};
};
