// What waits for an at-least-once pipeline, by its ack and its log.

import {
	appendFileSync,
	mkdtempSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backlogOf } from '../../../supervisor/health/backlog.ts';
import type { PipelinePlan } from '../../../supervisor/plan/plan.ts';

const test = suite('backlog');

const planOf = (...commands: string[]): Pick<PipelinePlan, 'stages'> => ({
	stages: commands.map((line) => ({ name: 'x', command: line.split(' '), env: {}, grace: 1 })),
});

test('what waits: behind the acknowledged byte, over rotations, and where the file is gone', () => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-backlog-'));
	const [log, ack] = [join(dir, 'x.log'), join(dir, 'p.ack')];
	const plan = planOf(`bpftrace-tail ${log}`, 'graphite-send');
	const look = () => backlogOf(plan, ack, Date.now());
	try {
		assert.equal(look(), {});
		writeFileSync(log, 'x'.repeat(100));
		const ino = String(statSync(log).ino);
		writeFileSync(ack, JSON.stringify({ name: 'x.log', ino, offset: 40 }));
		utimesSync(ack, Date.now() / 1000 - 90, Date.now() / 1000 - 90);
		assert.is(look().bytes, 60);
		assert.ok(look().age! >= 90_000 && look().age! < 95_000);
		renameSync(log, `${log}.1`);
		appendFileSync(`${log}.1`, 'y'.repeat(10));
		writeFileSync(log, 'z'.repeat(7));
		assert.is(look().bytes, 77);
		renameSync(`${log}.1`, `${log}.2`);
		renameSync(log, `${log}.1`);
		writeFileSync(log, 'new');
		assert.is(look().bytes, 80);
		rmSync(`${log}.2`);
		assert.is(look().bytes, 3, 'of a file that is gone, all of the live one');
		writeFileSync(ack, '{"name":"other.log","offset":1}');
		assert.is(look().bytes, undefined);
		writeFileSync(ack, 'nonsense');
		assert.equal(look(), {});
		const own = planOf(`bpftrace-tail --ack ${ack} ${log}`, 'graphite-send');
		writeFileSync(ack, JSON.stringify({ name: 'x.log', ino: '1', offset: 0 }));
		assert.is(backlogOf(own, '/nowhere', Date.now()).bytes, 3, 'an ack that the command names');
	} finally {
		rmSync(dir, { recursive: true });
	}
});

test('what waits of several logs is the sum, and not known where one is not', () => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-backlog-'));
	const [a, b, ack] = [join(dir, 'a.log'), join(dir, 'b.log'), join(dir, 'p.ack')];
	const plan = planOf(`records-tail ${a} ${b}`, 'graphite-send');
	try {
		writeFileSync(a, 'x'.repeat(10));
		writeFileSync(b, 'y'.repeat(30));
		const place = (path: string, offset: number) => ({
			name: 'any',
			ino: String(statSync(path).ino),
			offset,
		});
		writeFileSync(ack, JSON.stringify({ logs: { [a]: place(a, 4), [b]: place(b, 10) } }));
		const { bytes, log } = backlogOf(plan, ack, Date.now());
		assert.equal([bytes, log], [26, b]);
		const never = { name: 'any', ino: '0', offset: 0 };
		const text = JSON.stringify({ logs: { [a]: never, [join(dir, 'c.log')]: never, [b]: place(b, 10) } });
		writeFileSync(ack, text);
		assert.is(
			backlogOf(plan, ack, Date.now()).bytes,
			30,
			'a log that is there by now, and one that never was',
		);
		writeFileSync(ack, JSON.stringify({ logs: { [a]: place(a, 4), [b]: place(b, 10) } }));
		rmSync(a);
		assert.is(backlogOf(plan, ack, Date.now()).bytes, undefined);
	} finally {
		rmSync(dir, { recursive: true });
	}
});

test.run();
