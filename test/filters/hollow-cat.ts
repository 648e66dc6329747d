import type { ChildProcess } from 'node:child_process';
import {
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDataSet, type DataSet } from '../../filters/lib/hollow/blob/data-set.ts';
import { parseSchemas } from '../../filters/lib/hollow/blob/type/schema-text.ts';
import { announce } from '../../filters/lib/hollow/folder/announcement.ts';
import { deltaName, snapshotName } from '../../filters/lib/hollow/folder/blob-name.ts';
import { addCycle } from '../../filters/lib/hollow/metrics/adder.ts';
import { schemaFor } from '../../filters/lib/hollow/metrics/schema.ts';
import { bomb, metricsBomb } from '../data/bomb.ts';
import { cycleAt, stateAt, sumAt, version, writeWhole } from '../data/published.ts';
import { outcome, ROOT, run, start } from '../program.ts';

const test = suite('hollow-cat');
const METRICS = join(ROOT, 'test/golden/hollow/metrics');
const ALLTYPES = join(ROOT, 'test/golden/hollow/alltypes');
const v = (cycle: number) => `2024010100000000${cycle}`;
const expected = (folder: string, version: string) =>
	JSON.parse(readFileSync(join(folder, `expected-${version}.json`), 'utf8'));

const fine = async (...args: string[]): Promise<string> => {
	const { status, stdout, stderr } = await run('hollow-cat', args);
	assert.is(stderr, '');
	assert.is(status, 0);
	return stdout;
};

test('--json is what Java reads at the announced version', async () => {
	for (const folder of [METRICS, ALLTYPES]) {
		const version = readFileSync(join(folder, 'announced.version'), 'utf8');
		const { stateTag, types, ...rest } = expected(folder, version);
		assert.equal(JSON.parse(await fine(folder, '--json')), rest);
		assert.equal(JSON.parse(await fine(folder, '--json', '--ordinals')), { stateTag, types, ...rest });
	}
});

test('--at with --from: deltas forward and reverse deltas back', async () => {
	const to = (cycle: number) => expected(METRICS, v(cycle)).checksum;
	for (const [from, at] of [
		[1, 8],
		[8, 1],
		[3, 4],
		[5, 5],
	] as const) {
		const { checksum } = JSON.parse(await fine(METRICS, '--json', '--from', v(from), '--at', v(at)));
		assert.is(checksum, to(at), `${from} to ${at}`);
	}
});

test('records, one for each metric', async () => {
	const lines = (await fine(METRICS, '--at', v(2))).trimEnd().split('\n');
	const records = lines.map((line) => JSON.parse(line));
	assert.equal(
		records.map(({ type, metric }) => [type, metric]),
		[
			['histogram', 'block_io_latency'],
			['histogram', 'page_faults'],
			['histogram', 'run_queue_latency'],
			['sum', 'tcp_retransmits'],
		],
	);
	assert.is(
		lines[3],
		'{"type":"sum","ts":1704067202000,"host":"host-a","metric":"tcp_retransmits","unit":"count","attributes":{},"temporality":"cumulative","monotonic":true,"value":9}',
	);
	assert.equal(records[1].buckets, [[0, null, 12]]);
	assert.is(await fine(METRICS, '--at', v(6)), '');
});

test('what to-hollow spells as names and sources, and numbers of 64 bits', async () => {
	const metrics = [
		{ name: 'calls{comm="nginx"}', total: '9007199254740993', unit: '1', buckets: [] },
		{
			name: 'lat',
			total: 1,
			unit: 'us',
			buckets: [[null, '9007199254740993', 1]] as [null, string, number][],
		},
	];
	const timestamp = '2025-11-21T08:00:00.000Z';
	const states = [{ source: 'synthetic/web1', timestamp, metrics, aggregates: [] }];
	const data = createDataSet(schemaFor(true));
	addCycle(data, { version: '20251121080000000', dataset: 'd', wide: true, synthetic: true, states });
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	writeWhole(folder, snapshotName('20251121080000000'), data.publish()!.snapshot());
	announce(folder, '20251121080000000');
	assert.is(
		await fine(folder),
		'{"type":"sum","ts":1763712000000,"host":"web1","metric":"calls","unit":"1","attributes":{"comm":"nginx"},"temporality":"cumulative","monotonic":true,"value":"9007199254740993","synthetic":true}\n' +
			'{"type":"histogram","ts":1763712000000,"host":"web1","metric":"lat","unit":"us","attributes":{},"temporality":"cumulative","buckets":[[null,"9007199254740993",1]],"synthetic":true}\n',
	);
});

