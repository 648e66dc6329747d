// repeat: two keys that look alike, or the next print, case by case

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nextPrintAt, type Repeat } from '../../../../filters/lib/print/repeat.ts';

const test = suite('repeat');

/** What came before, by what it is sorted by; `earlier` says which of them has the series that comes again. */
const CASES: [
	what: string,
	repeat: Repeat,
	order: number,
	orders: number[],
	earlier: number,
	timed: number,
	file: number,
][] = [
	['a map without keys', 'again', 5, [], -1, 0, 0],
	['a titled table beside others', 'again', 0, [0, 0], 0, 2, 2],
	['a key of a map that was printed, and left, before', 'key', 5, [3, 4], -1, 0, 0],
	['the only key again', 'key', 6, [5], 0, -1, 1],
	['a key behind larger ones', 'key', 6, [5, 7], 0, 2, 2],
	['a key among ever larger ones', 'key', 6, [5, 5], 0, -1, -1],
	['a key of a print whose first one is new', 'key', 8, [5, 9, 1, 8], 0, 2, 2],
	['the last of several prints', 'key', 7, [5, 9, 1, 8, 2, 6], 0, 4, 4],
	['a drop before the first one tells nothing', 'key', 9, [8, 2, 3], 1, -1, -1],
	['a key twice on a line of JSON', 'member', 1, [5, 9], 0, -1, -1],
	['a labelled table, the first of its print', 'label', 0, [0, 0], 0, -1, 2],
	['a labelled table, not the first', 'label', 0, [0, 0], 1, -1, -1],
	['a table that nothing names', 'lost', 0, [0], 0, -1, -1],
];
for (const [what, repeat, order, orders, earlier, timed, file] of CASES) {
	test(`${what}: with #!ts lines, and in a file without`, () => {
		assert.is(nextPrintAt(repeat, order, { orders, earlier, timed: true }), timed);
		assert.is(nextPrintAt(repeat, order, { orders, earlier, timed: false }), file);
	});
}
test.run();
