// What a reader does with the page: filter, compare, select, pause, table, download, links, keys alone.

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addUp } from '../../filters/lib/chart/counts.ts';
import { countText } from '../../filters/lib/chart/number.ts';
import type { ColumnsAnswer } from '../../filters/lib/history/answers.ts';
import { endServed, type Served, serve } from '../harness/served.ts';
import { testWith } from '../parts.ts';
import { browserLacks, closeBrowser, openTab } from '../servers/browser.ts';

const LACK = browserLacks();
const test = suite('the page in use');
let served: Served;
test.before(async () => {
	if (LACK === '')
		served = await serve({ minutes: 40, outage: { at: Date.now() - 8 * 60_000, ms: 120_000 } });
});
test.after(async () => {
	await closeBrowser();
	endServed();
});

const CPU = 'metric=cpu-lat&unit=us&type=histogram';
const open = async (hash: string, options = {}) => {
	const tab = await openTab(`${served.url}/#${hash}`, options);
	await tab.page.waitForSelector('.figure .value');
	await tab.page.waitForSelector('.plot[aria-label*="p99"]', { state: 'attached' });
	return tab;
};
const figures = (page: Page) => page.locator('.figure .value').allTextContents();
const link = (page: Page): Promise<string> => page.evaluate('location.hash');

testWith(
	test,
	LACK,
	'a filter leaves the counts of its value alone, by list or by small picture',
	async () => {
		const { page, faults, close } = await open(`${CPU}&range=15m`);
		const whole = await page.locator('.figure .beside').last().textContent();
		await page.getByLabel('comm').first().selectOption('nginx');
		await page.waitForFunction(
			(old) => document.querySelectorAll('.figure .beside')[4]?.textContent !== old,
			whole,
		);
		assert.match(await link(page), /a\.comm=nginx/);
		const label = await page.getAttribute('.plot', 'aria-label');
		const [, from, to] = /from ([\d:]+) to ([\d:]+)/.exec(label!)!;
		const answer = await served.json<ColumnsAnswer>(
			`/api/v1/columns?${CPU}&attribute.comm=nginx&from=${Date.now() - 900_000}&to=${Date.now()}&columns=180`,
		);
		const total = addUp(answer.groups[0]!.columns, answer.rows.length).total;
		const shown = Number((await page.locator('.figure .beside').last().textContent())!.replace(/\D/g, ''));
		assert.ok(
			Math.abs(shown - Number(total)) < Number(total) / 50,
			`${shown} beside ${total}, ${from}-${to}`,
		);
		await page.getByRole('button', { name: 'Clear filters' }).click();
		await page.locator('.multiple', { hasText: 'postgres' }).click();
		assert.match(await link(page), /a\.comm=postgres/);
		assert.equal(faults(), []);
		await close();
	},
);

testWith(test, LACK, 'the small pictures are those of the highest percentile, in one scale', async () => {
	const { page, close } = await open(`${CPU}&range=15m&by=comm`);
	await page.waitForSelector('.multiple');
	const names = await page.locator('.multiple strong').allTextContents();
	const answer = await served.json<ColumnsAnswer>(
		`/api/v1/columns?${CPU}&by=comm&from=${Date.now() - 900_000}&to=${Date.now()}&columns=120&limit=12`,
	);
	assert.equal(new Set(names), new Set(answer.groups.map(({ name }) => name)));
	assert.equal(names.slice(0, 3).sort(), ['nginx', 'node', 'postgres'], 'the outage hurt these');
	await close();
});

testWith(
	test,
	LACK,
	'a comparison with an earlier range shows both, in numbers and in pictures',
	async () => {
		const { page, faults, close } = await open(`${CPU}&range=5m`);
		await page.locator('.board').getByLabel('Compare with').selectOption({ label: '5 min earlier' });
		await page.waitForFunction(() =>
			document.querySelector('.figure .beside')?.textContent.startsWith('5 min earlier: '),
		);
		assert.match((await page.textContent('.side-title'))!, /ticks: 5 min earlier/);
		assert.ok(await page.isVisible('text="5 min earlier" >> visible=true'));
		assert.match(await link(page), /earlier=5m/);
		// The outage was then: the percentile is far higher.
		const beside = await page.locator('.figure .beside').nth(3).textContent();
		assert.match(beside!, /5 min earlier: [\d.]+ – [\d.]+ ms$/);
		await page.locator('.board').getByLabel('Compare with').selectOption({ label: 'nothing' });
		assert.not.match(await link(page), /earlier=/);
		assert.equal(faults(), []);
		await close();
	},
);

testWith(
	test,
	LACK,
	'a stretch that is dragged is compared with the whole, and Escape lets it go',
	async () => {
		const { page, faults, close } = await open(`${CPU}&range=15m`);
		const box = (await page.locator('.main-panel .u-over').boundingBox())!;
		await page.mouse.move(box.x + 300, box.y + 100);
		await page.mouse.down();
		await page.mouse.move(box.x + 420, box.y + 110, { steps: 6 });
		await page.mouse.up();
		await page.waitForSelector('.selection-words');
		assert.match(await link(page), /select=\d+-\d+/);
		assert.match((await page.textContent('.figures-of'))!, /of the selected /);
		assert.match((await page.textContent('.side-title'))!, /bars: selected .* ticks: 15 min/);
		await page.keyboard.press('Escape');
		await page.keyboard.press('Escape');
		assert.not.match(await link(page), /select=/);
		assert.equal(faults(), []);
		await close();
	},
);

