// Items to a server that answers as the test says: their order, what is tried again, what is lost, what is acknowledged.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createClient } from '../../../../filters/lib/net/client.ts';
import type { Protocol } from '../../../../filters/lib/post/courier.ts';
import { judgeFailure } from '../../../../filters/lib/post/judgement.ts';
import { createOutbox, type OutboxOptions } from '../../../../filters/lib/post/outbox.ts';
import { keptLog } from '../../../data/published.ts';
import { until } from '../../../servers/carbon.ts';
import { type Answer, type Taken, taker } from '../../../servers/taker.ts';

const test = suite('post: outbox');
const folder = mkdtempSync(join(tmpdir(), 'outbox-'));
test.after(() => rmSync(folder, { recursive: true }));

const protocol: Protocol<string> = {
	write: (items) => ({ body: Buffer.from(items.join(',')), headers: { 'Content-Type': 'text/plain' } }),
	judge: ({ status, text }, items) => {
		if (text === 'part') return { kind: 'taken', refused: 1, why: 'one is bad' };
		if (text === 'other way') return { kind: 'again', why: 'another way' };
		if (status < 300) return { kind: 'taken', refused: 0, why: items.length > 99 ? 'many' : '' };
		return judgeFailure(status, (one) => one === 503 || one === 429);
	},
};

type World = {
	outbox: ReturnType<typeof createOutbox<string>>;
	counters: Record<string, number>;
	lines: string[];
	bodies: () => string[];
	taken: () => string[];
	stop: () => void;
	acked: () => unknown;
};

let made = 0;
const inWorld = async (
	answer: (one: Taken, before: number) => Answer | undefined,
	more: Partial<OutboxOptions<string>> & { acks?: boolean },
	act: (world: World) => Promise<void>,
) => {
	const server = await taker();
	server.become(answer);
	const { log, lines } = keptLog();
	const counters: Record<string, number> = {};
	const stopping = new AbortController();
	const ack = join(folder, `ack-${made++}`);
	const url = new URL(server.url);
	const outbox = createOutbox<string>({
		protocol,
		client: createClient(url, { headers: () => ({}), timeoutMs: 2000 }),
		url,
		items: 'items',
		what: 'things',
		sizeOf: (items) => items.length,
		weigh: (item) => item.length,
		batch: 3,
		lingerMs: 20,
		retryMaxMs: 10,
		most: 1000,
		ack: more.acks ? ack : '',
		drainMs: 2000,
		log,
		count: (name, by = 1) => {
			counters[name] = (counters[name] ?? 0) + by;
		},
		fail: (error) => {
			throw error;
		},
		signal: stopping.signal,
		...more,
	});
	const bodies = (list: Taken[]) => list.map(({ body }) => body.toString());
	try {
		await act({
			outbox,
			counters,
			lines,
			bodies: () => bodies(server.seen),
			taken: () => bodies(server.taken),
			stop: () => stopping.abort(),
			acked: () => (existsSync(ack) ? JSON.parse(readFileSync(ack, 'utf8')) : undefined),
		});
	} finally {
		await outbox.finish('term').catch(() => {});
		await server.close();
	}
};
const well = () => undefined;
const pushAll = (outbox: World['outbox'], text: string) => {
	for (const item of text) outbox.push(item);
};

test('bodies are full, or what has come in so long, in order', () =>
	inWorld(well, {}, async ({ outbox, bodies, counters }) => {
		pushAll(outbox, 'abcdefgh');
		await until(() => bodies().length === 3);
		assert.equal(bodies(), ['a,b,c', 'd,e,f', 'g,h']);
		await outbox.finish('eof');
		assert.is(counters.delivered, 8);
	}));

test('a body stays below a mebibyte, but an item is never divided', () =>
	inWorld(well, { batch: 100 }, async ({ outbox, bodies }) => {
		for (const size of [700_000, 700_000, 3_000_000, 1]) outbox.push('x'.repeat(size));
		await outbox.finish('eof');
		assert.equal(
			bodies().map((body) => body.length),
			[700_000, 700_000, 3_000_000, 1],
		);
	}));

