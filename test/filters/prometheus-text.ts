import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../data/measures.ts';
import { expositionsIn, parseExposition } from '../harness/exposition-parser.ts';
import { commandsLack, testWith } from '../parts.ts';
import { cases, goldenSuite, outcome, ROOT, run, start } from '../program.ts';
import { until } from '../servers/carbon.ts';

goldenSuite('prometheus-text');

const TS = 1763712000000;
const textOf = (...lines: (object | string)[]): string =>
	lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const goldens = () =>
	cases('prometheus-text').map(({ name }) => ({
		name,
		out: readFileSync(join(ROOT, 'test/golden/prometheus-text', `${name}.out`), 'utf8'),
	}));

const formats = suite('prometheus-text: formats');

formats('every golden output is whole expositions', () => {
	for (const { name, out } of goldens())
		for (const text of expositionsIn(out)) assert.ok(parseExposition(text).size > 0, name);
});

// Ours keep the unit of the values, which promtool would rather have in seconds; of a metric's own name it may say more.
const KNOWN_LINT = /use base unit|abbreviated units|camelCase|should not include type/;

/** What promtool says against an exposition. */
const promtool = (text: string): string[] => {
	const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
		input: text,
		encoding: 'utf8',
	});
	const said = `${stdout}${stderr}`.split('\n').filter(Boolean);
	if (status === 0 || status === 3) return said.filter((line) => !KNOWN_LINT.test(line));
	return [`exit code ${status}`, ...said];
};

testWith(formats, commandsLack('promtool'), 'promtool has nothing against any golden output', () => {
	for (const { name, out } of goldens().filter(({ out }) => !out.includes('# EOF\n')))
		for (const text of expositionsIn(out)) assert.equal(promtool(text), [], name);
	assert.ok(promtool('a_total{ 1\n').length > 0);
});

/** One of each kind and unit that Prometheus would have in another. */
const UNITS = [
	...[
		'ns',
		'us',
		'\u00b5s',
		'ms',
		's',
		'min',
		'h',
		'd',
		'bit',
		'kbit',
		'Mbit/s',
		'B',
		'kB',
		'MB',
		'GBy',
		'KiB',
	],
	...[
		'MiBy',
		'TiB',
		'%',
		'By/s',
		'KiB/s',
		'1/ms',
		'Hz',
		'kHz',
		'GHz',
		'mV',
		'mA',
		'kW',
		'uJ',
		'Cel',
		'km',
		'kg',
	],
	...['1', '', '{packets}'],
];
const inManyUnits = (): object[] => [
	histogramOf(
		[
			[0, 1, 5],
			[2, 4, 9],
			[64, 128, 1],
			[1048576, null, 1],
		],
		{ metric: 'cpu-lat', start: TS - 1 },
	),
	histogramOf([[0, 1, 5]], { metric: 'cpu-lat', unit: 'ms', host: 'web2' }),
	histogramOf([[1, 2, 5]], { metric: 'io_size', unit: 'KiB' }),
	histogramOf([[1, 2, 5]], { metric: 'wait_us', unit: 'us' }),
	...UNITS.flatMap((unit, at) => [
		gaugeOf(1.5, { metric: `level${at}`, unit }),
		sumOf(7, { metric: `counted${at}`, unit }),
		sumOf(-7, { metric: `balance${at}`, unit, monotonic: false }),
	]),
];

testWith(
	formats,
	commandsLack('promtool'),
	'in base units promtool has nothing to say, exit code 0',
	async () => {
		const input = textOf(...inManyUnits(), noticeOf('lost_events', { ts: TS }));
		const said = async (...args: string[]) => {
			const { status, stdout, stderr } = await run('prometheus-text', ['--last', ...args], input);
			assert.is(status, 0);
			assert.is(stderr, '');
			const told = spawnSync('promtool', ['check', 'metrics'], { input: stdout, encoding: 'utf8' });
			return { status: told.status, text: `${told.stdout}${told.stderr}`, stdout };
		};
		const based = await said('--base-units');
		assert.equal([based.text, based.status], ['', 0]);
		assert.match(based.stdout, /^cpu_lat_seconds_bucket\{host="web1",le="0\.000127"\} 15$/m);
		assert.match(based.stdout, /^cpu_lat_seconds_bucket\{host="web2",le="0"\} 5$/m);
		assert.match(based.stdout, /^wait_seconds_bucket\{host="web1",le="0\.000001"\} 5$/m);
		parseExposition(based.stdout);
		// Without them it complains: what makes the difference is the option.
		const plain = await said();
		assert.is(plain.status, 3);
		assert.match(plain.text, /use base unit "seconds" instead of "microseconds"/);
	},
);

