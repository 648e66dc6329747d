import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listingOf } from '../../../../filters/lib/tail/listing.ts';
import { beginningOf } from '../../../../filters/lib/tail/since.ts';
import { firstTimeSince } from '../../../../filters/lib/time-lines.ts';

const test = suite('tail/since');

/** The files of a log, oldest first, and where lines of `ms` and later begin in it. */
const beginning = async (files: (string | Buffer)[], ms: number, bytes = 1e9) => {
	const folder = mkdtempSync(join(tmpdir(), 'since-'));
	try {
		const path = join(folder, 'a.log');
		const pathOf = (at: number) => (at === files.length - 1 ? path : `${path}.${files.length - 1 - at}`);
		files.forEach((content, at) => {
			writeFileSync(pathOf(at), content);
			utimesSync(pathOf(at), 1000 + at, 1000 + at);
		});
		const entries = await listingOf(path, { offset: 0 });
		const { entry, offset, hasTimes, findings } = await beginningOf(entries, {
			ms,
			bytes,
			search: firstTimeSince,
		});
		const file = entry && files.findIndex((_, at) => pathOf(at) === entry.path);
		return { file, offset, hasTimes, kinds: findings.map(({ kind }) => kind) };
	} finally {
		rmSync(folder, { recursive: true });
	}
};

test('the first time line that is not older, whichever file it is in', async () => {
	const files = ['#!ts 1\na\n#!ts 2\nb\n', 'torn\n#!ts 3\nc\n', '#!ts 4\nd\n'];
	const at = (ms: number) => beginning(files, ms);
	const hasTimes = true;
	assert.equal(await at(0), { file: 0, offset: 0, hasTimes, kinds: [] });
	assert.equal(await at(2000), { file: 0, offset: 9, hasTimes, kinds: [] });
	assert.equal(await at(2001), { file: 1, offset: 5, hasTimes, kinds: [] });
	assert.equal(await at(3500), { file: 2, offset: 0, hasTimes, kinds: [] });
	assert.equal(await at(4001), { file: undefined, offset: 0, hasTimes, kinds: [] });
});

test('a log without times, an empty one and none have no beginning', async () => {
	assert.equal(await beginning(['a\n', 'b\n'], 0), {
		file: undefined,
		offset: 0,
		hasTimes: false,
		kinds: [],
	});
	assert.equal(await beginning([''], 0), { file: undefined, offset: 0, hasTimes: false, kinds: [] });
	assert.equal(await beginning([], 0), { file: undefined, offset: 0, hasTimes: false, kinds: [] });
});

test('no further back than so many bytes, and what is cut off is told', async () => {
	const files = ['#!ts 1\na\n#!ts 2\nb\n', '#!ts 3\nc\n#!ts 4\nd\n'];
	assert.equal(await beginning(files, 0, 9), {
		file: 1,
		offset: 9,
		hasTimes: true,
		kinds: ['short_history'],
	});
	// Byte 8 of the file is the newline of a line that is cut: the whole line after it counts.
	assert.equal((await beginning(files, 0, 10)).offset, 9);
	assert.equal(await beginning(files, 0, 18), {
		file: 1,
		offset: 0,
		hasTimes: true,
		kinds: ['short_history'],
	});
	// What stands before is too old anyhow.
	assert.equal(await beginning(files, 3000, 18), { file: 1, offset: 0, hasTimes: true, kinds: [] });
	assert.equal(await beginning(files, 4000, 9), { file: 1, offset: 9, hasTimes: true, kinds: [] });
	assert.equal(await beginning(files, 0, 36), { file: 0, offset: 0, hasTimes: true, kinds: [] });
});

test('a compressed file that was written to since is told of', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'since-'));
	try {
		const path = join(folder, 'a.log');
		writeFileSync(`${path}.2.gz`, 'x');
		writeFileSync(`${path}.1`, '#!ts 1\na\n');
		writeFileSync(path, '#!ts 5\nb\n');
		const seek = async (ms: number) =>
			beginningOf(await listingOf(path, { offset: 0 }), { ms, bytes: 1e9, search: firstTimeSince });
		const { findings } = await seek(Date.now() - 60_000);
		assert.equal(
			findings.map(({ kind, detail }) => [kind, detail.includes('a.log.2.gz is compressed')]),
			[['unreadable', true]],
		);
		assert.equal((await seek(Date.now() + 60_000)).findings, []);
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test('lines longer than a piece, and times behind them', async () => {
	const long = Buffer.alloc(5 << 20, 'x');
	const content = Buffer.concat([Buffer.from('#!ts 1\n'), long, Buffer.from('\n#!ts 2\nb\n')]);
	assert.equal((await beginning([content], 1500)).offset, long.length + 8);
	assert.equal((await beginning([content], 1500, 100_000)).offset, long.length + 8);
});

test('property: of whole lines in any number of files, the first that is young enough and within reach', () => {
	const line = fc.oneof(
		fc.integer({ min: 0, max: 30 }).map((s) => `#!ts ${s}\n`),
		fc.string({ maxLength: 12 }).map((text) => `${text.replace(/[\n\r#]/g, '.')}\n`),
	);
	const file = fc.array(line, { minLength: 1, maxLength: 8 });
	return fc.assert(
		fc.asyncProperty(
			fc.array(file, { minLength: 1, maxLength: 4 }),
			fc.integer({ min: 0, max: 31 }),
			fc.integer({ min: 0, max: 200 }),
			async (files, second, bytes) => {
				const contents = files.map((lines, at) => `${at} is the first line\n${lines.join('')}`);
				const total = contents.reduce((sum, content) => sum + Buffer.byteLength(content), 0);
				let before = 0;
				let wanted: { file: number; offset: number } | undefined;
				for (const [at, content] of contents.entries()) {
					let offset = 0;
					for (const text of content.match(/.*\n/g) ?? []) {
						const isTime = /^#!ts \d+\n$/.test(text) && Number(text.slice(5)) >= second;
						if (isTime && before >= total - bytes) wanted ??= { file: at, offset };
						offset += Buffer.byteLength(text);
						before += Buffer.byteLength(text);
					}
				}
				const found = await beginning(contents, second * 1000, bytes);
				assert.is(found.file, wanted?.file);
				if (wanted) assert.is(found.offset, wanted.offset);
			},
		),
		{ numRuns: 150 },
	);
});

test.run();
