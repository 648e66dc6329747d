import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCounters } from '../../../../filters/lib/kea/counters.ts';

const test = suite('lib/kea/counters');

test('a counter counts since its process began, and one that fell since the print before', () => {
	const counters = createCounters();
	counters.begin(100);
	counters.turn(1000);
	assert.equal([counters.startOf('a', 5n), counters.startOf('b', 7n), counters.fallen()], [100, 100, 0]);
	counters.turn(2000);
	assert.equal([counters.startOf('a', 5n), counters.startOf('b', 6n), counters.fallen()], [100, 1000, 1]);
	counters.turn(3000);
	assert.equal([counters.startOf('a', 9n), counters.startOf('b', 60n), counters.fallen()], [100, 1000, 0]);
	assert.is(counters.startOf('new', 3n), 100);
});

test('another process: what was known is forgotten', () => {
	const counters = createCounters();
	counters.begin(100);
	counters.turn(1000);
	counters.startOf('a', 5n);
	counters.begin(1500);
	counters.turn(2000);
	assert.equal([counters.startOf('a', 0n), counters.fallen()], [1500, 0]);
});

test('without a known beginning there is no start until something fell', () => {
	const counters = createCounters();
	counters.begin(undefined);
	counters.turn(1000);
	assert.is(counters.startOf('a', 5n), undefined);
	counters.turn(2000);
	assert.is(counters.startOf('a', 1n), 1000);
});

test.run();
