import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLedger } from '../../../../filters/lib/flow/ledger.ts';

const test = suite('flow: ledger');

const created = () => {
	const confirmed: unknown[] = [];
	return { confirmed, ...createLedger(({ at }) => confirmed.push(at)) };
};

test('a barrier waits for what was before it, and confirms those before it', () => {
	const { confirmed, barrier, settle } = created();
	barrier({ at: 'a' }, 1);
	barrier({ at: 'b' }, 2);
	barrier({ at: 'c' }, 5);
	settle(0);
	assert.equal(confirmed, []);
	settle(1);
	assert.equal(confirmed, ['a']);
	settle(4);
	assert.equal(confirmed, ['a', 'b']);
	settle(4);
	assert.equal(confirmed, ['a', 'b']);
	settle(Number.POSITIVE_INFINITY);
	assert.equal(confirmed, ['a', 'b', 'c']);
});

test('where nothing came between them, the last one stands for all', () => {
	const { confirmed, barrier, settle } = created();
	for (const at of ['a', 'b', 'c']) barrier({ at }, 7);
	assert.equal(confirmed, []);
	settle(7);
	assert.equal(confirmed, ['c']);
});

test('a barrier is confirmed by a settle only, also when nothing is outstanding', () => {
	const { confirmed, barrier, settle } = created();
	settle(3);
	barrier({ at: 'a' }, 3);
	assert.equal(confirmed, []);
	settle(3);
	assert.equal(confirmed, ['a']);
});

test('positions are confirmed in order, each once, never early and never later than they could be', () => {
	const step = fc.oneof(
		fc.record({ what: fc.constant('item' as const) }),
		fc.record({ what: fc.constant('barrier' as const) }),
		fc.record({ what: fc.constant('settle' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const seen: number[] = [];
			const afters: number[] = [];
			const ledger = createLedger(({ at }) => seen.push(at as number));
			let [items, done] = [0, 0];
			for (const one of steps) {
				if (one.what === 'item') items += 1;
				else if (one.what === 'barrier') {
					ledger.barrier({ at: afters.length }, items);
					afters.push(items);
				} else {
					done += Math.round((items - done) * one.part);
					ledger.settle(done);
					const due = afters.findLastIndex((after) => after <= done);
					assert.is(seen.at(-1) ?? -1, due);
				}
				assert.ok(seen.every((at, index) => index === 0 || at > seen[index - 1]!));
				assert.ok(seen.every((at) => afters[at]! <= done));
			}
		}),
	);
});

test.run();
