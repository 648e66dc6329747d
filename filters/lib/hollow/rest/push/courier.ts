// courier: what waits in a queue to its server, one cycle after the other

import { createCatchUp } from '../../../flow/catch-up.ts';
import type { Log } from '../../../log.ts';
import type { Delivery } from './delivery.ts';
import { cycleOrReason, type Queue, type QueueEntry } from './queue.ts';

export type CourierOptions = {
	delivery: Delivery;
	queue: Queue;
	log: Log;
	/** What a published cycle is logged as. */
	say: (text: string) => void;
	count: (name: string, by?: number) => void;
	/** An entry is done with, however that came about; it must go from the queue. */
	onSettled: (entry: QueueEntry) => void;
	onFailure: (error: unknown) => void;
};

export type Courier = {
	/** There is something in the queue. */
	start: () => void;
	/** An entry has gone from the queue; if it is on its way, its delivery is given up. */
	drop: (entry: QueueEntry) => void;
	/** Give up what is on its way, which stays in the queue, and begin nothing new. */
	stop: () => Promise<void>;
};

const DROPPED = new Error('dropped');

export const createCourier = (options: CourierOptions): Courier => {
	const { delivery, queue, log, say, count, onSettled, onFailure } = options;
	let current: { entry: QueueEntry; abort: AbortController } | undefined;
	let isOver = false;

	const deliver = async (entry: QueueEntry, signal: AbortSignal): Promise<void> => {
		const cycle = cycleOrReason(entry);
		if (typeof cycle === 'string') {
			log.error(`a cycle is given up: ${cycle}`, {}, 'unreadable');
			return count('unreadable');
		}
		const verdict = await delivery.deliver(cycle, signal);
		count(verdict);
		if (verdict === 'old')
			log.warn(`${cycle.version} is older than what the server has; left out`, {}, 'old');
		else if (verdict !== 'refused') say(`${cycle.version} ${verdict}`);
	};
	const deliverAll = async () => {
		for (let entry = queue.first(); entry && !isOver; entry = queue.first()) {
			const abort = new AbortController();
			current = { entry, abort };
			try {
				await deliver(entry, abort.signal);
				if (!abort.signal.aborted) onSettled(entry);
			} catch (error) {
				if (!abort.signal.aborted) throw error;
			}
		}
		current = undefined;
	};
	const work = createCatchUp(deliverAll, onFailure);
	return {
		start: work.start,
		drop: ({ name }) => {
			if (current?.entry.name === name) current.abort.abort(DROPPED);
		},
		stop: () => {
			isOver = true;
			current?.abort.abort(DROPPED);
			return work.over();
		},
	};
};
