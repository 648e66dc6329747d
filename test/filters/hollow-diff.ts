import { copyFileSync, mkdtempSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { announce } from '../../filters/lib/hollow/folder/announcement.ts';
import { snapshotName } from '../../filters/lib/hollow/folder/blob-name.ts';
import { bomb } from '../data/bomb.ts';
import { writeWhole } from '../data/published.ts';
import { matches, ROOT, run } from '../program.ts';

const test = suite('hollow-diff');
const METRICS = join(ROOT, 'test/golden/hollow/metrics');
const ALLTYPES = join(ROOT, 'test/golden/hollow/alltypes');
const v = (cycle: number) => `2024010100000000${cycle}`;

const fine = async (...args: string[]): Promise<string> => {
	const { status, stdout, stderr } = await run('hollow-diff', args);
	assert.is(stderr, '');
	assert.is(status, 0);
	return stdout;
};

test('golden: metrics by source and name, other types by key or whole; counts', async () => {
	matches('hollow-diff', 'metrics.out', await fine(METRICS, v(1), v(2)));
	matches('hollow-diff', 'metrics-back.out', await fine(METRICS, v(2), v(1)));
	matches('hollow-diff', 'metrics-stats.out', await fine(METRICS, v(1), v(2), '--stats'));
	const [a, b] = ['20240202000000001', '20240202000000002'];
	matches('hollow-diff', 'alltypes.out', await fine(ALLTYPES, a, b));
});

test('from one version to another, or to the announced one, either way round', async () => {
	const to = await fine(METRICS, v(1), v(2));
	const lines = to.trimEnd().split('\n');
	assert.is(
		lines[2],
		`{"type":"hollow_diff","change":"changed","from":"${v(1)}","to":"${v(2)}","source":"host-a","metric":"tcp_retransmits",` +
			'"before":{"timestamp":"2024-01-01T00:00:01Z","total":8,"unit":"count","buckets":[]},' +
			'"after":{"timestamp":"2024-01-01T00:00:02Z","total":9,"unit":"count","buckets":[]}}',
	);
	assert.is(lines.length, 11);
	assert.is(await fine(METRICS, v(1)), await fine(METRICS, v(1), v(8)));
	assert.is(await fine(METRICS, v(3), v(3)), '');
	const back = (await fine(METRICS, v(2), v(1))).trimEnd().split('\n');
	assert.is(back.length, 11);
	assert.match(back[0]!, /"change":"removed".*"metric":"page_faults","before":/);
	const stats = await fine(METRICS, v(1), v(2), '--stats');
	assert.match(
		stats,
		/^type +added +removed +changed +same\n\(sources\) +0 +1 +0 +1\n\(metrics\) +1 +2 +2 +1\n/,
	);
	const keyed = await fine(ALLTYPES, '20240202000000001', '20240202000000002');
	assert.match(
		keyed,
		/"change":"changed",.*"record":"Keyed","key":\{"id":10\},"before":\{"id":10,"note":"cj"\},"after":/,
	);
});

test('over what retention left: an old version by reverse deltas', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	const files = [`snapshot-${v(3)}`, `reversedelta-${v(3)}-${v(2)}`, `reversedelta-${v(2)}-${v(1)}`];
	for (const file of files) copyFileSync(join(METRICS, file), join(folder, file));
	announce(folder, v(3));
	assert.is(await fine(folder, v(1)), await fine(METRICS, v(1), v(3)));
	truncateSync(join(folder, files[1]!), 700);
	const broken = await run('hollow-diff', [folder, v(1)]);
	assert.is(broken.status, 65);
	assert.is(broken.stdout, '');
	assert.match(broken.stderr, /reversedelta-\d+-\d+: Hollow blob, byte \d+: expected /);
	const gone = await run('hollow-diff', [folder, v(7)]);
	assert.is(gone.status, 69);
	assert.match(gone.stderr, new RegExp(`no way to ${v(7)}: no delta-${v(3)}-${v(7)}`));
});

test('a small blob that is huge when written out: 65, in bounded memory', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'hollow-'));
	for (const n of [1, 2]) {
		writeWhole(folder, snapshotName(v(n)), bomb(60, n).publish()!.snapshot());
		announce(folder, v(n));
	}
	const env = { NODE_OPTIONS: '--max-old-space-size=600' };
	const small = await run('hollow-diff', [folder, v(1), '--limit', '4M'], '', env);
	assert.is(small.status, 65);
	assert.match(small.stderr, /Root 0 with everything in it is more than 1 MiB of text/);
	assert.match(await fine(folder, v(1), '--stats'), /^Node +0 +0 +0 +61\nRoot +1 +1 +0 +0\n$/m);
});

test('usage', async () => {
	for (const [args, message] of [
		[[METRICS], 'an argument is missing'],
		[[METRICS, 'x'], 'A: "x" is no version'],
		[[METRICS, v(1), 'x'], 'B: "x" is no version'],
		[[METRICS, v(1), v(2), v(3)], `unexpected argument "${v(3)}"`],
		[[METRICS, v(1), '--limit', 'x'], '--limit: "x" is not a size'],
	] as const) {
		const { status, stdout, stderr } = await run('hollow-diff', [...args]);
		assert.equal([status, stdout], [64, ''], args.join(' '));
		assert.ok(stderr.includes(message), stderr);
	}
});

test.run();
