// The tabs beside the metrics: the pipelines by what their supervisor records, data sets of Hollow by their blobs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { STATES as SHOWN } from '../../filters/web/tabs/health.ts';
import { STATES } from '../../supervisor/run/policy.ts';
import { cycleAt, textOf, version } from '../data/published.ts';
import { selfRecords } from '../data/self.ts';
import { endServed, serve } from '../harness/served.ts';
import { testWith } from '../parts.ts';
import { run } from '../program.ts';
import { browserLacks, closeBrowser, openTab } from '../servers/browser.ts';

const LACK = browserLacks();
const test = suite('the tabs of the page');
const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-tabs-'));
test.after(async () => {
	await closeBrowser();
	endServed();
	rmSync(folder, { recursive: true });
});

test('a state is called what the supervisor calls it', () => {
	assert.equal(SHOWN, [...STATES]);
});

testWith(
	test,
	LACK,
	'pipelines: state, restarts, lag and age of each ack; a supervisor that falls silent is told',
	async () => {
		const served = await serve({ minutes: 0 });
		const now = Date.now();
		await served.feed([
			...selfRecords(now - 1000, 'graphite', 'BACKOFF', 7),
			...selfRecords(now - 1000, 'hollow', 'RUNNING', 0),
		]);
		const { page, faults, close } = await openTab(`${served.url}/#tab=pipelines`);
		await page.waitForSelector('.pipeline');
		const panels = await page.locator('.pipeline').allInnerTexts();
		assert.is(panels.length, 2);
		const text = panels[0]!.replace(/\s+/g, ' ');
		assert.match(
			text,
			/^graphite on web1 · \d+(\.\d)? s old acknowledged 4\.2 s ago, 2 KiB still to be delivered/,
		);
		assert.match(text, /bpftrace-tail RUNNING 1 min 15 s 0 48 MiB 121 KiB/);
		assert.match(text, /graphite-send BACKOFF 1 min 15 s 7/);
		assert.equal(faults(), []);
		await page.getByRole('button', { name: 'Lag over time' }).first().click();
		await page.waitForFunction(() => document.querySelector('.board h1')?.textContent === 'bpfpipe_ack_lag');
		await close();
		await served.stop();

		const silent = await serve({ minutes: 0 });
		await silent.feed(selfRecords(now - 300_000, 'graphite', 'RUNNING', 0));
		const old = await openTab(`${silent.url}/#tab=pipelines`);
		await old.page.waitForSelector('.pipeline.is-stale');
		assert.match(
			(await old.page.textContent('.pipeline .about'))!,
			/last known at [\d:]+, 5 min( \d+ s)? ago: its supervisor is silent/,
		);
		await old.close();
		await silent.stop();
	},
);

testWith(
	test,
	LACK,
	'Hollow: data sets, versions, sizes, schema, records with search, differences of two versions',
	async () => {
		const set = join(folder, 'metrics');
		for (const n of [1, 2, 3]) assert.is((await run('hollow-publish', [set], textOf(cycleAt(n)))).status, 0);
		const served = await serve({ minutes: 1, args: ['--hollow', folder] });
		const { page, faults, close } = await openTab(`${served.url}/#tab=hollow`);
		await page.waitForSelector('td.record');
		const text = async (title: string) =>
			(await page.locator('.panel', { has: page.locator('h2', { hasText: title }) }).innerText()).replace(
				/\s+/g,
				' ',
			);
		const versions = await text('Versions');
		for (const n of [1, 2, 3]) assert.ok(versions.includes(version(n)), versions);
		assert.match(versions, new RegExp(`${version(3)} \\d+ [\\d.]+ KiB .*announced`));
		assert.match(await text('Types'), /Metric 7 8 1 14 B Metric \{ String name; Integer total;/);
		assert.match(await text('Records of MetricsState'), /1 to 2 of 2 .*"source": "web1"/);

		await page.getByLabel('Type', { exact: true }).selectOption('Metric');
		await page.waitForFunction(() =>
			[...document.querySelectorAll('h2')].some((one) => one.textContent === 'Records of Metric'),
		);
		await page.getByLabel('Search in records').fill('METRIC-2');
		await page.waitForFunction(() => location.hash.includes('METRIC-2'));
		await page.waitForSelector('text=/\\d found among/');
		const found = () =>
			page
				.locator('.panel', { has: page.locator('h2', { hasText: 'Records of Metric' }) })
				.locator('td.record')
				.allTextContents();
		const isFound = (records: string[]) =>
			records.length > 0 && records.every((one) => one.includes('"metric-2"'));
		// What was found for the first letters is shown until the answer to all of them comes.
		for (const deadline = performance.now() + 5000; !isFound(await found()) && performance.now() < deadline; )
			await page.waitForTimeout(50);
		assert.ok(isFound(await found()), (await found()).join('\n'));

		await page.locator('.hollow-forms').getByLabel('Compare with').selectOption(version(2));
		await page.waitForSelector(`h2:has-text("From ${version(2)} to ${version(3)}")`);
		const differences = await text(`From ${version(2)}`);
		assert.match(differences, /± changed source web1, metric metric-1 .*"total": 2.*"total": 3/);
		assert.match(differences, /− removed source web1, metric metric-5/);
		assert.match(await page.evaluate('location.hash'), new RegExp(`hollow.other=${version(2)}`));
		for (const [asked, words] of [
			['hollow.set=gone', 'There is no data set gone'],
			['hollow.version=20010101000000001', 'There is no version 20010101000000001'],
		]) {
			await page.evaluate(`location.hash = 'tab=hollow&${asked}'`);
			await page.waitForSelector(`text=${words}`);
		}
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(test, LACK, 'without data sets the Hollow tab says how it gets some', async () => {
	const served = await serve({ minutes: 1 });
	const { page, faults, close } = await openTab(`${served.url}/#tab=hollow`);
	const asked: string[] = [];
	page.on('request', (request) => asked.push(new URL(request.url()).pathname));
	await page.waitForSelector('text=start serve with --hollow DIR');
	await page.getByRole('button', { name: 'Metrics', exact: true }).click();
	await page.evaluate("location.hash = 'tab=hollow&hollow.set=x'");
	await page.waitForSelector('text=start serve with --hollow DIR');
	await page.waitForTimeout(300);
	assert.equal(
		asked.filter((path) => path.includes('hollow')),
		[],
	);
	assert.equal(faults(), []);
	await close();
	await served.stop();
});

test.run();
