// The processes are copies of sleep(1) under names of their own.

import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { objectsIn, targetOf, targetsOf } from '../../../../filters/lib/probes/target.ts';

const folder = mkdtempSync(join(tmpdir(), 'target-'));
const children: ChildProcess[] = [];
const test = suite('probes: target');
test.after(() => {
	for (const child of children) child.kill('SIGKILL');
	rmSync(folder, { recursive: true, force: true });
});

let names = 0;
const started = async (): Promise<{ name: string; child: ChildProcess; file: string }> => {
	const name = `bpfpipe-sleeps-${process.pid}-${names++}`;
	const file = join(folder, name);
	copyFileSync('/usr/bin/sleep', file);
	const child = spawn(file, ['100'], { stdio: 'ignore' });
	children.push(child);
	await sleep(50);
	return { name, child, file };
};
const ended = async (child: ChildProcess) => {
	const gone = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGKILL');
	await gone;
};

test('a process is found by the file that it runs, as long as it runs', async () => {
	const { name, child } = await started();
	const [found, ...others] = targetsOf(name);
	assert.is(found?.pid, child.pid);
	assert.equal(others, []);
	assert.equal(targetOf(child.pid!), found);
	await ended(child);
	assert.equal(targetsOf(name), []);
	assert.is(targetOf(child.pid!), undefined);
});

test('one that runs a file which has been replaced is still found, and its own file is what is measured', async () => {
	const { name, child, file } = await started();
	const before = targetOf(child.pid!);
	copyFileSync('/usr/bin/sleep', `${file}.new`);
	renameSync(`${file}.new`, file);
	assert.is(targetsOf(name)[0]?.pid, child.pid);
	assert.equal(targetOf(child.pid!), before);
	assert.match(objectsIn(child.pid!).get(name)!, new RegExp(`^/proc/${child.pid}/map_files/`));
});

test('a process that runs another file under its number is another one', async () => {
	const child = spawn('/bin/sh', ['-c', 'sleep 0.3; exec sleep 100'], { stdio: 'ignore' });
	children.push(child);
	await sleep(100);
	const before = targetOf(child.pid!);
	await sleep(600);
	const after = targetOf(child.pid!);
	assert.ok(before && after);
	assert.not.equal(before, after);
});

test('what it has mapped is called by the name of the file, without its version', async () => {
	const { name, child } = await started();
	const objects = objectsIn(child.pid!);
	assert.match(objects.get('libc')!, /^\/proc\/\d+\/root\/.*\/libc\.so\.6$/);
	assert.is(objects.get(name), `/proc/${child.pid}/root${join(folder, name)}`);
});

test('no such process is no error', () => {
	assert.is(targetOf(4_194_303), undefined);
	assert.equal(objectsIn(4_194_303), new Map());
});

test.run();
