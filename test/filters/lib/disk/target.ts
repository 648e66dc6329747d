import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { replaceTarget } from '../../../../filters/lib/disk/target.ts';

const test = suite('a file to be replaced');
const folder = mkdtempSync(join(tmpdir(), 'target-'));
const path = join(folder, 'file');
test.after(() => rmSync(folder, { recursive: true }));

test('a link stays a link; what is no file is refused', () => {
	const link = join(folder, 'link');
	writeFileSync(path, '');
	symlinkSync(path, link);
	assert.is(replaceTarget(link, '--output'), path);
	assert.is(replaceTarget(join(folder, 'new'), '--output'), join(folder, 'new'));
	mkdirSync(join(folder, 'sub'));
	writeFileSync(join(folder, 'sub', 'x'), '');
	for (const odd of [join(folder, 'sub'), '/dev/null'])
		assert.throws(() => replaceTarget(odd, '--output'), /--output: ".*" is no file that can be replaced/);
});

test.run();