test('--schema and --stats', async () => {
	assert.match(await fine(METRICS, '--schema'), /^MetricBucket \{\n\tInteger lower;\n\tInteger upper;/m);
	const stats = await fine(METRICS, '--stats', '--at', v(2));
	assert.match(stats, /^MetricBucket +15 +\d+ +\d+$/m);
	assert.match(stats, /^ {2}lower +\d+ +\d+$/m);
});

test('a delta chain without the snapshots between; then with a gap, and with a broken file', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	const files = [`snapshot-${v(1)}`, `delta-${v(1)}-${v(2)}`, `delta-${v(2)}-${v(3)}`];
	for (const file of files) copyFileSync(join(METRICS, file), join(folder, file));
	const none = await run('hollow-cat', [folder]);
	assert.is(none.status, 69);
	assert.match(none.stderr, /announced\.version: no such file/);
	writeFileSync(join(folder, 'announced.version'), v(3));
	writeFileSync(join(folder, `delta-${v(3)}-${v(4)}.tmp`), 'unfinished');
	assert.is(JSON.parse(await fine(folder, '--json')).checksum, expected(METRICS, v(3)).checksum);
	const gap = await run('hollow-cat', [folder, '--at', v(4)]);
	assert.is(gap.status, 69);
	assert.match(gap.stderr, new RegExp(`no way to ${v(4)}: no delta-${v(3)}-${v(4)}`));
	truncateSync(join(folder, files[1]!), 700);
	const broken = await run('hollow-cat', [folder]);
	assert.is(broken.status, 65);
	assert.is(broken.stdout, '');
	assert.match(broken.stderr, /delta-\d+-\d+: Hollow blob, byte \d+: expected /);
});

test('usage, and a data set that is no metrics', async () => {
	assert.is((await run('hollow-cat', [])).status, 64);
	const odd = await run('hollow-cat', [METRICS, '--at', '1e3']);
	assert.is(odd.status, 64);
	assert.match(odd.stderr, /--at: "1e3" is no version/);
	const other = await run('hollow-cat', [ALLTYPES]);
	assert.is(other.status, 65);
	assert.match(other.stderr, /no MetricsState among its types/);
	const early = await run('hollow-cat', [METRICS, '--at', '7']);
	assert.is(early.status, 69);
	assert.match(early.stderr, /no snapshot at or below 7/);
});

test('a small blob that is huge when written out: 65, in bounded memory', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	const write = (version: string, data: DataSet) => {
		writeWhole(folder, snapshotName(version), data.publish()!.snapshot());
		announce(folder, version);
	};
	write(v(1), bomb(60, 1));
	const env = { NODE_OPTIONS: '--max-old-space-size=600' };
	const json = await run('hollow-cat', [folder, '--json'], '', env);
	assert.is(json.status, 65);
	assert.match(json.stderr, /^hollow-cat: Root 0 with everything in it is more than 64 MiB of text\n$/);
	write(v(2), metricsBomb(60));
	const records = await run('hollow-cat', [folder, '--limit', '4M'], '', env);
	assert.is(records.status, 65);
	assert.match(records.stderr, /MetricsState 0 with everything in it is more than 1 MiB of text/);
});

test('types that only look like metrics', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	const data = createDataSet(parseSchemas('MetricsState { int timestamp; int source; int metrics; }'));
	data.add('MetricsState', { timestamp: 1, source: 2, metrics: 3 });
	writeWhole(folder, snapshotName(v(1)), data.publish()!.snapshot());
	const { status, stdout, stderr } = await run('hollow-cat', [folder, '--at', v(1)]);
	assert.equal([status, stdout], [65, '']);
	assert.match(stderr, /no MetricsState among its types, or of another form/);
});

const started = new Set<ChildProcess>();
test.after.each(() => {
	for (const child of started) child.kill('SIGKILL');
	started.clear();
});

/** The program following a folder, and what it has printed. */
const following = (folder: string, ...args: string[]) => {
	const child = start('hollow-cat', [folder, '--follow', ...args]);
	started.add(child);
	const end = outcome(child);
	const printed = { text: '', errors: '' };
	child.stdout!.on('data', (chunk: Buffer) => (printed.text += chunk));
	child.stderr!.on('data', (chunk: Buffer) => (printed.errors += chunk));
	const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
		child.kill(signal);
		return end;
	};
	return { child, printed, stop };
};

