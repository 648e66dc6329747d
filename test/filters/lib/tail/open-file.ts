import {
	appendFileSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inspect } from '../../../../filters/lib/tail/entry.ts';
import {
	type OpenFile,
	openFile,
	openListed,
	readMore,
	rewound,
	wasRead,
} from '../../../../filters/lib/tail/open-file.ts';

const test = suite('tail: an open file');

const line = (n: number): string => `${String(n).padStart(9, '0')}\n`;
const lines = (from: number, to: number): string =>
	Array.from({ length: to - from }, (_, at) => line(from + at)).join('');

const withLog = async (content: string, body: (path: string, file: OpenFile) => Promise<void>) => {
	const folder = mkdtempSync(join(tmpdir(), 'tailed-'));
	const path = join(folder, 'a.log');
	writeFileSync(path, content);
	const file = await openFile(path, 0);
	try {
		await body(path, file);
	} finally {
		await file.handle.close();
		rmSync(folder, { recursive: true });
	}
};

/** Everything up to the end of the file. */
const readAll = async (file: OpenFile): Promise<string> => {
	const pieces: Buffer[] = [];
	for (let piece = await readMore(file); Buffer.isBuffer(piece); piece = await readMore(file))
		pieces.push(piece);
	return Buffer.concat(pieces).toString();
};

test('a file comes in pieces, whole', () =>
	withLog(lines(0, 50_000), async (path, file) => {
		assert.is(await readAll(file), lines(0, 50_000));
		assert.is(await readMore(file), 'end');
		appendFileSync(path, 'more\n');
		assert.is(String(await readMore(file)), 'more\n');
	}));

test('another content is seen, though it begins alike and is longer', () =>
	withLog(lines(0, 1000), async (path, file) => {
		await readAll(file);
		writeFileSync(path, lines(0, 500) + lines(600, 2000));
		assert.is(await readMore(file), 'changed');
		assert.is(await readAll(await rewound(file)), lines(0, 500) + lines(600, 2000));
	}));

test('another content is seen, though it is of the same length', () =>
	withLog(lines(0, 1000), async (path, file) => {
		await readAll(file);
		writeFileSync(path, lines(0, 999) + line(7));
		assert.is(await readMore(file), 'changed');
	}));

test('a truncated file is seen; a place beyond its end is none', () =>
	withLog(lines(0, 1000), async (path, file) => {
		await readAll(file);
		truncateSync(path, 100);
		assert.is(await readMore(file), 'changed');
		const beyond = await openFile(path, 200);
		assert.is(await readMore(beyond), 'changed');
		await beyond.handle.close();
	}));

test('a copy is known by its end to have been read, as long as that is not too far back', () =>
	withLog(lines(0, 20_000), async (path, file) => {
		await readAll(file);
		const entryOf = async (content: string) => {
			writeFileSync(`${path}.1`, content);
			return {
				...(await inspect(`${path}.1`, false, 0))!,
				path,
				live: false,
				ranked: true,
				inOriginal: false,
				inRead: false,
			};
		};
		const all = readFileSync(path, 'utf8');
		const cases: [content: string, wanted: boolean][] = [
			[all, true],
			[all.slice(0, -line(0).length), true],
			[all.slice(0, -32_768), true],
			[all.slice(0, -65_536), false],
			[`${all.slice(0, -10_000)}x\n`, false],
			[`x${all.slice(1, -10_000)}`, false],
			[`${all}x\n`, false],
			['', false],
		];
		for (const [content, wanted] of cases) {
			assert.is(wasRead(file, await entryOf(content)), wanted, `${content.length} of ${all.length}`);
		}
	}));

test('a listed file is opened only while its name stands for the same file with the same content', () =>
	withLog(lines(0, 1000), async (path) => {
		const listed = async (offset: number) => ({
			...(await inspect(path, false, offset))!,
			path,
			live: true,
			ranked: true,
			inOriginal: false,
			inRead: false,
		});
		const opens = async (entry: Awaited<ReturnType<typeof listed>>, offset: number) => {
			const file = await openListed(entry, offset, false);
			await file?.handle.close();
			return file !== undefined;
		};
		const [start, middle] = [await listed(0), await listed(500)];
		assert.ok((await opens(start, 0)) && (await opens(middle, 500)));
		// The same bytes in another file.
		renameSync(path, `${path}.old`);
		writeFileSync(path, lines(0, 1000));
		assert.not(await opens(start, 0));
		assert.not(await opens(middle, 500));
		// The same file with other bytes at its start, and with others before the place only.
		renameSync(`${path}.old`, path);
		writeFileSync(path, lines(1, 1001));
		assert.not(await opens(start, 0));
		writeFileSync(path, lines(0, 40) + lines(41, 1001));
		assert.ok(await opens(start, 0));
		assert.not(await opens(middle, 500));
		rmSync(path);
		assert.not(await opens(start, 0));
		writeFileSync(path, '');
	}));

test.run();
