import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cgroupPaths, cgroupRoot } from '../../../../filters/lib/bpf/cgroups.ts';
import { familyOf } from '../../../../filters/lib/bpf/family.ts';

const test = suite('lib/bpf/family');
const dir = mkdtempSync(join(tmpdir(), 'family-'));
test.after(() => rmSync(dir, { recursive: true }));

/** A folder as /proc is: processes by number, each with its name and its parent. */
const proc = (name: string, processes: [pid: number, name: string, parent: number][]): string => {
	const folder = join(dir, name);
	for (const [pid, comm, parent] of processes) {
		mkdirSync(join(folder, String(pid)), { recursive: true });
		writeFileSync(join(folder, String(pid), 'stat'), `${pid} (${comm}) S ${parent} 1 1 0 -1\n`);
	}
	mkdirSync(join(folder, 'self'));
	return folder;
};

test('a process with all that descend from it, whatever their numbers and names; nobody else', () => {
	const folder = proc('some', [
		[1, 'init', 0],
		[20, 'parent', 1],
		[3, 'a) S 1 (b', 20],
		[2, 'grand child', 3],
		[30, 'other', 1],
	]);
	assert.equal([...familyOf([20], folder)].sort(), [2, 20, 3]);
	assert.equal([...familyOf([30, 2], folder)].sort(), [2, 30]);
	assert.equal([...familyOf([99], folder)], []);
});

test('a process that goes while it is looked at is in the family no more than that', () => {
	const folder = proc('gone', [[1, 'init', 0]]);
	mkdirSync(join(folder, '7'));
	assert.equal([...familyOf([1], folder)], [1]);
});

test('cgroups: the root of version 2 beside version 1, and paths from it; what is not there is its number', () => {
	const both = join(dir, 'cgroup');
	mkdirSync(join(both, 'unified', 'a.slice'), { recursive: true });
	assert.is(cgroupRoot([both, join(both, 'unified')]), undefined);
	writeFileSync(join(both, 'unified', 'cgroup.procs'), '');
	assert.is(cgroupRoot([both, join(both, 'unified')]), join(both, 'unified'));
	writeFileSync(join(both, 'cgroup.procs'), '');
	assert.is(cgroupRoot([both, join(both, 'unified')]), both);
	const id = statSync(join(both, 'unified', 'a.slice'), { bigint: true }).ino;
	const pathOf = cgroupPaths(join(both, 'unified'));
	assert.equal([pathOf(id), pathOf(1n)], ['/a.slice', '1']);
});

test.run();
