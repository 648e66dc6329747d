import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Log } from '../../../../filters/lib/log.ts';
import { createLogFile } from '../../../../filters/lib/log-file/log-file.ts';
import { endWithin, limitedWrite } from '../../../../filters/lib/log-file/size-limit.ts';

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

/** What the files of a log hold, the oldest first, after some runs of lines went into it. */
const written = async (maxBytes: number, keep: number, runs: string[]): Promise<string[]> => {
	const folder = mkdtempSync(join(tmpdir(), 'size-limit-'));
	const path = join(folder, 'a.log');
	const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} } as unknown as Log;
	const count = () => {};
	const stop = AbortSignal.timeout(10_000);
	const file = createLogFile({ path, sync: false, log, count, stop });
	const write = limitedWrite(file, { path, maxBytes, keep, log, count });
	for (const run of runs) await write(Buffer.from(run));
	file.close();
	const names = readdirSync(folder).sort((a, b) =>
		a.length === b.length ? (a < b ? 1 : -1) : b.length - a.length,
	);
	const texts = names.map((name) => readFileSync(join(folder, name), 'utf8'));
	rmSync(folder, { recursive: true });
	return texts;
};

test('files change between two lines, and none but one of a single line exceeds the limit', async () => {
	const line = (n: number) => `${String(n).padStart(19, '0')}\n`;
	const all = Array.from({ length: 40 }, (_, n) => line(n));
	for (const runs of [all, [all.join('')], [all.slice(0, 7).join(''), all.slice(7).join('')]]) {
		const texts = await written(200, 100, runs);
		assert.is(texts.join(''), all.join(''));
		assert.ok(texts.length > 4 && texts.length < 8, `${texts.length}`);
		for (const text of texts) assert.ok(text.length <= 200 && text.endsWith('\n'), text);
	}
});

test('a line larger than the limit gets a file of its own', async () => {
	const long = `${'x'.repeat(500)}\n`;
	assert.equal(await written(200, 9, ['one\n', long, 'two\n']), ['one\n', long, 'two\n']);
	assert.equal(await written(200, 9, [`one\n${long}${long}two\n`]), ['one\n', long, long, 'two\n']);
	assert.equal(await written(200, 9, [long]), [long]);
});

test('so many old files stay', async () => {
	const runs = Array.from({ length: 9 }, (_, n) => `${n}${'x'.repeat(150)}\n`);
	assert.equal(await written(200, 2, runs), runs.slice(-3));
});

test('where it can, files change before a line of the time', async () => {
	const texts = await written(200, 9, [`${'x'.repeat(178)}\n`, '#!ts 5\none\n']);
	assert.equal(texts, [`${'x'.repeat(178)}\n`, '#!ts 5\none\n']);
	const early = await written(200, 9, [`${'x'.repeat(100)}\n`, '#!ts 5\none\n']);
	assert.is(early.length, 1);
});

test.run();
