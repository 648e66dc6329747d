// bench/page: the page in a real Chromium with many metrics and an hour of history: first paint, updates, memory
// usage:  node --import tsx test/bench/page.ts [METRICS] [SERIES] [MINUTES] [UPDATES]
//
// Each of METRICS histograms has SERIES series, a record every 15 s in the history (200 x 60 x 1 h are 2.9 million of
// them), then every second for the one that is looked at. No peer has such a page; Grafana's and ECharts' figures for
// drawing alone stand in the README of filters/web. Times are of this machine, with the server beside the browser.

import { seeded, twoModes } from '../data/chart.ts';
import { start } from '../program.ts';
import { browserLacks, closeBrowser, openTab } from '../servers/browser.ts';
import { freePort } from '../servers/ports.ts';
import { sizes } from './parts/sizes.ts';

const [METRICS, SERIES, MINUTES, UPDATES] = sizes([200, 3], [60, 4], [60, 3], [30, 3]) as [
	number,
	number,
	number,
	number,
];
const STEP_MS = 15_000;
const ROWS = 21;

const lack = browserLacks();
if (lack) {
	console.log(`skipped: ${lack}`);
	process.exit(0);
}

const port = await freePort();
const serve = start('serve', [
	'--listen',
	`127.0.0.1:${port}`,
	'--max-series',
	String(METRICS * SERIES + 100),
	'--max-memory',
	'2G',
]);
serve.stderr!.on('data', (chunk) => process.stderr.write(chunk));
await new Promise((resolve) => serve.stdout!.once('data', resolve));
const write = (text: string) => new Promise<void>((resolve) => serve.stdin!.write(text, () => resolve()));

// Drawn once: what is measured begins behind the pipe.
const random = seeded(3);
const POOL = Array.from({ length: 256 }, (_, at) =>
	JSON.stringify(
		twoModes(random, 20 + (at % 60), false, ROWS).flatMap((count, row) =>
			count > 0 ? [[row === 0 ? 0 : 2 ** (row - 1), 2 ** row, count]] : [],
		),
	),
);

/** A print of one metric, as deltas. */
const printOf = (metric: number, ts: number): string => {
	const name = `lat-${String(metric).padStart(3, '0')}`;
	let text = '';
	for (let series = 0; series < SERIES; series += 1)
		text += `{"type":"histogram","ts":${ts},"host":"web1","metric":"${name}","unit":"us","attributes":{"comm":"worker-${series}"},"temporality":"delta","buckets":${POOL[(metric * 7 + series + Math.floor(ts / STEP_MS)) & 255]}}\n`;
	return text;
};

const begun = performance.now();
const end = Math.floor(Date.now() / STEP_MS) * STEP_MS;
let records = 0;
for (let ts = end - MINUTES * 60_000; ts <= end; ts += STEP_MS)
	for (let metric = 0; metric < METRICS; metric += 1) {
		await write(printOf(metric, ts));
		records += SERIES;
	}
const url = `http://127.0.0.1:${port}`;
for (;;) {
	const { newest = 0 } = (await (await fetch(`${url}/api/v1/metrics`)).json()) as { newest?: number };
	if (newest >= end) break;
	await new Promise((resolve) => setTimeout(resolve, 200));
}
console.log(
	`${METRICS} metrics x ${SERIES} series x ${MINUTES} min: ${records} records in ${((performance.now() - begun) / 1000).toFixed(1)} s`,
);

const metric = 'lat-000';
const { page, close } = await openTab('about:blank');
const client = await page.context().newCDPSession(page);
await client.send('Performance.enable');
const figures = async (): Promise<Record<string, number>> => {
	const { metrics } = await client.send('Performance.getMetrics');
	return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
};
const from = performance.now();
await page.goto(`${url}/#metric=${metric}&unit=us&type=histogram&range=1h&by=comm`);
await page.waitForSelector('.metrics li');
const listed = performance.now() - from;
await page.waitForSelector('.main-panel .plot[aria-label*="p99"]');
const drawn = performance.now() - from;
await page.waitForSelector('.multiple canvas');
const whole = performance.now() - from;
const paint = (await page.evaluate(
	"performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0",
)) as number;
console.log(
	`first paint ${paint.toFixed(0)} ms, list ${listed.toFixed(0)} ms, heat map ${drawn.toFixed(0)} ms, small pictures ${whole.toFixed(0)} ms`,
);

await page.waitForTimeout(3000);
const before = await figures();
const began = performance.now();
for (let at = 0; at < UPDATES; at += 1) {
	await write(printOf(0, Date.now()));
	await page.waitForTimeout(1000);
}
const after = await figures();
const seconds = (performance.now() - began) / 1000;
const perUpdate = (name: string) => (((after[name] ?? 0) - (before[name] ?? 0)) * 1000) / UPDATES;
console.log(
	`an update a second, ${UPDATES} of them: script ${perUpdate('ScriptDuration').toFixed(1)} ms, layout ${(perUpdate('LayoutDuration') + perUpdate('RecalcStyleDuration')).toFixed(1)} ms, all of the page's thread ${perUpdate('TaskDuration').toFixed(1)} ms each, in ${seconds.toFixed(0)} s`,
);
await client.send('HeapProfiler.collectGarbage');
const heap = await figures();
console.log(
	`memory of the page: ${((heap.JSHeapUsedSize ?? 0) / 2 ** 20).toFixed(1)} MiB of scripts, ${heap.Nodes} nodes; ${((heap.JSHeapTotalSize ?? 0) / 2 ** 20).toFixed(1)} MiB taken`,
);

// What a reader does: another metric, a filter, another range.
const timed = async (name: string, act: () => Promise<unknown>, done: () => Promise<unknown>) => {
	const at = performance.now();
	await act();
	await done();
	console.log(`${name}: ${(performance.now() - at).toFixed(0)} ms`);
};
const other = METRICS > 1 ? 'lat-001' : metric;
await timed(
	'another metric',
	() => page.locator('.metrics button', { hasText: other }).click(),
	() => page.waitForSelector(`.main-panel .plot[aria-label^="${other} "]`),
);
await timed(
	'find as one types',
	() => page.locator('.metric-list .search').fill(other),
	() => page.waitForFunction(() => true),
);
await close();
await closeBrowser();
serve.kill();
