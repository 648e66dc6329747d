// Held pipes: what is in them outlives their stages, and so does their end.

import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Failure } from '../../../filters/lib/failure.ts';
import { makePipes } from '../../../supervisor/process/pipes.ts';

const test = suite('pipes');

// Node reads as it is told by poll(2), unlike cat, which finds the end by itself.
const READER = `let n = 0; process.stdin.on('data', (d) => { n += d.length }).on('end', () => console.log(n))`;

/** What a reader of this end has read when it has seen the end; undefined when it sees none within two seconds. */
const readBy = (end: number): Promise<number | undefined> =>
	new Promise((resolve) => {
		const child = spawn(process.execPath, ['-e', READER], { stdio: [end, 'pipe', 'inherit'] });
		closeSync(end);
		let text = '';
		child.stdout!.on('data', (chunk) => {
			text += chunk;
		});
		const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
		child.on('close', () => {
			clearTimeout(timer);
			resolve(text === '' ? undefined : Number(text));
		});
	});

test('a reader that comes after the end has all that is left, and the end', async () => {
	for (const left of ['', 'x'.repeat(30_000)]) {
		const [pipe] = makePipes(1);
		const writer = pipe!.writeEnd();
		if (left) writeSync(writer, left);
		closeSync(writer);
		pipe!.closeWrite();
		assert.is(await readBy(pipe!.readEnd()), left.length);
		assert.is(await readBy(pipe!.readEnd()), 0, 'and so has the next one');
		pipe!.close();
	}
});

test('a reader that is there before the end, and one whose writer outlives our own end', async () => {
	const [pipe] = makePipes(1);
	const early = readBy(pipe!.readEnd());
	const writer = pipe!.writeEnd();
	pipe!.closeWrite();
	const late = pipe!.readEnd();
	writeSync(writer, 'text');
	closeSync(writer);
	closeSync(late);
	assert.is(await early, 4);
	pipe!.close();
});

test('no descriptor is left, whatever was opened', () => {
	const before = readdirSync('/proc/self/fd').length;
	for (const pipe of makePipes(20)) {
		closeSync(pipe.readEnd());
		pipe.closeWrite();
		closeSync(pipe.readEnd());
		pipe.close();
		pipe.close();
	}
	for (const pipe of makePipes(3)) pipe.close();
	assert.equal(makePipes(0), []);
	assert.is(readdirSync('/proc/self/fd').length, before);
});

test('no name is left, and what the system has no room for is said, to be tried again', () => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-pipes-'));
	const { TMPDIR } = process.env;
	try {
		process.env.TMPDIR = dir;
		for (const pipe of makePipes(2)) pipe.close();
		assert.equal(readdirSync(dir), []);
		process.env.TMPDIR = join(dir, 'nowhere');
		assert.throws(
			() => makePipes(1),
			({ code, message }: Failure) => code === 75 && /^no pipes: .*no such file or directory$/.test(message),
		);
	} finally {
		if (TMPDIR === undefined) delete process.env.TMPDIR;
		else process.env.TMPDIR = TMPDIR;
		rmSync(dir, { recursive: true });
	}
});

test.run();
