import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSerial } from '../../../../filters/lib/flow/serial.ts';

const test = suite('flow: serial');

const turns = async (count: number) => {
	for (let index = 0; index < count; index++) await Promise.resolve();
};

test('each caller gets what its own work gave, or threw', async () => {
	const inTurn = createSerial();
	const answers = [inTurn(() => 1), inTurn(async () => 'two')] as const;
	const failed = inTurn(() => {
		throw new Error('no');
	});
	assert.equal(await Promise.all(answers), [1, 'two']);
	await failed.then(assert.unreachable, (error) => assert.is(error.message, 'no'));
	assert.is(await inTurn(() => 3), 3);
});

test('one after the other, in the order they were asked for, be earlier ones over well or badly', async () => {
	const work = fc.record({ length: fc.nat(5), fails: fc.boolean(), pause: fc.nat(4) });
	await fc.assert(
		fc.asyncProperty(fc.array(work, { maxLength: 20 }), async (works) => {
			const inTurn = createSerial();
			const order: number[] = [];
			let running = 0;
			const answers: Promise<unknown>[] = [];
			for (const [index, { length, fails, pause }] of works.entries()) {
				const answer = inTurn(async () => {
					running += 1;
					assert.is(running, 1);
					order.push(index);
					await turns(length);
					running -= 1;
					if (fails) throw new Error('no');
				});
				answers.push(answer.catch(() => {}));
				await turns(pause);
			}
			await Promise.all(answers);
			assert.equal(
				order,
				works.map((_, index) => index),
			);
		}),
	);
});

test.run();
