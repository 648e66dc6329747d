// What the page shows of data that come through the real serve: figures, pixels, movement; and what it never does.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addUp, percentileInterval } from '../../filters/lib/chart/counts.ts';
import { countText } from '../../filters/lib/chart/number.ts';
import { intervalText } from '../../filters/lib/chart/quantity.ts';
import { countScale, ramp, stepOf } from '../../filters/lib/chart/ramp.ts';
import type { ColumnsAnswer, MetricsAnswer } from '../../filters/lib/history/answers.ts';
import type { AnyRecord, Exact } from '../../filters/lib/record.ts';
import { endServed, serve } from '../harness/served.ts';
import { testWith } from '../parts.ts';
import { browserLacks, closeBrowser, openTab } from '../servers/browser.ts';

const LACK = browserLacks();
const test = suite('the page');
test.after(async () => {
	await closeBrowser();
	endServed();
});

const CPU = 'metric=cpu-lat&unit=us&type=histogram';

testWith(
	test,
	LACK,
	'the busiest histogram stands there by itself, and its figures are those of the counts',
	async () => {
		const served = await serve({ minutes: 10 });
		const { page, faults, close } = await openTab(served.url);
		await page.waitForSelector('.figure .value');
		assert.is(await page.textContent('.board h1'), 'cpu-lat');
		assert.is(await page.title(), 'cpu-lat · bpfpipe');
		// The whole range, with nothing moving.
		const { newest = 0 } = await served.json<MetricsAnswer>('/api/v1/metrics');
		const [from, to] = [newest - 300_000, newest - 60_000];
		await page.goto(`${served.url}/#${CPU}&range=${from}-${to}`);
		await page.waitForFunction(() => document.querySelector('.figures-of')?.textContent.includes('4 min'));
		const answer = await served.json<ColumnsAnswer>(
			`/api/v1/columns?${CPU}&from=${from}&to=${to}&columns=240`,
		);
		const columns = answer.groups[0]!.columns;
		const counts = addUp(columns, answer.rows.length);
		const values = await page.locator('.figure .value').allTextContents();
		assert.equal(
			values.slice(1, 4),
			[50, 90, 99].map((percent) => intervalText(percentileInterval(counts, answer.rows, percent)!, 'us')),
		);
		assert.is(
			await page.locator('.figure .beside').last().textContent(),
			`${countText(counts.total)} events`,
		);
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(test, LACK, 'each pixel of the heat map has the colour of its count', async () => {
	const served = await serve({ minutes: 5 });
	const { newest = 0 } = await served.json<MetricsAnswer>('/api/v1/metrics');
	const [from, to] = [newest - 240_000, newest];
	const { page, close } = await openTab(`${served.url}/#${CPU}&range=${from}-${to}&theme=dark`);
	await page.waitForSelector('.figure .value');
	await page.waitForTimeout(500);
	const answer = await served.json<ColumnsAnswer>(`/api/v1/columns?${CPU}&from=${from}&to=${to}&columns=240`);
	const [columns, rows] = [answer.groups[0]!.columns, answer.rows.length];
	const most = Math.max(...columns.flatMap((column) => (column ? column.slice(2).map(Number) : [])));
	const scale = countScale(most);
	const pixels: string[] = await page.evaluate(`(() => {
		const plot = document.querySelector('.main-panel .uplot');
		const [canvas, over] = [plot.querySelector('canvas'), plot.querySelector('.u-over')];
		const [c, o] = [canvas.getBoundingClientRect(), over.getBoundingClientRect()];
		const context = canvas.getContext('2d');
		const hex = (x, y) => '#' + [...context.getImageData(x, y, 1, 1).data.slice(0, 3)].map((n) => n.toString(16).padStart(2, '0')).join('');
		return Array.from({ length: ${columns.length * rows} }, (_, index) => {
			const [at, row] = [Math.floor(index / ${rows}), index % ${rows}];
			return hex(
				Math.floor(o.left - c.left + ((at + 0.5) * o.width) / ${columns.length}),
				Math.floor(o.top - c.top + o.height - ((row + 0.5) * o.height) / ${rows}),
			);
		});
	})()`);
	let lone = 0;
	columns.forEach((column, at) => {
		if (!column || column[0] < 0.5 || column[0] > 1.5) return;
		for (let row = 0; row < rows; row += 1) {
			const count = Number(row < Number(column[1]) ? 0 : (column[row - Number(column[1]) + 2] ?? 0));
			const step = stepOf(scale, count);
			const wanted = step === 0 ? '#11161d' : ramp('dark')[step - 1];
			assert.is(pixels[at * rows + row], wanted, `column ${at}, row ${row}: ${count}`);
			if (count === 1) lone += 1;
		}
	});
	assert.ok(lone > 0, 'there was no lone event to look for');
	await close();
	await served.stop();
});

testWith(test, LACK, 'new data appear by themselves, and the picture moves on', async () => {
	const served = await serve({ minutes: 2 });
	const { page, faults, close } = await openTab(`${served.url}/#${CPU}&range=5m`);
	await page.waitForSelector('.figure .value');
	const events = () => page.locator('.figure .beside').last().textContent();
	const before = await events();
	const stop = served.live();
	await page.waitForFunction(
		(old) => document.querySelectorAll('.figure .beside')[4]?.textContent !== old,
		before,
	);
	const picture = (): Promise<string> =>
		page.evaluate("document.querySelector('.main-panel canvas').toDataURL()");
	const first = await picture();
	await page.waitForTimeout(2500);
	assert.ok((await picture()) !== first, 'the picture stands still');
	const chip = await page.textContent('.age');
	assert.match(chip!, /^data (0|[0-2](\.\d)?|\d+ m)( s)? ?s? old$/);
	assert.equal(faults(), []);
	stop();
	await close();
	await served.stop();
});

testWith(test, LACK, 'counters are rates and exact totals, gauges their values', async () => {
	const served = await serve({ minutes: 3 });
	const sum = '#metric=fadvise_calls&unit=1&type=sum&range=5m';
	const { page, faults, close } = await openTab(`${served.url}/${sum}`);
	await page.waitForFunction(() =>
		/\d/.test(document.querySelectorAll('.figure .value')[2]?.textContent ?? ''),
	);
	const records = (await (await fetch(`${served.url}/api/v1/records?metric=fadvise_calls`)).text())
		.trim()
		.split('\n');
	const total = (JSON.parse(records[0]!) as { value: Exact }).value;
	const values = await page.locator('.figure .value').allTextContents();
	assert.is(values[2], countText(total));
	assert.match(values[0]!, /^\d{3} \/s$/);
	assert.not.ok(await page.isVisible('.side'), 'a counter has no histogram');
	await page.goto(`${served.url}/#metric=memory_used&unit=By&type=gauge&range=5m`);
	await page.waitForFunction(() => document.querySelector('.figure .value')?.textContent.includes('GiB'));
	assert.equal(faults(), []);
	await close();
	await served.stop();
});

const HOSTILE = [
	'<img src=x onerror=alert(1)>',
	'"><script>alert(2)</script>',
	"javascript:alert('3')",
	'a\u202egnp.exe',
	'\u0000\u0007\u001b[31mred',
	'{{constructor.constructor("alert(4)")()}}',
	'__proto__',
	'',
	' ',
];

testWith(
	test,
	LACK,
	'hostile names are text: no markup, no script, nothing turned around, nothing broken',
	async () => {
		const served = await serve({ minutes: 0 });
		const ts = Date.now();
		const records = HOSTILE.flatMap((name, index): AnyRecord[] =>
			[0, 1000, 2000].flatMap((ms): AnyRecord[] => [
				{
					type: 'histogram',
					ts: ts - 4000 + ms,
					host: name,
					metric: name,
					unit: name,
					attributes: { [`k${index}${name}`]: name, other: 'x' },
					temporality: 'delta',
					buckets: [
						[1, 2, 5],
						[2, 4, 7],
					],
				},
				{
					type: 'histogram',
					ts: ts - 4000 + ms,
					host: 'h2',
					metric: name,
					unit: name,
					attributes: { [`k${index}${name}`]: `${name}2`, other: 'y' },
					temporality: 'delta',
					buckets: [[1, 2, 1]],
				},
			]),
		);
		const long = 'x'.repeat(1000) + '<b>'.repeat(1000);
		records.push(
			{
				type: 'notice',
				ts: ts - 2000,
				host: HOSTILE[0],
				metric: HOSTILE[0],
				kind: HOSTILE[1],
				detail: HOSTILE[0],
				count: 3,
			},
			{
				type: 'gauge',
				ts: ts - 1000,
				host: 'h',
				metric: long,
				unit: long,
				attributes: { [long]: long },
				value: 3,
			},
		);
		await served.feed(records);
		const { page, faults, close } = await openTab(`${served.url}/#range=5m`);
		await page.waitForSelector('.metrics button');
		const metrics = await page.locator('.metrics button').count();
		assert.ok(metrics >= HOSTILE.length, `${metrics}`);
		const seen: string[] = [];
		for (let at = 0; at < metrics; at += 1) {
			await page.locator('.metrics button').nth(at).click();
			await page.waitForTimeout(350);
			seen.push((await page.textContent('.board h1'))!);
			await page.keyboard.press('t');
			await page.keyboard.press('t');
		}
		assert.ok(seen.some((name) => name.includes('<img src=x onerror=alert(1)>')));
		assert.ok(seen.some((name) => name.includes('a<U+202E>gnp.exe')));
		assert.ok(seen.some((name) => name.includes('(empty)')));
		const made: number = await page.evaluate(
			"document.querySelectorAll('img, script:not([src]), b, iframe, [onerror]').length",
		);
		assert.is(made, 0);
		const text: string = await page.evaluate('document.body.innerText');
		assert.not.match(text, /[\u202a-\u202e\u2066-\u2069\u0007\u001b]/);
		const wide: string[] = await page.evaluate(
			"[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 && !one.closest('.scroll')).map((one) => one.outerHTML.slice(0, 200))",
		);
		assert.equal(wide, [], 'a long name made the page wider than the screen');
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(test, LACK, 'a value of an attribute of 1 MiB neither widens the page nor stops it', async () => {
	const served = await serve({ minutes: 0 });
	const ts = Date.now();
	const value = 'v'.repeat((1 << 20) - 400);
	for (const ms of [3000, 2000, 1000])
		await served.feed([
			{
				type: 'histogram',
				ts: ts - ms,
				host: 'h',
				metric: 'm',
				unit: 'us',
				attributes: { k: value },
				temporality: 'delta',
				buckets: [[1, 2, 5]],
			},
			{
				type: 'histogram',
				ts: ts - ms,
				host: 'h',
				metric: 'm',
				unit: 'us',
				attributes: { k: 'short' },
				temporality: 'delta',
				buckets: [[1, 2, 5]],
			},
		]);
	const { page, faults, close } = await openTab(`${served.url}/#range=5m`);
	await page.waitForSelector('.metrics button');
	await page.waitForTimeout(1500);
	const length: number = await page.evaluate('document.body.innerText.length');
	assert.ok(length < 20_000, `${length} characters are shown`);
	assert.not.ok(await page.evaluate('document.documentElement.scrollWidth > innerWidth'));
	assert.equal(faults(), []);
	await close();
	await served.stop();
});

testWith(test, LACK, 'nothing comes from elsewhere, and the whole page is small', async () => {
	const served = await serve({ minutes: 1 });
	const { page, close } = await openTab('about:blank');
	const asked: string[] = [];
	page.on('request', (request) => asked.push(request.url()));
	await page.goto(served.url);
	await page.waitForSelector('.figure .value');
	assert.ok(
		asked.every((url) => url.startsWith(served.url)),
		asked.join('\n'),
	);
	let bytes = 0;
	for (const file of ['', 'shared.js', 'page.js', 'page.css', 'favicon.svg']) {
		const response = await fetch(`${served.url}/${file}`, { headers: { 'Accept-Encoding': 'gzip' } });
		bytes += Number(response.headers.get('content-length') ?? (await response.arrayBuffer()).byteLength);
	}
	assert.ok(bytes < 80_000, `${bytes} bytes over the wire`);
	const policy = (await fetch(served.url)).headers.get('content-security-policy');
	assert.match(policy!, /default-src 'none'.*require-trusted-types-for 'script'; trusted-types 'none'/);
	await close();
	await served.stop();
});

test.run();
