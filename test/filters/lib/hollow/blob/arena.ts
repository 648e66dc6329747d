import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Arena } from '../../../../../filters/lib/hollow/blob/bytes/arena.ts';

const test = suite('arena');

/** Put a value at an ordinal; the answer is where it lies. */
const put = (arena: Arena<Uint8Array>, ordinal: number, value: number[]): number => {
	const at = arena.claim(value.length);
	arena.entries.set(value, at);
	arena.place(ordinal, at, value.length);
	return at;
};
const open = () => {
	const arena = new Arena(new Uint8Array(0));
	arena.reserve(4);
	return arena;
};

test('values lie one behind the other, and are the same when their bytes are', () => {
	const arena = open();
	assert.equal(
		[put(arena, 0, [1, 2]), put(arena, 1, [1, 2]), put(arena, 2, [1, 3]), put(arena, 3, [1])],
		[0, 2, 4, 6],
	);
	assert.ok(arena.same(0, 1));
	assert.not(arena.same(0, 2) || arena.same(0, 3) || arena.same(3, 0));
});

test('the last value leaves no trace when it is given up, an earlier one its room', () => {
	const arena = open();
	put(arena, 0, [1, 2]);
	put(arena, 1, [3, 4, 5]);
	arena.release(1);
	assert.equal([arena.used, arena.length[1]], [2, -1]);
	assert.is(put(arena, 1, [6]), 2);
	arena.release(0);
	assert.equal([arena.used, arena.length[0]], [3, -1]);
	assert.is(put(arena, 2, [7]), 3);
});

test('giving up an empty value, or one twice, gives up nothing else', () => {
	const arena = open();
	put(arena, 0, [1, 2]);
	put(arena, 1, []);
	arena.release(1);
	arena.release(1);
	assert.equal([arena.used, arena.length[1]], [2, -1]);
});

test.run();
