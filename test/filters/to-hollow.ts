import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Cycle, createCycleReader } from '../../filters/lib/hollow/metrics/cycle.ts';
import { cycleFromPayload } from '../../filters/lib/hollow/metrics/payload.ts';
import { parseRecord } from '../../filters/lib/record.ts';
import { cases, goldenSuite, outcome, ROOT, run, start } from '../program.ts';
import { until } from '../servers/carbon.ts';

goldenSuite('to-hollow');

const TS = 1763712000000;
const sum = (ts: number, value: number, metric = 'calls', more: object = {}) =>
	`${JSON.stringify({ type: 'sum', ts, host: 'web1', metric, unit: '1', attributes: {}, temporality: 'cumulative', monotonic: true, value, ...more })}\n`;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The cycles in what the program printed; a line that is amiss fails the test. */
const cyclesIn = (text: string): Cycle[] => {
	const reader = createCycleReader((what) => assert.unreachable(what));
	const cycles = text.split('\n').map((line) => {
		const record = parseRecord(line);
		return record && reader.take(record);
	});
	assert.not(reader.isOpen());
	return cycles.filter((cycle) => cycle !== undefined);
};
const totalsIn = (cycle: Cycle) => cycle.states.flatMap(({ metrics }) => metrics.map(({ total }) => total));

const lines = suite('to-hollow: lines');

lines('every golden output is whole cycles', () => {
	for (const { name, args } of cases('to-hollow')) {
		const file = join(ROOT, 'test/golden/to-hollow', `${name}.out`);
		if (!args.includes('--dry-run')) assert.ok(cyclesIn(readFileSync(file, 'utf8')).length > 0, name);
	}
});

lines('a recorded session of bpftrace: a version for each print, with the counts of the log', async () => {
	const log = readFileSync(join(ROOT, 'bpftrace/cpu-lat.session'), 'utf8');
	const parsed = await run('parse-histogram', ['-m', 'cpu-lat', '--unit', 'us', '--host', 'web1'], log);
	const { status, stdout, stderr } = await run('to-hollow', [], parsed.stdout);
	assert.is(status, 0);
	assert.is(stderr, '');
	const cycles = cyclesIn(stdout);
	const prints = log.split('#!ts ').filter((print) => print.includes('@usecs'));
	assert.is(cycles.length, prints.length);
	for (const [at, print] of prints.entries()) {
		const rows = [...print.matchAll(/^[[(].*[)\]]\s+(\d+) \|/gm)].map(([, count]) => Number(count));
		const [metric] = cycles[at]!.states[0]!.metrics;
		assert.is(metric!.name, 'cpu-lat');
		assert.equal(
			metric!.buckets.map(([, , count]) => count),
			rows.filter((count) => count > 0),
		);
		assert.is(
			metric!.total,
			rows.reduce((a, b) => a + b, 0),
		);
		const time = new Date(Math.floor(Number(/^[\d.]+/.exec(print)![0]) * 1000)).toISOString();
		assert.is(cycles[at]!.version, time.replace(/\D/g, ''));
	}
});

const KEA = readFileSync(join(ROOT, 'test/data/kea-summary.txt'), 'utf8');
/** Every histogram and sum in the summary of the Kea loader, which prints no `#!ts`. */
const KEA_TOTALS = {
	packet_processing_time: 59,
	packet_drop_rate: 3,
	cpu_usage: 13,
	memory_usage: 9,
	network_traffic: 101,
	lease_allocation_time: 3,
	packet_drop_rate_total: 3,
	cpu_usage_total: 13,
	memory_usage_total: 9,
	network_traffic_total: 101,
	error_rates_total: 0,
};
const recordsIn = (cycle: Cycle) =>
	Object.fromEntries(cycle.states.flatMap(({ metrics }) => metrics.map(({ name, total }) => [name, total])));