formats('a recorded session of bpftrace, to its end: the last print as the log has it', async () => {
	const log = readFileSync(join(ROOT, 'bpftrace/cpu-lat.session'), 'utf8');
	const parsed = await run('parse-histogram', ['-m', 'cpu-lat', '--unit', 'us', '--host', 'web1'], log);
	const { status, stdout, stderr } = await run('prometheus-text', ['--last'], parsed.stdout);
	assert.is(status, 0);
	assert.is(stderr, '');
	assert.is(expositionsIn(stdout).length, 1);
	const { samples } = parseExposition(stdout).get('cpu_lat_microseconds')!;
	const print = log
		.split('#!ts ')
		.filter((one) => one.includes('@usecs'))
		.at(-1)!;
	const counts = [...print.matchAll(/^[[(].*[)\]]\s+(\d+) \|/gm)].map(([, count]) => Number(count));
	assert.is(
		Number(samples.at(-1)!.value),
		counts.reduce((a, b) => a + b, 0),
	);
	const rows = samples.filter(({ name }) => name.endsWith('_bucket')).map(({ value }) => Number(value));
	const grown = rows.map((value, at) => value - (rows[at - 1] ?? 0)).filter((value) => value > 0);
	assert.equal(
		grown,
		counts.filter((count) => count > 0),
	);
});

const folder = mkdtempSync(join(tmpdir(), 'prometheus-text-'));
const file = suite('prometheus-text: --output');
file.after(() => rmSync(folder, { recursive: true }));

