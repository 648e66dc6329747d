// Which server is called when, and what becomes of each socket: every connection is made up, and so is the clock.

import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Connection, createConnection } from '../../../../filters/lib/graphite/connection.ts';
import type { Log } from '../../../../filters/lib/log.ts';
import { type Clock, takeClock } from '../../../harness/clock.ts';
import { takeWires, type Wire, type Wires } from '../../../harness/wires.ts';

const [FIRST, SECOND] = [1, 2];
const STEADY_MS = 5000;
const HELD_MS = 100;
const TIMEOUT_MS = 3000;

type World = {
	clock: Clock;
	net: Wires;
	/** Every socket that was made, and the last of them. */
	wires: Wire[];
	last: () => Wire;
	events: string[];
	said: string[];
	ports: () => number[];
	connection: Connection;
	open: (ports: number[], retryMaxMs?: number) => void;
};

const test = suite<World>('graphite: connection');
const { random } = Math;

test.before.each((world) => {
	const net = takeWires(['127.0.0.1']);
	const { all: wires, last } = net;
	const [events, said]: [string[], string[]] = [[], []];
	const say = (level: string) => (text: string) => said.push(`${level} ${text}`);
	Math.random = () => 0.5;
	Object.assign(world, {
		clock: takeClock(),
		net,
		wires,
		last,
		events,
		said,
		ports: () => wires.map(({ port }) => port),
		open: (ports: number[], retryMaxMs = 1000) => {
			world.connection = createConnection({
				servers: ports.map((port) => ({ host: 'carbon', port })),
				connectTimeoutMs: TIMEOUT_MS,
				retryMaxMs,
				log: { info: say('info'), warn: say('warn') } as unknown as Log,
				onUp: () => events.push('up'),
				onDown: (ending) => events.push(ending),
				onEnd: () => events.push('end'),
				onDrain: () => events.push('drain'),
			});
			world.connection.open();
		},
	});
});
test.after.each(({ clock, net }) => {
	clock.leave();
	net.leave();
	Math.random = random;
});

/** When each socket was made, beside the time at which counting began. */
const callsWithin = async ({ clock, wires }: World, ms: number): Promise<number[]> => {
	const times: number[] = [];
	for (let passed = 10; passed <= ms; passed += 10) {
		const before = wires.length;
		await clock.pass(10);
		if (wires.length === before) continue;
		times.push(passed);
		wires.at(-1)!.refuse();
	}
	return times;
};

test('it is up, drains and ends as the socket does', (world) => {
	world.open([FIRST]);
	assert.not(world.connection.isUp());
	assert.is(world.connection.socket(), undefined);
	world.last().connect();
	assert.ok(world.connection.isUp());
	assert.is(world.connection.socket(), world.last() as unknown as Socket);
	assert.ok(world.last().isRead, 'its end would not be seen');
	world.last().emit('drain');
	world.last().writable = false;
	assert.is(world.connection.socket(), undefined);
	assert.ok(world.connection.isUp(), 'it is just closing');
	world.last().closeInOrder();
	assert.not(world.connection.isUp());
	assert.equal(world.events, ['up', 'drain', 'end', 'lost']);
	assert.equal(world.said, [
		'info connected to carbon:1',
		'warn carbon:1: the server closed the connection; trying again',
	]);
});

test('a server that refuses is called after twice the time, up to the most', async (world) => {
	world.open([FIRST], 1000);
	world.last().refuse();
	assert.equal(await callsWithin(world, 4000), [200, 600, 1400, 2400, 3400]);
	assert.equal(new Set(world.events), new Set(['lost']));
});

test('delays differ by a fifth, and none is longer than the most', async (world) => {
	for (const [random, mostMs, times] of [
		[0, 10_000, [160, 480, 1120]],
		[1, 500, [240, 720, 1220]],
	] as const) {
		Math.random = () => random;
		world.open([FIRST], mostMs);
		world.last().refuse();
		assert.equal(await callsWithin(world, 1300), times);
		world.connection.destroy();
	}
});

test('the most is never below the first delay', async (world) => {
	world.open([FIRST], 1);
	world.last().refuse();
	assert.equal(await callsWithin(world, 500), [200, 400]);
});

