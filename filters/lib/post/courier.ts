// courier: one batch after the other to a server, each until the server has it or never will

import { createCatchUp } from '../flow/catch-up.ts';
import type { Log } from '../log.ts';
import { CallError, type Client } from '../net/client.ts';
import { type Patience, retryAfter } from '../net/patience.ts';
import { type Judgement, reasonIn } from './judgement.ts';
import type { Batch } from './queue.ts';

/** A body and what its headers say about it. */
export type Post = { body: Uint8Array; headers: Record<string, string> };

/** How a protocol writes items, and what an answer means to it. */
export type Protocol<Item> = {
	/** A body with these; made again for each attempt. */
	write: (items: readonly Item[]) => Post;
	judge: (reply: Awaited<ReturnType<Client['call']>>, items: readonly Item[]) => Judgement;
	/** After so many refusals in a row a body is no longer divided (40). */
	mostRefusals?: number;
};

export type CourierOptions<Item> = {
	protocol: Protocol<Item>;
	client: Client;
	url: URL;
	patience: Patience;
	/** What items hold, in the plural. */
	what: string;
	/** How many of that there are in a list of items. */
	sizeOf: (items: readonly Item[]) => number;
	log: Log;
	count: (name: string, by?: number) => void;
	/** The oldest batch; undefined when none waits. */
	first: () => Batch<Item> | undefined;
	/** A batch is done with, however that came about. */
	onSettled: (batch: Batch<Item>) => void;
	/** A batch shall be sent in two parts: the answer is whether it could be divided. */
	onDivide: (batch: Batch<Item>) => boolean;
	onFailure: (error: unknown) => void;
};

export type Courier = {
	/** There is something to send. */
	start: () => void;
	/** Give up what is on its way and begin nothing new. */
	stop: () => Promise<void>;
};

// A server that refuses everything is not asked about every single item.
const MOST_REFUSALS = 40;

export const createCourier = <Item>(options: CourierOptions<Item>): Courier => {
	const { protocol, client, url, patience, what, sizeOf, log, count, first, onSettled, onDivide } = options;
	const abort = new AbortController();
	const { mostRefusals = MOST_REFUSALS } = protocol;
	let refusals = 0;

	const refuse = (by: number, why: string) => {
		count('refused', by);
		log.error(`${by} ${what} were refused and are lost: ${why}`, {}, `refused ${why.slice(0, 3)}`);
	};
	const take = (items: readonly Item[], { refused, why }: { refused: number; why: string }) => {
		refusals = 0;
		patience.tell('well', '');
		patience.renew();
		count('delivered', sizeOf(items) - refused);
		if (refused > 0) refuse(refused, why);
		else if (why !== '') log.warn(`${url.origin} says: ${why}`, {}, 'advice');
	};
	const ask = async (items: readonly Item[]): Promise<{ judged: Judgement; why: string; least: number }> => {
		const { body, headers } = protocol.write(items);
		try {
			const reply = await client.call('POST', url, () => [body], abort.signal, headers);
			count('posts');
			const least = retryAfter(reply.headers['retry-after'], Date.now());
			return { judged: protocol.judge(reply, items), why: reasonIn(reply), least };
		} catch (error) {
			if (!(error instanceof CallError)) throw error;
			return { judged: { kind: 'wait' }, why: error.message, least: 0 };
		}
	};
	/** Until the server has the batch, or never will: then it is settled, or two parts stand in its place. */
	const deliver = async (batch: Batch<Item>): Promise<void> => {
		for (;;) {
			const { items } = batch;
			const { judged, why, least } = await ask(items);
			if (judged.kind === 'taken') {
				take(items, judged);
				return onSettled(batch);
			}
			if (judged.kind === 'refused') {
				patience.tell('well', '');
				refusals += 1;
				if (judged.isDivisible && refusals < mostRefusals && onDivide(batch)) return;
				refuse(sizeOf(items), why);
				return onSettled(batch);
			}
			if (judged.kind === 'again') {
				log.info(judged.why, {}, judged.why);
				continue;
			}
			patience.tell(judged.kind === 'blocked' ? 'blocked' : 'away', why);
			await patience.pause(least, abort.signal);
		}
	};
	const deliverAll = async () => {
		for (let batch = first(); batch && !abort.signal.aborted; batch = first()) {
			try {
				await deliver(batch);
			} catch (error) {
				if (!abort.signal.aborted) throw error;
			}
		}
	};
	const work = createCatchUp(deliverAll, options.onFailure);
	return {
		start: work.start,
		stop: () => {
			abort.abort(new Error('the program ends'));
			return work.over();
		},
	};
};
