import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnyRecord, Bucket } from '../../filters/lib/record.ts';
import { countsAround } from '../harness/bpf-prints.ts';
import { bpfLacks, commandsLack, testWith } from '../parts.ts';

const test = suite('bpf/biolatency');
const dir = mkdtempSync(join(tmpdir(), 'biolatency-'));
test.after(() => rmSync(dir, { recursive: true }));
const READS = 700;
const WRITES = 300;

/** What the kernel says that the device MAJOR:MINOR has done, and when that was read; undefined when it has no counts. */
const counted = (device: string) => {
	const lines = readFileSync('/proc/diskstats', 'latin1').trim().split('\n');
	const ms = Date.now();
	const fields = lines.map((line) => line.trim().split(/\s+/));
	const own = fields.find(([major, minor]) => `${major}:${minor}` === device);
	return own && { ms, read: Number(own[3]), write: Number(own[7]) };
};
const freeLoop = (file: string): string => {
	const { stdout, status } = spawnSync('losetup', ['-f', '--show', file], { encoding: 'utf8' });
	return status === 0 ? stdout.trim() : '';
};
const copy = (from: string, to: string, count: number, way: string) =>
	execFileSync('dd', [`if=${from}`, `of=${to}`, 'bs=4k', `count=${count}`, way, 'status=none']);

const countOf = (records: AnyRecord[], device: string, operation: string): number => {
	const last = records.findLast(({ attributes }) => {
		const own = attributes as Record<string, string>;
		return own.device === device && own.operation === operation;
	});
	return ((last?.buckets ?? []) as Bucket[]).reduce((sum, [, , count]) => sum + Number(count), 0);
};

const lack = bpfLacks() || commandsLack('losetup', 'dd');

testWith(test, lack, 'as many reads and writes as the device itself has counted', async () => {
	const file = join(dir, 'disk');
	writeFileSync(file, Buffer.alloc(READS * 4096, 1));
	// Nobody else uses this one, so it is exact; the disk below has other users, so there are bounds.
	const loop = freeLoop(file);
	assert.ok(loop, 'no loop device is free');
	const disk = statSync(dir).dev;
	const device = `${disk >> 8}:${disk & 0xff}`;
	const own = `7:${basename(loop).replace('loop', '')}`;
	try {
		await sleep(200);
		const before = counted(own)!;
		let [from, to] = [counted(device), counted(device)];
		const { records, between } = await countsAround('biolatency', async () => {
			copy(loop, '/dev/null', READS, 'iflag=direct');
			copy('/dev/zero', loop, WRITES, 'oflag=direct');
			execFileSync('sync', [file]);
			from = counted(device);
			for (let i = 0; i < 3; i++) copy(file, '/dev/null', READS, 'iflag=direct');
			to = counted(device);
		});
		const after = counted(own)!;
		assert.equal([after.read - before.read, after.write - before.write], [READS, WRITES]);
		assert.equal([countOf(records, own, 'read'), countOf(records, own, 'write')], [READS, WRITES]);
		if (from === undefined || to === undefined) return;
		assert.ok(to.read - from.read >= 3 * READS, 'the disk was not read');
		const wanted = { metric: 'bio_latency', attributes: { device, operation: 'read' } };
		const { least, most } = between(from.ms, to.ms, wanted);
		const truth = to.read - from.read;
		assert.ok(least <= truth && truth <= most, `${truth} reads, of ${least} to ${most}`);
		const alone = records.filter(({ kind }) => kind === 'lost_events');
		assert.equal(alone, []);
	} finally {
		spawnSync('losetup', ['-d', loop]);
	}
});

test.run();
