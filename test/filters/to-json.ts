import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runAsNobody } from '../harness/as-nobody.ts';
import { isRoot } from '../parts.ts';
import { goldenSuite, outcome, ROOT, run, start } from '../program.ts';
import { endAnyway, until } from '../servers/carbon.ts';

goldenSuite('to-json');

const test = suite('to-json');
const dir = mkdtempSync(join(tmpdir(), 'to-json-'));
test.after(() => rmSync(dir, { recursive: true }));
test.after(endAnyway);
const path = (name: string) => join(dir, name);

const TS = 1763712000000;
const sum = (ts: number, value: number) =>
	`${JSON.stringify({ type: 'sum', ts, host: 'web1', metric: 'calls', unit: '1', attributes: {}, temporality: 'cumulative', monotonic: true, value })}\n`;
const five = [0, 1, 2, 3, 4].map((at) => sum(TS + at * 1000, at)).join('');
const callsIn = (text: string): number[] =>
	text
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => JSON.parse(line).aggregates.Calls);

type Row = {
	range: { lower: number; upper: number; lower_value: number | string; upper_value: number | string };
	count: number;
	unit: string;
};
type Metrics = Record<string, { data: Row[]; total: number }>;

/** Rows of a table of bcc under a title, read without the programs: what the document has to say. */
const rowsIn = (text: string, title: string): [number, number, number][] => {
	const section = text.split(`\n${title}:\n`)[1]!.split('\n\n')[0]!;
	return [...section.matchAll(/^ *(\d+) -> (\d+) +: (\d+) /gm)].map(([, lower, upper, count]) => [
		Number(lower),
		Number(upper),
		Number(count),
	]);
};
const UNITS: Record<string, string> = {
	'Packet Processing Time': 'ns',
	'Packet Drop Rate': 'packets',
	'Cpu Usage': 'cores',
	'Memory Usage': 'bytes',
	'Network Traffic': 'packets',
	'Lease Allocation Time': 'ns',
};
const OLD = readFileSync(join(ROOT, 'test/data/kea-summary.txt'), 'utf8');

test("the predecessor's own text: each row with its bounds as values, units by metric, aggregates by the same key", async () => {
	const parsed = await run('parse-histogram', ['--host', 'h'], `#!ts 1763712000\n${OLD}`);
	const { status, stdout, stderr } = await run('to-json', ['--source-file', 'kea.txt'], parsed.stdout);
	assert.equal([status, stderr], [0, '']);
	const document = JSON.parse(stdout) as {
		metadata: object;
		metrics: Metrics;
		aggregates: Record<string, number>;
	};
	assert.equal(document.metadata, {
		timestamp: '2025-11-21T08:00:00.000Z',
		source_file: 'kea.txt',
		host: 'h',
	});
	assert.equal(Object.keys(document.metrics), Object.keys(UNITS));
	for (const [title, unit] of Object.entries(UNITS)) {
		const { data, total } = document.metrics[title]!;
		const wanted = rowsIn(OLD, title);
		assert.ok(wanted.length > 0, title);
		assert.equal(
			data.map(({ range, count }) => [range.lower, range.upper, count]),
			wanted,
			title,
		);
		for (const { range, unit: own } of data)
			assert.equal([range.lower_value, range.upper_value, own], [range.lower, range.upper, unit]);
		assert.is(
			total,
			wanted.reduce((all, [, , count]) => all + count, 0),
		);
	}
	const counted = [...OLD.split('Aggregate Counts:\n')[1]!.matchAll(/^([\w ]+): (\d+)$/gm)];
	assert.ok(counted.length > 2);
	assert.equal(
		document.aggregates,
		Object.fromEntries(counted.map(([, name, count]) => [name, Number(count)])),
	);
});

test('the same with value fields as they were', async () => {
	const parsed = await run('parse-histogram', ['--host', 'h'], `#!ts 1763712000\n${OLD}`);
	const { stdout } = await run('to-json', ['--as-before'], parsed.stdout);
	const { metrics } = JSON.parse(stdout) as { metrics: Metrics };
	const powerOf = (power: number, less: number) =>
		power > 63 ? `2^${power}` : Number(2n ** BigInt(power) - BigInt(less));
	for (const { data } of Object.values(metrics))
		for (const { range } of data) {
			assert.equal(range.lower_value, range.lower === 0 ? 0 : powerOf(range.lower, 0));
			assert.equal(range.upper_value, powerOf(range.upper, 1));
		}
	// What this document says is what --from-before takes: back and forth nothing changes.
	const good = await run('to-json', [], parsed.stdout);
	const back = await run('to-json', ['--from-before'], stdout);
	assert.equal(JSON.parse(back.stdout), JSON.parse(good.stdout));
	const forth = await run('to-json', ['--from-before', '--as-before'], good.stdout);
	assert.equal(JSON.parse(forth.stdout), JSON.parse(stdout));
});

test('damaged and hostile text: what is whole comes through, the rest is counted and said', async () => {
	const lines = OLD.split('\n');
	const broken = [
		...lines.slice(0, 12),
		'       128 -> ',
		'\u0000\u001b[2J',
		...lines.slice(12, 30),
		'"; DROP TABLE leases; --:',
		'     time (ns)           : count     distribution',
		'        99 -> 3          : 7        |****|',
		'x'.repeat(2_000_000),
		'',
		...lines.slice(30),
	].join('\n');
	const parsed = await run('parse-histogram', ['--host', 'h'], `#!ts 1763712000\n${broken}`);
	assert.is(parsed.status, 0);
	assert.match(parsed.stderr, /longer than 1048576/);
	const { status, stdout } = await run('to-json', [], parsed.stdout);
	assert.is(status, 0);
	const { metrics, notices } = JSON.parse(stdout) as { metrics: Metrics; notices?: { kind: string }[] };
	const clean = rowsIn(OLD, 'Lease Allocation Time');
	assert.equal(
		metrics['Lease Allocation Time']!.data.map(({ range, count }) => [range.lower, range.upper, count]),
		clean,
	);
	const known = parsed.stdout.split('\n').filter((line) => line.includes('"type":"notice"'));
	assert.is(notices?.length ?? 0, known.length);
	for (const { data } of Object.values(metrics))
		for (const { range, count } of data) assert.ok(range.lower <= range.upper && count >= 0);
});

