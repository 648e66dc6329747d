// The keys of an object store are those that Netflix's reference consumers look for.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobError } from '../../../../../filters/lib/hollow/blob/bytes/errors.ts';
import { decodeIndex, encodeIndex, keyOf } from '../../../../../filters/lib/hollow/store/layout.ts';
import { ROOT } from '../../../../program.ts';

const test = suite('hollow layout');

test("a key has Java's hash of the version in hexadecimal", () => {
	const vectors = JSON.parse(readFileSync(join(ROOT, 'test/golden/hollow/vectors.json'), 'utf8'));
	const list = vectors.hashLong as [string, number][] | { in: string; out: number }[];
	assert.ok(list.length > 3);
	for (const vector of list) {
		const [value, hash] = Array.isArray(vector) ? vector : (Object.values(vector) as [string, number]);
		if (BigInt(value) < 0n) continue;
		assert.is(keyOf('delta', String(value)), `delta/${(Number(hash) >>> 0).toString(16)}-${value}`);
	}
});

test('the index: gaps as vlongs, sorted, none twice', () => {
	assert.equal(encodeIndex(['300', '1', '300', '2']), Buffer.from([1, 1, 0x82, 0x2a]));
	assert.equal(decodeIndex(Buffer.from([1, 1, 0x82, 0x2a])), ['1', '2', '300']);
	assert.equal(encodeIndex([]).length, 0);
	const version = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String);
	fc.assert(
		fc.property(fc.uniqueArray(version, { maxLength: 50 }), (versions) => {
			const sorted = [...versions].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
			assert.equal(decodeIndex(encodeIndex(versions)), sorted);
		}),
	);
});

test('an index that is none is refused, whatever it is', () => {
	assert.throws(() => decodeIndex(Buffer.from([1, 0x82])), /byte 1: expected the end of a number/);
	assert.throws(() => decodeIndex(Buffer.alloc(20, 0x80)), /at most ten bytes/);
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
			try {
				decodeIndex(bytes);
			} catch (error) {
				assert.instance(error, BlobError);
			}
		}),
	);
});

test.run();
