import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCatchUp } from '../../../../filters/lib/flow/catch-up.ts';

const test = suite('flow: catch-up');

const turns = async (count: number) => {
	for (let index = 0; index < count; index++) await Promise.resolve();
};
const unexpected = (error: unknown) => {
	throw error;
};

test('work begins at once, runs once at a time, and takes in one run what was asked for meanwhile', async () => {
	let [begun, running] = [0, 0];
	const { start, over } = createCatchUp(async () => {
		begun += 1;
		running += 1;
		assert.is(running, 1);
		await new Promise((resolve) => setTimeout(resolve, 5));
		running -= 1;
	}, unexpected);
	start();
	assert.is(begun, 1);
	for (let index = 0; index < 10; index++) start();
	assert.is(begun, 1);
	await over();
	assert.is(begun, 2);
	start();
	assert.is(begun, 3);
	await over();
	assert.is(begun, 3);
});

test('a start by the work itself is a start', async () => {
	let left = 5;
	const { start, over } = createCatchUp(async () => {
		left -= 1;
		if (left > 0) start();
	}, unexpected);
	start();
	await over();
	assert.is(left, 0);
});

test('a failure is heard of, and the next start finds a work that begins', async () => {
	const heard: string[] = [];
	let begun = 0;
	const { start, over } = createCatchUp(
		() => {
			begun += 1;
			if (begun === 1) throw new Error('at once');
			return begun === 2 ? Promise.reject(new Error('later')) : Promise.resolve();
		},
		(error) => heard.push((error as Error).message),
	);
	start();
	await over();
	start();
	// While the failing work is under way.
	start();
	await over();
	assert.equal(heard, ['at once', 'later']);
	assert.is(begun, 3);
});

test('with nothing under way it is over', async () => {
	await createCatchUp(async () => assert.unreachable(), unexpected).over();
});

test('no start is lost, whatever the interleaving: what came before it is worked off when all is over', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.nat(6), { maxLength: 30 }),
			fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }),
			fc.boolean(),
			async (gaps, lengths, fails) => {
				let [queue, runs, running, done] = [0, 0, 0, 0];
				const { start, over } = createCatchUp(
					async () => {
						running += 1;
						assert.is(running, 1);
						const length = lengths[runs++ % lengths.length]!;
						await turns(length);
						// The last look, and then some time until the end.
						done += queue;
						queue = 0;
						await turns(length);
						running -= 1;
						if (fails && runs % 2 === 0) throw new Error('failed');
					},
					() => {},
				);
				for (const gap of gaps) {
					queue += 1;
					start();
					await turns(gap);
				}
				await over();
				assert.is(done, gaps.length);
				assert.is(running, 0);
			},
		),
	);
});

test.run();
