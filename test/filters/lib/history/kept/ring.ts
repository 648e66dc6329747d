import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { add } from '../../../../../filters/lib/exact.ts';
import { Ring } from '../../../../../filters/lib/history/kept/ring.ts';
import type { Exact } from '../../../../../filters/lib/record.ts';

const test = suite('ring');

const value = fc.oneof(
	fc.integer({ min: 0, max: 9 }),
	fc.constantFrom<Exact>(65_535, 65_536, 4_294_967_295, 4_294_967_296, Number.MAX_SAFE_INTEGER, -1, 0.5),
	fc.constantFrom<Exact>('9007199254740993', '-9007199254740993', '170141183460469231731687303715884105728'),
);
type Step = { slot: number; row: number; value: Exact; what: 'add' | 'put' | 'cut' };
const step: fc.Arbitrary<Step> = fc.record({
	slot: fc.integer({ min: 0, max: 40 }),
	row: fc.integer({ min: 0, max: 6 }),
	value,
	what: fc.constantFrom('add', 'add', 'add', 'put', 'cut'),
});

test('it is a table of the newest slots, exact whatever comes, and knows its bytes', () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
			const ring = new Ring(1000, 8, 1);
			const model = new Map<string, Exact>();
			const seen = new Set<number>();
			let newest = -1;
			for (const { slot, row, value: one, what } of steps) {
				const isKept = slot > newest - 8;
				if (what === 'cut') {
					ring.cut(slot);
					for (const key of model.keys()) if (Number(key.split(' ')[0]) > slot) model.delete(key);
					for (const at of seen) if (at > slot) seen.delete(at);
					newest = Math.min(newest, slot);
					continue;
				}
				const before = ring.bytes();
				assert.is(ring.open(slot), isKept);
				if (!isKept) continue;
				newest = Math.max(newest, slot);
				for (const key of model.keys()) if (Number(key.split(' ')[0]) <= newest - 8) model.delete(key);
				for (const at of seen) if (at <= newest - 8) seen.delete(at);
				ring.look(slot, 3);
				seen.add(slot);
				const key = `${slot} ${row}`;
				const grown = what === 'add' ? ring.add(slot, row, one) : ring.put(slot, row, one);
				model.set(key, what === 'add' ? add(model.get(key) ?? 0, one) : one);
				assert.is(ring.bytes() - before, grown);
			}
			assert.is(ring.newest, newest);
			for (let slot = newest - 7; slot <= newest; slot++) {
				if (slot < 0) continue;
				assert.is(ring.lookedAt(slot) !== undefined, seen.has(slot), `slot ${slot}`);
				for (let row = 0; row < 8; row++)
					assert.is(ring.at(slot, row), model.get(`${slot} ${row}`) ?? 0, `slot ${slot}, row ${row}`);
			}
			assert.is(ring.lookedAt(newest - 8), undefined);
			assert.is(ring.lookedAt(newest + 1), undefined);
		}),
		{ numRuns: 2000 },
	);
});

test('a cell takes one byte until a count needs more, and so does the time of a step', () => {
	const ring = new Ring(1000, 100, 2);
	ring.open(0);
	assert.is(ring.add(0, 0, 255), 0);
	assert.is(ring.add(0, 0, 1), 100 * 2 * 1);
	assert.is(ring.add(0, 0, 65_279), 0);
	assert.is(ring.add(0, 0, 1), 100 * 2 * 2);
	assert.is(ring.add(0, 0, 4_294_967_295), 100 * 2 * 4);
	assert.is(ring.at(0, 0), 4_295_032_831);
	const before = ring.bytes();
	assert.is(ring.look(0, 65_534), 0);
	assert.is(ring.lookedAt(0), 65_534);
	assert.is(ring.look(0, 1), 100 * 2);
	assert.is(ring.lookedAt(0), 65_535);
	assert.is(ring.look(1, 1e9), 0);
	assert.is(ring.bytes(), before + 100 * 2);
});

test.run();
