// The ack file: the last position, whole or not at all.

import {
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ackFileOf, readAck, writeAck } from '../../../../filters/lib/disk/ack.ts';
import { verdict } from '../../../../filters/lib/failure.ts';

const test = suite<{ dir: string; file: string }>('ack');
test.before.each((world) => {
	world.dir = mkdtempSync(join(tmpdir(), 'bpfpipe-ack-'));
	world.file = join(world.dir, 'a.ack');
});
test.after.each(({ dir }) => rmSync(dir, { recursive: true }));

test('what is written is read, and nothing else is left behind', ({ dir, file }) => {
	assert.is(readAck(file), undefined);
	writeAck(file, { offset: 1 });
	writeAck(file, { offset: '99999999999999999999', name: 'ü' });
	assert.equal(readAck(file), { offset: '99999999999999999999', name: 'ü' });
	assert.equal(readdirSync(dir), ['a.ack']);
	assert.is(statSync(file).mode & 0o777, 0o600);
});

test('a half-written new file beside it changes nothing', ({ file }) => {
	writeAck(file, { offset: 1 });
	writeFileSync(`${file}.new`, '{"offs');
	assert.equal(readAck(file), { offset: 1 });
	writeAck(file, { offset: 2 });
	assert.is(readFileSync(file, 'utf8'), '{"offset":2}\n');
});

test('a file that is no ack is refused with 78, never taken for a start', ({ file }) => {
	for (const text of ['', 'x', '{"offset"', '[1]', 'null', '3']) {
		writeFileSync(file, text);
		try {
			readAck(file);
			assert.unreachable(text);
		} catch (error) {
			assert.is((error as { code?: number }).code, 78);
			assert.match((error as Error).message, /is not an ack file; remove it to start afresh/);
		}
	}
});

test('a full disk is said with the name of the file, and the old position stays', ({ file }) => {
	writeAck(file, { offset: 1 });
	symlinkSync('/dev/full', `${file}.new`);
	assert.throws(
		() => writeAck(file, { offset: 2 }),
		(error: Error) => verdict(error).message === `${file}.new: no space left on the device`,
	);
	assert.equal(readAck(file), { offset: 1 });
});

test('what cannot be read is not taken for an ack that is not there', ({ dir }) => {
	assert.throws(
		() => readAck(dir),
		(error: Error) => /EISDIR/.test(error.message),
	);
});

test('the option names the ack file, else the environment; empty is none', () => {
	const before = process.env.BPFPIPE_ACK;
	for (const [option, variable, wanted] of [
		[undefined, undefined, undefined],
		[undefined, '', undefined],
		[undefined, 'a', 'a'],
		['b', undefined, 'b'],
		['b', 'a', 'b'],
		['', 'a', undefined],
	] as const) {
		if (variable === undefined) delete process.env.BPFPIPE_ACK;
		else process.env.BPFPIPE_ACK = variable;
		assert.is(ackFileOf(option), wanted, `${option} ${variable}`);
	}
	if (before === undefined) delete process.env.BPFPIPE_ACK;
	else process.env.BPFPIPE_ACK = before;
});

test.run();