test('what may pass is tried again, in its place', () =>
	inWorld(
		(_one, before) =>
			([{ status: 503 }, 'reset', { status: 429, headers: { 'retry-after': '0' } }] as const)[before],
		{},
		async ({ outbox, bodies, counters, lines }) => {
			pushAll(outbox, 'abcd');
			await outbox.finish('eof');
			assert.equal(bodies(), ['a,b,c', 'a,b,c', 'a,b,c', 'a,b,c', 'd']);
			assert.is(counters.retries, 3);
			assert.match(lines.join('\n'), /503; trying again[\s\S]*answers again/);
		},
	));

test('the server may ask to be left alone for longer', () =>
	inWorld(
		(_one, before) => (before === 0 ? { status: 503, headers: { 'retry-after': '1' } } : undefined),
		{},
		async ({ outbox, bodies }) => {
			const from = performance.now();
			pushAll(outbox, 'abc');
			await outbox.finish('eof');
			assert.ok(performance.now() - from >= 999);
			assert.is(bodies().length, 2);
		},
	));

test('a login or an address is set right by somebody, so nothing is lost meanwhile', () =>
	inWorld(
		(_one, before) =>
			([{ status: 401 }, { status: 404 }, { status: 302, headers: { location: '/x' } }] as const)[before],
		{},
		async ({ outbox, taken, lines }) => {
			pushAll(outbox, 'abc');
			await outbox.finish('eof');
			assert.equal(taken(), ['a,b,c']);
			assert.match(lines.join('\n'), /401; tried again until[\s\S]*302 redirects to \/x/);
		},
	));

test('a refused body is divided until what is bad in it is alone', () =>
	inWorld(
		({ body }) => (body.includes('!') ? { status: 400, body: 'no !' } : undefined),
		{ batch: 8 },
		async ({ outbox, taken, counters, lines }) => {
			pushAll(outbox, 'abc!efgh');
			pushAll(outbox, 'ij');
			await outbox.finish('eof');
			assert.equal(taken(), ['a,b', 'c', 'e,f,g,h', 'i,j']);
			assert.equal([counters.refused, counters.delivered], [1, 9]);
			assert.is(
				lines.filter((line) => line.includes('1 things were refused and are lost: 400: no !')).length,
				1,
			);
		},
	));

test('a server that refuses everything is not asked about every item', () =>
	inWorld(
		() => ({ status: 422 }),
		{ batch: 500 },
		async ({ outbox, bodies, counters }) => {
			pushAll(outbox, 'x'.repeat(1000));
			await outbox.finish('eof');
			assert.is(counters.refused, 1000);
			assert.ok(bodies().length < 60, String(bodies().length));
		},
	));

test('other refusals are final', () =>
	inWorld(
		() => ({ status: 418 }),
		{},
		async ({ outbox, bodies, counters }) => {
			pushAll(outbox, 'abc');
			await outbox.finish('eof');
			assert.equal([bodies().length, counters.refused], [1, 3]);
		},
	));

test('a part that is refused is counted, and what is written in another way goes at once', () =>
	inWorld(
		(_one, before) => ({ status: 200, body: before === 0 ? 'other way' : 'part' }),
		{},
		async ({ outbox, bodies, counters, lines }) => {
			pushAll(outbox, 'abc');
			await outbox.finish('eof');
			assert.equal([bodies().length, counters.delivered, counters.refused], [2, 2, 1]);
			assert.match(lines.join('\n'), 'another way');
		},
	));

test('a barrier is acknowledged when all before it is delivered, and not before', async () => {
	let isWell = false;
	await inWorld(
		() => (isWell ? undefined : { status: 503 }),
		{ acks: true },
		async ({ outbox, acked, taken }) => {
			outbox.barrier({ at: 0 });
			assert.equal(acked(), { at: 0 });
			pushAll(outbox, 'ab');
			outbox.barrier({ at: 1 });
			pushAll(outbox, 'cde');
			outbox.barrier({ at: 2 });
			await new Promise((resolve) => setTimeout(resolve, 100));
			assert.equal(acked(), { at: 0 });
			isWell = true;
			await until(() => JSON.stringify(acked()) === '{"at":2}');
			assert.equal(taken().join(), 'a,b,c,d,e');
		},
	);
});

