import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue } from '../../../../filters/lib/post/queue.ts';

const test = suite('post: queue');

const create = (lingerMs = 60_000) => {
	let ready = 0;
	const queue = createQueue<string>({
		most: 4,
		heaviest: 10,
		lingerMs,
		onReady: () => {
			ready += 1;
		},
	});
	return { queue, ready: () => ready };
};
type Queue = ReturnType<typeof create>['queue'];
const pushAll = (queue: Queue, text: string, weight = 1) => {
	for (const item of text) queue.push(item, weight);
};

test('what waits is counted and weighed until it has gone', () => {
	const { queue, ready } = create();
	assert.equal([queue.size(), queue.weight(), queue.next(), queue.oldest()], [0, 0, 0, undefined]);
	pushAll(queue, 'abcdef', 2);
	assert.equal([queue.size(), queue.weight(), queue.next(), ready()], [6, 12, 6, 1]);
	assert.equal([queue.first()!.items, queue.first()!.end], [['a', 'b', 'c', 'd'], 4]);
	queue.shift();
	assert.equal([queue.size(), queue.weight()], [2, 4]);
	assert.is(queue.first(), undefined);
	queue.seal();
	assert.equal([queue.first()!.items, queue.first()!.end, ready()], [['e', 'f'], 6, 2]);
	queue.seal();
	assert.is(ready(), 2);
	queue.shift();
	queue.shift();
	assert.equal([queue.size(), queue.weight(), queue.oldest()], [0, 0, undefined]);
});

test('a batch is full by weight as well, and one item may weigh more than that', () => {
	const { queue } = create();
	pushAll(queue, 'ab', 6);
	assert.equal(queue.first()!.items, ['a']);
	queue.shift();
	queue.push('c', 99);
	assert.equal(queue.first()!.items, ['b']);
	queue.shift();
	queue.seal();
	assert.equal([queue.first()!.items, queue.weight()], [['c'], 99]);
});

test('halves count on, and weigh half', () => {
	const { queue } = create();
	pushAll(queue, 'abcde');
	assert.ok(queue.halve());
	assert.equal([queue.first()!.items, queue.first()!.end, queue.first()!.weight], [['a', 'b'], 2, 2]);
	assert.ok(queue.halve());
	assert.equal([queue.first()!.items, queue.first()!.end], [['a'], 1]);
	assert.not(queue.halve());
	for (const [item, end] of [
		['a', 1],
		['b', 2],
	] as const) {
		assert.equal([queue.first()!.items, queue.first()!.end], [[item], end]);
		queue.shift();
	}
	assert.equal([queue.first()!.items, queue.first()!.end], [['c', 'd'], 4]);
	queue.shift();
	assert.equal([queue.size(), queue.weight(), queue.first()], [1, 1, undefined]);
	assert.not(queue.halve());
	queue.close();
});

test('what is dropped is the oldest behind the one that is on its way', () => {
	const { queue } = create();
	pushAll(queue, 'abcd');
	assert.is(queue.drop(), undefined);
	pushAll(queue, 'efghi');
	assert.equal(queue.drop()!.items, ['e', 'f', 'g', 'h']);
	assert.equal([queue.first()!.items[0], queue.size(), queue.weight()], ['a', 5, 5]);
	assert.is(queue.drop(), undefined);
	queue.close();
});

test('an item does not wait longer than it may', async () => {
	const { queue, ready } = create(20);
	queue.push('a', 1);
	assert.is(queue.first(), undefined);
	assert.ok(performance.now() - queue.oldest()! < 1000);
	await new Promise((resolve) => setTimeout(resolve, 60));
	assert.equal([queue.first()!.items, ready()], [['a'], 1]);
	await new Promise((resolve) => setTimeout(resolve, 60));
	assert.is(ready(), 1);
});

test.run();
