import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPacing, createRate } from '../../../../filters/lib/graphite/pacing.ts';

const item = (seq: number) => ({ text: `t${seq}`, seq, at: 0 });
const test = suite('pacing');

test('known series pass, new ones pass at the pace, others wait in order', () => {
	const pacing = createPacing({ perMinute: 60, burst: 1, known: ['old'] });
	assert.is(pacing.offer('old', item(0), 0), 'go');
	assert.is(pacing.offer('a', item(1), 0), 'new');
	assert.is(pacing.offer('a', item(2), 0), 'go');
	assert.is(pacing.offer('b', item(3), 0), 'wait');
	assert.is(pacing.offer('c', item(4), 0), 'wait');
	assert.is(pacing.offer('b', item(5), 0), 'wait');
	assert.is(pacing.size(), 3);
	assert.is(pacing.release(999), undefined);
	assert.equal(pacing.release(1000), { path: 'b', items: [item(3), item(5)] });
	assert.is(pacing.head()?.seq, 4);
	assert.is(pacing.offer('b', item(6), 1000), 'go');
});

test('tokens do not gather beyond the burst', () => {
	const pacing = createPacing({ perMinute: 60, burst: 3, known: [] });
	pacing.offer('first', item(0), 0);
	const verdicts = ['a', 'b', 'c', 'd'].map((path, at) => pacing.offer(path, item(at), 1_000_000));
	assert.equal(verdicts, ['new', 'new', 'new', 'wait']);
});

test('never more new series in a minute than carbon makes', () => {
	const pacing = createPacing({ perMinute: 50, burst: 1, known: [] });
	let begun = 0;
	for (let now = 0; now <= 60_000; now += 100) {
		if (pacing.offer(`s${now}`, item(now), now) === 'new') begun += 1;
		while (pacing.release(now)) begun += 1;
	}
	assert.ok(begun === 50 || begun === 51, String(begun));
});

test('what waits for its series goes in the order it came, and a token is whole before it is spent', () => {
	const pacing = createPacing({ perMinute: 60, burst: 2, known: [] });
	assert.is(pacing.release(0), undefined, 'nothing waits');
	assert.is(pacing.head(), undefined);
	pacing.dropOldest();
	assert.is(pacing.size(), 0, 'there is none to give up');
	assert.equal(
		['a', 'b', 'c', 'd'].map((path, seq) => pacing.offer(path, item(seq), 0)),
		['new', 'new', 'wait', 'wait'],
	);
	// There is a token for one, and who waits longest has it; a new one is not let past.
	assert.is(pacing.offer('e', item(4), 1000), 'wait');
	assert.is(pacing.release(1000)?.path, 'c');
	assert.is(pacing.size(), 2);
	assert.is(pacing.release(1999), undefined);
	assert.is(pacing.release(2000)?.path, 'd');
	pacing.offer('e', item(5), 2000);
	pacing.dropOldest();
	assert.equal([pacing.head(), pacing.size()], [item(5), 1]);
	pacing.dropOldest();
	assert.equal([pacing.head(), pacing.size(), pacing.release(9000)], [undefined, 0, undefined]);
	assert.is(pacing.offer('e', item(6), 9000), 'new', 'nobody waits any more');
});

test('of a million series and more the oldest are forgotten, and paced once more', () => {
	const known = Array.from({ length: 1_000_000 }, (_, n) => `s${n}`);
	const pacing = createPacing({ perMinute: 1, burst: 1, known });
	assert.is(pacing.offer('s0', item(0), 0), 'go');
	assert.is(pacing.offer('one more', item(1), 0), 'new');
	assert.is(pacing.offer('s1', item(2), 0), 'go');
	assert.is(pacing.offer('s0', item(3), 0), 'wait');
});

test('the oldest can be given up', () => {
	const pacing = createPacing({ perMinute: 1, burst: 1, known: [] });
	for (let seq = 0; seq < 3; seq += 1) pacing.offer(`s${seq}`, item(seq), 0);
	pacing.dropOldest();
	assert.is(pacing.head()?.seq, 2);
	assert.is(pacing.size(), 1);
});

test('rates', () => {
	assert.is(createRate('50/min', 'x'), 50);
	assert.is(createRate('7', 'x'), 7);
	for (const text of ['0', '-1', '5/s', '']) assert.throws(() => createRate(text, 'x'), /series a minute/);
});

test.run();
