// Which files may go, by their names alone; at every step of the removal the way to what is announced stays whole.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deltaName, headerName, snapshotName } from '../../../../../filters/lib/hollow/folder/blob-name.ts';
import {
	expiredIn,
	unannouncedIn,
	unfinishedIn,
	versionsIn,
} from '../../../../../filters/lib/hollow/folder/retention.ts';
import type { Version } from '../../../../../filters/lib/hollow/version.ts';
import { version } from '../../../../data/published.ts';

const test = suite('hollow retention');

/** The files of versions 1 to `count`; `lacks` have no snapshot. */
const chain = (count: number, lacks: number[] = []): string[] =>
	Array.from({ length: count }, (_, at) => at + 1).flatMap((n) => [
		...(lacks.includes(n) ? [] : [snapshotName(version(n)), headerName(version(n))]),
		...(n > 1 ? [deltaName(version(n - 1), version(n)), deltaName(version(n), version(n - 1))] : []),
	]);

/** Whether a consumer at `from`, or a fresh one, gets to `to`. */
const leads = (files: Set<string>, to: number, from?: number): boolean => {
	const fresh = Array.from({ length: to }, (_, at) => to - at).find((n) =>
		files.has(snapshotName(version(n))),
	);
	const start = from ?? fresh;
	if (start === undefined) return false;
	for (let n = start; n < to; n++) if (!files.has(deltaName(version(n), version(n + 1)))) return false;
	return true;
};

test('at every step the announced version can be reached, and from each version that is kept', () => {
	const setting = fc.record({
		count: fc.integer({ min: 1, max: 12 }),
		keep: fc.integer({ min: 0, max: 12 }),
		lacks: fc.uniqueArray(fc.integer({ min: 2, max: 12 }), { maxLength: 8 }),
		needed: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
	});
	fc.assert(
		fc.property(setting, ({ count, keep, lacks, needed }) => {
			const files = new Set(chain(count, lacks));
			const oldest = Math.min(Math.max(1, count - keep + 1), needed ?? 12, count);
			const going = expiredIn([...files], keep, needed === undefined ? undefined : version(needed));
			if (keep === 0) assert.equal(going, []);
			for (const file of going) {
				assert.ok(files.delete(file), file);
				assert.ok(leads(files, count));
				for (let from = oldest; from <= count; from++) {
					assert.ok(leads(files, from), `a fresh consumer to ${from}`);
					assert.ok(leads(files, count, from), `from ${from}`);
				}
			}
		}),
		{ numRuns: 500 },
	);
});

test('an interrupted removal is taken up again', () => {
	const files = chain(8);
	const going = expiredIn(files, 3);
	for (let done = 0; done < going.length; done++) {
		const left = files.filter((file) => !going.slice(0, done).includes(file));
		assert.equal(expiredIn(left, 3), going.slice(done), `${done} removed`);
	}
});

test('what is unfinished or was never announced, and nothing else', () => {
	const v = version(1);
	const foreign = [
		'notes',
		`snapshot-${v}.bak`,
		'snapshot-x',
		`header-${v}-${v}`,
		'.x.tmp',
		'announced.version.tmp',
	];
	const own = [`.snapshot-${v}.tmp`, '.announced.version.tmp', `.delta-${v}-${version(2)}.tmp`];
	assert.equal(unfinishedIn([...foreign, ...own, ...chain(2)]), own);
	assert.equal(
		unannouncedIn([...foreign, ...own, ...chain(3)], version(2)).sort(),
		chain(3).slice(-4).sort(),
	);
	assert.equal(unannouncedIn(chain(2), undefined), chain(2));
	assert.equal(versionsIn([...foreign, ...chain(2)]), [1, 2].map(version) as Version[]);
});

test.run();
