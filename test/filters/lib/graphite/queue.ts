import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue } from '../../../../filters/lib/graphite/queue.ts';

const test = suite('graphite: queue');

test('points come out in order, each with its number and its time', () => {
	const queue = createQueue();
	assert.is(queue.shift(), undefined);
	assert.is(queue.head(), undefined);
	queue.push('a', 10);
	queue.push('b', 20);
	assert.equal(queue.head(), { text: 'a', seq: 0, at: 10 });
	assert.is(queue.size(), 2);
	assert.equal(queue.shift(), { text: 'a', seq: 0, at: 10 });
	assert.equal(queue.shift(), { text: 'b', seq: 1, at: 20 });
	assert.is(queue.shift(), undefined);
	assert.is(queue.size(), 0);
	assert.is(queue.next(), 2);
});

test('whatever comes and goes, however much: it is a queue, also after what is gone was cleared away', () => {
	const step = fc.record({ push: fc.nat(3000), shift: fc.nat(3000) });
	fc.assert(
		fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
			const queue = createQueue();
			let [pushed, shifted] = [0, 0];
			for (const { push, shift } of steps) {
				for (let n = 0; n < push; n++) queue.push(`p${pushed}`, pushed++ * 2);
				for (let n = 0; n < shift; n++) {
					const wanted =
						shifted < pushed ? { text: `p${shifted}`, seq: shifted, at: shifted * 2 } : undefined;
					assert.equal(queue.head(), wanted);
					assert.equal(queue.shift(), wanted);
					if (wanted) shifted += 1;
				}
				assert.is(queue.size(), pushed - shifted);
				assert.is(queue.next(), pushed);
			}
		}),
		{ numRuns: 30 },
	);
});

test.run();
