// Damage that leaves a blob readable: the tags that its writer gave its states tell that their data are others.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Failure } from '../../../../../filters/lib/failure.ts';
import { deltaName, snapshotName } from '../../../../../filters/lib/hollow/folder/blob-name.ts';
import { contentsOf } from '../../../../../filters/lib/hollow/folder/contents.ts';
import { loadAlong } from '../../../../../filters/lib/hollow/folder/loader.ts';
import { routeTo } from '../../../../../filters/lib/hollow/folder/route.ts';
import { openPublisher } from '../../../../../filters/lib/hollow/publish/publisher.ts';
import { stateText } from '../../../../../filters/lib/hollow/view/json.ts';
import { cycleAt, keptLog, version } from '../../../../data/published.ts';
import { random } from '../../../../data/versions.ts';

const test = suite('hollow tags');
const folder = mkdtempSync(join(tmpdir(), 'tags-'));
test.after(() => rmSync(folder, { recursive: true }));

test.before(async () => {
	const publisher = await openPublisher({ folder, keep: 0, log: keptLog().log });
	for (let n = 1; n <= 3; n++) await publisher.publish(cycleAt(n));
	await publisher.close();
});

const dataOf = (at: string, from: string): string =>
	stateText(loadAlong(folder, routeTo(contentsOf(folder), at, from)), at);
/** The data, or undefined where they are refused as broken. */
const readOrRefused = (at: string, from: string): string | undefined => {
	try {
		return dataOf(at, from);
	} catch (error) {
		if (error instanceof Failure && error.code === 65) return undefined;
		throw error;
	}
};

const FLIPS = 400;

for (const [name, at, from] of [
	[snapshotName(version(2)), version(2), version(2)],
	[deltaName(version(2), version(3)), version(3), version(2)],
	[deltaName(version(2), version(1)), version(1), version(2)],
] as const) {
	test(`${name}: whichever bit is flipped, it is refused or the data are right`, () => {
		const path = join(folder, name);
		const good = readFileSync(path);
		const right = dataOf(at, from);
		const below = random(1);
		let refused = 0;
		const others: string[] = [];
		try {
			for (let flip = 0; flip < FLIPS; flip++) {
				const bad = Buffer.from(good);
				bad[below(bad.length)]! ^= 1 << below(8);
				writeFileSync(path, bad);
				const data = readOrRefused(at, from);
				if (data === undefined) refused += 1;
				else if (data !== right) others.push(data);
			}
		} finally {
			writeFileSync(path, good);
		}
		assert.equal(others, []);
		assert.ok(refused > FLIPS / 20, `${refused} refused`);
		console.log(`${name}: ${refused} of ${FLIPS} refused, the rest right`);
	});
}

test('a snapshot cut behind its header and padded with zeros is no empty data set', () => {
	const path = join(folder, snapshotName(version(2)));
	const good = readFileSync(path);
	try {
		for (const length of [600, 1200, 2400, 5000]) {
			writeFileSync(path, Buffer.concat([good.subarray(0, length), Buffer.alloc(good.length - length)]));
			assert.is(readOrRefused(version(2), version(2)), undefined, `${length} bytes`);
		}
	} finally {
		writeFileSync(path, good);
	}
});

test.run();
