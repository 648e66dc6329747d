// When a pipeline comes back: the last thing that it was told is what happens.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createComeback } from '../../../supervisor/run/comeback.ts';
import { type Clock, takeClock } from '../../harness/clock.ts';

const test = suite<{ clock: Clock }>('comeback');
test.before.each((context) => {
	context.clock = takeClock();
});
test.after.each(({ clock }) => clock.leave());

test('one timer: the next one takes its place, and cancel leaves none, nor a reason', async ({ clock }) => {
	const comeback = createComeback([100, 400]);
	const done: string[] = [];
	comeback.after(10, () => done.push('first'));
	comeback.after(20, () => done.push('second'));
	await clock.pass(30);
	assert.equal(done, ['second']);
	comeback.failed('no pipes');
	assert.is(comeback.trouble(), 'no pipes');
	comeback.after(10, () => done.push('third'));
	comeback.cancel();
	await clock.pass(30);
	assert.equal([done, comeback.trouble()], [['second'], '']);
});

test('it could be started only where it could not before, and then the delays begin again', () => {
	const comeback = createComeback([100, 400]);
	assert.not(comeback.started());
	const delays = [1, 2, 3, 4].map(() => comeback.failed('x'));
	for (const [at, plain] of [100, 200, 400, 400].entries()) {
		assert.ok(delays[at]! >= plain * 0.8 && delays[at]! <= plain * 1.2, delays.join());
	}
	assert.ok(comeback.started());
	assert.not(comeback.started());
	assert.ok(comeback.failed('x') <= 120);
});

test('the third escalation is one too many, unless it has recovered', () => {
	const comeback = createComeback([100, 400]);
	const often = () => [1, 2, 3].map(() => comeback.escalate().degraded);
	assert.equal(often(), [false, false, true]);
	comeback.recovered();
	assert.equal(often(), [false, false, true]);
});

test.run();
