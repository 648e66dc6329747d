import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EXIT, Failure } from '../../../../../filters/lib/failure.ts';
import type { Contents } from '../../../../../filters/lib/hollow/folder/contents.ts';
import { routeByDeltas, routeFromSnapshot, routeTo } from '../../../../../filters/lib/hollow/folder/route.ts';

const test = suite('hollow route');

const contents = (snapshots: number[], next: [number, number][], back: [number, number][]): Contents => {
	const map = (pairs: [number, number][]) => new Map(pairs.map(([from, to]) => [String(from), String(to)]));
	return { snapshots: snapshots.sort((a, b) => a - b).map(String), next: map(next), back: map(back) };
};

test('from the snapshot below, or else from the one above', () => {
	const held = contents(
		[3, 7],
		[[3, 4]],
		[
			[7, 6],
			[6, 5],
			[3, 2],
		],
	);
	assert.equal(routeFromSnapshot(held, '4'), ['3', '4']);
	assert.equal(routeFromSnapshot(held, '5'), ['7', '6', '5']);
	assert.equal(routeFromSnapshot(held, '2'), ['3', '2']);
	assert.throws(() => routeFromSnapshot(held, '8'), /no way to 8: no delta-7-8/);
	assert.throws(() => routeFromSnapshot(held, '1'), /no snapshot at or below 1/);
});

test('a delta that leads the wrong way is no reason to look for another way', () => {
	const held = contents(
		[1, 7],
		[
			[1, 3],
			[3, 2],
		],
		[[7, 5]],
	);
	const fault = (error: Failure) => error instanceof Failure && error.code === EXIT.data;
	assert.throws(() => routeFromSnapshot(held, '5'), fault);
	assert.throws(() => routeFromSnapshot(held, '5'), /delta-3-2 leads the wrong way/);
	assert.equal(routeFromSnapshot(contents([1, 7], [[1, 3]], [[7, 5]]), '5'), ['7', '5']);
});

test('by deltas alone, either way; undefined where they end or lead past', () => {
	const held = contents(
		[],
		[
			[1, 2],
			[2, 3],
			[3, 9],
		],
		[
			[3, 2],
			[2, 1],
		],
	);
	assert.equal(routeByDeltas(held, '1', '3'), ['2', '3']);
	assert.equal(routeByDeltas(held, '3', '1'), ['2', '1']);
	assert.equal(routeByDeltas(held, '3', '3'), []);
	assert.is(routeByDeltas(held, '3', '4'), undefined);
	assert.is(routeByDeltas(held, '9', '3'), undefined);
});

test('a delta that leads nowhere, or the wrong way, is bad data; following it would never end', () => {
	const wrong = /leads the wrong way/;
	assert.throws(() => routeTo(contents([3], [[3, 3]], []), '5', '3'), wrong);
	assert.throws(() => routeTo(contents([3], [[3, 2]], []), '5', '3'), wrong);
	assert.throws(() => routeTo(contents([3], [], [[3, 3]]), '1', '3'), wrong);
	assert.throws(() => routeTo(contents([3], [], [[3, 4]]), '1', '3'), wrong);
});

test('whatever a folder holds: each step of a route is there, and it ends where it should', () => {
	const some = fc.integer({ min: 1, max: 9 });
	const up = fc.tuple(some, some).filter(([from, to]) => from < to);
	const pairs = fc.array(up, { maxLength: 12 });
	fc.assert(
		fc.property(fc.uniqueArray(some), pairs, pairs, some, some, (snapshots, next, down, to, at) => {
			const held = contents(
				snapshots,
				next,
				down.map(([a, b]) => [b, a]),
			);
			const check = (route: string[]) => {
				for (const [index, one] of route.entries())
					if (index > 0) assert.ok([held.next, held.back].some((map) => map.get(route[index - 1]!) === one));
				assert.is(route.at(-1), String(to));
			};
			const route = routeByDeltas(held, String(at), String(to));
			if (route) check([String(at), ...route]);
			try {
				const found = routeFromSnapshot(held, String(to));
				assert.ok(held.snapshots.includes(found[0]!));
				check(found);
			} catch (error) {
				assert.match((error as Error).message, /^no (way|snapshot)/);
				assert.not(held.snapshots.includes(String(to)));
			}
		}),
	);
});

test.run();
