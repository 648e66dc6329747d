import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isKnowable, sendQueue, unackedBytes } from '../../../../filters/lib/graphite/send-queue.ts';

const test = suite('graphite: send-queue');

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt
   0: 0100007F:07D3 00000000:0000 0A 00000000:00000000 00:00000000 00000000
   1: 0100007F:C350 0100007F:07D3 01 0000002A:00000000 01:00000014 00000000
   2: 0200007F:C350 0300007F:07D3 01 00000007:00000000 01:00000014 00000000
   3: 0100007F:07D3 0100007F:C350 01 00000000:00000063 00:00000000 00000000
`;

test('a connection is found by both of its ports; of two that share them the larger queue counts', () => {
	assert.is(sendQueue(TABLE, 50000, 2003), 42);
	assert.is(sendQueue(TABLE, 2003, 50000), 0);
	assert.is(sendQueue(TABLE, 50000, 2004), undefined);
	assert.is(sendQueue(TABLE, 5, 2003), undefined);
	assert.is(sendQueue('', 50000, 2003), undefined);
});

const hasIpv6 = Object.values(networkInterfaces()).some((some) =>
	some?.some(({ address }) => address === '::1'),
);

/** What is not acknowledged by a server at `host` that does not read, and then reads. */
const tryAt = async (host: string) => {
	const server = createServer((socket) => socket.pause()).listen(0, host);
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const [accepted] = [once(server, 'connection')];
	const socket = connect(port, host);
	await once(socket, 'connect');
	const [peer] = await accepted;
	assert.is(unackedBytes(socket.localPort!, port), 0);
	socket.write(Buffer.alloc(32 << 20));
	while (socket.writableLength === 0) await new Promise((resolve) => setImmediate(resolve));
	await new Promise((resolve) => setTimeout(resolve, 100));
	assert.ok(unackedBytes(socket.localPort!, port)! > 0);
	peer.resume();
	while (socket.writableLength > 0 || unackedBytes(socket.localPort!, port) !== 0)
		await new Promise((resolve) => setTimeout(resolve, 5));
	socket.destroy();
	peer.destroy();
	server.close();
	await once(server, 'close');
	assert.is(unackedBytes(1, 1), undefined);
};

test('the kernel says what a server that does not read has not acknowledged, and what one that reads has', async () => {
	if (!isKnowable) return;
	await tryAt('127.0.0.1');
	if (hasIpv6) await tryAt('::1');
});

test.run();
