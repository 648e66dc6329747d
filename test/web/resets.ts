// A counter that began again is seen in the charts where it did, and told in words.

import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { colours } from '../../filters/lib/chart/ramp.ts';
import type { NoticesAnswer } from '../../filters/lib/history/answers.ts';
import type { AnyRecord } from '../../filters/lib/record.ts';
import { endServed, type Served, serve } from '../harness/served.ts';
import { testWith } from '../parts.ts';
import { browserLacks, closeBrowser, openTab } from '../servers/browser.ts';

const LACK = browserLacks();
const test = suite('resets on the page');
const AT = Math.floor(Date.now() / 1000) * 1000 - 120_000;
let served: Served;

/** A counter and a histogram of two series, of which one begins again at AT. */
const recordsAt = (second: number): AnyRecord[] =>
	['nginx', 'sshd'].flatMap((comm): AnyRecord[] => {
		const count = comm === 'nginx' && second >= 0 ? second + 1 : 500 + second;
		const common = {
			ts: AT + second * 1000,
			host: 'web1',
			attributes: { comm },
			temporality: 'cumulative',
		};
		return [
			{ type: 'sum', ...common, metric: 'calls', unit: '1', monotonic: true, value: count },
			{ type: 'histogram', ...common, metric: 'lat', unit: 'us', buckets: [[2, 4, count]] },
		];
	});

test.before(async () => {
	if (LACK !== '') return;
	served = await serve({ minutes: 0 });
	for (let second = -60; second <= 60; second++) await served.feed(recordsAt(second));
	for (let rounds = 0; rounds < 100; rounds++) {
		const { notices } = await served.json<NoticesAnswer>('/api/v1/notices');
		if (notices.length === 2) break;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
});
test.after(async () => {
	await closeBrowser();
	endServed();
});

const RANGE = `range=${AT - 60_000}-${AT + 60_000}&theme=light`;
const open = async (metric: string) => {
	const tab = await openTab(`${served.url}/#${metric}&${RANGE}`);
	await tab.page.waitForSelector('.plot[aria-label*="to"]', { state: 'attached' });
	await tab.page.waitForFunction('document.querySelector(".lane .mark") || location.hash.includes("sshd")');
	await tab.page.waitForTimeout(300);
	return tab;
};
/** Where a canvas has pixels of the mark's colour, as a part of its width. */
const marksIn = (page: Page, panel: string): Promise<number[]> =>
	page.evaluate(
		([selector, colour]) => {
			const canvas = document.querySelector<HTMLCanvasElement>(`${selector} canvas`)!;
			const { data, width, height } = canvas
				.getContext('2d')!
				.getImageData(0, 0, canvas.width, canvas.height);
			const wanted = [1, 3, 5].map((at) => Number.parseInt(colour!.slice(at, at + 2), 16));
			const columns = new Map<number, number>();
			for (let at = 0; at < data.length; at += 4)
				if (wanted.every((part, index) => Math.abs(part - data[at + index]!) < 24)) {
					const x = (at / 4) % width;
					columns.set(x, (columns.get(x) ?? 0) + 1);
				}
			// A dashed line is about half of a chart's height.
			return [...columns].filter(([, count]) => count > height * 0.25).map(([x]) => x / width);
		},
		[panel, colours('light').warn],
	);

for (const [name, metric] of [
	['a rate', 'metric=calls&unit=1&type=sum'],
	['a heat map', 'metric=lat&unit=us&type=histogram'],
] as const)
	testWith(test, LACK, `${name} has a line where a counter began again, and words for it`, async () => {
		const { page, faults, close } = await open(metric);
		const found = await marksIn(page, '.main-panel .axes');
		assert.ok(found.length > 0, 'there is a line');
		// AT is in the midst of the range, and labels stand left of the chart.
		for (const x of found) assert.ok(x > 0.45 && x < 0.6, `${x}`);
		if (name === 'a heat map') {
			const bands = page.locator('.panel', { has: page.locator('h2', { hasText: 'Percentiles' }) });
			assert.ok(await bands.isVisible());
		}
		const label = (await page.getAttribute('.main-panel .plot', 'aria-label'))!;
		assert.match(label, /Counters began again in 1 column, last \d\d:\d\d:\d\d web1, comm=nginx: .* fell /);
		const box = (await page.locator('.main-panel .u-over').boundingBox())!;
		const canvas = (await page.locator('.main-panel .axes canvas').boundingBox())!;
		await page.mouse.move(canvas.x + found[0]! * canvas.width, box.y + box.height / 2);
		await page.waitForSelector('.reading:has-text("\u21ba reset")');
		assert.match((await page.textContent('.reading'))!, /comm=nginx: .* fell .* a gap is left/);
		await page.mouse.move(box.x + 20, box.y + box.height / 2);
		await page.waitForFunction('!document.querySelector(".reading").textContent.includes("reset")');
		assert.equal(faults(), []);
		await close();
	});

testWith(test, LACK, 'a filter that leaves the series out leaves its mark out', async () => {
	const { page, close } = await open('metric=lat&unit=us&type=histogram&a.comm=sshd');
	assert.equal(await marksIn(page, '.main-panel .axes'), []);
	assert.not.match((await page.getAttribute('.main-panel .plot', 'aria-label'))!, /began again/);
	await close();
});

test.run();