test('cuts of the old text at any byte give documents of what is whole', async () => {
	const bytes = Buffer.from(`#!ts 1763712000\n${OLD}`);
	for (let cut = 700; cut < bytes.length; cut += 997) {
		const parsed = await run('parse-histogram', ['--host', 'h'], bytes.subarray(0, cut).toString());
		const { status, stdout } = await run('to-json', [], parsed.stdout);
		assert.is(status, 0);
		for (const line of stdout.split('\n').filter((one) => one.startsWith('{'))) JSON.parse(line);
	}
});

test('a file holds the newest document, whole', async () => {
	const file = path('newest.json');
	const { status, stdout } = await run('to-json', ['-o', file, '--pretty'], five);
	assert.equal([status, stdout], [0, '']);
	assert.match(
		readFileSync(file, 'utf8'),
		/^\{\n {2}"metadata": \{\n {4}"timestamp": "2025-11-21T08:00:04\.000Z"/,
	);
	assert.equal(JSON.parse(readFileSync(file, 'utf8')).aggregates, { Calls: 4 });
	assert.equal(
		readdirSync(dir).filter((name) => name.startsWith('newest')),
		['newest.json'],
	);
});

test('a folder has a file for each, and as many as are kept', async () => {
	const folder = `${path('all')}/`;
	assert.is((await run('to-json', ['-o', folder], five)).status, 0);
	const names = ['00', '01', '02', '03', '04'].map((second) => `metrics_20251121_0800${second}.json`);
	assert.equal(readdirSync(folder).sort(), names);
	assert.equal(callsIn(readFileSync(join(folder, names[3]!), 'utf8')), [3]);
	const child = start('to-json', ['-o', path('all'), '--keep', '2']);
	child.stdin!.end(sum(TS + 5000, 5));
	assert.is((await outcome(child)).status, 0);
	assert.equal(readdirSync(folder).sort(), [names[4], 'metrics_20251121_080005.json']);
	const rest = await run('to-json', ['-o', folder, '--keep-for', '1s'], sum(TS + 6000, 6));
	assert.is(rest.status, 0);
	assert.equal(readdirSync(folder).sort(), ['metrics_20251121_080005.json', 'metrics_20251121_080006.json']);
});

test('a barrier is acknowledged when its document is in its file', async () => {
	const ack = path('ack');
	const folder = path('acked');
	mkdirSync(folder);
	const child = start('to-json', ['-o', folder], { BPFPIPE_ACK: ack });
	child.stdin!.write(`${sum(TS, 1)}#!pos {"offset":1}\n${sum(TS, 2)}#!pos {"offset":2}\n`);
	await until(() => existsSync(ack));
	assert.equal(JSON.parse(readFileSync(ack, 'utf8')), { offset: 2 });
	assert.equal(callsIn(readFileSync(join(folder, 'metrics_20251121_080000.json'), 'utf8')), [2]);
	// Behind a barrier what is open is read again, and not written.
	child.stdin!.write(sum(TS + 1000, 3));
	child.stdin!.end();
	const { stderr } = await outcome(child);
	assert.match(stderr, /the open document is not written/);
	assert.is(readdirSync(folder).length, 1);
});

test('silence ends a document; more of the same time writes it again, whole', async () => {
	const child = start('to-json', ['--linger', '50ms']);
	let stdout = '';
	child.stdout!.on('data', (piece) => {
		stdout += piece;
	});
	child.stdin!.write(sum(TS, 1));
	await until(() => callsIn(stdout).length === 1);
	child.stdin!.write(sum(TS, 7));
	await until(() => callsIn(stdout).length === 2);
	assert.equal(callsIn(stdout), [1, 7]);
	child.stdin!.end();
	await outcome(child);
});

test('an old document into a folder is named by its own time', async () => {
	const folder = `${path('old')}/`;
	const old = { metadata: { timestamp: '2025-07-04T10:11:12.131415+00:00' }, metrics: {} };
	assert.is((await run('to-json', ['--from-before', '-o', folder], JSON.stringify(old, null, 2))).status, 0);
	assert.equal(readdirSync(folder), ['metrics_20250704_101112.json']);
});

test('usage, and a folder that cannot be written', async () => {
	for (const args of [
		['x'],
		['--keep', '2'],
		['--keep-for', '1h', '-o', path('file')],
		['-o', dir, '--keep', '0'],
		['-o', '/dev/null'],
		['--linger', '0'],
	]) {
		const { status, stdout, stderr } = await run('to-json', args);
		assert.equal([status, stdout], [64, ''], args.join(' '));
		assert.ok(stderr.startsWith('to-json: '));
	}
	assert.is((await run('to-json', ['-o', `${path('newest.json')}/x/`], five)).status, 69);
	if (!isRoot) return;
	chmodSync(dir, 0o755);
	const { status, stderr } = await runAsNobody('to-json', ['-o', `${path('denied')}/`]);
	assert.is(status, 77);
	assert.match(stderr, /denied\/: permission denied/);
});

test.run();
