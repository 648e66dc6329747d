import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Barriers } from '../../../../filters/lib/alert/barriers.ts';

const test = suite('lib/alert/barriers');

const REACH_MS = 300_000;
const MARGIN_MS = 60_000;
const having = (isKept = false) => {
	const is = { now: 0, oldest: Number.POSITIVE_INFINITY, pushed: 0, settled: 0 };
	const barriers = new Barriers({
		reachMs: () => REACH_MS,
		isKept,
		now: () => is.now,
		oldest: () => is.oldest,
		pushed: () => is.pushed,
		settled: () => is.settled,
	});
	const hold = (at: number) => barriers.hold(`#!pos {"at":${at}}`, { at });
	return { is, barriers, hold, released: () => barriers.release()?.position.at };
};

test('it waits until no rule looks back behind it; the newest goes on, once', () => {
	const { is, hold, released } = having();
	hold(1);
	is.now = 1000;
	hold(2);
	is.now = REACH_MS + MARGIN_MS - 1;
	assert.is(released(), undefined);
	is.now = REACH_MS + MARGIN_MS + 1000;
	assert.is(released(), 2);
	assert.is(released(), undefined);
});

test('it waits for alerts from before it, unless they are kept', () => {
	for (const isKept of [false, true]) {
		const { is, hold, released } = having(isKept);
		is.now = 1000;
		hold(1);
		is.oldest = 1000;
		is.now = 10 * REACH_MS;
		assert.is(released(), isKept ? 1 : undefined);
		is.oldest = 1001;
		assert.is(released(), isKept ? undefined : 1);
	}
});

test('it waits for what is not delivered of before it, and not for what came after', () => {
	const { is, hold, released, barriers } = having(true);
	is.pushed = 3;
	hold(1);
	is.pushed = 5;
	is.settled = 2;
	is.now = 10 * REACH_MS;
	assert.is(released(), undefined);
	assert.is(barriers.last(), undefined);
	is.settled = 3;
	assert.is(released(), 1);
});

test('however many wait, memory is bounded, and the newest is among them', () => {
	const { is, hold, barriers } = having();
	for (let at = 0; at < 100_000; at++) hold(at);
	assert.ok(JSON.stringify(barriers).length < 200_000);
	is.now = REACH_MS + MARGIN_MS;
	assert.is(barriers.release()?.position.at, 99_999);
});

test.run();
