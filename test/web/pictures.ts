// Pictures of the page in its states, written to test-results/page/ for a person to look at.

import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnyRecord } from '../../filters/lib/record.ts';
import { type KeaRecord, sessionRecords, statisticsAt } from '../data/kea-records.ts';
import { endServed, serve } from '../harness/served.ts';
import { testWith } from '../parts.ts';
import { ROOT } from '../program.ts';
import { browserLacks, closeBrowser, openTab } from '../servers/browser.ts';

const LACK = browserLacks();
const FOLDER = join(ROOT, 'test-results', 'page');
const test = suite('pictures of the page');
test.before(() => {
	mkdirSync(FOLDER, { recursive: true });
});
test.after(async () => {
	await closeBrowser();
	endServed();
});

const CPU = 'metric=cpu-lat&unit=us&type=histogram';
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };
const WALL: BrowserContextOptions = { viewport: { width: 2560, height: 1440 } };

/** Statistics of a server whose one pool is exhausted, marked as the recording beside them is. */
const printOf = (n: number, ts: number): KeaRecord[] =>
	statisticsAt(
		ts,
		'dhcp4',
		{
			received: { discover: n * 82, request: n * 66 },
			sent: { offer: n * 67, ack: n * 66, nak: n },
			dropped: n * 16,
			drops: { 'parse-failed': n > 6 ? 3 : 0 },
		},
		[
			{ id: '1', cidr: '127.0.0.0/8', total: 200, assigned: 200, declined: 2, failures: n * 10 },
			{ id: '7', cidr: '10.20.0.0/16', network: 'floor-2', total: 65_534, assigned: 51_000 },
			{ id: '8', cidr: '10.30.0.0/16', network: 'floor-2', total: 65_534, assigned: 312 },
		],
	).map((record) => ({ ...record, synthetic: true }));

const take = async (
	name: string,
	url: string,
	options: BrowserContextOptions = {},
	act: (page: Page) => Promise<unknown> = async () => {},
	isWhole = false,
): Promise<void> => {
	const { page, close } = await openTab(url, options, [/./]);
	await page.waitForSelector('main h1 >> visible=true');
	await page.waitForTimeout(1500);
	await act(page);
	await page.waitForTimeout(700);
	const path = join(FOLDER, `${name}.png`);
	await page.screenshot({ path, fullPage: isWhole });
	assert.ok(statSync(path).size > 10_000, name);
	await close();
};

testWith(
	test,
	LACK,
	'an hour of a machine: light, dark, phone, wall, and what one does with it',
	async () => {
		const served = await serve({ minutes: 60, outage: { at: Date.now() - 24 * 60_000, ms: 300_000 } });
		const stop = served.live();
		const at = (hash: string) => `${served.url}/#${hash}`;
		const hover = (page: Page) => page.locator('.main-panel .u-over').hover({ position: { x: 560, y: 100 } });
		await take('light', at(`${CPU}&range=1h&theme=light`), {}, async () => {}, true);
		await take('dark', at(`${CPU}&range=1h&theme=dark`), {}, hover, true);
		await take('percentiles', at(`${CPU}&range=1h&theme=dark&percentiles=1`));
		await take('comparison', at(`${CPU}&range=15m&earlier=15m&theme=light`), {}, async () => {}, true);
		await take('filter', at(`${CPU}&range=5m&a.comm=nginx&theme=dark`));
		await take('share', at(`${CPU}&range=1h&scale=share&theme=light`));
		await take('table', at(`${CPU}&range=15m&table=1&theme=light`));
		await take('counter', at('metric=net_written&unit=By&type=sum&range=1h&theme=dark'), {}, hover);
		await take('gauge', at('metric=memory_used&unit=By&type=gauge&range=15m&theme=light'));
		await take('help', at(`${CPU}&theme=dark`), {}, (page) => page.keyboard.press('?'));
		await take('phone', at(`${CPU}&range=1h&theme=dark`), PHONE, async () => {}, true);
		await take('phone-light', at(`${CPU}&range=1h&theme=light`), PHONE);
		await take('wall', at(`${CPU}&range=15m&theme=dark&wall=1`), WALL);
		await take('forced-colours', at(`${CPU}&range=15m`), { forcedColors: 'active' });
		stop();
		await served.stop();
	},
);

testWith(test, LACK, 'sample, stale, empty, disconnected', async () => {
	const sample = await serve({ minutes: 15, synthetic: true });
	sample.live();
	await take('synthetic', `${sample.url}/#${CPU}&range=15m&theme=dark`);
	await sample.stop();
	const stale = await serve({ minutes: 15 });
	stale.child.stdin!.end();
	await take('stale', `${stale.url}/#${CPU}&range=15m&theme=light`, {}, (page) =>
		page.waitForTimeout(20_000),
	);
	await take('disconnected', `${stale.url}/#${CPU}&range=15m&theme=dark`, PHONE, async (page) => {
		await stale.kill();
		await page.waitForSelector('.banner.lost');
		await page.waitForTimeout(4000);
	});
	const empty = await serve({ minutes: 0 });
	await take('empty', empty.url);
	await empty.stop();
});

testWith(test, LACK, 'the Kea tab: recorded, marked, light, dark, phone, wall', async () => {
	const end = Date.now() - 1000;
	const served = await serve({ minutes: 0 });
	const records = [
		...(await sessionRecords('dhcp4', end)),
		...(await sessionRecords('dhcp6', end)),
		...Array.from({ length: 11 }, (_, n) => printOf(n, end - 30_000 + n * 3000)).flat(),
	];
	await served.feed(records.sort((a, b) => a.ts - b.ts) as AnyRecord[]);
	const at = (hash: string) => `${served.url}/#tab=kea&${hash}`;
	await take('kea-light', at('range=5m&theme=light'), {}, async () => {}, true);
	await take('kea-dark', at(`range=${end - 15_000}-${end + 1000}&theme=dark`), {}, async () => {}, true);
	await take('kea-v6', at('range=5m&theme=light&kea.service=dhcp6'), {}, async () => {}, true);
	await take('kea-phone', at('range=5m&theme=dark'), PHONE, async () => {}, true);
	await take('kea-wall', at('range=5m&theme=dark'), WALL, async () => {}, true);
	await served.stop();
});

test.run();
