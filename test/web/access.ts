// The page for those who do not see it, or see it small: axe in both themes and on a phone, every tab and state.

import { createRequire } from 'node:module';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endServed, type Served, serve } from '../harness/served.ts';
import { testWith } from '../parts.ts';
import { browserLacks, closeBrowser, openTab } from '../servers/browser.ts';

const LACK = browserLacks();
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const test = suite('the page for everyone');
let served: Served;
test.before(async () => {
	if (LACK !== '') return;
	served = await serve({ minutes: 10 });
	served.live();
});
test.after(async () => {
	await closeBrowser();
	endServed();
});

const CPU = 'metric=cpu-lat&unit=us&type=histogram&range=5m';
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

const violations = async (hash: string, options: object, press: string[] = []): Promise<string[]> => {
	// Only here the policy is off: axe has to be brought in.
	const { page, close } = await openTab(`${served.url}/#${hash}`, { ...options, bypassCSP: true });
	await page.waitForSelector('main h1 >> visible=true');
	await page.waitForTimeout(1500);
	for (const key of press) await page.keyboard.press(key);
	await page.addScriptTag({ path: AXE });
	const found: string[] = await page.evaluate(
		`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))`,
	);
	await close();
	return found;
};

for (const theme of ['dark', 'light'])
	for (const [name, hash, press] of [
		['heat map', CPU, []],
		[
			'comparison and selection',
			`${CPU}&earlier=5m&percentiles=1&select=${Date.now() - 120_000}-${Date.now() - 60_000}`,
			[],
		],
		['table', `${CPU}&table=1`, []],
		['counter', 'metric=fadvise_calls&unit=1&type=sum&range=5m', []],
		['help', CPU, ['?']],
		['menu', CPU, ['s']],
		['pipelines', 'tab=pipelines', []],
		['hollow', 'tab=hollow', []],
	] as [string, string, string[]][])
		testWith(test, LACK, `axe finds nothing: ${name}, ${theme}`, async () => {
			assert.equal(await violations(`${hash}&theme=${theme}`, {}, press), []);
		});

for (const theme of ['dark', 'light'])
	testWith(test, LACK, `axe finds nothing on a phone, ${theme}`, async () => {
		assert.equal(await violations(`${CPU}&theme=${theme}`, PHONE), []);
	});

testWith(test, LACK, 'it reflows at 320 pixels, and controls are large enough for a finger', async () => {
	const { page, close } = await openTab(`${served.url}/#${CPU}`, {
		viewport: { width: 320, height: 700 },
		hasTouch: true,
	});
	await page.waitForSelector('.multiple');
	assert.ok(await page.evaluate('document.documentElement.scrollWidth <= 320'));
	const small: string[] = await page.evaluate(
		"[...document.querySelectorAll('button, select')].filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44).map((one) => one.textContent)",
	);
	assert.equal(small, []);
	await page.getByRole('button', { name: 'List of metrics' }).tap();
	await page.locator('.metrics button', { hasText: 'bio-lat' }).tap();
	await page.waitForFunction(() => document.querySelector('.board h1')?.textContent === 'bio-lat');
	assert.not.ok(await page.isVisible('.metric-list'));
	await page.locator('.main-panel .plot').scrollIntoViewIfNeeded();
	await page.locator('.main-panel .u-over').tap({ position: { x: 300, y: 100 } });
	await page.waitForSelector('.reading');
	await page.waitForTimeout(1500);
	assert.ok(await page.isVisible('.reading'), 'a tap pins the reading');
	await close();
});

testWith(test, LACK, 'forced colours and reduced motion leave all to be read', async () => {
	const { page, faults, close } = await openTab(`${served.url}/#${CPU}`, {
		forcedColors: 'active',
		reducedMotion: 'reduce',
	});
	await page.waitForSelector('.figure .value');
	const moving: number = await page.evaluate('document.getAnimations().length');
	assert.is(moving, 0);
	assert.equal(faults(), []);
	await close();
});

test.run();