test('the next server is called at once, and only after the last of them there is a delay', async (world) => {
	world.open([FIRST, SECOND]);
	world.last().refuse();
	assert.equal(world.ports(), [FIRST, SECOND]);
	world.last().refuse();
	assert.equal(world.ports(), [FIRST, SECOND]);
	await world.clock.pass(200);
	assert.equal(world.ports(), [FIRST, SECOND, FIRST]);
	assert.equal(world.said, [
		'warn carbon:1: 127.0.0.1 refuses; trying again',
		'warn carbon:2: 127.0.0.1 refuses; trying again',
	]);
});

for (const [name, upMs, next, second] of [
	['only just', STEADY_MS - 1, SECOND, 400],
	['long', STEADY_MS, FIRST, 200],
] as const) {
	test(`a connection that was up ${name} and broke: server ${next} is next`, async (world) => {
		// A first round without luck, so that the delay has grown.
		world.open([FIRST, SECOND], 10_000);
		world.last().refuse();
		world.last().refuse();
		await world.clock.pass(200);
		world.last().connect();
		await world.clock.pass(upMs);
		world.last().breakOff('torn');
		assert.is(world.said.at(-1), 'warn carbon:1: torn; trying again');
		const { length } = world.wires;
		assert.is(length, next === SECOND ? 4 : 3, 'a steady one is given a moment');
		if (next === SECOND) world.last().refuse();
		await world.clock.pass(second - 1);
		assert.is(world.wires.length, length);
		await world.clock.pass(1);
		assert.is(world.wires.length, length + 1);
		assert.is(world.last().port, FIRST);
	});
}

test('an error without a word is still a reason', (world) => {
	world.open([FIRST]);
	world.last().connect();
	world.last().breakOff('');
	assert.is(world.said.at(-1), 'warn carbon:1: the connection broke; trying again');
});

test('a server that closes in order is called again at once if it held the connection, without a warning', async (world) => {
	world.open([FIRST, SECOND]);
	world.last().connect();
	await world.clock.pass(HELD_MS);
	world.last().closeInOrder();
	assert.equal(world.ports(), [FIRST, FIRST]);
	assert.equal(world.events, ['up', 'end', 'closed']);
	assert.is(world.said.at(-1), 'info carbon:1 closed the connection; connecting again');
	world.last().connect();
	await world.clock.pass(HELD_MS - 1);
	world.last().closeInOrder();
	assert.equal(world.ports(), [FIRST, FIRST, SECOND]);
	assert.equal(world.events.slice(3), ['up', 'end', 'lost']);
	// Neither is an end behind an error in order.
	world.last().connect();
	await world.clock.pass(HELD_MS);
	world.last().emit('end');
	world.last().breakOff('torn');
	assert.is(world.events.at(-1), 'lost');
});

/** On the second server, with the first refusing for the time being. */
const onSecond = (world: World) => {
	world.open([FIRST, SECOND], 1000);
	world.last().refuse();
	world.last().connect();
	world.events.length = 0;
	return world.last();
};

test('on a later server the first is looked for, and taken as soon as it is up, whether it was steady or not', async (world) => {
	const second = onSecond(world);
	await world.clock.pass(999);
	assert.is(world.wires.length, 2);
	await world.clock.pass(1);
	assert.equal(world.ports(), [FIRST, SECOND, FIRST]);
	world.last().refuse();
	assert.is(second.fate, 'open', 'it is still away');
	await world.clock.pass(1000);
	const look = world.last();
	look.connect();
	assert.is(look.fate, 'destroyed', 'it was only a look');
	assert.is(second.fate, 'ended', 'what is on its way still arrives');
	assert.is(world.connection.socket(), undefined);
	assert.is(world.said.at(-1), 'info carbon:1 is up again; going back to it');
	// Another look while the old one is still closing tells nothing new.
	await world.clock.pass(1000);
	world.last().connect();
	const { length } = world.wires;
	assert.is(world.said.filter((text) => text.includes('up again')).length, 1);
	second.closeInOrder();
	assert.equal(world.events, ['end', 'lost'], 'what a server may not have read is sent again');
	assert.is(world.wires.length, length + 1);
	assert.is(world.last().port, FIRST);
	assert.is(world.said.at(-1), 'info carbon:1 is up again; going back to it', 'and no warning');
	// What broke afterwards is an ordinary loss.
	world.last().connect();
	await world.clock.pass(HELD_MS);
	world.last().closeInOrder();
	assert.is(world.events.at(-1), 'closed');
});

