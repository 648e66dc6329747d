import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rankOf, rowOf } from '../../../../filters/lib/tail/row.ts';

const test = suite('tail: the files of a log');

test('names that rotations make, and those that they do not', () => {
	const cases: [file: string, rank: ReturnType<typeof rankOf>][] = [
		['a.log.1', { number: 1, packed: false }],
		['a.log.12.gz', { number: 12, packed: true }],
		['a.log-20260101', { date: '20260101', packed: false }],
		['a.log-20260101-1767225600.xz', { date: '20260101-1767225600', packed: true }],
		['a.log.2026-01-01', { date: '2026-01-01', packed: false }],
		['a.log-2026010112.backup', { date: '2026010112', packed: false }],
		['a.log.ack', undefined],
		['a.log.old', undefined],
		['a.log', undefined],
		['a.logs.1', undefined],
		['b.log.1', undefined],
	];
	for (const [file, rank] of cases) assert.equal(rankOf(file, 'a.log'), rank, file);
});

const names = async (files: string[], live = 'a.log'): Promise<string> => {
	const folder = mkdtempSync(join(tmpdir(), 'row-'));
	for (const [at, file] of files.entries()) {
		writeFileSync(join(folder, file), file);
		utimesSync(join(folder, file), 1000 + at, 1000 + at);
	}
	mkdirSync(join(folder, 'a.log.d'));
	const entries = await rowOf(join(folder, live));
	rmSync(folder, { recursive: true });
	return entries.map(({ path, ranked }) => `${basename(path)}${ranked ? '' : '?'}`).join(' ');
};

test('oldest first: by number, by date, else by the last write; the live one last', async () => {
	assert.is(
		await names(['a.log', 'a.log.1', 'a.log.10', 'a.log.2.gz', 'b.log']),
		'a.log.10 a.log.2.gz a.log.1 a.log',
	);
	assert.is(
		await names(['a.log-20260103', 'a.log-20260101', 'a.log']),
		'a.log-20260101 a.log-20260103 a.log',
	);
	assert.is(await names(['a.log-20260103', 'a.log.1', 'a.log']), 'a.log-20260103 a.log.1 a.log');
	assert.is(await names(['a.log.old', 'a.log.1']), 'a.log.old? a.log.1');
	assert.is(await names([]), '');
});

test('what an entry says of its file', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'row-'));
	const path = join(folder, 'a.log');
	writeFileSync(path, 'x'.repeat(300));
	linkSync(path, `${path}.1`);
	spawnSync('mkfifo', [`${path}.2`]);
	const [one, live] = await rowOf(path);
	rmSync(folder, { recursive: true });
	assert.is(one?.ino, live?.ino);
	assert.is(live?.size, 300);
	assert.is(live?.head.length, 256);
	assert.is(live?.live, true);
	assert.ok(live!.modified > 1_700_000_000_000_000_000n);
});

test('a link has the files beside its target', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'row-'));
	mkdirSync(join(folder, 'real'));
	for (const file of ['b.log', 'b.log.1']) writeFileSync(join(folder, 'real', file), file);
	symlinkSync(join(folder, 'real', 'b.log'), join(folder, 'a.log'));
	const paths = (await rowOf(join(folder, 'a.log'))).map(({ path }) => path.slice(folder.length));
	rmSync(folder, { recursive: true });
	assert.equal(paths, ['/real/b.log.1', '/a.log']);
});

test('a folder that is not there has no files', async () => {
	assert.equal(await rowOf(join(tmpdir(), 'not-there-at-all', 'a.log')), []);
});

test.run();
