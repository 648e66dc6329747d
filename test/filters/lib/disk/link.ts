import {
	mkdirSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { targetOf } from '../../../../filters/lib/disk/link.ts';

const test = suite('link');

const inFolder = (body: (folder: string) => void) => () => {
	const folder = realpathSync(mkdtempSync(join(tmpdir(), 'link-')));
	try {
		body(folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
};

test(
	'a file, a link to it, and a link to that link lead to one path, whether the file is there or not',
	inFolder((folder) => {
		mkdirSync(join(folder, 'disk', 'logs'), { recursive: true });
		symlinkSync('disk/logs', join(folder, 'mount'));
		symlinkSync('../logs/a.log', join(folder, 'disk', 'logs', 'b.log'));
		symlinkSync(join(folder, 'mount', 'b.log'), join(folder, 'c.log'));
		const target = join(folder, 'disk', 'logs', 'a.log');
		const names = ['disk/logs/a.log', 'mount/a.log', 'mount/b.log', 'c.log'];
		for (const name of names) assert.is(targetOf(join(folder, name)), target);
		writeFileSync(target, '');
		for (const name of names) assert.is(targetOf(join(folder, name)), target);
	}),
);

test(
	'links that lead nowhere, or round and round, give some path and no error',
	inFolder((folder) => {
		symlinkSync(join(folder, 'b'), join(folder, 'a'));
		symlinkSync(join(folder, 'a'), join(folder, 'b'));
		assert.match(targetOf(join(folder, 'a')), new RegExp(`^${folder}/[ab]$`));
		assert.is(targetOf(join(folder, 'none', 'a.log')), join(folder, 'none', 'a.log'));
	}),
);

test(
	'as many links are followed as the kernel does, which is 40',
	inFolder((folder) => {
		for (let n = 0; n < 42; n++) symlinkSync(join(folder, `${n}`), join(folder, `${n + 1}`));
		assert.is(targetOf(join(folder, '40')), join(folder, '0'));
		assert.is(targetOf(join(folder, '41')), join(folder, '1'));
		writeFileSync(join(folder, '0'), '');
		assert.is(realpathSync(join(folder, '40')), join(folder, '0'));
		assert.throws(() => readFileSync(join(folder, '41')), /ELOOP/);
	}),
);

test.run();
