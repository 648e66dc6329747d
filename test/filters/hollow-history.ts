import { cpSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matches, ROOT, run } from '../program.ts';

const test = suite('hollow-history');
const METRICS = join(ROOT, 'test/golden/hollow/metrics');
const v = (cycle: number) => `2024010100000000${cycle}`;

const fine = async (...args: string[]): Promise<string> => {
	const { status, stdout, stderr } = await run('hollow-history', args);
	assert.is(stderr, '');
	assert.is(status, 0);
	return stdout;
};

test('golden: the versions that Java wrote', async () => {
	matches('hollow-history', 'metrics.out', await fine(METRICS));
	matches('hollow-history', 'metrics-json.out', await fine(METRICS, '--json'));
});

test('a table, lines, and broken blobs named with 65 at the end', async () => {
	const table = (await fine(METRICS)).trimEnd().split('\n');
	assert.is(table.length, 9);
	assert.match(table[0]!, /^version +time +records +added +removed +snapshot +delta +reverse$/);
	assert.match(
		table[8]!,
		/^20240101000000008 +2024-01-01T00:00:00\.008Z +64 +22 +33 +18304 +1661 +1720 {2}announced$/,
	);
	const lines = (await fine(METRICS, '--json')).trimEnd().split('\n');
	const last = JSON.parse(lines[7]!);
	assert.equal(
		[last.type, last.version, last.time, last.added, last.removed],
		['hollow_version', v(8), '2024-01-01T00:00:00.008Z', 22, 33],
	);
	assert.equal(last.deltas[0].types.MetricsState, { added: 1, removed: 2 });
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	cpSync(METRICS, folder, { recursive: true });
	truncateSync(join(folder, `snapshot-${v(4)}`), 100);
	const broken = await run('hollow-history', [folder]);
	assert.is(broken.status, 65);
	assert.is(broken.stdout.split('\n').length, 10);
	assert.match(
		broken.stdout,
		new RegExp(`^${v(4)} .* snapshot-${v(4)}: Hollow blob, byte \\d+: expected`, 'm'),
	);
	assert.match(broken.stderr, /: 1 of 8 versions are broken; see their lines\n$/);
	const none = await run('hollow-history', [join(folder, 'none')]);
	assert.is(none.status, 69);
	assert.match(none.stderr, /none: no such file or directory/);
	writeFileSync(join(folder, 'announced.version'), 'x');
	assert.is((await run('hollow-history', [folder])).status, 65);
});

test('usage', async () => {
	assert.is((await run('hollow-history', [])).status, 64);
	assert.is((await run('hollow-history', [METRICS, '--stats'])).status, 64);
	assert.is((await run('hollow-history', [METRICS, v(1)])).status, 64);
});

test.run();
