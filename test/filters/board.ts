// Records as text for people.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bars, drawn } from '../../filters/board.ts';
import type { Bucket, Histogram } from '../../filters/lib/record.ts';
import { goldenSuite, run } from '../program.ts';

const histogram = (buckets: Bucket[], more = {}): Histogram => ({
	type: 'histogram',
	ts: 1795258703000,
	host: 'web1',
	metric: 'cpu-lat',
	unit: 'us',
	attributes: {},
	temporality: 'cumulative',
	buckets,
	...more,
});

const pure = suite('bars');

pure('empty buckets at both ends are not drawn, those between are', () => {
	assert.equal(
		drawn([
			[0, 1, 0],
			[1, 2, 3],
			[2, 4, 0],
			[4, 8, '1'],
			[8, null, 0],
		]),
		[
			[1, 2, 3],
			[2, 4, 0],
			[4, 8, '1'],
		],
	);
	assert.equal(drawn([[0, 1, 0]]), []);
});

pure('no line is wider than asked, and the largest bucket fills its bar', () => {
	const counts = fc.array(fc.bigInt({ min: 0n, max: 10n ** 10n }), { minLength: 1, maxLength: 20 });
	fc.assert(
		fc.property(counts, fc.integer({ min: 60, max: 200 }), (list, width) => {
			const record = histogram(list.map((count, i) => [i, i + 1, String(count)]));
			const rows = bars(record, width).slice(1, -1);
			assert.ok(rows.every((row) => row.length === width));
			const full = '@'.repeat(width - 41);
			if (list.some((count) => count > 0n)) assert.ok(rows.some((row) => row.includes(full)));
		}),
	);
});

const program = suite('board');
program('sample data says so in its first line', async () => {
	const { stdout } = await run(
		'board',
		[],
		`${JSON.stringify(histogram([[0, 1, 1]], { synthetic: true }))}\n`,
	);
	assert.match(stdout, /^SAMPLE DATA 2026-11-21 10:58:23Z web1 cpu-lat \(us\), 1 samples, cumulative\n/);
});
program('a width too small is refused', async () => {
	const { status, stderr } = await run('board', ['--width', '3']);
	assert.equal([status, stderr], [64, 'board: --width: "3" is not a whole number from 50 to 1000\n']);
});

pure.run();
program.run();
goldenSuite('board');
