// Whoever reads our stderr may stop reading: nobody waits for them, and what they missed is counted.

import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createOutlet } from '../../../supervisor/daemon/outlet.ts';
import {
	leaveWorld,
	makeWorld,
	openIn,
	pidOf,
	stagesOf,
	until,
	type World,
} from '../../harness/supervised.ts';
import { bundleOf, cleanEnv, start } from '../../program.ts';

const test = suite('outlet');
let world: World;
test.before.each(() => {
	world = makeWorld();
});
test.after.each(() => leaveWorld(world));

test('a pipe that nobody reads keeps nobody, and has all that was kept, in order, and a count of the rest', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-outlet-'));
	const path = join(dir, 'pipe');
	execFileSync('mkfifo', [path]);
	const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	const writer = openSync(path, constants.O_WRONLY);
	const outlet = createOutlet(writer);
	const line = (n: number) => `${n} ${'x'.repeat(100)}\n`;
	const many = 10_000;
	for (let n = 0; n < many; n++) outlet.write(line(n));
	let text = '';
	const bytes = Buffer.alloc(1 << 20);
	const read = () => {
		try {
			text += bytes.toString('latin1', 0, readSync(reader, bytes, 0, bytes.length, null));
		} catch {}
		return /left out/.test(text);
	};
	await until('all that was kept', read);
	outlet.write('after\n');
	await outlet.close();
	read();
	const lines = text.trimEnd().split('\n');
	const count = Number(/^bpfpipe: warning: (\d+) lines were left out here/m.exec(text)![1]);
	assert.is(lines.at(-1), 'after');
	const whole = lines.slice(0, -2);
	assert.is(whole.length + count, many);
	assert.ok(whole.every((one, n) => `${one}\n` === line(n)));
	assert.ok(whole.length * 100 > 256 * 1024 && count > 5000);
	closeSync(reader);
	closeSync(writer);
	rmSync(dir, { recursive: true });
});

const CHATTY = `pipelines:
  loud: { stages: [ "sh -c 'i=0; while :; do i=$((i+20)); seq -f %01000g $i $((i+19)) >&2; sleep 0.1; done'" ] }
  work: { restart: always, restart_delay: 50ms..50ms, stages: [ { name: gen, run: sleep 1000 } ] }
`;

/** It answers, starts what dies, and heeds TERM, while its stderr is full. */
const goesOn = async () => {
	await until('the first stage', async () => (await stagesOf(world)).length === 2);
	await sleep(6000);
	const before = await pidOf(world, 'gen');
	process.kill(before, 'SIGKILL');
	await pidOf(world, 'gen', before);
};

for (const [kind, file] of [
	['pipe', 'fifo'],
	['socket', ''],
] as const) {
	test(`a ${kind} that nobody reads: it answers, starts what dies, and heeds TERM`, async () => {
		writeFileSync(world.file, CHATTY);
		const path = join(world.dir, 'fifo');
		execFileSync('mkfifo', [path]);
		const [reader, writer] = [constants.O_RDWR, constants.O_WRONLY].map((flags) => openSync(path, flags));
		const child = file
			? spawn(process.execPath, [bundleOf('bpfpipe'), 'up', world.file], {
					stdio: ['ignore', 'ignore', writer!],
					env: cleanEnv(world.env),
				})
			: start('bpfpipe', ['up', world.file], world.env);
		child.stderr?.pause();
		world.started.add(child);
		const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
		await goesOn();
		assert.match(openIn(child.pid!).get(2)!, file ? /fifo/ : /^socket/);
		child.kill('SIGTERM');
		assert.is(await ended, 0);
		for (const fd of [reader!, writer!]) closeSync(fd);
	});
}

test.run();
