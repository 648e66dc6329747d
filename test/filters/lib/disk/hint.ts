import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHintedWait } from '../../../../filters/lib/disk/hint.ts';
import { takeClock } from '../../../harness/clock.ts';

const LONG_MS = 5000;

const test = suite('disk: hint');

/** How long something takes, in ms. */
const timeOf = async (act: () => Promise<void>): Promise<number> => {
	const from = performance.now();
	await act();
	return performance.now() - from;
};
const signal = new AbortController().signal;

test('without a hint a wait takes its time', async () => {
	const ms = await timeOf(() => createHintedWait(signal).wait(60));
	assert.ok(ms >= 59 && ms < LONG_MS / 2, `${ms} ms`);
});

test('a hint ends a wait, be it before it or in it, and one wait only', async () => {
	for (const spacingMs of [0, 20]) {
		const { wait, hint } = createHintedWait(signal, { spacingMs });
		hint();
		hint();
		assert.ok((await timeOf(() => wait(LONG_MS))) < LONG_MS / 2, 'before');
		setTimeout(hint, 10);
		assert.ok((await timeOf(() => wait(LONG_MS))) < LONG_MS / 2, 'in it');
		assert.ok((await timeOf(() => wait(60))) >= 59, 'no more of it');
	}
});

test('hints that follow each other are taken together', async () => {
	const { wait, hint } = createHintedWait(signal, { spacingMs: 100 });
	const timer = setInterval(hint, 1);
	await wait(LONG_MS);
	assert.ok((await timeOf(() => wait(LONG_MS))) >= 95, 'a hint in the wait');
	await sleep(20);
	hint();
	assert.ok((await timeOf(() => wait(LONG_MS))) >= 75, 'a hint before it');
	clearInterval(timer);
});

test('spacing makes no wait longer than it was to be', async () => {
	const { wait, hint } = createHintedWait(signal, { spacingMs: LONG_MS });
	hint();
	await wait(LONG_MS);
	hint();
	assert.ok((await timeOf(() => wait(30))) < LONG_MS / 2, 'a hint before it');
	setTimeout(hint, 10);
	assert.ok((await timeOf(() => wait(30))) < LONG_MS / 2, 'a hint in it');
});

test('an abort ends a wait, spacing or not, and no wait begins after it', async () => {
	const stop = new AbortController();
	const { wait, hint } = createHintedWait(stop.signal, { spacingMs: LONG_MS });
	hint();
	await wait(LONG_MS);
	hint();
	setTimeout(() => stop.abort(), 20);
	assert.ok((await timeOf(() => wait(LONG_MS))) < LONG_MS / 2);
	assert.ok((await timeOf(() => wait(LONG_MS))) < LONG_MS / 2);
});

test('the event loop turns in every wait, so that signals and timers are not starved', async () => {
	const stop = new AbortController();
	const { wait, hint } = createHintedWait(stop.signal);
	for (const isAborted of [false, true]) {
		if (isAborted) stop.abort();
		let turns = 0;
		const timer = setInterval(() => {
			turns += 1;
		}, 1);
		for (let index = 0; index < 20; index++) {
			hint();
			await wait(LONG_MS);
		}
		clearInterval(timer);
		assert.ok(turns > 5, `${turns}`);
	}
});

test('no hint is lost: whoever looks after each wait sees every change soon', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 20 }), fc.nat(5), async (pauses, spacingMs) => {
			const { wait, hint } = createHintedWait(signal, { spacingMs });
			let [made, seen] = [0, 0];
			const making = (async () => {
				for (const ms of pauses) {
					if (ms > 0) await sleep(ms);
					made += 1;
					hint();
				}
			})();
			const from = performance.now();
			while (seen < pauses.length) {
				await wait(LONG_MS);
				seen = made;
				assert.ok(performance.now() - from < LONG_MS, 'a change was not seen');
			}
			await making;
		}),
		{ numRuns: 30 },
	);
});

test('a wait ends on its millisecond and leaves nothing behind, neither timer nor listener', async () => {
	const clock = takeClock();
	try {
		const stop = new AbortController();
		const { wait, hint } = createHintedWait(stop.signal, { spacingMs: 100 });
		let over = 0;
		const begin = (ms: number) => void wait(ms).then(() => over++);
		const endsAfter = async (ms: number) => {
			const before = over;
			await clock.pass(ms - 1);
			assert.is(over, before, `before ${ms} ms`);
			await clock.pass(1);
			assert.is(over, before + 1, `after ${ms} ms`);
			assert.is(clock.timers(), 0);
			assert.equal(getEventListeners(stop.signal, 'abort'), []);
		};
		begin(50);
		await endsAfter(50);
		// Hinted at in the midst: at the end of the spacing, or of the wait where that comes first.
		begin(1000);
		await clock.pass(30);
		hint();
		await endsAfter(70);
		begin(60);
		await clock.pass(30);
		hint();
		await endsAfter(30);
		hint();
		await clock.pass(40);
		begin(1000);
		await endsAfter(60);
	} finally {
		clock.leave();
	}
});

test.run();
