// The stream of events as its readers have it: what keeps it alive, and who is let go.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	createEvents,
	type Events,
	type EventsOptions,
	eventText,
} from '../../../../filters/lib/http/events.ts';
import { until } from '../../../servers/carbon.ts';

const test = suite('http: events');

const begin = async (options: EventsOptions) => {
	const events: Events = createEvents(options);
	const server: Server = createServer((_request: IncomingMessage, response) =>
		events.join(response, {}, eventText('tick', '1', 'a-1')),
	);
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const { port } = server.address() as AddressInfo;
	return {
		events,
		read: async () => {
			const stop = new AbortController();
			const response = await fetch(`http://127.0.0.1:${port}/`, { signal: stop.signal });
			const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
			const seen = { text: '', isOver: false };
			const follow = async () => {
				for (;;) {
					const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
					if (done) break;
					seen.text += value ?? '';
				}
				seen.isOver = true;
			};
			return { response, seen, done: follow(), stop: () => stop.abort() };
		},
		end: async () => {
			events.close();
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
};

test('a comment comes again and again, which is no event, whether or not there is something to tell', async () => {
	const { events, read, end } = await begin({ beatMs: 20, retryMs: 700 });
	const one = await read();
	await until(() => (one.seen.text.match(/^: here$/gm) ?? []).length >= 3, 5000);
	events.send(eventText('tick', '2', 'a-2'));
	await until(() => one.seen.text.includes('data: 2'), 5000);
	const before = one.seen.text.length;
	await until(() => one.seen.text.slice(before).includes(': here\n\n'), 5000);
	// As every reader understands it: blocks, of which those without data are nothing.
	const blocks = one.seen.text.split('\n\n').filter(Boolean);
	assert.is(blocks[0], 'retry: 700');
	assert.equal(
		blocks.filter((block) => !/^(: here|retry: 700)$/.test(block)),
		['id: a-1\nevent: tick\ndata: 1', 'id: a-2\nevent: tick\ndata: 2'],
	);
	await end();
	await one.done;
});

test('without a wish the comment comes each 15 s, and ends with the streams', async () => {
	const [set, clear] = [globalThis.setInterval, globalThis.clearInterval];
	const began: [timer: unknown, ms: number | undefined][] = [];
	const ended: unknown[] = [];
	globalThis.setInterval = ((run: () => void, ms?: number) => {
		const timer = set(run, ms);
		began.push([timer, ms]);
		return timer;
	}) as typeof setInterval;
	globalThis.clearInterval = ((timer: NodeJS.Timeout) => {
		ended.push(timer);
		clear(timer);
	}) as typeof clearInterval;
	try {
		const events = createEvents();
		assert.equal(
			began.map(([, ms]) => ms),
			[15_000],
		);
		events.close();
		assert.ok(ended.includes(began[0]![0]));
	} finally {
		[globalThis.setInterval, globalThis.clearInterval] = [set, clear];
	}
});

test('a reader that has gone is none, and one for whom too much waits is let go', async () => {
	const letGo: number[] = [];
	const { events, read, end } = await begin({
		beatMs: 20,
		mostWaiting: 1000,
		onLetGo: (bytes) => letGo.push(bytes),
	});
	const gone = await read();
	await until(() => events.readers() === 1, 5000);
	gone.stop();
	await until(() => events.readers() === 0, 5000);
	assert.equal(letGo, []);

	const reading = await read();
	await until(() => events.readers() === 1, 5000);
	// More at once than any buffer of the system holds.
	events.send(`${': x'.repeat(20_000_000)}\n\n`);
	await until(() => letGo.length === 1, 5000);
	assert.ok(letGo[0]! > 1000);
	assert.is(events.readers(), 0);
	await reading.done;
	await sleep(60);
	assert.is(letGo.length, 1);
	await end();
});

test.run();