lines(
	'many maps without #!ts, printed at once: one version with all of them, however the pipe cuts it',
	async () => {
		const third = Math.floor(KEA.length / 3);
		for (const pieces of [[KEA], [KEA.slice(0, third), KEA.slice(third, 2 * third), KEA.slice(2 * third)]]) {
			const parser = start('parse-histogram', ['--host', 'web1']);
			const parsed = outcome(parser);
			for (const piece of pieces) {
				parser.stdin!.write(piece);
				await wait(50);
			}
			parser.stdin!.end();
			const { stdout: records, stderr } = await parsed;
			assert.is(stderr, '');
			const { stdout } = await run('to-hollow', ['--wide'], records);
			assert.equal(cyclesIn(stdout).map(recordsIn), [KEA_TOTALS]);
		}
	},
);

lines('a summary behind a summary, without a pause and with one, is a version of its own', async () => {
	const parser = start('parse-histogram', ['--host', 'web1']);
	const parsed = outcome(parser);
	parser.stdin!.write(KEA + KEA);
	await wait(800);
	parser.stdin!.end(KEA);
	const { stdout: records } = await parsed;
	const { stdout } = await run('to-hollow', ['--wide'], records);
	assert.equal(cyclesIn(stdout).map(recordsIn), [KEA_TOTALS, KEA_TOTALS, KEA_TOTALS]);
});

const live = suite('to-hollow: silence and signals');

live('a cycle is written after --linger, and again, whole, when more of it comes', async () => {
	const child = start('to-hollow', ['--linger', '300ms']);
	let text = '';
	child.stdout!.on('data', (chunk) => {
		text += chunk;
	});
	const done = outcome(child);
	child.stdin!.write(sum(TS, 1));
	await until(() => text.includes('hollow_cycle'), 5000);
	child.stdin!.write('#!pos {"at":1}\n');
	await until(() => text.includes('#!pos {"at":1}'), 5000);
	child.stdin!.write(`${sum(TS, 2, 'other')}#!pos {"at":2}\n`);
	await until(() => text.includes('#!pos {"at":2}'), 5000);
	await wait(800);
	child.stdin!.end(`${sum(TS + 1000, 3)}#!end\n`);
	const { status, stderr, stdout } = await done;
	assert.is(status, 0);
	assert.is(stderr, '');
	const cycles = cyclesIn(stdout);
	assert.equal(cycles.map(totalsIn), [[1], [1, 2], [3]]);
	assert.equal(
		cycles.map(({ version }) => version),
		['20251121080000000', '20251121080000001', '20251121080001000'],
	);
});

live('records that keep coming are no silence', async () => {
	const child = start('to-hollow', ['--linger', '700ms']);
	const done = outcome(child);
	for (let at = 0; at < 20; at++) {
		child.stdin!.write(sum(TS, at, `m${at % 3}`));
		await wait(100);
	}
	child.stdin!.end();
	const { stdout } = await done;
	assert.equal(cyclesIn(stdout).map(totalsIn), [[18, 19, 17]]);
});

live('nor is a reader downstream that stands still; cycles do not mix', async () => {
	const child = start('to-hollow', ['--linger', '300ms']);
	const many = (ts: number) =>
		Array.from({ length: 3000 }, (_, at) => sum(ts, at, `metric-${'x'.repeat(60)}-${at}`)).join('');
	// Nobody listens on stdout yet: the pipe fills up in the middle of the first cycle.
	child.stdin!.write(many(TS) + many(TS + 1000));
	await wait(1500);
	const done = outcome(child);
	await wait(300);
	child.stdin!.end(sum(TS + 1000, 1, 'last'));
	const { status, stdout } = await done;
	assert.is(status, 0);
	const cycles = cyclesIn(stdout);
	assert.equal([...new Set(cycles.map(({ states }) => states[0]!.timestamp))].length, 2);
	assert.is(cycles[0]!.states[0]!.metrics.length, 3000);
	assert.is(cycles.at(-1)!.states[0]!.metrics.length, 3001);
});

