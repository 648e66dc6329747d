import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	cycleOrReason,
	folderQueue,
	memoryQueue,
} from '../../../../../../filters/lib/hollow/rest/push/queue.ts';
import { cycleNumber } from '../../../../../servers/receiver.ts';

const test = suite('queue');
const folder = mkdtempSync(join(tmpdir(), 'queue-'));
test.after(() => rmSync(folder, { recursive: true }));

test('in memory and in a folder alike: the oldest first, each as it was', () => {
	for (const queue of [memoryQueue(), folderQueue(join(folder, 'a', 'b'))]) {
		assert.is(queue.first(), undefined);
		for (const at of [1, 2, 3]) queue.push(cycleNumber(at));
		assert.is(queue.size(), 3);
		for (const at of [1, 2, 3]) {
			const entry = queue.first()!;
			assert.equal(cycleOrReason(entry), cycleNumber(at));
			assert.ok(performance.now() - entry.at < 5000);
			queue.remove(entry.name);
		}
		assert.is(queue.size(), 0);
	}
});

test('a folder is found again; the same cycle is there once, whatever its data set is called', () => {
	const path = join(folder, 'again');
	const queue = folderQueue(path);
	const strange = { ...cycleNumber(5), dataset: `../../${'é'.repeat(300)}` };
	for (const cycle of [cycleNumber(2), strange, cycleNumber(1), cycleNumber(2)]) queue.push(cycle);
	writeFileSync(join(path, 'note.txt'), 'none of ours');
	writeFileSync(join(path, '.20251121000009000.m.cycle'), 'unfinished');
	const found = folderQueue(path);
	assert.is(found.size(), 3);
	for (const cycle of [cycleNumber(1), cycleNumber(2), strange]) {
		assert.equal(cycleOrReason(found.first()!), cycle);
		found.remove(found.first()!.name);
	}
	assert.equal(readdirSync(path), ['note.txt']);
});

test('what a run before left waits since it was written, not since it was found', () => {
	const path = join(folder, 'old');
	folderQueue(path).push(cycleNumber(1));
	const [name] = readdirSync(path);
	const before = Date.now() / 1000 - 500;
	utimesSync(join(path, name!), before, before);
	const waits = performance.now() - folderQueue(path).first()!.at;
	assert.ok(waits > 499_000 && waits < 560_000, `${waits} ms`);
	// A clock that was set back since makes nothing wait for less than nothing.
	utimesSync(join(path, name!), before + 5000, before + 5000);
	const { at } = folderQueue(path).first()!;
	assert.ok(at <= performance.now());
});

test('a file that is broken, or gone, says why', () => {
	const path = join(folder, 'broken');
	folderQueue(path).push(cycleNumber(1));
	const [file] = readdirSync(path);
	const entry = folderQueue(path).first()!;
	writeFileSync(join(path, file!), 'x\n');
	assert.match(String(cycleOrReason(entry)), /\.m\.cycle: it has no end$/);
	rmSync(join(path, file!));
	assert.match(String(cycleOrReason(entry)), /no such file/);
});

test.run();
