import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endWithin } from '../../../../filters/lib/log-file/size-limit.ts';

const test = suite('append-log: sizes');

test('a run that fits goes whole, one that does not is cut after a line', () => {
	const bytes = Buffer.from('aa\nbb\ncc\n');
	const cases: [from: number, room: number, end: number][] = [
		[0, 9, 9],
		[0, 8, 6],
		[0, 6, 6],
		[0, 5, 3],
		[0, 2, 0],
		[0, -5, 0],
		[3, 6, 9],
		[3, 3, 6],
		[3, 2, 3],
	];
	for (const [from, room, end] of cases) assert.is(endWithin(bytes, from, room), end, `${from} ${room}`);
});

test('what is cut off is whole lines, fits, and leaves no line behind that would have fitted', () => {
	const lines = fc.array(
		fc.string({ maxLength: 20 }).map((text) => `${text.replaceAll('\n', '')}\n`),
		{ minLength: 1 },
	);
	fc.assert(
		fc.property(lines, fc.nat({ max: 200 }), (all, room) => {
			const bytes = Buffer.from(all.join(''));
			const end = endWithin(bytes, 0, room);
			assert.ok(end <= Math.max(room, 0));
			assert.ok(end === 0 || bytes[end - 1] === 10);
			const next = bytes.indexOf(10, end) + 1;
			assert.ok(next === 0 || next > room);
		}),
	);
});

test.run();