test('a refused item does not hold its barrier, and halves do not let one pass early', () => {
	const at: string[] = [];
	return inWorld(
		({ body }) => (body.includes('!') ? { status: 400 } : undefined),
		{ acks: true, batch: 4, onConfirm: (position) => at.push(JSON.stringify(position)) },
		async ({ outbox, acked, taken }) => {
			pushAll(outbox, 'ab');
			outbox.barrier({ at: 1 });
			pushAll(outbox, 'c');
			outbox.barrier({ at: 2 });
			pushAll(outbox, '!');
			outbox.barrier({ at: 3 });
			await until(() => JSON.stringify(acked()) === '{"at":3}');
			assert.equal(taken(), ['a,b', 'c']);
			assert.equal(at, ['{"at":1}', '{"at":2}', '{"at":3}']);
		},
	);
});

test('with an ack file the reader waits once four batches do, until there is room or it is told to end', () =>
	inWorld(
		() => ({ status: 503 }),
		{ acks: true },
		async ({ outbox, stop, lines }) => {
			pushAll(outbox, 'abcdefghijk');
			assert.is(outbox.room(), undefined);
			outbox.push('l');
			const room = outbox.room();
			assert.instance(room, Promise);
			stop();
			await room;
			await outbox.finish('term');
			assert.match(lines.join('\n'), '12 items are not delivered; the next run reads them again');
		},
	));

test('without one the oldest are dropped, counted, and what is left at the end is 69', () =>
	inWorld(
		() => ({ status: 503 }),
		{ most: 9, drainMs: 50 },
		async ({ outbox, counters, lines }) => {
			pushAll(outbox, 'abc');
			await until(() => lines.length > 0);
			pushAll(outbox, 'defghijklmnop');
			assert.is(outbox.room(), undefined);
			assert.is(counters.dropped, 9);
			const error = await outbox.finish('eof').catch((one) => one);
			assert.equal([error.code, error.message], [69, '7 items were not delivered']);
			assert.match(lines.join('\n'), 'more than 9 items wait; the oldest are dropped');
		},
	));

test('a server that is only slow is waited for, and nothing is dropped; one that goes away meanwhile is not', async () => {
	let isAway = false;
	await inWorld(
		() => (isAway ? { status: 503 } : undefined),
		{ most: 9 },
		async ({ outbox, counters, taken, lines }) => {
			pushAll(outbox, 'abcdefghi');
			const room = outbox.room();
			assert.instance(room, Promise);
			await room;
			assert.ok(taken().length > 0);
			isAway = true;
			pushAll(outbox, 'jklmnopqr');
			await outbox.room();
			assert.match(lines.join('\n'), '503');
			assert.is(counters.dropped ?? 0, 0);
			isAway = false;
			await outbox.finish('eof');
			assert.is(taken().join(), 'a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r');
		},
	);
});

test('the end of a finite input, and TERM without an ack file, wait for a server that is away', async () => {
	for (const [how, acks] of [
		['eof', true],
		['term', false],
	] as const)
		await inWorld(
			(_one, before) => (before < 3 ? { status: 503 } : undefined),
			{ acks },
			async ({ outbox, taken, lines }) => {
				pushAll(outbox, 'abc');
				await until(() => lines.length > 0);
				await outbox.finish(how);
				assert.equal(taken(), ['a,b,c'], how);
			},
		);
});

test('a login that is wrong to the end is 77', () =>
	inWorld(
		() => ({ status: 403 }),
		{ drainMs: 100 },
		async ({ outbox }) => {
			pushAll(outbox, 'abc');
			await new Promise((resolve) => setTimeout(resolve, 50));
			assert.is((await outbox.finish('eof').catch((one) => one)).code, 77);
		},
	));

test.run();
