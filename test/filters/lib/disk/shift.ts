import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shiftFiles } from '../../../../filters/lib/disk/shift.ts';

const test = suite('disk: shift');

/** What the files of a folder hold, by name, after a rotation that keeps so many. */
const shifted = (files: Record<string, string>, keep: number): Record<string, string> => {
	const folder = mkdtempSync(join(tmpdir(), 'shift-'));
	for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
	try {
		shiftFiles(join(folder, 'a'), keep);
		return Object.fromEntries(
			readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
		);
	} finally {
		rmSync(folder, { recursive: true });
	}
};

test('every file moves up by one, and the oldest goes', () => {
	assert.equal(shifted({ a: '0' }, 2), { 'a.1': '0' });
	assert.equal(shifted({ a: '0', 'a.1': '1' }, 2), { 'a.1': '0', 'a.2': '1' });
	assert.equal(shifted({ a: '0', 'a.1': '1', 'a.2': '2' }, 2), { 'a.1': '0', 'a.2': '1' });
});

test('a gap is filled, and what is beyond it stays', () => {
	assert.equal(shifted({ a: '0', 'a.2': '2' }, 2), { 'a.1': '0', 'a.2': '2' });
	assert.equal(shifted({ a: '0', 'a.1': '1', 'a.3': '3' }, 3), { 'a.1': '0', 'a.2': '1', 'a.3': '3' });
});

test('a file that is not there is said', () => {
	assert.throws(() => shifted({}, 2), /ENOENT/);
});

test.run();