testWith(test, LACK, 'dark, light and as the system has it; a link holds which', async () => {
	const { page, close } = await open(CPU, { colorScheme: 'dark' });
	const ground = (): Promise<string> =>
		page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
	assert.is(await ground(), 'rgb(11, 15, 20)');
	await page.emulateMedia({ colorScheme: 'light' });
	await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
	assert.is(await ground(), 'rgb(244, 246, 248)');
	await page.keyboard.press('d');
	assert.is(await ground(), 'rgb(11, 15, 20)');
	assert.match(await link(page), /theme=dark/);
	const again = await open((await link(page)).slice(1), { colorScheme: 'light' });
	assert.is(await again.page.evaluate('document.documentElement.dataset.theme'), 'dark');
	await again.close();
	await close();
});

testWith(test, LACK, 'a pause holds the picture and counts what comes; going on shows it', async () => {
	const { page, faults, close } = await open(`${CPU}&range=5m`);
	const stop = served.live();
	await page.waitForTimeout(1500);
	await page.getByRole('button', { name: 'Pause' }).click();
	await page.waitForTimeout(1200);
	const picture = (): Promise<string> =>
		page.evaluate("[...document.querySelectorAll('.board canvas')].map((one) => one.toDataURL()).join()");
	const [before, numbers] = [await picture(), await figures(page)];
	await page.waitForFunction(() =>
		/paused · \+[2-9] columns/.test(document.querySelector('.live')?.textContent ?? ''),
	);
	// Told as yes or no: the difference of two pictures as text would take minutes to print.
	assert.ok((await picture()) === before, 'the picture changed while it was paused');
	assert.equal(await figures(page), numbers);
	await page.getByRole('button', { name: 'Go on' }).click();
	await page.waitForFunction(() => document.querySelector('.live')?.textContent === 'live');
	await page.waitForTimeout(1500);
	assert.ok((await picture()) !== before, 'the picture did not go on');
	stop();
	assert.equal(faults(), []);
	await close();
});

testWith(test, LACK, 'the table has the columns of the chart, and stays while time goes on', async () => {
	const { page, close } = await open(`${CPU}&range=5m&table=1`);
	const stop = served.live();
	await page.waitForSelector('.column-table tbody tr');
	assert.is(await page.locator('.column-table tbody tr').count(), 25);
	const rows = () => page.locator('.column-table tbody tr').allInnerTexts();
	const before = await rows();
	await page.waitForSelector('text=/Show \\d+ newer/', { timeout: 8000 });
	assert.equal(await rows(), before);
	const [time, , events] = await page
		.locator('.column-table tbody tr')
		.nth(4)
		.locator('th, td')
		.allTextContents();
	const from = Date.parse(`${time!.replace(' ', 'T')}Z`);
	const answer = await served.json<ColumnsAnswer>(
		`/api/v1/columns?${CPU}&from=${from}&to=${from + 1000}&columns=1`,
	);
	assert.is(events, countText(addUp(answer.groups[0]!.columns, answer.rows.length).total));
	await page.getByRole('button', { name: 'Older' }).click();
	assert.is(await page.textContent('.place'), 'page 2 of 12');
	await page.getByRole('button', { name: /Show \d+ newer/ }).click();
	assert.is(await page.textContent('.place'), 'page 1 of 12');
	stop();
	await close();
});

