import { copyFileSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { announce, snapshotName, writeWhole } from '../../filters/lib/hollow/folder.ts';
import { addCycle, schemaFor } from '../../filters/lib/hollow/metrics.ts';
import { createDataSet } from '../../filters/lib/hollow/writer.ts';
import { ROOT, run } from '../program.ts';

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

test.run();