/** Wait until `holds`; how long it took, in ms. */
const until = async (holds: () => boolean, what: string): Promise<number> => {
	const began = performance.now();
	while (!holds()) {
		assert.ok(performance.now() - began < 8000, what);
		await sleep(10);
	}
	return performance.now() - began;
};

/** A record for each metric, and for the aggregate of each state, which adds up none of them. */
const recordsOf = (n: number) => cycleAt(n).states.reduce((sum, { metrics }) => sum + metrics.length + 1, 0);

/** Writes the fixture's cycles as hollow-publish does: blobs by rename, then the announcement. */
const writer = (folder: string) => {
	const data = createDataSet(schemaFor(false));
	let last = 0;
	return (n: number): void => {
		addCycle(data, cycleAt(n));
		const blobs = data.publish()!;
		writeWhole(folder, snapshotName(version(n)), blobs.snapshot());
		if (last > 0) {
			writeWhole(folder, deltaName(version(last), version(n)), blobs.delta());
			writeWhole(folder, deltaName(version(n), version(last)), blobs.reverseDelta());
		}
		announce(folder, version(n));
		last = n;
	};
};

test('--follow: a folder that is not there yet, then each version at once, an older one too', async () => {
	const folder = join(mkdtempSync(join(tmpdir(), 'hollow-')), 'later');
	const { printed, stop } = following(folder);
	await until(() => printed.errors !== '', 'says that it waits');
	mkdirSync(folder);
	const write = writer(folder);
	let lines = 0;
	const linesAre = (n: number) => {
		lines += recordsOf(n);
		return until(
			() => printed.text.split('\n').length - 1 === lines,
			`${n}: ${lines} lines, not ${printed.text}`,
		);
	};
	write(1);
	await linesAre(1);
	const times: number[] = [];
	for (let n = 2; n <= 6; n++) {
		await sleep(100);
		write(n);
		times.push(await linesAre(n));
	}
	assert.ok(times.sort((a, b) => a - b)[2]! < 500, `at once, not after ${times} ms`);
	announce(folder, version(3));
	await linesAre(3);
	writeFileSync(join(folder, 'announced.version'), '');
	await until(() => printed.errors.includes('is no version'), 'garbage is said');
	announce(folder, version(6));
	await linesAre(6);
	const { status, stdout, stderr } = await stop();
	assert.is(status, 0);
	assert.equal(stderr.trimEnd().split('\n'), [
		`hollow-cat: warning: ${folder}/announced.version is not there; waiting`,
		`hollow-cat: warning: ${folder}/announced.version: "" is no version; waiting`,
	]);
	const at = (n: number) => String(1763712000000 + n * 1000);
	const ofWeb1 = stdout.split('\n').filter((line) => line.includes('"web1"') && line.includes('metric-0'));
	assert.equal(
		ofWeb1.map((line) => String(JSON.parse(line).ts)),
		[1, 2, 3, 4, 5, 6, 3, 6].map(at),
	);
});

test('--follow --json under a writer that keeps two versions: every line a whole version, the last one comes', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	const { printed, stop } = following(folder, '--json');
	const write = writer(folder);
	const sums = new Map<string, string>();
	for (let n = 1; n <= 150; n++) {
		write(n);
		sums.set(version(n), sumAt(folder, version(n)));
		for (const file of readdirSync(folder))
			if (file.includes('-') && !file.includes(version(n)) && !file.includes(version(n - 1)))
				rmSync(join(folder, file));
		if (n % 7 === 0) await sleep(15);
		if (n % 15 === 0) await until(() => printed.text.includes(version(n)), `version ${n}`);
	}
	const { status, stdout } = await stop('SIGINT');
	assert.is(status, 0);
	const lines = stdout
		.trimEnd()
		.split('\n')
		.map((line) => JSON.parse(line));
	assert.ok(lines.length >= 10, `${lines.length}`);
	let before = 0n;
	for (const { version: one, checksum, roots } of lines) {
		assert.is(checksum, sums.get(one), one);
		assert.ok(BigInt(one) > before);
		assert.is(roots.MetricsState.length, 2);
		before = BigInt(one);
	}
});

