import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSilence } from '../../../../filters/lib/flow/silence.ts';
import { takeClock } from '../../../harness/clock.ts';

const TICK_MS = 20;

const test = suite('flow: silence');

const until = async (isTrue: () => boolean) => {
	const from = performance.now();
	while (!isTrue()) {
		assert.ok(performance.now() - from < 20_000, 'nothing happened');
		await sleep(5);
	}
};
/** A silence that notes what it tells; `world` is what it asks. */
const created = (world: { isBlocked?: boolean; isHeld?: boolean } = {}) => {
	const told: number[] = [];
	const heard = createSilence({
		tickMs: TICK_MS,
		isBlocked: () => world.isBlocked === true,
		isHeld: () => world.isHeld !== false,
		onQuiet: (quietMs) => told.push(quietMs),
	});
	return { told, heard, world };
};

test('it grows from look to look, and starts over when something comes', async () => {
	const { told, heard, world } = created();
	await until(() => told.length >= 4);
	assert.ok(told.every((ms, index) => index === 0 || ms > told[index - 1]!));
	assert.ok(told[0]! >= TICK_MS - 1 && told[0]! <= 2 * TICK_MS, `${told[0]}`);
	heard();
	told.length = 0;
	await until(() => told.length >= 1);
	assert.ok(told[0]! <= 2 * TICK_MS, `${told[0]}`);
	world.isHeld = false;
});

test('while something comes between any two looks it is never quiet', async () => {
	const { told, heard, world } = created();
	const timer = setInterval(heard, 1);
	await sleep(10 * TICK_MS);
	clearInterval(timer);
	// Timers that come late on a busy machine are no silence of ours to judge.
	assert.ok(
		told.every((ms) => ms <= 2 * TICK_MS),
		`${told}`,
	);
	world.isHeld = false;
});

test('a reader downstream that stands still is no silence', async () => {
	const { told, heard, world } = created({ isBlocked: true });
	heard();
	await sleep(6 * TICK_MS);
	assert.equal(told, []);
	world.isBlocked = false;
	await until(() => told.length > 0);
	assert.ok(told[0]! <= 2 * TICK_MS, `${told[0]}`);
	world.isHeld = false;
});

test('time in which this process did not run counts as two looks at the most', async () => {
	const { told, world } = created();
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30 * TICK_MS);
	await until(() => told.length > 0);
	assert.ok(told[0]! <= 2 * TICK_MS, `${told[0]}`);
	world.isHeld = false;
});

test('what waits in the pipe after such a time is read before it is judged', async () => {
	const { told, heard, world } = created();
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const writer = connect((server.address() as AddressInfo).port, '127.0.0.1');
	const [reader] = (await once(server, 'connection')) as [Socket];
	reader.on('data', heard);
	await until(() => told.length > 0);
	heard();
	told.length = 0;
	writer.write('x');
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 * TICK_MS);
	await sleep(1);
	assert.equal(told, []);
	world.isHeld = false;
	writer.destroy();
	server.close();
});

test('no timer runs while there is nothing to end, and one does from the moment there is', async () => {
	const { told, heard, world } = created({ isHeld: false });
	await sleep(3 * TICK_MS);
	told.length = 0;
	heard();
	await sleep(3 * TICK_MS);
	assert.equal(told, []);
	world.isHeld = true;
	heard();
	await until(() => told.length >= 2);
	assert.ok(told[0]! >= TICK_MS - 1 && told[0]! <= 2 * TICK_MS, `${told[0]}`);
	world.isHeld = false;
	await until(() => told.length >= 3);
	const { length } = told;
	await sleep(4 * TICK_MS);
	assert.is(told.length, length);
});

const exact = suite('flow: silence, to the millisecond');

exact('a look every tick, the first one a tick after the start, whatever comes before it', async () => {
	const clock = takeClock();
	try {
		const { told, heard, world } = created();
		await clock.pass(TICK_MS / 2);
		heard();
		await clock.pass(TICK_MS);
		assert.equal(told, [], 'something came since the look before');
		await clock.pass(TICK_MS / 2);
		assert.equal(told, [TICK_MS]);
		await clock.pass(TICK_MS);
		assert.equal(told, [TICK_MS, 2 * TICK_MS]);
		world.isHeld = false;
		await clock.pass(TICK_MS);
		assert.is(clock.timers(), 0, 'nothing to end, no timer');
		world.isHeld = true;
		told.length = 0;
		// The ticks begin with the first thing that comes, not with the last.
		heard();
		await clock.pass(TICK_MS / 2);
		heard();
		await clock.pass(TICK_MS / 2);
		heard();
		await clock.pass(TICK_MS);
		assert.equal(told, []);
		await clock.pass(TICK_MS);
		assert.equal(told, [TICK_MS]);
	} finally {
		clock.leave();
	}
});

exact('without a word about it silence always counts, four times a second', async () => {
	const clock = takeClock();
	try {
		const told: number[] = [];
		createSilence({ isBlocked: () => false, onQuiet: (ms) => told.push(ms) });
		await clock.pass(1000);
		assert.equal(told, [250, 500, 750, 1000]);
	} finally {
		clock.leave();
	}
});

test.run();
exact.run();
