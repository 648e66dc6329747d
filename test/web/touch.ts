// A finger on the page: it selects where it rests first, scrolls where it does not, and two of them belong to the browser.

import type { CDPSession, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endServed, type Served, serve } from '../harness/served.ts';
import { testWith } from '../parts.ts';
import { browserLacks, closeBrowser, openTab } from '../servers/browser.ts';

const LACK = browserLacks();
const test = suite('the page under a finger');
let served: Served;
test.before(async () => {
	if (LACK === '') served = await serve({ minutes: 20 });
});
test.after(async () => {
	await closeBrowser();
	endServed();
});

const CPU = 'metric=cpu-lat&unit=us&type=histogram&range=15m';
/** A finger, which `id` tells from the others. */
type Place = { x: number; y: number; id: number };

const open = async () => {
	const tab = await openTab(`${served.url}/#${CPU}`, {
		viewport: { width: 390, height: 844 },
		hasTouch: true,
		isMobile: true,
	});
	const { page } = tab;
	await page.waitForSelector('.plot[aria-label*="p99"]', { state: 'attached' });
	await page.locator('.main-panel .plot').scrollIntoViewIfNeeded();
	const box = (await page.locator('.main-panel .u-over').boundingBox())!;
	const swipe = (await page.locator('.main-panel .swipe').boundingBox())!;
	const fingers = await page.context().newCDPSession(page);
	const at = (x: number, id = 0): Place => ({ x: swipe.x + x, y: box.y + 100, id });
	return { ...tab, at, fingers };
};
const send = (fingers: CDPSession, type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: Place[]) =>
	fingers.send('Input.dispatchTouchEvent', { type, touchPoints });
/** From one place to another in small steps, as a finger goes. */
const drag = async (fingers: CDPSession, from: Place, to: Place) => {
	for (let step = 1; step <= 10; step++)
		await send(fingers, 'touchMove', [
			{ ...from, x: from.x + ((to.x - from.x) * step) / 10, y: from.y + ((to.y - from.y) * step) / 10 },
		]);
};
const link = (page: Page): Promise<string> => page.evaluate('location.hash');
const scrolled = (page: Page): Promise<number> =>
	page.evaluate("document.querySelector('.main-panel .swipe').scrollLeft");
const scale = (page: Page): Promise<number> => page.evaluate('visualViewport.scale');

testWith(test, LACK, 'it rests, then moves: a stretch is selected, and nothing scrolls', async () => {
	const { page, faults, close, at, fingers } = await open();
	const before = await scrolled(page);
	await send(fingers, 'touchStart', [at(100)]);
	await page.waitForTimeout(500);
	await drag(fingers, at(100), at(220));
	const shown: { width: number } = (await page.locator('.main-panel .u-select').boundingBox())!;
	assert.ok(Math.abs(shown.width - 120) < 12, `while it moves: ${shown.width}`);
	await send(fingers, 'touchEnd', []);
	await page.waitForSelector('.selection-words');
	const [, from, to] = /select=(\d+)-(\d+)/.exec(await link(page))!;
	assert.is(await scrolled(page), before);
	// 15 minutes on the width of the chart.
	const width = (await page.locator('.main-panel .u-over').boundingBox())!.width;
	const wanted = (120 / width) * 900_000;
	assert.ok(
		Math.abs(Number(to) - Number(from) - wanted) < 30_000,
		`${Number(to) - Number(from)} for ${wanted}`,
	);
	// A tap after it is a tap: the selection stays until it is cleared.
	await page.getByRole('button', { name: 'Clear', exact: true }).tap();
	assert.not.match(await link(page), /select=/);
	assert.equal(faults(), []);
	await close();
});

testWith(test, LACK, 'from right to left it is the same stretch', async () => {
	const { page, close, at, fingers } = await open();
	await send(fingers, 'touchStart', [at(250)]);
	await page.waitForTimeout(500);
	await drag(fingers, at(250), at(120));
	await send(fingers, 'touchEnd', []);
	await page.waitForSelector('.selection-words');
	const [, from, to] = /select=(\d+)-(\d+)/.exec(await link(page))!;
	assert.ok(Number(from) < Number(to));
	await close();
});

testWith(test, LACK, 'it moves at once: the chart is scrolled, and nothing is selected', async () => {
	const { page, faults, close, at, fingers } = await open();
	const before = await scrolled(page);
	assert.ok(before > 0, 'the newest end is what one sees first');
	await send(fingers, 'touchStart', [at(100)]);
	await drag(fingers, at(100), at(260));
	await page.waitForTimeout(600);
	await send(fingers, 'touchEnd', []);
	await page.waitForTimeout(300);
	assert.ok((await scrolled(page)) < before - 50, `${await scrolled(page)} after ${before}`);
	assert.not.match(await link(page), /select=/);
	assert.equal(faults(), []);
	await close();
});

testWith(
	test,
	LACK,
	'two of them zoom the page, and a second one ends what the first had begun',
	async () => {
		const { page, faults, close, at, fingers } = await open();
		assert.is(await scale(page), 1);
		const { x, y } = at(180);
		const pinch = async (from: number, to: number) => {
			const both = (apart: number) => [
				{ x: x - apart, y, id: 0 },
				{ x: x + apart, y, id: 1 },
			];
			await send(fingers, 'touchStart', both(from));
			for (let step = 1; step <= 10; step++)
				await send(fingers, 'touchMove', both(from + ((to - from) * step) / 10));
			await send(fingers, 'touchEnd', []);
			await page.waitForTimeout(300);
		};
		await pinch(30, 120);
		assert.ok((await scale(page)) > 1.5, `${await scale(page)}`);
		assert.not.match(await link(page), /select=/);
		await pinch(150, 10);
		await send(fingers, 'touchStart', [at(100)]);
		await page.waitForTimeout(500);
		await drag(fingers, at(100), at(180));
		await send(fingers, 'touchStart', [at(180), at(250, 1)]);
		await send(fingers, 'touchEnd', []);
		await page.waitForTimeout(300);
		assert.not.match(await link(page), /select=/);
		const rest = await page.locator('.main-panel .u-select').boundingBox();
		assert.ok((rest?.width ?? 0) < 4, 'what was shown is gone');
		assert.equal(faults(), []);
		await close();
	},
);

testWith(test, LACK, 'it only rests: a reading, as a tap gives one', async () => {
	const { page, close, at, fingers } = await open();
	await send(fingers, 'touchStart', [at(150)]);
	await page.waitForTimeout(500);
	await send(fingers, 'touchEnd', []);
	await page.waitForSelector('.main-panel .reading');
	assert.not.match(await link(page), /select=/);
	await close();
});

test.run();
