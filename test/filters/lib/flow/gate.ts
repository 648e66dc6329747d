import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createGate } from '../../../../filters/lib/flow/gate.ts';

const test = suite('flow: gate');

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('there is room until the queue is full, and again once it is not and somebody says so', async () => {
	let isFull = false;
	const gate = createGate(() => isFull);
	assert.is(gate.room(), undefined);
	isFull = true;
	let through = 0;
	for (let index = 0; index < 3; index++) gate.room()!.then(() => through++);
	gate.wake();
	await turn();
	assert.is(through, 0);
	isFull = false;
	await turn();
	assert.is(through, 0);
	gate.wake();
	await turn();
	assert.is(through, 3);
});

test('an open gate lets everybody through for good', async () => {
	const gate = createGate(() => true);
	const waiting = gate.room()!;
	assert.not(gate.isOpen());
	gate.open();
	await waiting;
	assert.ok(gate.isOpen());
	assert.is(gate.room(), undefined);
});

test('whatever happens in whatever order: nobody waits while it is open, and everybody only while it is shut', async () => {
	const step = fc.constantFrom('push', 'take', 'room', 'open');
	await fc.assert(
		fc.asyncProperty(
			fc.array(step, { maxLength: 60 }),
			fc.integer({ min: 1, max: 3 }),
			async (steps, most) => {
				let size = 0;
				const waiting = new Set<number>();
				const gate = createGate(() => size >= most);
				for (const [index, what] of steps.entries()) {
					if (what === 'push') size += 1;
					if (what === 'open') gate.open();
					if (what === 'take' && size > 0) {
						size -= 1;
						gate.wake();
					}
					if (what === 'room') {
						const room = gate.room();
						assert.is(room !== undefined, size >= most && !gate.isOpen());
						if (room) {
							waiting.add(index);
							room.then(() => waiting.delete(index));
						}
					}
					await turn();
					if (gate.isOpen() || size < most) assert.is(waiting.size, 0);
				}
			},
		),
	);
});

test.run();
