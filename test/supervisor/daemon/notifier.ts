// What systemd hears, on a notify socket of our own; the receiver is Python's, since Node has no datagram sockets.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../../../filters/lib/log.ts';
import { createNotify, watchdogInterval } from '../../../supervisor/daemon/notifier.ts';
import { until } from '../../harness/supervised.ts';
import { commandsLack, testWith } from '../../parts.ts';

const test = suite('notifier');
const LACK = commandsLack('systemd-notify', 'python3');
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True: print(s.recv(4096).decode().strip().replace('\\n', ' '), flush=True)
`;

const quietLog = (said: string[]) =>
	createLog({
		name: 'x',
		level: 'info',
		format: 'text',
		priorities: false,
		write: (line) => said.push(line),
	});

/** What was received while `act` ran, without the words that systemd-notify adds of its own. */
const heard = async (act: (env: NodeJS.ProcessEnv) => Promise<void>): Promise<string[]> => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-notify-'));
	const path = join(dir, 'socket');
	const receiver = spawn('python3', ['-c', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
	let text = '';
	receiver.stdout.on('data', (chunk: Buffer) => {
		text += chunk;
	});
	try {
		while (!text.includes('listening')) await sleep(10);
		await act({ ...process.env, NOTIFY_SOCKET: path });
		await sleep(300);
		return text.split('\n').filter((line) => line.includes('='));
	} finally {
		receiver.kill('SIGKILL');
		rmSync(dir, { recursive: true });
	}
};

testWith(test, LACK, 'ready, a status only when it changes, reloading, stopping', async () => {
	const said: string[] = [];
	const lines = await heard(async (env) => {
		const notify = createNotify(quietLog(said), env);
		for (const act of [
			notify.ready,
			() => notify.status('2 pipelines are up'),
			() => notify.status('2 pipelines are up'),
			() => notify.status('graphite is DEGRADED'),
			notify.reloading,
			notify.stopping,
		]) {
			act();
			await sleep(60);
		}
	});
	const up = 'STATUS=2 pipelines are up';
	const degraded = 'STATUS=graphite is DEGRADED';
	const wanted = [
		'READY=1',
		`READY=1 ${up}`,
		`READY=1 ${degraded}`,
		`RELOADING=1 ${degraded}`,
		`STOPPING=1 ${degraded}`,
	];
	// A sender that waits for the barrier is there when systemd looks it up, however late.
	assert.equal(
		lines,
		wanted.flatMap((line) => [line, 'BARRIER=1']),
	);
	assert.equal(said, []);
});

testWith(test, LACK, 'what was lost is said again, with all that was said since', async () => {
	const said: string[] = [];
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-notify-'));
	const [arguments_, failing] = [join(dir, 'arguments'), join(dir, 'failing')];
	const script = `#!/bin/sh\n[ -e ${failing} ] && exit 1\necho "$@" >> ${arguments_}\n`;
	writeFileSync(failing, '');
	writeFileSync(join(dir, 'systemd-notify'), script, { mode: 0o755 });
	try {
		const env = { PATH: `${dir}:${process.env.PATH}`, NOTIFY_SOCKET: join(dir, 'socket') };
		const notify = createNotify(quietLog(said), env, 50);
		notify.ready();
		await until('a failure', () => said.length > 0);
		rmSync(failing);
		await until('another attempt', () => existsSync(arguments_));
		notify.status('all is well');
		await until('the status', () => readFileSync(arguments_, 'utf8').includes('well'));
		assert.is(readFileSync(arguments_, 'utf8'), 'READY=1\nREADY=1 STATUS=all is well\n');
		assert.match(said[0]!, /systemd-notify failed: Command failed/);
	} finally {
		rmSync(dir, { recursive: true });
	}
});

testWith(test, LACK, 'the watchdog is answered while all is well, and not otherwise', async () => {
	let well = true;
	const lines = await heard(async (env) => {
		const watched = { ...env, WATCHDOG_USEC: '300000', WATCHDOG_PID: String(process.pid) };
		const end = createNotify(quietLog([]), watched).watch(() => well);
		await sleep(1000);
		well = false;
		await sleep(1000);
		end();
	});
	const answers = lines.filter((line) => line !== 'BARRIER=1');
	assert.ok(answers.every((line) => line === 'WATCHDOG=1'));
	assert.ok(answers.length >= 5 && answers.length <= 11, `${answers.length} answers in one second of two`);
});

test('nothing is started where systemd did not ask', async () => {
	const said: string[] = [];
	const notify = createNotify(quietLog(said), { PATH: '/nowhere' });
	notify.ready();
	notify.watch(() => true)();
	await sleep(100);
	assert.equal(said, []);
});

test('a third of the watchdog time, and only for the process that is meant', () => {
	assert.is(watchdogInterval({ WATCHDOG_USEC: '60000000' }, 7), 20_000);
	assert.is(watchdogInterval({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' }, 7), 20_000);
	assert.is(watchdogInterval({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '8' }, 7), 0);
	assert.is(watchdogInterval({ WATCHDOG_USEC: 'x' }, 7), 0);
	assert.is(watchdogInterval({}, 7), 0);
});

test.run();
