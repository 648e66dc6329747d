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
import type { Log } from '../../../../filters/lib/log.ts';
import { createLogFile, type LogFile } from '../../../../filters/lib/log-file/log-file.ts';

type World = {
	folder: string;
	path: string;
	open: () => LogFile;
	said: string[];
	counts: Record<string, number>;
};

const test = suite<World>('log-file');
test.before.each((world) => {
	world.folder = mkdtempSync(join(tmpdir(), 'log-file-'));
	world.path = join(world.folder, 'a.log');
	world.said = [];
	world.counts = {};
	const { said, counts, path } = world;
	const say = (text: string) => void said.push(text);
	const log = { error: say, warn: say, info: say, debug: () => {} } as unknown as Log;
	const count = (what: string, by = 1) => {
		counts[what] = (counts[what] ?? 0) + by;
	};
	world.open = () => createLogFile({ path, sync: false, log, count, stop: new AbortController().signal });
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

const write = (file: LogFile, text: string) => assert.is(file.write(Buffer.from(text)), undefined);
const textIn = (path: string) => readFileSync(path, 'utf8');

test('a log that ended in half a line gets one newline, and is said to have', ({
	path,
	open,
	said,
	counts,
}) => {
	writeFileSync(path, 'one\ntw');
	const file = open();
	write(file, 'three\n');
	write(file, 'four\n');
	file.close();
	assert.is(textIn(path), 'one\ntw\nthree\nfour\n');
	assert.equal(counts, { torn: 1 });
	assert.is(said.length, 1);
	const again = open();
	write(again, 'five\n');
	again.close();
	assert.equal(counts, { torn: 1 });
});

test('a new file begins with the time of its first line, unless that is a time', ({ path, open }) => {
	const file = open();
	write(file, '#!ts 5\none\n');
	renameSync(path, `${path}.1`);
	write(file, 'two\n');
	assert.ok(file.reopen('to test it'));
	write(file, 'three\n');
	write(file, 'four\n');
	renameSync(path, `${path}.2`);
	assert.ok(file.reopen('to test it'));
	write(file, '#!ts 6\nfive\n');
	file.close();
	assert.is(textIn(`${path}.1`), '#!ts 5\none\ntwo\n');
	assert.is(textIn(`${path}.2`), '#!ts 5\nthree\nfour\n');
	assert.is(textIn(path), '#!ts 6\nfive\n');
});

test('a log that was removed is made again by the second look that misses it', ({ path, open, said }) => {
	const file = open();
	write(file, 'one\n');
	rmSync(path);
	file.check();
	assert.equal(said, []);
	// A single look may fall between the rename and the create of a logrotate at work.
	writeFileSync(path, '');
	file.check();
	rmSync(path);
	file.check();
	assert.equal(said, []);
	file.check();
	assert.is(said.length, 1);
	write(file, 'two\n');
	file.check();
	file.close();
	assert.is(textIn(path), 'two\n');
	assert.is(said.length, 1);
});

test('a log that was truncated begins with the time again', ({ path, open }) => {
	const file = open();
	write(file, '#!ts 5\none\n');
	assert.is(file.size(), 11);
	truncateSync(path);
	file.check();
	assert.is(file.size(), 0);
	write(file, 'two\n');
	file.close();
	assert.is(textIn(path), '#!ts 5\ntwo\n');
});

test('where the name cannot be opened again, lines go on in the file that is open', ({
	folder,
	path,
	open,
	said,
}) => {
	const file = open();
	write(file, 'one\n');
	renameSync(folder, `${folder}.away`);
	assert.not(file.reopen('to test it'));
	write(file, 'two\n');
	renameSync(`${folder}.away`, folder);
	assert.is(textIn(path), 'one\ntwo\n');
	assert.match(said[0]!, /cannot open again: .*no such file or directory; going on/);
	assert.ok(file.reopen('to test it'));
	assert.match(said[1]!, /could be opened again/);
	appendFileSync(path, 'of another writer\n');
	write(file, 'three\n');
	file.close();
	assert.is(textIn(path), 'one\ntwo\nof another writer\nthree\n');
	assert.is(said.length, 2);
});

test.run();
