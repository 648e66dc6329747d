import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { identityOf, sameContent } from '../../../../filters/lib/tail/identity.ts';
import { logPosition } from '../../../../filters/lib/tail/position.ts';

const test = suite('tail: identity and position');

test('content is the same as long as what was hashed is', () => {
	const id = identityOf('1', '2', Buffer.from('abc'));
	assert.ok(sameContent(id, Buffer.from('abcdef')));
	assert.not(sameContent(id, Buffer.from('ab')));
	assert.not(sameContent(id, Buffer.from('abX')));
	assert.ok(sameContent(identityOf('1', '2', Buffer.alloc(0)), Buffer.from('x')));
	assert.is(identityOf('1', '2', Buffer.alloc(999)).hashed, 256);
});

const whole = { ...identityOf('1', '2', Buffer.from('abc')), name: 'a', offset: 3, modified: '17' };

test('a position is taken back as it was written', () => {
	assert.equal(logPosition({ ...whole, time: '#!ts 5' }, 'a', 'ack'), { ...whole, time: '#!ts 5' });
});

test('another log, another source, or nonsense is refused with what to do', () => {
	assert.throws(
		() => logPosition(whole, 'b', 'x.ack'),
		/^x\.ack is about "a", not about "b"; remove it to start afresh/,
	);
	const wrong = [
		{ offset: -1 },
		{ offset: 1.5 },
		{ dev: 1 },
		{ hash: null },
		{ modified: 'now' },
		{ time: 'x' },
	];
	for (const part of wrong) {
		const position = { ...whole, ...part };
		assert.throws(
			() => logPosition(position, 'a', 'x.ack'),
			/holds no position of a log/,
			JSON.stringify(part),
		);
	}
	assert.throws(() => logPosition({ topic: 't' }, 'a', 'x.ack'), /holds no position of a log/);
});

test.run();
