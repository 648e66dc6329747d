import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Failure } from '../../../../../filters/lib/failure.ts';
import {
	ANNOUNCED,
	announce,
	announcedIn,
	announcedOrNone,
	announcement,
} from '../../../../../filters/lib/hollow/folder/announcement.ts';

const test = suite('hollow announcement');
const room = mkdtempSync(join(tmpdir(), 'announcement-'));
test.after(() => rmSync(room, { recursive: true }));
let folders = 0;
const fresh = (): string => {
	const folder = join(room, String(folders++));
	mkdirSync(folder);
	return folder;
};

test('what is announced is read back, by whoever asks', () => {
	const folder = fresh();
	for (const version of ['7', '20251121080000000', '9'.repeat(19)]) {
		announce(folder, version);
		assert.is(announcedIn(folder), version);
		assert.is(announcedOrNone(folder), version);
		assert.is(announcement(folder), version);
	}
	writeFileSync(join(folder, ANNOUNCED), ' 8 \n');
	assert.is(announcedIn(folder), '8');
});

test('nothing is announced', () => {
	const folder = fresh();
	assert.throws(() => announcedIn(folder), /no such file/);
	assert.is(announcedOrNone(folder), undefined);
	const why = `${join(folder, ANNOUNCED)} is not there`;
	assert.equal(announcement(folder), { why, isGarbage: false });
});

test('something else stands there; a FIFO stops nobody', () => {
	const texts = ['', 'x', '-1', '1 2', '9'.repeat(20), 'x\ny'];
	for (const text of texts) {
		const folder = fresh();
		writeFileSync(join(folder, ANNOUNCED), text);
		const found = announcement(folder);
		assert.ok(typeof found !== 'string' && found.isGarbage && !found.why.includes('\n'), text);
		for (const read of [announcedIn, announcedOrNone])
			assert.throws(
				() => read(folder),
				(error: unknown) => error instanceof Failure && error.code === 65 && error.message === found.why,
			);
	}
	const folder = fresh();
	spawnSync('mkfifo', [join(folder, ANNOUNCED)]);
	assert.throws(() => announcedIn(folder), /"" is no version/);
});

test('each announcement is younger than the one before, to a clock of milliseconds, whatever ours does', () => {
	const folder = fresh();
	announce(folder, '1');
	const ahead = Date.now() / 1000 + 3600;
	utimesSync(join(folder, ANNOUNCED), ahead, ahead);
	const before = Math.floor(statSync(join(folder, ANNOUNCED)).mtimeMs);
	announce(folder, '2');
	assert.ok(Math.floor(statSync(join(folder, ANNOUNCED)).mtimeMs) > before);
});

test.run();
