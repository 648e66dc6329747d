// A lock is held by one process at a time, be that process stopped or slow, and by none once it is dead.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { holderOf, lockFile, signatureIn } from '../../../../filters/lib/disk/lock.ts';
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
