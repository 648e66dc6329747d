// A host with several addresses: the first that answers is taken, however far away, and none holds up the others.

import { type ChildProcess, spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { createServer, type Server, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dial } from '../../../../filters/lib/net/dial.ts';
import { takeClock } from '../../../harness/clock.ts';
import { takeWires } from '../../../harness/wires.ts';
import { freePort } from '../../../servers/ports.ts';

const test = suite('dial');

/** Every host has these addresses, until `mend`. */
const addresses = (...list: string[]): (() => void) => {
	const { lookup } = dns;
	const become = (one: unknown) => {
		dns.lookup = one as typeof lookup;
		syncBuiltinESMExports();
	};
	type Answer = (error: null, found: { address: string; family: number }[]) => void;
	become((_host: string, _options: unknown, answer: Answer) =>
		setImmediate(
			answer,
			null,
			list.map((address) => ({ address, family: 4 })),
		),
	);
	return () => become(lookup);
};

const attempt = (host: string, port: number, timeoutMs: number) =>
	new Promise<{ error: Error | undefined; remote: string | undefined; ms: number }>((resolve) => {
		const from = performance.now();
		dial({ host, port }, timeoutMs, (error, socket) => {
			resolve({ error, remote: socket?.remoteAddress, ms: performance.now() - from });
			socket?.destroy();
		});
	});

const listenAt = async (address: string, port: number): Promise<Server> => {
	const server = createServer((socket) => socket.on('error', () => {}).resume());
	await once(server.listen(port, address), 'listening');
	return server;
};

/** An address that neither accepts nor refuses: its process is stopped and what its kernel takes is used up. */
const silentAt = async (address: string, port: number): Promise<{ end: () => void }> => {
	const text = `require('net').createServer().listen({port:${port},host:'${address}',backlog:1},()=>console.log('listens'))`;
	const child: ChildProcess = spawn(process.execPath, ['-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
	await once(child.stdout!, 'data');
	child.kill('SIGSTOP');
	const fillers: Socket[] = [];
	const { connect } = await import('node:net');
	for (let n = 0; n < 3; n++) fillers.push(connect({ host: address, port }).on('error', () => {}));
	await new Promise((resolve) => setTimeout(resolve, 100));
	return {
		end: () => {
			for (const filler of fillers) filler.destroy();
			child.kill('SIGKILL');
		},
	};
};

test('one address', async () => {
	const port = await freePort();
	const server = await listenAt('127.0.0.1', port);
	assert.is((await attempt('127.0.0.1', port, 1000)).remote, '127.0.0.1');
	server.close();
	assert.match(String((await attempt('127.0.0.1', port, 1000)).error), /ECONNREFUSED/);
});

test('addresses that refuse are passed over at once, the last failure is the answer', async () => {
	const port = await freePort();
	const server = await listenAt('127.0.0.4', port);
	const mend = addresses('127.0.0.2', '127.0.0.3', '127.0.0.4');
	assert.is((await attempt('any', port, 5000)).remote, '127.0.0.4');
	server.close();
	assert.match(String((await attempt('any', port, 5000)).error), /ECONNREFUSED 127\.0\.0\.4/);
	mend();
});

test('addresses that do not answer hold up nobody, and have the whole time', async () => {
	const port = await freePort();
	const silent = await silentAt('127.0.0.2', port);
	const server = await listenAt('127.0.0.3', port);
	const mend = addresses('127.0.0.2', '127.0.0.3');
	assert.is((await attempt('any', port, 20_000)).remote, '127.0.0.3');
	server.close();
	// The silent one is all that is left; it is waited for after the other has refused.
	const { error, ms } = await attempt('any', port, 1000);
	assert.match(String(error), /ECONNREFUSED|no answer in time/);
	assert.ok(ms >= 990, `${ms} ms`);
	mend();
	assert.match(String((await attempt('127.0.0.2', port, 300)).error), /no answer in time/);
	silent.end();
});

test('a name that is not known, and an attempt that is cancelled', async () => {
	assert.match(String((await attempt('no-such-host.invalid', 1, 10_000)).error), /ENOTFOUND|EAI_AGAIN/);
	let calls = 0;
	const port = await freePort();
	const server = await listenAt('127.0.0.1', port);
	const cancel = dial({ host: '127.0.0.1', port }, 1000, () => {
		calls += 1;
	});
	cancel();
	await new Promise((resolve) => setTimeout(resolve, 100));
	assert.is(calls, 0);
	// After the end there is nothing to cancel: the connection stays.
	const socket = await new Promise<Socket>((resolve) => {
		const late = dial({ host: '127.0.0.1', port }, 1000, (_error, one) => {
			setImmediate(() => {
				late();
				resolve(one!);
			});
		});
	});
	await new Promise((resolve) => setTimeout(resolve, 50));
	assert.not(socket.destroyed);
	socket.destroy();
	server.close();
});

type World = ReturnType<typeof begun>;
/** A call with made-up connections and a made-up clock. */
const begun = (addresses: string[] | undefined) => {
	const [wires, clock] = [takeWires(addresses), takeClock()];
	const answers: unknown[] = [];
	const cancel = dial({ host: 'any', port: 7 }, 1000, (error, socket) =>
		answers.push(error ? error.message : socket),
	);
	const hosts = () => wires.all.map(({ host }) => host);
	return { wires, clock, answers, cancel, hosts };
};

const order = suite<World>('dial: in which order and for how long');
const within = async (addresses: string[] | undefined, act: (world: World) => void | Promise<void>) => {
	const world = begun(addresses);
	try {
		await act(world);
		assert.is(world.clock.timers(), 0, 'a timer is left');
	} finally {
		world.clock.leave();
		world.wires.leave();
	}
};

order('all addresses are asked for, and every connection is one without delay that notices a dead peer', () =>
	within(['a'], ({ wires, answers }) => {
		assert.equal(wires.lookups[0]!.options, { all: true });
		const options = { host: 'a', port: 7, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 };
		assert.equal(wires.last().options, options);
		wires.last().connect();
		assert.is(answers[0], wires.last());
	}),
);

order('the next address is tried after a quarter of a second, or as soon as one refuses', () =>
	within(['a', 'b', 'c', 'd'], async ({ wires, clock, answers, hosts }) => {
		await clock.pass(249);
		assert.equal(hosts(), ['a']);
		await clock.pass(1);
		assert.equal(hosts(), ['a', 'b']);
		await clock.pass(100);
		wires.last().refuse();
		assert.equal(hosts(), ['a', 'b', 'c']);
		await clock.pass(249);
		assert.equal(hosts(), ['a', 'b', 'c'], 'from the last attempt on');
		// The first has had its time and is as good as any other; nobody is called after it.
		wires.all[0]!.connect();
		assert.equal(answers, [wires.all[0]]);
		assert.equal(
			wires.all.map(({ fate }) => fate),
			['open', 'open', 'destroyed'],
		);
		// It may break later; that is its owner's business.
		wires.all[0]!.refuse();
		await clock.pass(10_000);
		assert.equal(hosts(), ['a', 'b', 'c']);
		assert.is(answers.length, 1);
	}),
);

order('when all have refused the last failure is the answer, at once', () =>
	within(['a', 'b'], ({ wires, answers }) => {
		wires.last().refuse();
		assert.equal(answers, []);
		wires.last().refuse();
		assert.equal(answers, ['b refuses']);
	}),
);

order('at the end of its time it says what failed, or that nothing answered', async () => {
	await within(['a', 'b'], async ({ wires, clock, answers }) => {
		wires.last().refuse();
		await clock.pass(999);
		assert.equal(answers, []);
		await clock.pass(1);
		assert.equal(answers, ['a refuses']);
		assert.is(wires.last().fate, 'destroyed');
	});
	await within(undefined, async ({ clock, answers }) => {
		await clock.pass(1000);
		assert.equal(answers, ['no answer in time']);
	});
});

order('a name that is not known ends it, and one that is found too late begins nothing', async () => {
	await within(undefined, ({ wires, answers }) => {
		wires.lookups[0]!.found(new Error('unknown'));
		assert.equal(answers, ['unknown']);
	});
	for (const failure of [null, new Error('unknown')])
		await within(undefined, ({ wires, answers, cancel }) => {
			cancel();
			wires.lookups[0]!.found(failure, [{ address: 'a', family: 4 }]);
			assert.equal([wires.all, answers], [[], []]);
		});
});

order('what is cancelled ends with all its attempts, and calls nobody', () =>
	within(['a', 'b', 'c'], async ({ wires, clock, answers, cancel }) => {
		await clock.pass(250);
		cancel();
		assert.equal(
			wires.all.map(({ fate }) => fate),
			['destroyed', 'destroyed'],
		);
		await clock.pass(10_000);
		assert.is(wires.all.length, 2);
		assert.equal(answers, []);
	}),
);

test.run();
order.run();
