// events: server-sent events to any number of readers, of whom none can make the server keep what it does not read
// Every reader gets the same bytes, which are made once; one that lags too far behind is let go and comes back by itself.

import type { IncomingMessage, ServerResponse } from 'node:http';

export type EventsOptions = {
	/** How soon a reader comes back, ms. */
	retryMs?: number;
	/** From one comment to the next, by which a reader and whatever lies between see that the connection lives. */
	beatMs?: number;
	/** What may wait for one reader, and for all of them together, bytes. */
	mostWaiting?: number;
	mostWaitingOfAll?: number;
	mostReaders?: number;
	/** A reader was let go. */
	onLetGo?: (waiting: number) => void;
};

export type Events = {
	/** Begin to send to a reader; `first` is what it gets before all else. */
	join: (response: ServerResponse, headers: Record<string, string>, first: string) => void;
	/** Whether there is room for one more. */
	hasRoom: () => boolean;
	/** Send to all readers. */
	send: (text: string) => void;
	readers: () => number;
	/** End all streams. */
	close: () => void;
};

const RETRY_MS = 2000;
const BEAT_MS = 15_000;
const MOST_WAITING = 1024 * 1024;
const MOST_WAITING_OF_ALL = 16 * 1024 * 1024;
const MOST_READERS = 500;

/** An event as it stands in the stream. `data` is one line. */
export const eventText = (event: string, data: string, id?: string): string =>
	`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;

/** The id of the last event that a client had, as it says when it comes back, in its header or its address. */
export const lastEventId = ({ headers, url }: IncomingMessage): string | undefined => {
	const header = headers['last-event-id'];
	if (typeof header === 'string' && header !== '') return header;
	return new URL(url ?? '', 'http://localhost').searchParams.get('lastEventId') ?? undefined;
};

export const createEvents = (options: EventsOptions = {}): Events => {
	const { retryMs = RETRY_MS, beatMs = BEAT_MS, mostWaiting = MOST_WAITING, onLetGo = () => {} } = options;
	const { mostWaitingOfAll = MOST_WAITING_OF_ALL, mostReaders = MOST_READERS } = options;
	const readers = new Set<ServerResponse>();

	// `drain` may never come, so nobody waits for it: what is not read is counted, and then the reader is let go.
	const letGo = (response: ServerResponse) => {
		readers.delete(response);
		onLetGo(response.writableLength);
		response.destroy();
	};
	const write = (bytes: Buffer) => {
		let waiting = 0;
		for (const response of readers) {
			response.write(bytes);
			if (response.writableLength > mostWaiting) letGo(response);
			else waiting += response.writableLength;
		}
		if (waiting <= mostWaitingOfAll) return;
		const worst = [...readers].sort((a, b) => b.writableLength - a.writableLength);
		for (const response of worst) {
			if (waiting <= mostWaitingOfAll / 2) return;
			waiting -= response.writableLength;
			letGo(response);
		}
	};
	const beat = setInterval(() => write(Buffer.from(': here\n\n')), beatMs).unref();
	return {
		join: (response, headers, first) => {
			response.writeHead(200, {
				...headers,
				'Content-Type': 'text/event-stream; charset=utf-8',
				'Cache-Control': 'no-cache, no-transform',
				// Some proxies gather a stream until it is long enough for them.
				'X-Accel-Buffering': 'no',
			});
			response.socket?.setNoDelay(true);
			response.write(`retry: ${retryMs}\n\n${first}`);
			readers.add(response);
			response.once('close', () => readers.delete(response));
		},
		hasRoom: () => readers.size < mostReaders,
		send: (text) => write(Buffer.from(text)),
		readers: () => readers.size,
		close: () => {
			clearInterval(beat);
			for (const response of readers) response.end();
			readers.clear();
		},
	};
};
