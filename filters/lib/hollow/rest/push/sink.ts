// sink: a server as the place where cycles go: what waits, what is kept for the next run, and how it ends

import { writeAck } from '../../../disk/ack.ts';
import { EXIT, Failure } from '../../../failure.ts';
import type { Log } from '../../../log.ts';
import type { Caller } from '../../../net/client.ts';
import { createDelivery } from './delivery.ts';
import { createPusher, type Pusher } from './pusher.ts';
import { folderQueue, memoryQueue } from './queue.ts';

export type SinkOptions = {
	client: Caller;
	base: URL;
	/** See `DeliveryOptions`. */
	retryMaxMs: number;
	/** How many cycles may wait, in the folder `spool` or in memory. */
	most: number;
	spool: string | undefined;
	/** The ack file, '' = none: then what is too much is dropped instead of waited for. */
	ack: string;
	/** How long what waits is sent at the end of input, in ms. */
	drainMs: number;
	say: (text: string) => void;
	log: Log;
	count: (name: string, by?: number) => void;
	fail: (error: unknown) => void;
	/** Aborted at TERM. */
	signal: AbortSignal;
};

export type Sink = Omit<Pusher, 'finish' | 'release'> & {
	/** @throws Failure(69), or 77 where the server wants another token, when cycles are lost. */
	finish: (how: 'eof' | 'term') => Promise<void>;
};

// Whoever sends TERM waits only so long before it sends KILL.
const TERM_MS = 5000;

export const openSink = (options: SinkOptions): Sink => {
	const { ack, spool, drainMs, log, fail, signal } = options;
	const delivery = createDelivery(options);
	const pusher = createPusher({
		...options,
		delivery,
		queue: spool === undefined ? memoryQueue() : folderQueue(spool),
		holds: ack !== '',
		onConfirmed: (position) => {
			if (ack !== '') writeAck(ack, position);
		},
		onFailure: fail,
	});
	signal.addEventListener('abort', pusher.release);
	const isKept = ack !== '' || spool !== undefined;
	return {
		...pusher,
		finish: async (how) => {
			const isTerm = how === 'term';
			const left = await pusher.finish(isTerm ? Math.min(drainMs, TERM_MS) : drainMs, isTerm && isKept);
			if (left === 0) return;
			if (isKept) return log.info(`${left} cycles are not published; the next run takes them up again`);
			const code = delivery.condition() === 'blocked' ? EXIT.denied : EXIT.unavailable;
			throw new Failure(code, `${left} cycles were not published`);
		},
	};
};
