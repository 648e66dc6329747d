// Connections of the client: one for calls that follow each other, a new one after a pause; long answers, early answers.

import { getEventListeners, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Client, createClient } from '../../../../filters/lib/net/client.ts';

const test = suite('client');

type World = { client: Client; url: URL; connections: () => number };

const served = async (
	answer: (request: IncomingMessage, response: ServerResponse) => void,
	act: (world: World) => Promise<void>,
	timeoutMs = 20_000,
) => {
	let connections = 0;
	const server = createServer(answer).on('connection', () => {
		connections += 1;
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
	try {
		await act({
			client: createClient(url, { headers: () => ({ Authorization: 'Bearer abc' }), timeoutMs }),
			url,
			connections: () => connections,
		});
	} finally {
		server.closeAllConnections();
		server.close();
	}
};
const wellAnswered = (request: IncomingMessage, response: ServerResponse) => {
	request.resume().on('end', () => response.end(request.headers.authorization));
};

test('calls that follow each other share a connection; after two seconds without one a new one is made', () =>
	served(wellAnswered, async ({ client, url, connections }) => {
		const { now } = performance;
		let ahead = 0;
		performance.now = () => now.call(performance) + ahead;
		try {
			for (const [pauseMs, wanted] of [
				[0, 1],
				[0, 1],
				[1500, 1],
				[2001, 2],
				[0, 2],
			] as const) {
				ahead += pauseMs;
				assert.is((await client.call('POST', url, () => ['{', '}'])).text, 'Bearer abc');
				assert.is(connections(), wanted, `after ${pauseMs} ms`);
				// The socket is given back to its agent a turn later.
				await new Promise((resolve) => setImmediate(resolve));
			}
		} finally {
			performance.now = now;
		}
	}));

test('of a long answer the first 64 KiB are read', () =>
	served(
		(_request, response) => response.end(`${'a'.repeat(64 * 1024)}${'b'.repeat(500_000)}`),
		async ({ client, url }) => {
			assert.is((await client.call('GET', url)).text, 'a'.repeat(64 * 1024));
		},
	));

test('a call that is cancelled, before it or in it, ends with the reason and leaves no listener', () =>
	served(
		(request) => request.resume(),
		async ({ client, url, connections }) => {
			const stop = new AbortController();
			const call = client.call('GET', url, undefined, stop.signal);
			while (connections() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
			stop.abort(new Error('enough'));
			const reasonOf = (one: Promise<unknown>) => one.catch((error: Error) => error.message);
			assert.is(await reasonOf(call), 'enough');
			assert.is(await reasonOf(client.call('GET', url, undefined, stop.signal)), 'enough');
			assert.equal(getEventListeners(stop.signal, 'abort'), []);
			assert.is(connections(), 1);
		},
	));

test('an answer that is cut off, or never comes, is said', async () => {
	const failure = async (answer: Parameters<typeof served>[0], timeoutMs?: number) => {
		let said = '';
		await served(
			answer,
			async ({ client, url }) => {
				await client.call('GET', url).catch((error) => {
					said = `${error.name}: ${error.message}`;
				});
			},
			timeoutMs,
		);
		return said;
	};
	assert.match(
		await failure((_request, response) => {
			response.writeHead(200, { 'Content-Length': 10 }).write('ab', () => response.destroy());
		}),
		/^CallError: /,
	);
	assert.match(await failure((request) => request.socket.destroy()), /^CallError: /);
	assert.is(await failure(() => {}, 50), 'CallError: no answer within 0.05 s');
});

test('a server that answers before it has the whole body is sent no more of it', () =>
	served(
		(_request, response) => response.writeHead(413).end('too much'),
		async ({ client, url }) => {
			let made = 0;
			const body = function* () {
				made += 1;
				for (let at = 0; at < 2000; at++) {
					if (made > 1) sent += 1;
					yield 'x'.repeat(65_536);
				}
			};
			let sent = 0;
			const { status, text } = await client.call('POST', url, body);
			assert.equal([status, text], [413, 'too much']);
			await new Promise((resolve) => setTimeout(resolve, 50));
			assert.ok(sent < 2000, `${sent} pieces`);
		},
	));

test.run();
