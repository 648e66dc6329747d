import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue } from '../../../../filters/lib/graphite/queue.ts';
import { sendQueue } from '../../../../filters/lib/graphite/send-queue.ts';
import { createWindow } from '../../../../filters/lib/graphite/window.ts';

const batch = (low: number) => ({ bytes: Buffer.alloc(10), points: 1, low, fresh: [] });
const test = suite('window');

test('kept until it has stayed settled for the whole window', () => {
	const window = createWindow(1000);
	window.add(batch(1));
	window.add(batch(2));
	assert.is(window.next(0)?.low, 1);
	assert.is(window.next(0)?.low, 2);
	assert.is(window.next(0), undefined);
	window.settle(10, 100);
	window.settle(20, 500);
	assert.is(window.expire(1099).length, 0);
	assert.equal(
		window.expire(1100).map(({ low }) => low),
		[1],
	);
	assert.is(window.lowest(), 2);
	assert.is(window.expire(1500).length, 1);
	assert.is(window.bytes(), 0);
	assert.is(window.lowest(), Number.POSITIVE_INFINITY);
});

test('what no peer has acknowledged is never let go', () => {
	const window = createWindow(0);
	window.add(batch(1));
	window.next(0);
	window.settle(9, 0);
	assert.is(window.expire(10 ** 9).length, 0);
});

test('after a loss everything kept is sent again, in order, before anything newer', () => {
	const window = createWindow(1000);
	for (const low of [1, 2]) {
		window.add(batch(low));
		window.next(0);
	}
	window.settle(20, 0);
	assert.is(window.rewind(), 2);
	window.add(batch(3));
	assert.equal(window.points(), { kept: 3, unsent: 3, unsettled: 0, unsettledSince: undefined });
	assert.is(window.expire(10 ** 9).length, 0);
	assert.equal(
		[window.next(0), window.next(0), window.next(0)].map((one) => one?.low),
		[1, 2, 3],
	);
	window.settle(10, 0);
	assert.is(window.expire(1000).length, 1);
});

test('a connection that was closed in order: what is settled stays so on the next, the rest is sent again', () => {
	const window = createWindow(1000);
	for (const low of [1, 2, 3]) window.add(batch(low));
	for (const sentAt of [50, 60]) window.next(sentAt);
	window.settle(10, 100);
	assert.equal(window.points(), { kept: 3, unsent: 1, unsettled: 1, unsettledSince: 60 });
	assert.is(window.carry(), 1);
	assert.equal(window.points(), { kept: 3, unsent: 2, unsettled: 0, unsettledSince: undefined });
	assert.is(window.expire(1099).length, 0);
	assert.is(window.expire(1100)[0]?.low, 1, 'its time went on');
	assert.equal([window.next(1200)?.low, window.next(1200)?.low], [2, 3]);
	window.settle(20, 1300);
	assert.is(window.expire(2300).length, 2);
});

test('unsettled is what was sent last and not acknowledged, not what waits', () => {
	const window = createWindow(1000);
	const is = (wanted: boolean, when: string) => assert.is(window.isUnsettled(), wanted, when);
	is(false, 'empty');
	window.add(batch(1));
	is(false, 'nothing sent');
	window.next(0);
	is(true, 'sent');
	window.settle(10, 5);
	is(false, 'settled');
	window.settle(10, 900);
	assert.is(window.expire(1005).length, 1, 'settled once, and from then on');
	is(false, 'gone');
	window.add(batch(2));
	window.next(0);
	assert.is(window.confirmSent().length, 1);
	is(false, 'confirmed');
	assert.equal(window.points(), { kept: 0, unsent: 0, unsettled: 0, unsettledSince: undefined });
});

test('the queue keeps order and numbers through many points', () => {
	const queue = createQueue();
	let taken = 0;
	for (let pushed = 0; pushed < 50_000; pushed += 1) {
		queue.push(`p${pushed}`, pushed);
		if (pushed % 3 === 2) {
			const item = queue.shift()!;
			assert.is(item.seq, taken);
			assert.is(item.text, `p${taken}`);
			taken += 1;
		}
	}
	assert.is(queue.size(), 50_000 - taken);
	assert.is(queue.next(), 50_000);
	assert.is(queue.head()?.seq, taken);
});

test('the send queue of our end is read, not that of the other', () => {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:07D3 0100007F:C350 01 00000011:00000022 00:00000000
   1: 0100007F:C350 0100007F:07D3 01 000A0000:00000000 01:00000014`;
	assert.is(sendQueue(table, 50000, 2003), 0xa0000);
	assert.is(sendQueue(table, 50001, 2003), undefined);
});

test.run();
