// The page's units without a systemd that runs: the service's own command line, started at the first visit.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	appendFileSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MetricsAnswer } from '../../filters/lib/history/answers.ts';
import { gaugeOf, sumOf } from '../data/measures.ts';
import { commandsLack, testWith } from '../parts.ts';
import { cleanEnv, ROOT } from '../program.ts';
import { until } from '../servers/carbon.ts';
import { freePort } from '../servers/ports.ts';

const test = suite('the page by socket activation');
const LACK = commandsLack('systemd-socket-activate', 'bash');
const room = mkdtempSync(join(tmpdir(), 'page-unit-'));
const [bin, state, logs] = ['bin', 'state', 'logs'].map((name) => join(room, name)) as [
	string,
	string,
	string,
];
const running = new Set<ChildProcess>();
test.before(() => {
	for (const folder of [bin, state, logs]) mkdirSync(folder);
	for (const file of readdirSync(join(ROOT, 'dist')).filter((name) => name.endsWith('.cjs')))
		symlinkSync(join(ROOT, 'dist', file), join(bin, file.replace(/\.cjs$/, '')));
});
test.after(() => {
	for (const child of running) endRest(child);
	rmSync(room, { recursive: true });
});

/** What systemd kills when the main process of a unit has ended; a reader that has nothing to write would wait for ever. */
const endRest = ({ pid }: ChildProcess) => {
	try {
		process.kill(-pid!, 'SIGKILL');
	} catch {
		// Nothing was left.
	}
};

const unit = readFileSync(join(ROOT, 'systemd/bpfpipe-page@.service'), 'utf8');

/** What systemd makes of ExecStart, for the instance cpu-lat, with our folders in the place of the machine's. */
const commandLine = (): string[] => {
	const [, text] = /^ExecStart=(.*)$/m.exec(unit)!;
	const [, program, flag, script] = /^(\S+) (-c) '([^']*)'$/.exec(text!)!;
	const filled = script!
		.replaceAll('%i', 'cpu-lat')
		.replaceAll('$$', '$')
		.replaceAll('/usr/local/bin', bin)
		.replaceAll('/var/lib/bpfpipe', state)
		.replaceAll('/var/log/bpfpipe', logs);
	return [program!, flag!, filled];
};

const begin = async (env: Record<string, string> = {}) => {
	const port = await freePort();
	const all = { PATH: process.env.PATH!, HISTORY: '1h', SERVE_OPTIONS: '', ...env };
	const passed = Object.entries(all).map(([name, value]) => `--setenv=${name}=${value}`);
	const args = ['-l', `127.0.0.1:${port}`, ...passed, ...commandLine()];
	const child = spawn('systemd-socket-activate', args, {
		env: cleanEnv(all),
		stdio: ['ignore', 'pipe', 'pipe'],
		detached: true,
	});
	running.add(child);
	let said = '';
	for (const stream of [child.stdout!, child.stderr!])
		stream.on('data', (chunk: Buffer) => {
			said += chunk;
		});
	const gone = once(child, 'exit').then(([code]) => {
		running.delete(child);
		endRest(child);
		return code as number | null;
	});
	await until(() => said.includes('Listening on'), 5000);
	const url = `http://127.0.0.1:${port}`;
	return { child, gone, port, url, said: () => said };
};

/** The programs below a process, as their command lines. */
const below = (pid: number): string[] =>
	readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.flatMap((name) => {
			try {
				const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))![1];
				if (Number(parent) !== pid) return [];
				return [readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')];
			} catch {
				return [];
			}
		});

const line = (record: object): string => `${JSON.stringify(record)}\n`;
const write = (file: string, ...records: object[]) => appendFileSync(file, records.map(line).join(''));

testWith(test, LACK, 'nothing runs until somebody comes, and then the page has what was before', async () => {
	const now = Date.now();
	const records = join(state, 'cpu-lat.ndjson');
	for (let ago = 120; ago > 0; ago--)
		write(records, sumOf(500 - ago, { ts: now - ago * 1000, metric: 'calls' }));
	// What the supervisors say of themselves, wherever each of them may write.
	write(join(logs, 'cpu-lat.collect.self.ndjson'), gaugeOf(1, { ts: now - 2000, metric: 'bpfpipe_up' }));
	write(
		join(state, 'cpu-lat.graphite+records.self.ndjson'),
		gaugeOf(1, { ts: now - 1000, metric: 'bpfpipe_state' }),
	);
	const { child, gone, url, said } = await begin();
	await sleep(300);
	assert.equal(below(child.pid!), [], 'nothing runs yet');
	assert.match(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'), /^systemd-socket-activate\0/);

	const answer = async () => (await (await fetch(`${url}/api/v1/metrics`)).json()) as MetricsAnswer;
	const names = async () => (await answer()).metrics.map(({ metric }) => metric).sort();
	for (let rounds = 0; rounds < 100 && (await names()).length < 3; rounds++) await sleep(100);
	assert.equal(await names(), ['bpfpipe_state', 'bpfpipe_up', 'calls'], said());
	assert.ok((await answer()).from! < now - 100_000, 'the history is filled');
	// It is serve itself that systemd started, with its reader, which does not hold the socket.
	assert.match(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'), /serve\.cjs|bin\/serve/);
	assert.is(below(child.pid!).filter((command) => command.includes('records-tail')).length, 1);
	assert.is((await fetch(`${url}/`)).status, 200);

	write(records, sumOf(501, { ts: Date.now(), metric: 'later' }));
	for (let rounds = 0; rounds < 100 && (await names()).length < 4; rounds++) await sleep(100);
	assert.ok((await names()).includes('later'));

	// As KillMode=mixed does it: the main process alone gets TERM.
	const readers = below(child.pid!);
	assert.is(readers.length, 1);
	process.kill(child.pid!, 'SIGTERM');
	assert.is(await gone, 0, said());
});

testWith(test, LACK, 'when its reader dies it ends, so that systemd starts both again', async () => {
	const { child, gone, url, port, said } = await begin();
	assert.is((await fetch(`${url}/api/v1/stats`)).status, 200);
	const reader = readdirSync('/proc').find((name) => {
		try {
			const status = readFileSync(`/proc/${name}/status`, 'utf8');
			return new RegExp(`^PPid:\\s+${child.pid}$`, 'm').test(status);
		} catch {
			return false;
		}
	});
	process.kill(Number(reader), 'SIGKILL');
	assert.is(await gone, 0, said());
	const socket = connect(port, '127.0.0.1');
	const [error] = await once(socket, 'error').catch((given: unknown) => [given]);
	assert.is((error as NodeJS.ErrnoException).code, 'ECONNREFUSED', 'nobody holds the address any more');
});

testWith(test, LACK, 'options of the file reach it', async () => {
	const { child, gone, url, said } = await begin({
		SERVE_OPTIONS: '--base-units --max-series 7',
		HISTORY: '10m',
	});
	const answer = (await (await fetch(`${url}/api/v1/metrics`)).json()) as MetricsAnswer;
	assert.equal([answer.kept.maxSeries, answer.span], [7, 600_000], said());
	process.kill(child.pid!, 'SIGTERM');
	assert.is(await gone, 0);
});

test.run();
