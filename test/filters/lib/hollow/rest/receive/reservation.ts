import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createReservation } from '../../../../../../filters/lib/hollow/rest/receive/reservation.ts';
import type { HttpError } from '../../../../../../filters/lib/http/http-error.ts';

const test = suite('reservation');

/** Room for a hundred bytes, and work that ends when the test says so. */
const begin = () => {
	const reserve = createReservation((bytes) => bytes <= 100);
	const ends: (() => void)[] = [];
	const take = (bytes: number, before = 0) =>
		reserve(bytes, before, () => new Promise<void>((resolve) => ends.push(resolve))).then(
			() => 'done',
			({ status }: HttpError) => status,
		);
	return { take, end: () => ends.shift()!(), reserve };
};

test('what is on its way counts until it is over', async () => {
	const { take, end } = begin();
	const first = take(60);
	assert.is(await take(41), 503);
	const second = take(40);
	assert.is(await take(1), 503);
	end();
	assert.is(await first, 'done');
	const third = take(60);
	assert.is(await take(1), 503);
	end();
	end();
	assert.equal(await Promise.all([second, third]), ['done', 'done']);
	assert.is(await take(101), 503);
});

test('a body that replaces one needs only what it is larger', async () => {
	const { take, end } = begin();
	const first = take(150, 50);
	assert.is(await take(151, 200), 503);
	end();
	assert.is(await first, 'done');
});

test('work that fails gives its room back', async () => {
	const { take, end, reserve } = begin();
	try {
		await reserve(100, 0, () => Promise.reject(new Error('broken off')));
		assert.unreachable();
	} catch (error) {
		assert.is((error as Error).message, 'broken off');
	}
	const next = take(100);
	end();
	assert.is(await next, 'done');
});

test.run();
