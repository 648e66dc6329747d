import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describe } from '../../../../filters/lib/failure.ts';
import { beginsWith, bytesBefore, type Entry, inspect } from '../../../../filters/lib/tail/entry.ts';

const test = suite<{ dir: string; path: string }>('tail: entry');
test.before.each((world) => {
	world.dir = mkdtempSync(join(tmpdir(), 'entry-'));
	world.path = join(world.dir, 'a.log');
});
test.after.each(({ dir }) => rmSync(dir, { recursive: true }));

test('what a file is: its size, its first and last bytes, and those before a place', async ({ path }) => {
	const text = Array.from({ length: 2000 }, (_, n) => `line ${n}\n`).join('');
	writeFileSync(path, text);
	const facts = (await inspect(path, false, 5000))!;
	const { ino, dev } = statSync(path);
	assert.equal([facts.ino, facts.dev, facts.size, facts.unreadable], [`${ino}`, `${dev}`, text.length, '']);
	assert.is(facts.head.toString(), text.slice(0, 256));
	assert.is(facts.foot.toString(), text.slice(-4096));
	assert.is(facts.before.toString(), text.slice(5000 - 4096, 5000));
	assert.is((await inspect(path, false, 10))!.before.toString(), text.slice(0, 10));
	assert.is((await inspect(path, false, text.length))!.before.toString(), text.slice(-4096));
	assert.is((await inspect(path, false, text.length + 1))!.before.length, 0, 'it ends before the place');
});

test('of a compressed one nothing is read', async ({ path }) => {
	writeFileSync(path, 'packed');
	const facts = (await inspect(path, true, 3))!;
	assert.is(facts.unreadable, 'is compressed');
	assert.is(facts.size, 6);
	assert.is(facts.head.length + facts.foot.length + facts.before.length, 0);
});

test('what is gone, a folder, a FIFO or a part of no folder is no file, and keeps nobody waiting', async ({
	dir,
	path,
}) => {
	assert.is(await inspect(path, false, 0), undefined);
	writeFileSync(path, '');
	assert.is(await inspect(join(path, 'b'), false, 0), undefined);
	mkdirSync(join(dir, 'folder'));
	assert.is(await inspect(join(dir, 'folder'), false, 0), undefined);
	execFileSync('mkfifo', [join(dir, 'fifo')]);
	assert.is(await inspect(join(dir, 'fifo'), false, 0), undefined);
});

test('what else keeps it from being looked at is said, with its name', async ({ path }) => {
	symlinkSync(path, path);
	await inspect(path, false, 0).then(
		() => assert.unreachable(),
		(error) => assert.is(describe(error), `${path}: too many symbolic links`),
	);
});

test('an open file begins with another one, or with as much of it as there is to compare', async ({
	dir,
	path,
}) => {
	const long = 'x'.repeat(200_000);
	writeFileSync(path, `${long}and more`);
	const handle = await open(path);
	const begins = async (text: string) => {
		const other = join(dir, 'other');
		writeFileSync(other, text);
		const entry = { ...(await inspect(other, false, 0))!, path: other } as Entry;
		return beginsWith(handle, long.length + 8, entry);
	};
	assert.ok(await begins(long));
	assert.ok(await begins(`${long}and more`));
	assert.not(await begins(`${long}and mote`));
	assert.not(await begins(`${long}and more and more`));
	assert.not(await begins(`${long.slice(0, -1)}y`));
	assert.is((await bytesBefore(handle, 5, 3)).length, 0);
	await handle.close();
});

test.run();
