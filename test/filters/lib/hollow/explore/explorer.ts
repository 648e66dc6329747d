import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createExplorer } from '../../../../../filters/lib/hollow/explore/explorer.ts';
import { snapshotName } from '../../../../../filters/lib/hollow/folder/blob-name.ts';
import type { HttpError } from '../../../../../filters/lib/http/http-error.ts';
import { cycleAt, textOf, version } from '../../../../data/published.ts';
import { run } from '../../../../program.ts';

const test = suite('explorer');
const folder = mkdtempSync(join(tmpdir(), 'explorer-'));
const ours = join(folder, 'ours');
test.before(async () => {
	mkdirSync(ours);
	mkdirSync(join(folder, 'empty'));
	const { status, stderr } = await run(
		'hollow-publish',
		[ours, '--keep', '0'],
		textOf(cycleAt(1), cycleAt(2), cycleAt(3)),
	);
	assert.is(status, 0, stderr);
});
test.after(() => rmSync(folder, { recursive: true }));

// biome-ignore lint/suspicious/noExplicitAny: whatever the explorer says, the assertions look at it.
const ask = (path: string, where = folder): any => {
	const [steps, query] = path.split('?');
	const answer = createExplorer(where)(steps!.split('/').filter(Boolean), new URLSearchParams(query ?? ''));
	assert.is(answer.status, 200);
	return JSON.parse(String(answer.bytes));
};
const refused = (path: string, status: number, why: RegExp) => {
	try {
		ask(path);
	} catch (error) {
		assert.is((error as HttpError).status, status, path);
		assert.match((error as HttpError).message, why);
		return;
	}
	throw new Error(`${path} was answered`);
};

test('data sets, below the folder and the folder itself', () => {
	const { datasets } = ask('');
	assert.equal(
		datasets.map(({ name, announced, versions }: Record<string, unknown>) => [name, announced, versions]),
		[['ours', version(3), 3]],
	);
	assert.ok(datasets[0].bytes > 100);
	assert.is(ask('', ours).datasets[0].name, 'ours');
});

test('versions, as hollow-history tells of them', async () => {
	const { entries } = ask('/ours');
	assert.equal(
		entries.map((one: { version: string; announced: boolean }) => [one.version, one.announced]),
		[1, 2, 3].map((at) => [version(at), at === 3]),
	);
	const lines = (await run('hollow-history', [ours, '--json'])).stdout.trimEnd().split('\n');
	assert.is(JSON.parse(lines[2]!).records, entries[2].records);
});

test('types with their schema, sizes and numbers', () => {
	const { types, version: at } = ask('/ours/announced');
	assert.is(at, version(3));
	const roots = types.filter(({ isRoot }: { isRoot: boolean }) => isRoot);
	assert.equal(
		roots.map(({ name, records }: Record<string, unknown>) => [name, records]),
		[['MetricsState', 2]],
	);
	assert.match(roots[0].schema, /^MetricsState /);
	assert.is(ask(`/ours/${version(1)}`).version, version(1));
});

test('records page by page, and those that have some words', () => {
	const all = ask('/ours/announced/records?type=Metric');
	assert.is(all.records.length, all.total);
	assert.is(all.next, undefined);
	const pages = [];
	for (let at: number | undefined = 0; at !== undefined; ) {
		const page: { records: object[]; next?: number } = ask(
			`/ours/announced/records?type=Metric&offset=${at}&limit=2`,
		);
		pages.push(...page.records);
		at = page.next;
	}
	assert.equal(pages, all.records);
	const found = ask('/ours/announced/records?type=Metric&search=METRIC-3');
	assert.ok(found.records.length > 0 && found.records.length < all.total);
	for (const { value } of found.records) assert.match(JSON.stringify(value), /metric-3/);
});

test('differences, as hollow-diff tells of them', async () => {
	const { stdout } = await run('hollow-diff', [ours, version(1), version(3)]);
	const wanted = stdout
		.trimEnd()
		.split('\n')
		.map((line) => JSON.parse(line));
	const { changes, tallies, next } = ask(`/ours/diff?from=${version(1)}&to=announced`);
	assert.equal(changes, wanted);
	assert.is(next, undefined);
	assert.ok(tallies.some(({ name }: { name: string }) => name === '(metrics)'));
	const first = ask(`/ours/diff?from=${version(1)}&limit=1`);
	assert.equal(first.changes, wanted.slice(0, 1));
	assert.equal(ask(`/ours/diff?from=${version(1)}&offset=${first.next}`).changes, wanted.slice(1));
});

test('what is not there, or is broken, is refused in words', () => {
	refused('/no', 404, /no data set "no"/);
	refused('/..', 404, /no data set/);
	refused('/ours/x', 400, /not a version/);
	refused('/ours/12345678901234567', 404, /no snapshot/);
	refused('/ours/announced/records?type=No', 404, /no type "No"/);
	refused('/ours/announced/records?limit=-1', 400, /limit=-1/);
	refused('/ours/announced/nothing', 404, /nothing at this path/);
	refused('/ours/diff', 400, /from= is not a version/);
	mkdirSync(join(folder, 'broken'));
	writeFileSync(join(folder, 'broken', snapshotName(version(1))), 'nonsense');
	refused(`/broken/${version(1)}`, 422, /snapshot-/);
	assert.match(ask('/broken').entries[0].problems.join(), /./);
	rmSync(join(folder, 'broken'), { recursive: true });
});

test.run();