file('the file holds the newest exposition, whole, and stdout nothing', async () => {
	const path = join(folder, 'metrics.prom');
	const { status, stdout, stderr } = await run(
		'prometheus-text',
		['--output', path],
		textOf(sumOf(1), '#!pos {"at":1}', sumOf(2, { ts: TS + 1000 }), '#!end'),
	);
	assert.equal({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
	const text = readFileSync(path, 'utf8');
	assert.is(parseExposition(text).get('calls_total')!.samples[0]!.value, '2');
	assert.equal(readdirSync(folder), ['metrics.prom']);
	assert.is(statSync(path).mode & 0o444, 0o444);
});

file('a barrier is acknowledged when the file has what it vouches for', async () => {
	const [path, ack] = [join(folder, 'acked.prom'), join(folder, 'ack')];
	const child = start('prometheus-text', ['--output', path], { BPFPIPE_ACK: ack });
	const done = outcome(child);
	const at = (n: number) => textOf(`#!pos {"at":${n}}`, sumOf(10 + n, { ts: TS + n * 1000 }));
	const acked = () => {
		try {
			return readFileSync(ack, 'utf8').trim();
		} catch {
			return '';
		}
	};
	child.stdin!.write(at(0));
	await until(() => acked() === '{"at":0}');
	child.stdin!.write(at(1) + at(2));
	await until(() => acked() === '{"at":1}');
	assert.match(readFileSync(path, 'utf8'), 'calls_total{host="web1"} 11\n');
	child.kill('SIGTERM');
	assert.is((await done).status, 0);
	// Barriers were seen: the print that may not be whole is not written.
	assert.match(readFileSync(path, 'utf8'), 'calls_total{host="web1"} 11\n');
	assert.is(acked(), '{"at":1}');
});

file('what cannot be replaced is refused, and a folder that is gone ends it', async () => {
	const refused = await run('prometheus-text', ['--output', '/dev/stdout']);
	assert.is(refused.status, 64);
	assert.match(refused.stderr, /--output: "\/dev\/stdout" is no file that can be replaced/);
	const gone = await run('prometheus-text', ['--output', join(folder, 'none', 'x.prom')], textOf(sumOf(1)));
	assert.is(gone.status, 69);
	assert.match(gone.stderr, /none\/x\.prom/);
});

const live = suite('prometheus-text: silence, time and signals');

live('an exposition comes after --linger, and again, whole, when more of its time comes', async () => {
	const child = start('prometheus-text', ['--linger', '300ms']);
	let text = '';
	child.stdout!.on('data', (chunk) => {
		text += chunk;
	});
	const done = outcome(child);
	child.stdin!.write(textOf(sumOf(1)));
	await until(() => text.includes('calls_total{host="web1"} 1'), 5000);
	child.stdin!.write(textOf(gaugeOf(2)));
	await until(() => text.includes('load{host="web1"} 2'), 5000);
	await wait(700);
	child.stdin!.end();
	const { status, stdout, stderr } = await done;
	assert.is(status, 0);
	assert.is(stderr, '');
	assert.equal(
		expositionsIn(stdout).map((one) => [...parseExposition(one).keys()]),
		[['calls_total'], ['calls_total', 'load']],
	);
});

live('--last waits for the end, however long it is silent', async () => {
	const child = start('prometheus-text', ['--last', '--linger', '50ms']);
	const done = outcome(child);
	child.stdin!.write(textOf(sumOf(1)));
	await wait(600);
	child.stdin!.write(textOf(sumOf(2, { ts: TS + 1 }), '#!ts 1763713000'));
	child.stdin!.end();
	const { stdout } = await done;
	assert.is(stdout, '# exposition of 2025-11-21T08:16:40.000Z\n');
});

live('what goes stale by a time line alone is gone at once', async () => {
	const child = start('prometheus-text', ['--stale', '10s', '--linger', '1h']);
	let text = '';
	child.stdout!.on('data', (chunk) => {
		text += chunk;
	});
	child.stdin!.write(textOf(sumOf(1), gaugeOf(1, { ts: TS + 5000 }), '#!ts 1763712010', '#!ts 1763712011'));
	await until(() => text.includes('08:00:11.000Z'), 5000);
	child.stdin!.end();
	await once(child, 'close');
	assert.equal(
		expositionsIn(text).map((one) => [...parseExposition(one).keys()]),
		[['calls_total'], ['calls_total', 'load'], ['load']],
	);
});

live('what is left out is told, once for each kind, and counted', async () => {
	const child = start('prometheus-text', ['--max-series', '1']);
	const done = outcome(child);
	child.stdin!.write(
		textOf(gaugeOf(1), gaugeOf(2, { host: 'b' }), gaugeOf(2, { host: 'c' }), noticeOf('odd'), {
			type: 'yak',
		}),
	);
	let stderr = '';
	child.stderr!.on('data', (chunk) => {
		stderr += chunk;
	});
	await until(() => stderr.includes('yak'), 5000);
	child.kill('SIGUSR1');
	await until(() => stderr.includes('in 5'), 5000);
	child.stdin!.end();
	assert.match(stderr, 'in 5, max_series 2, notices 1, left_out 1');
	assert.match((await done).stderr, /as many series.*\(and 1 more like it\)/);
});

live('a time beyond every date is no bug', async () => {
	const { status, stdout } = await run('prometheus-text', [], textOf(gaugeOf(1, { ts: 9e15 })));
	assert.is(status, 0);
	assert.match(stdout, '# exposition of 9000000000000000 ms\n');
});

live('usage', async () => {
	for (const args of [
		['--stale', 'x'],
		['--linger', '0'],
		['--max-series', '0'],
	]) {
		const { status, stdout, stderr } = await run('prometheus-text', args);
		assert.is(status, 64);
		assert.is(stdout, '');
		assert.match(stderr, /^prometheus-text: --/);
	}
});

live('no metric of a histogram passes for its sum', async () => {
	const { stdout } = await run('prometheus-text', ['--estimate-sum'], textOf(histogramOf([[2, 4, 2]])));
	assert.not.match(stdout, /_sum[{ ]/);
	assert.match(stdout, 'lat_estimated_sum_microseconds{host="web1"} 5\n');
});

formats.run();
file.run();
live.run();
