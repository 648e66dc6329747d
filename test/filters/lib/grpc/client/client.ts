// Calls to servers that speak gRPC well, badly or not at all.

import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createGrpcClient } from '../../../../../filters/lib/grpc/client/client.ts';
import { createUnframer, framed } from '../../../../../filters/lib/grpc/client/frames.ts';
import { GrpcError } from '../../../../../filters/lib/grpc/client/grpc-error.ts';
import { freePort } from '../../../../servers/ports.ts';

const test = suite('grpc: client');

test('messages come out of a body in pieces of any size', () =>
	fc.assert(
		fc.property(
			fc.array(fc.uint8Array({ maxLength: 40 })),
			fc.array(fc.integer({ min: 1, max: 30 })),
			(messages, sizes) => {
				const body = framed(messages);
				const unframer = createUnframer(1e6);
				let at = 0;
				for (const size of [...sizes, body.length]) {
					unframer.take(body.subarray(at, at + size));
					at += size;
				}
				assert.equal(
					unframer.messages().map((one) => [...one]),
					messages.map((one) => [...one]),
				);
			},
		),
	));

test('no bytes at all are more than an error', () =>
	fc.assert(
		fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (pieces) => {
			const unframer = createUnframer(1000);
			try {
				for (const piece of pieces) unframer.take(Buffer.from(piece));
				unframer.messages();
			} catch (error) {
				assert.instance(error, GrpcError);
			}
		}),
	));

const OK = { ':status': 200, 'content-type': 'application/grpc' };
const answer = (
	stream: ServerHttp2Stream,
	body: Uint8Array,
	trailers: Record<string, string> = { 'grpc-status': '0' },
) => {
	stream.respond(OK, { waitForTrailers: true });
	stream.on('wantTrailers', () => stream.sendTrailers(trailers));
	stream.end(body);
};
const withServer = async (
	act: (stream: ServerHttp2Stream) => void,
	body: (url: URL, server: Http2Server) => Promise<void>,
) => {
	const server = createServer();
	const sessions = new Set<{ destroy: () => void }>();
	server.on('session', (session) => sessions.add(session));
	server.on('stream', (stream) => {
		stream.on('error', () => {});
		act(stream);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	try {
		await body(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), server);
	} finally {
		for (const session of sessions) session.destroy();
		server.close();
	}
};
const clientOf = (url: URL, more: object = {}) =>
	createGrpcClient(url, { headers: () => ({}), timeoutMs: 5000, most: 1000, ...more });
const codeOf = (call: Promise<unknown>): Promise<[number, string]> =>
	call.then(
		() => [0, ''],
		({ code, message }) => [code, message],
	);

const CASES: [string, (stream: ServerHttp2Stream) => void, number, RegExp][] = [
	[
		'a status in the trailers',
		(s) => answer(s, Buffer.alloc(0), { 'grpc-status': '5', 'grpc-message': 'no%20g%C3%BC' }),
		5,
		/^no gü$/,
	],
	[
		'a status in the headers',
		(s) => s.respond({ ...OK, 'grpc-status': '16' }, { endStream: true }),
		16,
		/gRPC code 16/,
	],
	[
		'a message that is badly written',
		(s) => answer(s, Buffer.alloc(0), { 'grpc-status': '2', 'grpc-message': '%zz' }),
		2,
		/%zz/,
	],
	[
		'a page in place of an answer',
		(s) => {
			s.respond({ ':status': 503, 'content-type': 'text/html' });
			s.end('<html>');
		},
		14,
		/./,
	],
	['no status at all', (s) => answer(s, Buffer.alloc(0), {}), 14, /without a status/],
	[
		'a status that is no number',
		(s) => answer(s, Buffer.alloc(0), { 'grpc-status': 'fine' }),
		14,
		/without a status/,
	],
	['a compressed message', (s) => answer(s, Buffer.from([1, 0, 0, 0, 0])), 2, /compressed/],
	['half a message', (s) => answer(s, Buffer.from([0, 0, 0, 0, 9, 1])), 14, /midst/],
	['a message of 4 GiB', (s) => answer(s, Buffer.from([0, 255, 255, 255, 255, 1])), 8, /more than 1000/],
	[
		'more than is taken',
		(s) => answer(s, framed(Array.from({ length: 300 }, () => Buffer.alloc(10)))),
		8,
		/longer than 1000/,
	],
	['a stream that is broken off', (s) => s.close(2), 14, /./],
	['a connection that is cut', (s) => s.session!.destroy(), 14, /./],
];
for (const [name, act, code, says] of CASES)
	test(name, () =>
		withServer(act, async (url) => {
			const client = clientOf(url);
			const [got, message] = await codeOf(client.call('/a.B/C', [Buffer.from('x')]));
			assert.is(got, code, message);
			assert.match(message, says);
			client.close();
		}),
	);

test('all messages in, all answers out, and the connection that is lost is told of', async () => {
	let lost = 0;
	const echo = (stream: ServerHttp2Stream) => {
		const chunks: Buffer[] = [];
		stream.on('data', (chunk: Buffer) => chunks.push(chunk));
		stream.on('end', () => answer(stream, Buffer.concat(chunks)));
	};
	await withServer(echo, async (url) => {
		const client = clientOf(url, { onLost: () => lost++, most: 1e8 });
		const messages = Array.from({ length: 20_000 }, (_, at) => Buffer.from(`message ${at}`));
		const [first, second] = await Promise.all([client.call('/a/b', messages), client.call('/a/b', [])]);
		assert.is(first!.length, 20_000);
		assert.is(first!.at(-1)!.toString(), 'message 19999');
		assert.equal(second, []);
		assert.is(lost, 0);
	});
	for (let left = 100; lost === 0 && left > 0; left--)
		await new Promise((resolve) => setTimeout(resolve, 10));
	assert.is(lost, 1);
});

test('a server that says nothing is given up, one that is not there is said to be so, and a call can be ended', async () => {
	await withServer(
		() => {},
		async (url) => {
			const late = await codeOf(clientOf(url, { timeoutMs: 50 }).call('/a/b', []));
			assert.equal(late, [4, 'no answer within 0.05 s']);
			const abort = new AbortController();
			const client = clientOf(url);
			const call = client.call('/a/b', [], abort.signal).catch((error) => error);
			abort.abort('enough');
			assert.is(await call, 'enough');
			client.close();
		},
	);
	const nobody = await codeOf(clientOf(new URL(`http://127.0.0.1:${await freePort()}`)).call('/a/b', []));
	assert.equal(nobody, [14, 'connection refused']);
});

test.run();