testWith(
	test,
	LACK,
	'downloads are of what is in view: picture twice, counts twice, all four of one chart',
	async () => {
		const { page, faults, close } = await open(`${CPU}&range=15m&a.comm=node&theme=dark`);
		await page.getByRole('button', { name: 'Pause' }).click();
		const save = async (name: string) => {
			await page.getByRole('button', { name: 'Save…' }).click();
			const [download] = await Promise.all([
				page.waitForEvent('download'),
				page.getByRole('button', { name, exact: true }).click(),
			]);
			return { name: download.suggestedFilename(), content: readFileSync((await download.path())!) };
		};
		const svg = await save('Picture, SVG');
		assert.match(svg.name, /^cpu-lat-\d{4}-\d\d-\d\d-\d{6}\.svg$/);
		assert.match(svg.content.toString(), /^<svg .*>cpu-lat<.*comm=node.*<\/svg>$/s);
		const png = await save('Picture, PNG');
		assert.equal([...png.content.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
		assert.is(png.content.readUInt32BE(16), 2400, 'twice as wide as the SVG');
		const json = JSON.parse((await save('Counts, JSON')).content.toString());
		assert.is(json.metric, 'cpu-lat');
		assert.is(json.scope, 'comm=node');
		assert.is(json.synthetic, 'none');
		const csv = (await save('Counts, CSV')).content.toString().trim().split('\r\n');
		assert.is(csv.length - 1, json.columns.length);
		const place = csv[0]!.split(',').indexOf('count');
		const sum = csv
			.slice(1)
			.reduce((all, line) => all + Number(line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)[place] || 0), 0);
		const total = addUp(json.columns, json.rows.length).total;
		assert.is(sum, total);
		const events = await page.locator('.figure .beside').last().textContent();
		assert.is(events, `${countText(total)} events`);
		assert.equal(faults(), []);
		await close();
	},
);

testWith(test, LACK, 'a link opens what was in view, and Back goes back', async () => {
	const hash = `${CPU}&a.comm=nginx&range=15m&earlier=15m&theme=dark&scale=share&percentiles=1&table=1`;
	const { page, close } = await open(hash);
	assert.ok(await page.isVisible('.column-table tbody tr'));
	assert.is(await page.getByLabel('comm').first().inputValue(), 'nginx');
	await page.keyboard.press('t');
	assert.ok(await page.isChecked('.check input'));
	assert.is(await page.getAttribute('button:has-text("Share")', 'aria-pressed'), 'true');
	await page.locator('.metrics button', { hasText: 'bio-lat' }).click();
	await page.waitForFunction(() => document.querySelector('.board h1')?.textContent === 'bio-lat');
	await page.goBack();
	await page.waitForFunction(() => document.querySelector('.board h1')?.textContent === 'cpu-lat');
	assert.match(await link(page), /a\.comm=nginx/);
	await close();
});

testWith(
	test,
	LACK,
	'with keys alone: find, open, range, read a cell, select, zoom, table, save, help',
	async () => {
		const { page, faults, close } = await open(`${CPU}&range=15m`);
		const focus = (): Promise<string> =>
			page.evaluate('document.activeElement.className || document.activeElement.tagName');
		await page.keyboard.press('/');
		assert.is(await focus(), 'search');
		await page.keyboard.type('bio');
		await page.keyboard.press('Enter');
		await page.waitForFunction(() => document.querySelector('.board h1')?.textContent === 'bio-lat');
		await page.keyboard.press('/');
		await page.keyboard.press('Control+a');
		await page.keyboard.press('Delete');
		await page.keyboard.press('Escape');
		await page.keyboard.press('j');
		await page.waitForFunction(() => document.querySelector('.board h1')?.textContent === 'cpu-lat');
		await page.keyboard.press('1');
		assert.match(await link(page), /range=5m/);
		await page.keyboard.press('[');
		assert.match(await link(page), /range=\d+-\d+/);
		await page.keyboard.press('2');
		// To the chart by Tab, as anybody would who has no mouse.
		for (let at = 0; at < 80 && (await focus()) !== 'plot'; at += 1) await page.keyboard.press('Tab');
		assert.is(await focus(), 'plot');
		await page.keyboard.press('ArrowLeft');
		await page.keyboard.press('ArrowLeft');
		await page.keyboard.press('ArrowUp');
		assert.match((await page.textContent('.reading'))!, /^\[.+\)[\d,]+ of [\d,]+ events/);
		await page.waitForFunction(() =>
			/events/.test(document.querySelector('.unseen[aria-live]')?.textContent ?? ''),
		);
		for (let at = 0; at < 12; at += 1) await page.keyboard.press('Shift+ArrowLeft');
		assert.match(await link(page), /select=/);
		await page.keyboard.press('Escape');
		await page.keyboard.press('Escape');
		assert.not.match(await link(page), /select=/);
		await page.keyboard.press('p');
		assert.match(await link(page), /percentiles=1/);
		await page.keyboard.press('c');
		assert.match(await link(page), /scale=share/);
		await page.keyboard.press('t');
		assert.ok(await page.isVisible('.column-table tbody tr'));
		await page.keyboard.press('t');
		await page.keyboard.press('s');
		assert.ok(await page.isVisible('.menu-list'));
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('Escape');
		assert.not.ok(await page.isVisible('.menu-list'));
		await page.keyboard.press('?');
		assert.ok(await page.isVisible('dialog.help'));
		await page.keyboard.press('Escape');
		assert.not.ok(await page.isVisible('dialog.help'));
		assert.equal(faults(), []);
		await close();
	},
);

testWith(test, LACK, 'single letters can be switched off, and stay off', async () => {
	const { page, close } = await open(`${CPU}&range=15m`);
	await page.keyboard.press('?');
	await page.getByLabel('single letters are keys').uncheck();
	await page.keyboard.press('Escape');
	await page.keyboard.press('t');
	assert.not.match(await link(page), /table=1/);
	await page.reload();
	await page.waitForSelector('.figure .value');
	await page.keyboard.press('t');
	assert.not.match(await link(page), /table=1/);
	await close();
});

testWith(test, LACK, 'a reading stays where it is when new data come', async () => {
	const { page, close } = await open(`${CPU}&range=15m`);
	const stop = served.live();
	await page.locator('.main-panel .u-over').hover({ position: { x: 300, y: 120 } });
	const time = async () => /(\d\d:\d\d:\d\d)/.exec((await page.textContent('.reading'))!)![1];
	const before = await time();
	await page.waitForTimeout(4000);
	assert.is(await time(), before);
	stop();
	await close();
});

test.run();
