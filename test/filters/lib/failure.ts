import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeAck } from '../../../filters/lib/disk/ack.ts';
import { about, describe, naming, verdict } from '../../../filters/lib/failure.ts';

const test = suite('failure');

const system = (code: string, path?: string) => Object.assign(new Error(code), { code, path });

test('an error of an open file gets its name, once, and no other error does', () => {
	assert.is(describe(system('ENOSPC')), 'no space left on the device');
	assert.is(describe(naming(system('ENOSPC'), 'a.log')), 'a.log: no space left on the device');
	assert.is(describe(naming(naming(system('EIO'), 'a'), 'b')), 'a: input/output error');
	assert.is(describe(naming(system('ENOENT', 'a'), 'b')), 'a: no such file or directory');
	assert.is(describe(naming(new Error('of ours'), 'a')), 'of ours');
	assert.equal(verdict(naming(system('EFBIG'), 'a.log')), {
		code: 69,
		message: 'a.log: the file would be larger than it may be',
	});
});

test('what is done about a file gives its result, or the error with the name', () => {
	assert.is(
		about('a', () => 5),
		5,
	);
	assert.throws(
		() =>
			about('a', () => {
				throw system('EIO');
			}),
		(error: unknown) => describe(error) === 'a: input/output error',
	);
});

test('an ack that a full disk does not take names its file', () => {
	const folder = mkdtempSync(join(tmpdir(), 'failure-'));
	const ack = join(folder, 'ack');
	symlinkSync('/dev/full', `${ack}.new`);
	writeFileSync(ack, '{"at":1}\n');
	assert.throws(
		() => writeAck(ack, { at: 2 }),
		(error: unknown) => describe(error) === `${ack}.new: no space left on the device`,
	);
	rmSync(folder, { recursive: true });
});

test.run();
