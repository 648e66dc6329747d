import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { placeIn } from '../../../../filters/lib/logs/place.ts';

const test = suite('logs/place');
const ONE = { name: 'a.ndjson', dev: '1', ino: '2', hash: 'x', hashed: 1, offset: 3, modified: '4' };

test('each log by its path', () => {
	const logs = { '/x/a.ndjson': ONE, '/y/a.ndjson': { ...ONE, offset: 9 } };
	assert.equal(placeIn({ logs }, 'ack'), logs);
	assert.equal(placeIn({ logs: {} }, 'ack'), {});
});

test('the ack of another source is refused, and a position that is none', () => {
	for (const position of [ONE, {}, { logs: null }, { logs: [ONE] }, { logs: 'x' }])
		assert.throws(() => placeIn(position, 'ack'), /ack holds no positions of several logs; remove it/);
	for (const one of [null, {}, { ...ONE, offset: -1 }, 7])
		assert.throws(() => placeIn({ logs: { '/x/a.ndjson': one } }, 'ack'), /ack holds no position of a log/);
	assert.throws(
		() => placeIn({ logs: { '/x/b.ndjson': ONE } }, 'ack'),
		/is about "a.ndjson", not about "b.ndjson"/,
	);
});

test.run();
