// send-queue: how many bytes the kernel still holds because the other side has not acknowledged them
// A dead network takes writes for a quarter of an hour before it says so; Linux shows the queue under /proc/net.

import { existsSync, readFileSync } from 'node:fs';

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** The send queue of the connection in the text of /proc/net/tcp or tcp6, or undefined when it is not in there. */
export const sendQueue = (table: string, localPort: number, remotePort: number): number | undefined => {
	const row = new RegExp(`:${hex(localPort)} [0-9A-F]+:${hex(remotePort)} [0-9A-F]{2} ([0-9A-F]{8}):`, 'g');
	const queues = [...table.matchAll(row)].map(([, queue]) => Number.parseInt(queue!, 16));
	// Two connections may share both ports on different addresses; the larger queue is the safe answer.
	return queues.length > 0 ? Math.max(...queues) : undefined;
};

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/** Whether this kernel tells at all. */
export const isKnowable = existsSync(TABLES[0]!);

/** Bytes written to a TCP connection of ours that its peer has not acknowledged; undefined where that is not known. */
export const unackedBytes = (localPort: number, remotePort: number): number | undefined => {
	for (const file of TABLES) {
		try {
			const queue = sendQueue(readFileSync(file, 'latin1'), localPort, remotePort);
			if (queue !== undefined) return queue;
		} catch {}
	}
	return undefined;
};
