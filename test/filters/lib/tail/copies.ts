import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyOf, holds, isCopy } from '../../../../filters/lib/tail/copies.ts';
import type { Entry } from '../../../../filters/lib/tail/entry.ts';
import { identityOf, trailOf } from '../../../../filters/lib/tail/identity.ts';

const test = suite('tail: copies');

const entry = (path: string, born: bigint, text: string, more: Partial<Entry> = {}): Entry => ({
	path,
	dev: '1',
	ino: '1',
	size: text.length,
	lookedAt: 0,
	modified: born,
	born,
	head: Buffer.from(text),
	foot: Buffer.from(text),
	before: Buffer.alloc(0),
	unreadable: '',
	live: path === 'a',
	ranked: true,
	inOriginal: false,
	inRead: false,
	...more,
});

/** A place in a file that holds `text`, of which `known` bytes from the start were hashed. */
const place = (text: string, offset: number, known = text.length) => ({
	name: 'a',
	...identityOf({ dev: '1', ino: '1', born: 1n }, Buffer.from(text.slice(0, known))),
	...trailOf(Buffer.from(text.slice(0, offset))),
	offset,
	modified: '1',
});

test('a place is in a file that has its beginning, and what stands before it', () => {
	const position = place('one\ntwo\n', 4);
	const before = Buffer.from('one\n');
	assert.ok(holds(position, entry('a', 1n, 'one\ntwo\n', { before })));
	assert.ok(holds(position, entry('a', 1n, 'one\ntwo\nthree\n', { before })));
	assert.not(holds(position, entry('a', 1n, 'one\ntw', { before })), 'another beginning');
	assert.not(holds(position, entry('a', 1n, 'one\ntwo\n', { before: Buffer.from('oneX') })), 'another trail');
	assert.not(holds(position, entry('a', 1n, 'one\ntwo\n', { before, unreadable: 'is compressed' })));
});

test('a place right at the end of a file is in it, and one behind the end is not', () => {
	const before = Buffer.from('one\n');
	assert.ok(holds(place('one\n', 4), entry('a', 1n, 'one\n', { before })));
	assert.not(holds(place('one\n', 4), entry('a', 1n, 'one\n', { before, size: 3 })));
});

test('a place before the first byte of an empty file is in no file: any begins like that', () => {
	assert.not(holds(place('', 0), entry('a', 1n, '')));
	assert.not(holds(place('', 0), entry('a', 1n, 'one\n')));
});

test('a copy is younger than a file that stands behind it in the row', () => {
	const live = entry('a', 5n, 'one\n');
	const isOne = (copy: Entry) => isCopy(copy, [copy, live]);
	assert.ok(isOne(entry('a.1', 6n, 'one\n')));
	assert.not(isOne(entry('a.1', 5n, 'one\n')), 'born together');
	assert.not(isOne(entry('a.1', 4n, 'one\n')), 'older');
	assert.not(isOne(entry('a.old', 6n, 'one\n', { ranked: false })), 'made by no rotation');
	const copy = entry('a.1', 6n, 'one\n');
	assert.not(isCopy(copy, [live, copy]), 'nothing stands behind it');
	assert.not(isCopy(copy, [copy, entry('a', 0n, 'one\n')]), 'births are not known');
	assert.not(isCopy(copy, [copy, entry('a.old', 5n, 'one\n', { ranked: false })]));
});

test('of several copies that hold the place, the oldest that was made since has what came next', () => {
	const before = Buffer.from('one\n');
	const own = entry('a', 1n, 'new\n');
	// Made before the place was reached, and written to since, as by a rotation that was told to.
	const earlier = entry('a.3', 5n, 'one\n', { ino: '3', before, modified: 20n });
	const oldest = entry('a.2', 12n, 'one\ntwo\n', { ino: '4', before, modified: 13n });
	const youngest = entry('a.1', 15n, 'one\ntwo\n', { ino: '5', before, modified: 16n });
	const position = { ...place('one\n', 4), modified: '10' };
	assert.is(copyOf(position, [earlier, oldest, youngest, own], true)?.path, 'a.2');
	assert.is(copyOf(position, [earlier, youngest, own], true)?.path, 'a.1');
	assert.is(copyOf(position, [earlier, own], true), undefined);
	assert.is(copyOf(position, [{ ...oldest, inOriginal: true }, youngest, own], true)?.path, 'a.1');
	assert.is(copyOf(position, [own, oldest], true), undefined, 'what stands behind it is no copy of it');
});

test.run();