test('--follow: a slow reader gets whole versions, the newest last, and the program little memory', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	const data = createDataSet(schemaFor(false));
	const size = 3000;
	const write = (n: number) => {
		addCycle(data, { ...cycleAt(n), states: [stateAt(n, 'web1', size)] });
		writeWhole(folder, snapshotName(version(n)), data.publish()!.snapshot());
		announce(folder, version(n));
	};
	write(1);
	const child = start('hollow-cat', [folder, '-f']);
	started.add(child);
	const end = outcome(child);
	child.stdout!.pause();
	await sleep(400);
	for (let n = 2; n <= 20; n++) write(n);
	await sleep(300);
	const memory = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]);
	assert.ok(memory < 200_000, `${memory} KiB`);
	child.stdout!.resume();
	await sleep(1200);
	child.kill();
	const { status, stdout } = await end;
	assert.is(status, 0);
	const times = stdout
		.trimEnd()
		.split('\n')
		.map((line) => JSON.parse(line).ts);
	const runs = [...new Set(times)];
	assert.is(times.length, runs.length * (size + 1), 'whole versions');
	assert.ok(runs.length < 5, `those between are passed over: ${runs}`);
	assert.is(runs.at(-1), 1763712020000);
});

test('--follow: a version that is too much text is left out, or ends it under --strict; other data sets want --json', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	writeWhole(folder, snapshotName(v(1)), bomb(60).publish()!.snapshot());
	announce(folder, v(1));
	const { printed, stop } = following(folder, '--json', '--limit', '1M');
	await until(() => printed.errors.includes('not printed'), 'it says so');
	writeWhole(folder, snapshotName(v(2)), bomb(1).publish()!.snapshot());
	announce(folder, v(2));
	await until(() => printed.text.endsWith('\n'), 'the next version');
	const { status, stdout, stderr } = await stop();
	assert.is(status, 0);
	assert.equal(JSON.parse(stdout).roots, {
		Root: [{ node: { left: { left: null, right: null }, right: { left: null, right: null } }, n: 0 }],
	});
	assert.match(
		stderr,
		/version 20240101000000001: Root 0 with everything in it is more than 262,144 characters of text; not printed/,
	);
	announce(folder, v(1));
	const strict = await run('hollow-cat', [folder, '-f', '--json', '--limit', '1M', '--strict']);
	assert.equal([strict.status, strict.stdout], [65, '']);
	const records = await run('hollow-cat', [folder, '--follow']);
	assert.equal([records.status, records.stdout], [65, '']);
	assert.match(records.stderr, /--json prints any data set/);
});

test('the former spelling of hollow-diff and hollow-history', async () => {
	const [a, b] = [v(1), v(2)];
	for (const [args, stage, now] of [
		[[METRICS, '--diff', a, b], 'hollow-diff', [METRICS, a, b]],
		[['--diff', a, b, METRICS], 'hollow-diff', [METRICS, a, b]],
		[[METRICS, '--diff', a], 'hollow-diff', [METRICS, a]],
		[[METRICS, '--diff', a, b, '--stats'], 'hollow-diff', [METRICS, a, b, '--stats']],
		[[METRICS, '--diff', a, '--limit', '1k'], 'hollow-diff', [METRICS, a, '--limit', '1k']],
		[[METRICS, '--diff', '7'], 'hollow-diff', [METRICS, '7']],
		[[METRICS, '--history'], 'hollow-history', [METRICS]],
		[['--history', '--json', METRICS], 'hollow-history', [METRICS, '--json']],
		[['/nowhere', '--history'], 'hollow-history', ['/nowhere']],
	] as const) {
		const former = await run('hollow-cat', [...args]);
		const { status, stdout, stderr } = await run(stage, [...now]);
		assert.equal([former.status, former.stdout], [status, stdout], args.join(' '));
		assert.is(former.stderr, stderr.replaceAll(`${stage}:`, 'hollow-cat:'));
	}
});

test('options that contradict each other', async () => {
	for (const [args, message] of [
		[['--follow', '--at', v(1)], '--follow does not go with --at'],
		[['--follow', '--diff', v(1)], '--follow does not go with --diff'],
		[['--diff', v(1), '--json'], '--diff does not go with --json'],
		[['--history', '--stats'], '--history does not go with --stats'],
		[['--schema', '--json'], '--schema does not go with --json'],
		[['--diff', 'x'], '--diff: "x" is no version'],
		[['--diff', v(1), 'x'], '--diff: "x" is no version'],
		[['--limit', 'x'], '--limit: "x" is not a size'],
		[[v(1)], `unexpected argument "${v(1)}"`],
	] as const) {
		const { status, stdout, stderr } = await run('hollow-cat', [METRICS, ...args]);
		assert.equal([status, stdout], [64, ''], args.join(' '));
		assert.ok(stderr.includes(message), stderr);
	}
});

test.run();