test('a server that is left and does not close is given up after the time of a connection', async (world) => {
	const second = onSecond(world);
	await world.clock.pass(1000);
	world.last().connect();
	await world.clock.pass(TIMEOUT_MS - 1);
	assert.is(second.fate, 'ended');
	await world.clock.pass(1);
	assert.is(second.fate, 'destroyed');
});

test('a look that takes longer than the time to the next is given up for it', async (world) => {
	onSecond(world);
	await world.clock.pass(1000);
	const look = world.last();
	await world.clock.pass(1000);
	assert.is(look.fate, 'destroyed');
	assert.is(world.last().fate, 'open');
});

test('nothing is looked for on the first server, nor once the connection is gone', async (world) => {
	world.open([FIRST, SECOND], 1000);
	world.last().connect();
	await world.clock.pass(3000);
	assert.is(world.wires.length, 1);
	world.connection.destroy();
	world.wires.length = 0;
	const second = onSecond(world);
	await world.clock.pass(1000);
	const look = world.last();
	second.breakOff('torn');
	assert.is(look.fate, 'destroyed');
	await world.clock.pass(200);
	world.last().connect();
	assert.is(world.last().port, FIRST);
	const { length } = world.wires;
	await world.clock.pass(3000);
	assert.is(world.wires.length, length);
	world.connection.destroy();
	assert.is(world.clock.timers(), 0, 'nothing goes on');
});

test('a connection that is given up is reset, and another server is called however long it was up', async (world) => {
	world.open([FIRST, SECOND], 60_000);
	world.last().connect();
	await world.clock.pass(STEADY_MS);
	world.connection.abandon('it is deaf');
	assert.is(world.wires[0]!.fate, 'reset');
	assert.equal(world.ports(), [FIRST, SECOND]);
	assert.is(world.said.at(-1), 'warn carbon:1: it is deaf; trying again');
	// The next loss has a reason of its own.
	world.last().connect();
	await world.clock.pass(STEADY_MS);
	world.last().breakOff('torn');
	assert.is(world.said.at(-1), 'warn carbon:2: torn; trying again');
	assert.equal(world.ports(), [FIRST, SECOND]);
});

test('finish closes our side, waits for theirs, and calls nobody', async (world) => {
	world.open([FIRST, SECOND]);
	world.last().connect();
	world.connection.finish();
	assert.is(world.wires[0]!.fate, 'ended');
	world.last().closeInOrder();
	assert.equal(world.events, ['up', 'end', 'finished']);
	assert.equal(world.said, ['info connected to carbon:1']);
	await world.clock.pass(10_000);
	assert.is(world.wires.length, 1);
	assert.is(world.clock.timers(), 0);
});

for (const how of ['finish', 'destroy'] as const) {
	test(`${how} in the midst of an attempt, or between two, ends it`, async (world) => {
		world.open([FIRST]);
		world.connection[how]();
		assert.is(world.last().fate, 'destroyed');
		world.last().connect();
		assert.equal(world.events, []);
		world.open([FIRST]);
		world.last().refuse();
		world.connection[how]();
		assert.is(world.clock.timers(), 0);
		await world.clock.pass(10_000);
		assert.is(world.wires.length, 2);
	});
}

test('destroy gives up the connection, and a look for the first server with it', async (world) => {
	const second = onSecond(world);
	await world.clock.pass(1000);
	const look = world.last();
	world.connection.destroy();
	assert.is(second.fate, 'destroyed');
	assert.is(look.fate, 'destroyed');
	assert.is(world.clock.timers(), 0);
	const said = [...world.said];
	second.closeInOrder();
	await world.clock.pass(10_000);
	assert.is(world.wires.length, 3);
	assert.equal(world.said, said);
});

test('a look that succeeds while we finish changes nothing', async (world) => {
	const second = onSecond(world);
	await world.clock.pass(1000);
	const look = world.last();
	world.connection.finish();
	look.connect();
	assert.is(look.fate, 'destroyed');
	await world.clock.pass(5000);
	assert.is(world.last(), look, 'and none follows');
	second.closeInOrder();
	assert.equal(world.events, ['end', 'finished']);
});

test.run();
