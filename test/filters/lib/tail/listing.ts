import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { beginsWith, type Entry } from '../../../../filters/lib/tail/entry.ts';
import { listingOf, rankOf } from '../../../../filters/lib/tail/listing.ts';

const test = suite('tail: the files of a log');

const START = { offset: 0 };
// Births are told apart by a clock that ticks this slowly on some kernels.
const TICK_MS = 11;

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
	const entries = await listingOf(join(folder, live), START);
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
	const [one, live] = await listingOf(path, { offset: 3 });
	rmSync(folder, { recursive: true });
	assert.is(one?.ino, live?.ino);
	assert.is(live?.size, 300);
	assert.is(live?.head.length, 256);
	assert.is(live?.before.toString(), 'xxx');
	assert.is(live?.foot.length, 300);
	assert.is(live?.live, true);
	assert.ok(live!.modified > 1_700_000_000_000_000_000n);
});

test('a link has the files beside its target, also while that is not there', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'row-'));
	mkdirSync(join(folder, 'real'));
	for (const file of ['b.log', 'b.log.1']) writeFileSync(join(folder, 'real', file), file);
	symlinkSync(join('real', 'b.log'), join(folder, 'a.log'));
	const paths = async () =>
		(await listingOf(join(folder, 'a.log'), START)).map(({ path }) => path.slice(folder.length));
	assert.equal(await paths(), ['/real/b.log.1', '/a.log']);
	rmSync(join(folder, 'real', 'b.log'));
	assert.equal(await paths(), ['/real/b.log.1']);
	rmSync(folder, { recursive: true });
});

test('a folder that is not there has no files', async () => {
	assert.equal(await listingOf(join(tmpdir(), 'not-there-at-all', 'a.log'), START), []);
});

/** A folder with files of some content, each made after the one before. */
const withFiles = async (files: Record<string, string>, body: (folder: string) => Promise<void>) => {
	const folder = mkdtempSync(join(tmpdir(), 'row-'));
	try {
		for (const [file, text] of Object.entries(files)) {
			mkdirSync(dirname(join(folder, file)), { recursive: true });
			writeFileSync(join(folder, file), text);
			await sleep(TICK_MS);
		}
		await body(folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
};

test('what is a copy of another file: made later, and its text is the beginning of that', () =>
	withFiles(
		{
			'a.log.5': 'one\n',
			'a.log': 'one\ntwo\n',
			'a.log.3': 'uno\ndue\n',
			'a.log.4': 'uno\n',
			'a.log.2': 'one\n',
			'a.log.1': 'one\nTWO\n',
			'a.log.6': '',
		},
		async (folder) => {
			const entries = await listingOf(join(folder, 'a.log'), START);
			assert.equal(
				entries.filter(({ inOriginal }) => inOriginal).map(({ path }) => basename(path)),
				['a.log.4', 'a.log.2'],
			);
		},
	));

test('what is a copy of the file that was read: its text is the beginning of that', () =>
	withFiles({ 'a.log.tmp': 'one\ntwo\n', 'a.log.2': 'one\nT', 'a.log.1': 'one\nt' }, async (folder) => {
		const read = await open(join(folder, 'a.log.tmp'));
		const wasRead = (entry: Entry) => beginsWith(read, 8, entry);
		const entries = await listingOf(join(folder, 'a.log'), { offset: 8, wasRead });
		await read.close();
		assert.equal(
			entries.filter(({ inRead }) => inRead).map(({ path }) => basename(path)),
			['a.log.1'],
		);
	}));

test('files in a folder below count only when one of them is ours, and none beside the log is', () =>
	withFiles(
		{ 'old/a.log.1': 'ours\n', 'old/a.log': 'x\n', 'web2/a.log.1': 'x\n', 'a.log': 'live\n' },
		async (folder) => {
			const path = join(folder, 'a.log');
			const namesFor = async (text: string) => {
				const entries = await listingOf(path, START, ({ head }) => head.toString() === text);
				return entries.map(({ path }) => path.slice(folder.length));
			};
			assert.equal(await namesFor('ours\n'), ['/old/a.log.1', '/a.log']);
			assert.equal(await namesFor('live\n'), ['/a.log']);
			assert.equal(await namesFor('nowhere\n'), ['/a.log']);
		},
	));

test.run();
