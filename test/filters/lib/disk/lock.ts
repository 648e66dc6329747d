// A lock is held by one process at a time, be that process stopped or slow, and by none once it is dead.

import { execFileSync, spawn } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { holderOf, lockFile, signatureIn } from '../../../../filters/lib/disk/lock.ts';
import { EXIT, type Failure } from '../../../../filters/lib/failure.ts';
import { until } from '../../../harness/supervised.ts';
import { isRoot, testWith } from '../../../parts.ts';

const test = suite('lock');
let dir = '';
let path = '';
test.before.each(() => {
	dir = mkdtempSync(join(tmpdir(), 'bpfpipe-lock-'));
	path = join(dir, 'x.lock');
});
test.after.each(() => rmSync(dir, { recursive: true }));

test('one at a time, named; free again after release', () => {
	const first = lockFile(path)!;
	assert.is(lockFile(path), undefined);
	assert.match(holderOf(path), new RegExp(`^process ${process.pid} on `));
	first.release();
	const second = lockFile(path, 0o600, 'a note')!;
	assert.ok(second.isInPlace());
	assert.equal(signatureIn(path), { holder: holderOf(path), note: 'a note' });
	second.release();
	assert.ok(existsSync(path), 'the file stays');
});

test('a process that is stopped holds it, one that is killed does not', async () => {
	const said = join(dir, 'said');
	const holder = spawn('sh', ['-c', `exec 3>>${path}; flock -n 3; echo > ${said}; exec sleep 60 3>&3`]);
	try {
		await until('the other process to hold it', () => existsSync(said));
		holder.kill('SIGSTOP');
		assert.is(lockFile(path), undefined);
	} finally {
		holder.kill('SIGKILL');
	}
	await new Promise((resolve) => holder.once('exit', resolve));
	lockFile(path)!.release();
});

test('no child inherits it', () => {
	const lock = lockFile(path)!;
	const child = spawn('sleep', ['60'], { detached: true });
	lock.release();
	lockFile(path)!.release();
	child.kill('SIGKILL');
});

test('a lock whose file was removed or replaced is not in its place', () => {
	const lock = lockFile(path)!;
	rmSync(path);
	assert.not(lock.isInPlace());
	writeFileSync(path, '');
	assert.not(lock.isInPlace());
	lock.release();
});

/** Instead of flock, a script of this text; undefined: there is none. */
const withFlock = (script: string | undefined, act: () => void) => {
	const before = process.env.PATH;
	const bin = join(dir, 'bin');
	mkdirSync(bin);
	if (script !== undefined) writeFileSync(join(bin, 'flock'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
	process.env.PATH = bin;
	const open = readdirSync('/proc/self/fd').length;
	try {
		act();
		assert.is(readdirSync('/proc/self/fd').length, open, 'a file stays open');
	} finally {
		process.env.PATH = before;
		rmSync(bin, { recursive: true });
	}
};
const throwing = (code: number, message: RegExp) => () =>
	assert.throws(
		() => lockFile(path),
		(error: Failure) => error.code === code && message.test(error.message),
	);

test('a machine without flock, a file system without locks, and a file replaced meanwhile are said, each with its exit', () => {
	writeFileSync(path, '');
	withFlock(undefined, throwing(EXIT.config, /flock is not there; install util-linux/));
	withFlock(
		'echo no locks >&2; exit 71',
		throwing(EXIT.unavailable, /x\.lock: no locks; its folder must be/),
	);
	withFlock(`exec /bin/rm ${path}`, throwing(EXIT.again, /x\.lock was replaced or removed; start again/));
	withFlock('exit 1', () => assert.is(lockFile(path), undefined));
	assert.is(signatureIn(path).holder, '', 'who does not hold it does not sign it');
	withFlock('echo locked >&2', () => lockFile(path)!.release());
	assert.is.not(signatureIn(path).holder, '');
});

test('what cannot be opened is the error of the system', () => {
	assert.throws(() => lockFile(join(dir, 'none', 'x.lock')), /ENOENT/);
	assert.throws(() => lockFile(dir), /EISDIR/);
});

test('a note may be written anew while it is held', () => {
	const lock = lockFile(path, 0o644, 'one')!;
	lock.sign('two');
	assert.is(signatureIn(path).note, 'two');
	lock.sign('');
	assert.is(signatureIn(path).note, '');
	assert.is(readFileSync(path, 'utf8').split('\n').length, 2);
	assert.match(holderOf(path), /^process /);
	lock.release();
	writeFileSync(path, '');
	assert.is(holderOf(path), 'another process');
	assert.equal(signatureIn(join(dir, 'none')), { holder: '', note: '' });
});

const noMount = isRoot ? '' : 'mounting needs root';
testWith(test, noMount, 'a lock on a file system that is full, or read-only, is still one', () => {
	const disk = join(dir, 'disk');
	path = join(disk, 'x.lock');
	mkdirSync(disk);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk]);
	try {
		writeFileSync(join(disk, 'fill'), 'x'.repeat(4096));
		const before = lockFile(path)!;
		execFileSync('mount', ['-o', 'remount,ro', disk]);
		assert.is(lockFile(path), undefined);
		before.release();
		const lock = lockFile(path)!;
		assert.is(lockFile(path), undefined);
		assert.is(holderOf(path), 'another process');
		lock.release();
	} finally {
		execFileSync('umount', [disk]);
	}
});

test.run();
