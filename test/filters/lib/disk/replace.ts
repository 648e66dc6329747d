import fs, {
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { replaceFile, syncFolder, writeAside } from '../../../../filters/lib/disk/replace.ts';
import { verdict } from '../../../../filters/lib/failure.ts';

const test = suite<{ dir: string; file: string }>('disk: replace');
test.before.each((world) => {
	world.dir = mkdtempSync(join(tmpdir(), 'replace-'));
	world.file = join(world.dir, 'a');
});
test.after.each(({ dir }) => rmSync(dir, { recursive: true }));

test('text, bytes and pieces, longer or shorter than before; nothing else stays', ({ dir, file }) => {
	const pieces = function* () {
		yield 'one\n';
		yield 'ü\n';
	};
	for (const [data, text] of [
		['some text', 'some text'],
		[Buffer.from('bytes'), 'bytes'],
		[pieces(), 'one\nü\n'],
		['', ''],
		[[], ''],
	] as const) {
		replaceFile(file, data);
		assert.is(readFileSync(file, 'utf8'), text);
	}
	assert.equal(readdirSync(dir), ['a']);
});

test('the mode, and the place of the new file, are those that were asked for', ({ dir, file }) => {
	replaceFile(file, 'x', { aside: join(dir, '.aside'), mode: 0o600 });
	assert.is(statSync(file).mode & 0o777, 0o600);
	assert.equal(readdirSync(dir), ['a']);
	writeAside(join(dir, '.aside'), 'y');
	assert.equal(readdirSync(dir).sort(), ['.aside', 'a']);
	assert.is(readFileSync(file, 'utf8'), 'x');
});

test('what is left of a run that died in the midst of it is replaced', ({ file }) => {
	writeFileSync(`${file}.new`, 'half of something long');
	replaceFile(file, 'whole');
	assert.is(readFileSync(file, 'utf8'), 'whole');
});

test('a full disk is said with the name of the file; the old content stays, and no half of the new one', ({
	dir,
	file,
}) => {
	replaceFile(file, 'old');
	symlinkSync('/dev/full', `${file}.new`);
	assert.throws(
		() => replaceFile(file, 'new'),
		(error: Error) => verdict(error).message === `${file}.new: no space left on the device`,
	);
	assert.equal(readdirSync(dir), ['a']);
	assert.is(readFileSync(file, 'utf8'), 'old');
});

test('pieces that cannot be had are no content', ({ dir, file }) => {
	const pieces = function* () {
		yield 'one\n';
		throw new Error('no more');
	};
	assert.throws(() => replaceFile(file, pieces()), /^Error: no more$|no more/);
	assert.equal(readdirSync(dir), []);
});

test('a folder that is not there is said', ({ dir }) => {
	assert.throws(() => replaceFile(join(dir, 'none', 'a'), 'x'), /ENOENT/);
	assert.throws(() => syncFolder(join(dir, 'none')), /ENOENT/);
	syncFolder(dir);
});

/** What is done to files while `act` runs, with the name of each, and how many stay open. */
const stepsOf = (act: () => void): { steps: string[]; open: number } => {
	const steps: string[] = [];
	const names = new Map<number, string>();
	const { openSync, fsyncSync, closeSync, renameSync } = fs;
	const become = (changes: Partial<typeof fs>) => {
		Object.assign(fs, changes);
		syncBuiltinESMExports();
	};
	become({
		openSync: (path, ...more) => {
			const file = openSync(path, ...more);
			names.set(file, basename(String(path)));
			return file;
		},
		fsyncSync: (file) => {
			steps.push(`sync ${names.get(file)}`);
			fsyncSync(file);
		},
		closeSync: (file) => {
			names.delete(file);
			closeSync(file);
		},
		renameSync: (from, to) => {
			steps.push(`rename ${basename(String(from))}`);
			renameSync(from, to);
		},
	});
	try {
		act();
	} catch {
	} finally {
		become({ openSync, fsyncSync, closeSync, renameSync });
	}
	return { steps, open: names.size };
};

test('down to the disk before it has its name, the name down as well, and no file stays open', ({
	dir,
	file,
}) => {
	const steps = ['sync a.new', 'rename a.new', `sync ${basename(dir)}`];
	assert.equal(
		stepsOf(() => replaceFile(file, 'x')),
		{ steps, open: 0 },
	);
	symlinkSync('/dev/full', `${file}.new`);
	assert.equal(
		stepsOf(() => replaceFile(file, 'x')),
		{ steps: [], open: 0 },
	);
});

test.run();
