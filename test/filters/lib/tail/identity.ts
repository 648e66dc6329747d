import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	identityOf,
	sameContent,
	sameFile,
	sameTrail,
	TRAIL_BYTES,
	trailAfter,
	trailOf,
} from '../../../../filters/lib/tail/identity.ts';
import { logPosition } from '../../../../filters/lib/tail/position.ts';

const test = suite('tail: identity and position');

const FILE = { dev: '1', ino: '2', born: 7n };

test('content is the same as long as what was hashed is', () => {
	const id = identityOf(FILE, Buffer.from('abc'));
	assert.ok(sameContent(id, Buffer.from('abcdef')));
	assert.not(sameContent(id, Buffer.from('ab')));
	assert.not(sameContent(id, Buffer.from('abX')));
	assert.ok(sameContent(identityOf(FILE, Buffer.alloc(0)), Buffer.from('x')));
	assert.is(identityOf(FILE, Buffer.alloc(999)).hashed, 256);
});

test('a file is the same on another device, not with another birth, if both births are known', () => {
	const id = identityOf(FILE, Buffer.alloc(0));
	assert.ok(sameFile(id, FILE));
	const moved = { ...id, dev: '9' };
	assert.ok(sameFile(moved, FILE));
	assert.not(sameFile(id, { ...FILE, ino: '3' }));
	assert.not(sameFile(id, { ...FILE, born: 8n }));
	assert.ok(sameFile(id, { ...FILE, born: 0n }));
	assert.ok(sameFile({ ino: '2' }, FILE));
});

test('a place is known by the bytes before it', () => {
	const place = { offset: 3, ...trailOf(Buffer.from('ab\n')) };
	assert.ok(sameTrail(place, Buffer.from('ab\n')));
	assert.ok(sameTrail({ ...place, offset: 4 }, Buffer.from('xab\n')));
	assert.not(sameTrail(place, Buffer.from('aX\n')));
	assert.not(sameTrail(place, Buffer.from('b\n')));
});

test('of a place of which only the offset is known, the start of a line is asked for', () => {
	assert.ok(sameTrail({ offset: 0 }, Buffer.alloc(0)));
	assert.ok(sameTrail({ offset: 2 }, Buffer.from('a\n')));
	assert.not(sameTrail({ offset: 2 }, Buffer.from('ab')));
	assert.not(sameTrail({ offset: 2 }, Buffer.alloc(0)));
});

test('a trail is the last bytes of all that came, in whatever pieces', () => {
	const bytes = fc.uint8Array({ maxLength: 3 * TRAIL_BYTES });
	fc.assert(
		fc.property(fc.array(bytes, { maxLength: 6 }), (pieces) => {
			const trail = pieces.reduce<Buffer>(
				(before, piece) => trailAfter(before, Buffer.from(piece)),
				Buffer.alloc(0),
			);
			assert.ok(trail.equals(Buffer.concat(pieces).subarray(-TRAIL_BYTES)));
		}),
	);
});

const whole = { ...identityOf(FILE, Buffer.from('abc')), name: 'a', offset: 3, modified: '17' };

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
		{ born: 'x' },
		{ trailed: -1, trail: '' },
		{ trailed: 3 },
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
