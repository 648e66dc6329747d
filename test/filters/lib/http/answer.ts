import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addressOf } from '../../../../filters/lib/http/address.ts';
import type { Answer } from '../../../../filters/lib/http/answer.ts';
import { createEvents, eventText } from '../../../../filters/lib/http/events.ts';
import { HttpError } from '../../../../filters/lib/http/http-error.ts';
import { listen } from '../../../../filters/lib/http/server.ts';
import { keptLog } from '../../../data/published.ts';
import { freePort } from '../../../servers/ports.ts';

const test = suite('answer');

const serving = async (answer: (steps: string[]) => Answer) => {
	const port = await freePort();
	const { log } = keptLog();
	const listening = await listen({
		addresses: [addressOf(`127.0.0.1:${port}`, '', 1)],
		answer: (_request, steps) => answer(steps),
		refusalOf: () => new HttpError(500, 'server', 'a bug'),
		headersFor: () => ({ 'X-Own': 'yes' }),
		log,
		count: () => {},
	});
	const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
		new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
			request({ port, host: '127.0.0.1', path, headers, method, agent: false }, (reply) => {
				const chunks: Buffer[] = [];
				reply.on('data', (chunk: Buffer) => chunks.push(chunk));
				reply.on('end', () =>
					resolve({ status: reply.statusCode!, headers: reply.headers, body: Buffer.concat(chunks) }),
				);
			})
				.on('error', reject)
				.end();
		});
	return { get, end: () => listening.finish(100) };
};

test('gzip for whoever can read it, and what is large enough', async () => {
	const { get, end } = await serving(([what]) => ({
		status: 200,
		body: 'x'.repeat(what === 'large' ? 5000 : 5),
		isCompressible: what !== 'never',
	}));
	for (const [path, accepted, wanted] of [
		['/large', 'gzip', 'gzip'],
		['/large', 'br, *;q=0.5', 'gzip'],
		['/large', 'deflate, gzip;q=0.001', 'gzip'],
		['/large', 'gzip;q=0', undefined],
		['/large', 'gzip;q=0.0', undefined],
		['/large', 'identity', undefined],
		['/large', '', undefined],
		['/small', 'gzip', undefined],
		['/never', 'gzip', undefined],
	] as const) {
		const { headers, body } = await get(path, accepted === '' ? {} : { 'Accept-Encoding': accepted });
		assert.is(headers['content-encoding'], wanted, `${path} ${accepted}`);
		assert.is(headers.vary, path === '/never' ? undefined : 'Accept-Encoding');
		assert.is(headers['x-own'], 'yes');
		assert.match((wanted ? gunzipSync(body) : body).toString(), /^"x+"\n$/);
	}
	const head = await get('/large', {}, 'HEAD');
	assert.is(head.body.length, 0);
	assert.is(head.headers['content-length'], '5003');
	await end();
});

test('a bug is told as one, with no word of what it is', async () => {
	const { get, end } = await serving(() => {
		throw new TypeError('secret');
	});
	const { status, body } = await get('/x');
	assert.is(status, 500);
	assert.equal(JSON.parse(body.toString()), { error: 'a bug', code: 'server' });
	await end();
});

test('all readers of events together never make more wait than is allowed', () => {
	const gone: number[] = [];
	const events = createEvents({
		mostWaiting: 1000,
		mostWaitingOfAll: 2700,
		mostReaders: 5,
		onLetGo: (bytes) => gone.push(bytes),
	});
	const reader = (reads: boolean) => {
		const response = {
			writableLength: 0,
			isOver: false,
			writeHead: () => {},
			once: () => {},
			write: (bytes: Buffer | string) => {
				response.writableLength += reads ? 0 : Buffer.byteLength(bytes);
			},
			destroy: () => {
				response.isOver = true;
			},
			end: () => {},
		};
		events.join(response as never, {}, eventText('tick', '{}', 'a-1'));
		return response;
	};
	const all = [reader(true), reader(false), reader(false), reader(false)];
	assert.ok(events.hasRoom());
	all.push(reader(true));
	assert.not(events.hasRoom());
	events.send('x'.repeat(800));
	assert.is(events.readers(), 5);
	events.send('x'.repeat(100));
	// 900 and some each: over the sum, so the worst go until half of it is left.
	assert.is(events.readers(), 3);
	assert.is(gone.length, 2);
	events.send('x'.repeat(500));
	assert.is(events.readers(), 2);
	assert.equal(
		all.map(({ isOver }) => isOver),
		[false, true, true, true, false],
	);
	events.close();
});

test.run();