live('TERM and the end of input write the open cycle; once barriers were seen, only #!end does', async () => {
	for (const [before, behind, wanted] of [
		['', '', 1],
		['#!pos {"at":1}\n', '', 0],
		['', '#!pos {"at":2}\n', 0],
	] as const) {
		const child = start('to-hollow', ['--linger', '1h']);
		const done = outcome(child);
		child.stdin!.write(`#!other\n${before}${sum(TS, 1)}${behind}`);
		await once(child.stdout!, 'data');
		await wait(100);
		child.kill('SIGTERM');
		const { status, stdout } = await done;
		assert.is(status, 0);
		assert.is(cyclesIn(stdout).length, wanted);
		assert.not(stdout.includes('"at":2'));
	}
	const input = `#!pos {"at":1}\n${sum(TS, 1)}#!pos {"at":2}\n`;
	const { stdout } = await run('to-hollow', [], `${input}#!end\n`);
	assert.match(stdout, /^#!pos {"at":1}\n.*\n.*\n.*"hollow_cycle".*\n#!pos {"at":2}\n#!end\n$/);
	// Its source was stopped, perhaps within a print: a version that lacks the rest could not be mended any more.
	const cut = await run('to-hollow', [], input);
	assert.is(cut.stdout, '#!pos {"at":1}\n');
	assert.match(cut.stderr, /the open cycle is not written; it is read again by the next run/);
});

const options = suite('to-hollow: options');

options('--output has the newest payload; with --dry-run nothing is printed', async () => {
	const path = join(mkdtempSync(join(tmpdir(), 'to-hollow-')), 'latest.json');
	const input = sum(TS, 1) + sum(TS + 1000, 2);
	const wet = await run('to-hollow', ['--output', path], input);
	assert.is(cyclesIn(wet.stdout).length, 2);
	const [, newest] = cyclesIn(wet.stdout);
	assert.equal(
		cycleFromPayload(JSON.parse(readFileSync(path, 'utf8')), newest!.version, 'ebpf_metrics'),
		newest,
	);
	const dry = await run(
		'to-hollow',
		['--output', path, '--dry-run'],
		`#!pos {"at":1}\n${input}${sum(TS + 2000, 3)}#!end\n`,
	);
	assert.equal(dry, { status: 0, signal: null, stdout: '', stderr: '' });
	assert.is(JSON.parse(readFileSync(path, 'utf8')).data.MetricsState[0].aggregates.calls, 3);
});

options('a folder that is not there, and what is no file', async () => {
	const none = await run('to-hollow', ['--output', '/nonexistent/x'], sum(TS, 1));
	assert.is(none.status, 69);
	assert.match(none.stderr, /^to-hollow: \/nonexistent\/x\.new: no such file or directory\n$/);
	for (const path of ['/dev/null', '/dev/stdout', tmpdir()]) {
		const { status, stdout, stderr } = await run('to-hollow', ['--output', path], sum(TS, 1));
		assert.is(status, 64);
		assert.is(stdout, '');
		assert.match(stderr, /^to-hollow: --output: ".*" is no file that can be replaced\n$/);
	}
});

options('--strict stops at a number that does not fit, at a record and in silence', async () => {
	const { status, stdout, stderr } = await run('to-hollow', ['--strict'], sum(TS, 2 ** 31));
	assert.is(status, 65);
	assert.is(stdout, '');
	assert.match(stderr, /web1 calls: 2147483648 does not fit an Integer; --wide has Longs/);
	const child = start('to-hollow', ['--strict', '--linger', '100ms']);
	const done = outcome(child);
	child.stdin!.write(sum(TS, 2 ** 31));
	assert.is((await done).status, 65);
});

options('USR1 and the counters', async () => {
	const child = start('to-hollow');
	const done = outcome(child);
	const notice = '{"type":"notice","ts":1,"kind":"lost_events"}\n';
	child.stdin!.write(`${notice}${sum(TS, 1)}${sum(TS, 0.5, 'x')}${sum(TS + 1, 1)}`);
	await wait(500);
	child.kill('SIGUSR1');
	await wait(200);
	child.stdin!.end();
	assert.match((await done).stderr, /in 4, out 3, notices 1, left_out 1, bad 1, cycles 1/);
});

options('usage', async () => {
	for (const args of [['--linger', '0s'], ['--linger', 'soon'], ['file'], ['--narrow']]) {
		const { status, stdout, stderr } = await run('to-hollow', args);
		assert.is(status, 64);
		assert.is(stdout, '');
		assert.match(stderr, /^to-hollow: /);
	}
	const { status, stdout } = await run('to-hollow', ['--help']);
	assert.is(status, 0);
	assert.match(stdout, /^to-hollow - records as cycles/);
});

lines.run();
live.run();
options.run();
