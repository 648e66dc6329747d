import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCourier } from '../../../../../../filters/lib/hollow/rest/push/courier.ts';
import { memoryQueue } from '../../../../../../filters/lib/hollow/rest/push/queue.ts';
import { keptLog } from '../../../../../data/published.ts';
import { cycleNumber, versionNumber } from '../../../../../servers/receiver.ts';

const test = suite('courier');

/** A courier whose deliveries end when the test says so. */
const begin = (...cycles: number[]) => {
	const queue = memoryQueue();
	const events: string[] = [];
	const ends: (() => void)[] = [];
	const courier = createCourier({
		queue,
		delivery: {
			deliver: ({ version }, signal) => {
				events.push(`deliver ${Number(version.slice(-4)) / 1000}`);
				return new Promise((resolve, reject) => {
					signal.addEventListener('abort', () => reject(signal.reason));
					ends.push(() => resolve('published'));
				});
			},
			condition: () => 'well',
		},
		log: keptLog().log,
		say: () => {},
		count: () => {},
		onSettled: (entry) => {
			queue.remove(entry.name);
			events.push('settled');
		},
		onFailure: (error) => events.push(`failed: ${error}`),
	});
	for (const at of cycles) queue.push(cycleNumber(at));
	const turn = () => new Promise((resolve) => setImmediate(resolve));
	return { queue, courier, events, end: () => ends.shift()?.(), turn };
};

test('one after the other, each settled once, whoever starts it how often', async () => {
	assert.is(versionNumber(1).slice(-4), '1000');
	const { queue, courier, events, end, turn } = begin(1, 2);
	courier.start();
	courier.start();
	await turn();
	assert.equal(events, ['deliver 1']);
	end();
	await turn();
	end();
	queue.push(cycleNumber(3));
	courier.start();
	await turn();
	assert.equal(events, ['deliver 1', 'settled', 'deliver 2', 'settled', 'deliver 3']);
	end();
	await courier.stop();
});

test('what is dropped on its way is given up, and is not settled a second time', async () => {
	for (const isEnding of [false, true]) {
		const { queue, courier, events, end, turn } = begin(1, 2);
		courier.start();
		await turn();
		const first = queue.first()!;
		// In the same breath the server's answer is there already.
		if (isEnding) end();
		queue.remove(first.name);
		courier.drop(first);
		await turn();
		assert.equal(events, ['deliver 1', 'deliver 2'], `ending: ${isEnding}`);
		await courier.stop();
	}
});

test('dropping what is not on its way changes nothing', async () => {
	const { queue, courier, events, end, turn } = begin(1);
	courier.start();
	await turn();
	courier.drop({ ...queue.first()!, name: 'another' });
	end();
	await turn();
	assert.equal(events, ['deliver 1', 'settled']);
});

test('stop: what is on its way stays in the queue, and nothing begins any more', async () => {
	const { queue, courier, events, turn } = begin(1, 2);
	courier.start();
	await turn();
	await courier.stop();
	courier.start();
	await turn();
	assert.is(queue.size(), 2);
	assert.equal(events, ['deliver 1']);
});

test.run();
