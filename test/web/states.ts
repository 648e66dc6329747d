// The page when something is wrong: nothing there, source silent, server gone and back, sample data; each told apart.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endServed, serve } from '../harness/served.ts';
import { testWith } from '../parts.ts';
import { run } from '../program.ts';
import { browserLacks, closeBrowser, openTab } from '../servers/browser.ts';

const LACK = browserLacks();
const test = suite('the page in trouble');
test.after(async () => {
	await closeBrowser();
	endServed();
});

const CPU = '#metric=cpu-lat&unit=us&type=histogram&range=5m';

testWith(
	test,
	LACK,
	'nothing yet: what it waits for, the command that feeds it; then it goes on by itself',
	async () => {
		const served = await serve({ minutes: 0 });
		const { page, faults, close } = await openTab(served.url);
		await page.waitForSelector('.empty');
		assert.match((await page.textContent('.empty'))!, /parse-histogram .* \| serve/);
		assert.match((await page.textContent('.empty .about'))!, /^Waited for \d+ s/);
		const ts = Date.now();
		for (const ms of [2000, 1000, 0])
			await served.feed([
				{
					type: 'histogram',
					ts: ts - ms,
					host: 'h',
					metric: 'first',
					unit: 'us',
					attributes: {},
					temporality: 'delta',
					buckets: [[1, 2, 5]],
				},
			]);
		await page.waitForFunction(() => document.querySelector('.board h1')?.textContent === 'first');
		assert.not.ok(await page.isVisible('.empty'));
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(
	test,
	LACK,
	"the source ends: STALE with the data's own clock, numbers are the last known, history stays",
	async () => {
		const served = await serve({ minutes: 3 });
		const stop = served.live();
		const { page, faults, close } = await openTab(`${served.url}/${CPU}`);
		await page.waitForFunction(() => document.querySelector('.live')?.textContent === 'live');
		await page.waitForSelector('.figure .value');
		await page.waitForSelector('.banner.stale', { state: 'hidden' });
		stop();
		served.child.stdin!.end();
		await page.waitForSelector('.banner.stale', { timeout: 10_000 });
		const words = (await page.textContent('.banner.stale'))!;
		assert.match(
			words,
			/^STALE · \d+ sThe server answers, but its source has sent nothing since \d\d:\d\d:\d\d\./,
		);
		assert.match((await page.textContent('.figures-of'))!, /^last known/);
		assert.match((await page.textContent('.age'))!, /data \d+(\.\d)? s old/);
		assert.is(await page.textContent('.live'), 'live', 'the server is not what is away');
		assert.not.ok(await page.isVisible('.banner.lost'));
		// Time goes on: the stretch since is hatched, and the banner counts.
		const first = await page.textContent('.banner.stale strong');
		await page.waitForFunction(
			(old) => document.querySelector('.banner.stale strong')?.textContent !== old,
			first,
		);
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(
	test,
	LACK,
	'the server is killed and comes back: named, counted down, and all is there again',
	async () => {
		let served = await serve({ minutes: 3 });
		const { page, faults, close } = await openTab(`${served.url}/${CPU}`, {}, [
			/ERR_CONNECTION|Failed to fetch|ERR_EMPTY|ERR_INCOMPLETE/,
		]);
		await page.waitForFunction(() => document.querySelector('.live')?.textContent === 'live');
		await page.waitForSelector('.figure .value');
		const values = await page.locator('.figure .value').allTextContents();
		await served.kill();
		await page.waitForSelector('.banner.lost');
		assert.match(
			(await page.textContent('.banner.lost'))!,
			/SERVER NOT REACHABLE.*What you see ends at \d\d:\d\d:\d\d; the source may well be fine/,
		);
		assert.is(await page.textContent('.live'), 'disconnected');
		assert.not.ok(await page.isVisible('.banner.stale'), 'nobody knows how the source is');
		assert.equal(await page.locator('.figure .value').allTextContents(), values, 'what was there stays');
		await page.waitForFunction(() =>
			/\(\d+(nd|rd|th) time\)/.test(document.querySelector('.banner.lost')?.textContent ?? ''),
		);
		served = await serve({ minutes: 3, port: served.port, seed: 2 });
		await page
			.getByRole('button', { name: 'Try now' })
			.click()
			.catch(() => {});
		await page.waitForSelector('.banner.lost', { state: 'hidden', timeout: 15_000 });
		const stop = served.live();
		await page.waitForFunction(
			(old) =>
				JSON.stringify([...document.querySelectorAll('.figure .value')].map((one) => one.textContent)) !==
				old,
			JSON.stringify(values),
		);
		assert.is(await page.textContent('.live'), 'live');
		stop();
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(test, LACK, 'a server that has forgotten who asks: logged out, which is not away', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-page-'));
	const accounts = join(folder, 'accounts');
	const hash = (await run('serve', ['--hash-password'], 'secret\n')).stdout.trim();
	const token = '0123456789abcdef0123456789abcdef';
	writeFileSync(accounts, `user reader ${hash}\ntoken ${token}\n`, { mode: 0o600 });
	const args = ['--auth-file', accounts];
	let served = await serve({ minutes: 1, args, token });
	const { page, faults, close } = await openTab(`${served.url}/log-in`, {}, [/ERR_|Failed to/]);
	await page.locator('input').first().fill('reader');
	await page.locator('input[type=password]').fill('secret');
	await page.locator('button').first().click();
	await page.waitForFunction(() => document.querySelector('.live')?.textContent === 'live');
	await served.kill();
	served = await serve({ minutes: 1, port: served.port, args, token });
	await page.waitForFunction(
		() => document.querySelector('.banner.lost strong')?.textContent === 'LOGGED OUT',
	);
	assert.is(await page.getAttribute('.banner.lost a', 'href'), '/log-in');
	assert.equal(faults(), []);
	await close();
	await served.stop();
	rmSync(folder, { recursive: true });
});

testWith(test, LACK, 'a server that hangs is noticed too', async () => {
	const served = await serve({ minutes: 2 });
	const { page, close } = await openTab(`${served.url}/${CPU}`, {}, [/./]);
	await page.waitForFunction(() => document.querySelector('.live')?.textContent === 'live');
	served.child.kill('SIGSTOP');
	await page.waitForSelector('.banner.lost', { timeout: 40_000 });
	served.child.kill('SIGCONT');
	await page.waitForSelector('.banner.lost', { state: 'hidden', timeout: 20_000 });
	await close();
	await served.stop();
});

testWith(
	test,
	LACK,
	'sample data is marked: banner, title, icon, edge, the picture itself and what is saved of it',
	async () => {
		const served = await serve({ minutes: 3, synthetic: true });
		const { page, faults, close } = await openTab(`${served.url}/${CPU}`);
		await page.waitForSelector('.banner.sample');
		assert.match((await page.textContent('.banner.sample'))!, /^SAMPLE DATA/);
		assert.match(await page.title(), /^\[SAMPLE\] /);
		assert.is(await page.getAttribute('link[rel=icon]', 'href'), 'favicon-sample.svg');
		assert.match((await page.textContent('.live'))!, /sample/);
		await page.waitForSelector('.plot[aria-label^="Sample data"]');
		assert.match((await page.textContent('.metrics .figure'))!, /^sample · /);
		// The mark is in the canvas: its colour is no colour of the heat map.
		const marked: number = await page.evaluate(`(() => {
		const canvas = document.querySelector('.main-panel .uplot canvas');
		const { data } = canvas.getContext('2d').getImageData(60, 0, 400, 60);
		const [r, g, b] = document.documentElement.dataset.theme === 'dark' ? [201, 162, 255] : [91, 42, 134];
		let count = 0;
		for (let at = 0; at < data.length; at += 4)
			if (Math.abs(data[at] - r) + Math.abs(data[at + 1] - g) + Math.abs(data[at + 2] - b) < 60) count += 1;
		return count;
	})()`);
		assert.ok(marked > 200, `${marked} pixels`);
		await page.getByRole('button', { name: 'Save…' }).click();
		const [download] = await Promise.all([
			page.waitForEvent('download'),
			page.getByRole('button', { name: 'Picture, SVG' }).click(),
		]);
		assert.match(download.suggestedFilename(), /^SAMPLE-/);
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(
	test,
	LACK,
	'the stream is closed while the tab is hidden, and what is shown is fresh after it',
	async () => {
		const served = await serve({ minutes: 2 });
		const { page, faults, close } = await openTab(`${served.url}/${CPU}`);
		await page.waitForFunction(() => document.querySelector('.live')?.textContent === 'live');
		const set = (isHidden: boolean) =>
			page.evaluate(
				`Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} }); document.dispatchEvent(new Event('visibilitychange'))`,
			);
		await set(true);
		await page.waitForTimeout(300);
		const asked: string[] = [];
		page.on('request', (request) => asked.push(new URL(request.url()).pathname));
		await served.goOn();
		await page.waitForTimeout(2500);
		assert.equal(asked, []);
		await set(false);
		await page.waitForFunction(() => document.querySelector('.live')?.textContent === 'live');
		assert.ok(asked.includes('/events'));
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

test.run();
