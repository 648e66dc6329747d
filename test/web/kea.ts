// The Kea tab: every figure of it against what the records say, counted here once more from a recording of a real Kea.

import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countText } from '../../filters/lib/chart/number.ts';
import { intervalText } from '../../filters/lib/chart/quantity.ts';
import type { AnyRecord } from '../../filters/lib/record.ts';
import {
	bucketAt,
	increaseOf,
	type KeaRecord,
	missingProbe,
	type Service,
	sessionRecords,
	statisticsAt,
} from '../data/kea-records.ts';
import { endServed, type Served, serve } from '../harness/served.ts';
import { testWith } from '../parts.ts';
import { browserLacks, closeBrowser, openTab } from '../servers/browser.ts';

const LACK = browserLacks();
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };
const test = suite('the Kea tab');
test.after(async () => {
	await closeBrowser();
	endServed();
});

const SUBNETS = (n: number) => [
	{ id: '1', cidr: '127.0.0.0/8', total: 200, assigned: 200, declined: 2, failures: n * 10 },
	{ id: '7', cidr: '10.20.0.0/16', network: 'floor-2', total: 65_534, assigned: 51_000 },
	{ id: '8', cidr: '10.30.0.0/16', network: 'floor-2', total: 65_534, assigned: 312 },
	{ id: '9', cidr: '10.40.0.0/24', total: 0, assigned: 0 },
];
const COUNTED = (n: number) => ({
	received: { discover: n * 82, request: n * 66 },
	sent: { offer: n * 67, ack: n * 66, nak: n > 5 ? 3 : 0 },
	dropped: n * 16,
	drops: { 'parse-failed': n > 6 ? 4 : 0 },
});

/** Both services as recorded, and statistics of the one. */
const recorded = async (
	isSynthetic: boolean,
): Promise<{ served: Served; of: Record<Service, KeaRecord[]> }> => {
	const end = Date.now() - 1000;
	const served = await serve({ minutes: 0 });
	const of = {
		dhcp4: await sessionRecords('dhcp4', end, { isSynthetic }),
		dhcp6: await sessionRecords('dhcp6', end, { isSynthetic }),
	};
	const statistics = Array.from({ length: 11 }, (_, n) =>
		statisticsAt(end - 30_000 + n * 3000, 'dhcp4', COUNTED(n), SUBNETS(n)),
	).flat();
	const all = [...of.dhcp4, ...of.dhcp6, ...statistics].sort((a, b) => a.ts - b.ts);
	await served.feed(all as AnyRecord[]);
	return { served, of };
};

const open = async (served: Served, hash: string, options: object = {}) => {
	const tab = await openTab(`${served.url}/#tab=kea&${hash}`, options);
	await tab.page.waitForSelector('.kea:not(.is-waiting) .panel >> visible=true');
	await tab.page.waitForTimeout(300);
	return tab;
};

const panel = (page: Page, question: string) =>
	page.locator('.kea .panel', { has: page.locator('h2', { hasText: question }) });
/** The rows of the tables in a panel, cell by cell. */
const rows = async (page: Page, question: string): Promise<string[][]> =>
	Promise.all(
		(await panel(page, question).locator('tbody tr').all()).map(async (row) =>
			(await row.locator('th, td').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim()),
		),
	);
const text = async (page: Page, question: string): Promise<string> =>
	(await panel(page, question).innerText()).replace(/\s+/g, ' ');

const interval = (bucket: string | undefined): string => {
	if (bucket === undefined) return '–';
	const [lower, upper] = bucket.split('-') as [string, string];
	return intervalText([Number(lower), upper === 'null' ? null : Number(upper)], 'ns');
};
/** A row of a table of histograms. */
const timing = (records: KeaRecord[], metric: string, attributes: Record<string, string>): string[] => {
	const { buckets } = increaseOf(records, metric, attributes);
	const count = [...buckets.values()].reduce((sum, one) => sum + one, 0);
	return [countText(count), ...[50, 95, 99].map((percent) => interval(bucketAt(buckets, percent)))];
};

testWith(
	test,
	LACK,
	'without records of Kea there is no tab, none of its code is fetched, nothing fails',
	async () => {
		const served = await serve({ minutes: 1 });
		const { page, faults, close } = await openTab('about:blank');
		const answers: [string, number][] = [];
		page.on('response', (response) => answers.push([new URL(response.url()).pathname, response.status()]));
		await page.goto(served.url);
		await page.waitForSelector('.figure .value');
		assert.not.ok(await page.getByRole('button', { name: 'Kea' }).isVisible());
		assert.not.ok(answers.some(([path]) => path === '/kea.js'));
		assert.equal(
			answers.filter(([, status]) => status >= 400),
			[],
		);
		// Records of another program with a metric of that name are not Kea's.
		await served.feed([
			{
				type: 'sum',
				ts: Date.now(),
				host: 'h',
				metric: 'packets',
				unit: '1',
				attributes: { service: 'web' },
				temporality: 'cumulative',
				monotonic: true,
				value: 1,
			},
		] as AnyRecord[]);
		await page.waitForSelector('.metrics .name:has-text("packets")');
		assert.not.ok(await page.getByRole('button', { name: 'Kea' }).isVisible());
		await page.goto(`${served.url}/#tab=kea`);
		await page.waitForSelector('text=No record of a Kea server has come');
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(
	test,
	LACK,
	'the figures of both services are what their records say, and nothing of the one is in the other',
	async () => {
		const { served, of } = await recorded(false);
		const v4 = of.dhcp4;
		const sum = (metric: string, attributes: Record<string, string>) =>
			countText(increaseOf(v4, metric, attributes).value);
		const { page, faults, close } = await open(served, 'range=5m');
		// 1: drops by cause and message, beside Kea's own.
		const drops = await rows(page, 'Are packets dropped');
		const dropped = (cause: string) => drops.find(([name]) => name === cause);
		assert.equal(dropped('allocation')!.slice(2, 5), ['DISCOVER 150', '150', 'no counter of it']);
		assert.is(sum('packet_drop_rate', { cause: 'allocation' }), '150');
		assert.equal(dropped('malformed')!.slice(2, 5), [
			'BOOTP 3',
			sum('packet_drop_rate', { cause: 'malformed' }),
			'4',
		]);
		assert.equal(dropped('truncated')!.slice(2, 5), [
			'BOOTP 3',
			sum('packet_drop_rate', { cause: 'truncated' }),
			'unknown to Kea',
		]);
		assert.match(
			await text(page, 'Are packets dropped'),
			new RegExp(
				`156 of ${sum('packets', { direction: 'in' })} packets .* Kea’s statistics count 160 drops, 156 of them under no cause`,
			),
		);
		assert.equal(
			drops.filter(([name]) => name!.startsWith('pkt4.cc')).map(([, count]) => count),
			[sum('error_rates', { line: '193' }), sum('error_rates', { line: '50' })],
		);
		// 2 and 3: the exchange, what is missing in it, refusals.
		const steps = (await page.locator('.exchange li').allInnerTexts()).map((one) => one.replace(/\s+/g, ' '));
		const count = (direction: string, message: string) => sum('packets', { direction, message });
		assert.equal(steps, [
			`DISCOVER ${count('in', 'DISCOVER')} Kea: 820`,
			'150 DISCOVER without OFFER, 16.7 % Kea: 150 DISCOVER without OFFER, 18.3 %',
			`OFFER ${count('out', 'OFFER')} Kea: 670`,
			'15 OFFER without REQUEST, 2 % Kea: 10 OFFER without REQUEST, 1.49 %',
			`REQUEST ${count('in', 'REQUEST')} Kea: 660`,
			'none missing Kea: none missing',
			`ACK ${count('out', 'ACK')} Kea: 660`,
		]);
		assert.match(
			await text(page, 'How many are refused'),
			/NAK sent 0 0 % of 735 REQUEST .*NAK, Kea’s statistics 3 leases looked for in vain 150/,
		);
		// 4: pools, the fullest first.
		assert.equal(
			(await rows(page, 'How full are the pools')).map((row) => row.join(' | ')),
			[
				'127.0.0.0/8 | 1 |  | 100 % | 200 | 200 | 2 | 100 | vm',
				'10.20.0.0/16 | 7 | floor-2 | 77.8 % | 51,000 | 65,534 | 0 | 0 | vm',
				'10.30.0.0/16 | 8 | floor-2 | 0.476 % | 312 | 65,534 | 0 | 0 | vm',
				'10.40.0.0/24 | 9 |  | – | 0 | 0 | 0 | 0 | vm',
			],
		);
		// 5 and 6: stages in a packet's order, operations and relays, each percentile the bucket that it lies in.
		const stages = await rows(page, 'Where does the time go');
		assert.equal(
			stages.map(([name]) => name),
			['queue', 'unpack', 'subnet', 'reservation', 'allocation', 'answer', 'pack', 'send'],
		);
		for (const row of stages)
			assert.equal(row.slice(1, 5), timing(v4, 'stage_time', { stage: row[0]! }), row[0]);
		for (const row of await rows(page, 'lease database'))
			assert.equal(row.slice(1, 5), timing(v4, 'database_query_performance', { operation: row[0]! }), row[0]);
		const relays = await rows(page, 'Which subnets are slow');
		assert.equal(
			relays.map(([name]) => name),
			['127.0.0.1', '0.0.0.0'],
		);
		for (const row of relays)
			assert.equal(row.slice(1, 5), timing(v4, 'relay_processing_time', { relay: row[0]! }), row[0]);
		const label = await page.locator('.stack').nth(2).getAttribute('aria-label');
		assert.match(
			label!,
			new RegExp(
				`p99 of each stage: queue ${stages[0]![4]}, .*allocation ${stages[4]![4]}, .*p99 of the whole packet ${interval(bucketAt(increaseOf(v4, 'packet_processing_time', {}).buckets, 99))}`,
			),
		);
		assert.match(await text(page, 'Where does the time go'), /Percentiles do not add up/);

		// One message alone, held by the link.
		await page.getByLabel('Message', { exact: true }).selectOption('REQUEST');
		await page.waitForFunction(() => location.hash.includes('kea.message=REQUEST'));
		await page.waitForFunction(
			() => document.querySelectorAll('.stack').length === 3 && !document.querySelector('.kea.is-waiting'),
		);
		for (const row of await rows(page, 'Where does the time go'))
			assert.equal(row.slice(1, 5), timing(v4, 'stage_time', { stage: row[0]!, message: 'REQUEST' }), row[0]);

		// The other service.
		await page.getByLabel('Service').selectOption('dhcp6');
		await page.waitForSelector('.exchange >> text=SOLICIT');
		const six = (direction: string, message: string) =>
			countText(increaseOf(of.dhcp6, 'packets', { direction, message }).value);
		const sixth = (await page.locator('.exchange li').allInnerTexts()).map((one) => one.replace(/\s+/g, ' '));
		assert.is(sixth[0], `SOLICIT ${six('in', 'SOLICIT')}`);
		assert.is(sixth.at(-1), `REPLY ${six('out', 'REPLY')}`);
		for (const row of await rows(page, 'Where does the time go'))
			assert.equal(row.slice(1, 5), timing(of.dhcp6, 'stage_time', { stage: row[0]! }), row[0]);
		assert.not.match(await page.locator('.kea').innerText(), /DISCOVER|OFFER|127\.0\.0\.|10\.20\./);
		assert.match(await text(page, 'Are packets dropped'), /Nothing was dropped/);
		assert.match(await text(page, 'How full are the pools'), /statistics have not come/);

		// A name leads to its metric, filtered, and Back leads here again.
		await page.locator('.kea button', { hasText: 'allocation' }).click();
		await page.waitForFunction(() => document.querySelector('.board h1')?.textContent === 'stage_time');
		assert.match(
			await page.evaluate('decodeURIComponent(location.hash)'),
			/a\.service=dhcp6.*a\.stage=allocation/,
		);
		await page.goBack();
		await page.waitForSelector('.exchange >> text=SOLICIT');
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(
	test,
	LACK,
	'what no probe could see is told where it would stand, and is no 0; statistics alone are a tab too',
	async () => {
		const served = await serve({ minutes: 0 });
		const end = Date.now() - 1000;
		const records = (await sessionRecords('dhcp4', end, { isSynthetic: false })).filter(
			({ metric }) => !['packet_drop_rate', 'stage_time', 'error_rates'].includes(metric),
		);
		const lost = [
			missingProbe(
				end - 40_000,
				'dhcp4',
				'lost: error_rates, and "malformed" and "exception" in packet_drop_rate',
			),
			missingProbe(end - 40_000, 'dhcp4', 'lost: the stage "subnet", which is then counted in "unpack"'),
		];
		await served.feed([...lost, ...records] as AnyRecord[]);
		const { page, faults, close } = await open(served, 'range=5m');
		const drops = await text(page, 'Are packets dropped');
		assert.match(drops, /– No probe looked for drops in this range/);
		assert.match(drops, /lost: error_rates/);
		assert.not.match(drops, /Nothing was dropped/);
		assert.match(await text(page, 'Where does the time go'), /– not measured .*lost: the stage "subnet"/);
		assert.match(await text(page, 'What changed since'), /holds nothing of that time/);
		assert.equal(faults(), []);
		await close();
		await served.stop();

		const alone = await serve({ minutes: 0 });
		const print = (n: number) => statisticsAt(end - 9000 + n * 3000, 'dhcp4', COUNTED(n), SUBNETS(n));
		await alone.feed([0, 1, 2, 3].flatMap(print) as AnyRecord[]);
		const other = await open(alone, 'range=5m');
		const steps = (await other.page.locator('.exchange li').allInnerTexts()).map((one) =>
			one.replace(/\s+/g, ' '),
		);
		assert.is(steps[0], 'DISCOVER – Kea: 246');
		assert.is(steps[1], '– Kea: 45 DISCOVER without OFFER, 18.3 %');
		assert.match(await text(other.page, 'Where does the time go'), /– not measured/);
		assert.equal(other.faults(), []);
		await other.close();
		await alone.stop();
	},
);

/** A second of a server: packets, drops and a stage whose time is in this bucket. */
const second = (ts: number, packets: number, drops: number, bucket: number): KeaRecord[] => {
	const base = { ts, host: 'h', temporality: 'delta' };
	const count = (metric: string, attributes: Record<string, string>, value: number) => ({
		...base,
		type: 'sum',
		metric,
		unit: '{packet}',
		attributes: { service: 'dhcp4', ...attributes },
		monotonic: true,
		value,
	});
	return [
		count('packets', { direction: 'in', message: 'DISCOVER' }, packets),
		count('packets', { direction: 'out', message: 'OFFER' }, packets - drops),
		count('packet_drop_rate', { message: 'DISCOVER', cause: 'queue' }, drops),
		{
			...base,
			type: 'histogram',
			metric: 'stage_time',
			unit: 'ns',
			attributes: { service: 'dhcp4', stage: 'allocation', message: 'DISCOVER' },
			buckets: [[bucket, 2 * bucket, packets]],
		},
	] as unknown as KeaRecord[];
};

testWith(
	test,
	LACK,
	'what changed: against the range before or a chosen one, the biggest first, chance left out and counted',
	async () => {
		const served = await serve({ minutes: 0 });
		const now = Math.floor(Date.now() / 1000) * 1000 - 2000;
		const begin = now - 180_000;
		const records = Array.from({ length: 181 }, (_, at) => at - 1)
			.flatMap((n) => second(begin + n * 1000, n < 60 ? 10 : 100, n < 120 ? 1 : 16, n < 120 ? 1024 : 4096))
			.flat();
		await served.feed(records as AnyRecord[]);
		const { page, faults, close } = await open(served, `range=${begin + 120_000}-${begin + 180_000}`);
		const changed = (await rows(page, 'What changed since')).map((row) => row.join(' | '));
		assert.equal(changed.slice(0, 3), [
			'packets dropped | queue | 1 packet/s | 16 packet/s | ▲ × 16',
			'stage, p50 | allocation | 1.02 – 2.05 µs | 4.1 – 8.19 µs | ▲ × 4.0',
			'stage, p99 | allocation | 1.02 – 2.05 µs | 4.1 – 8.19 µs | ▲ × 4.0',
		]);
		assert.match(changed[3]!, /^sent \| OFFER \| 99 packet\/s \| 84 packet\/s \| ▼ × 1\/1\.18/);
		assert.is(changed.length, 4);
		assert.match(await text(page, 'What changed since'), /4 figures moved, 1 did not/);
		// Drops of the queue are none that Kea could know of.
		assert.match(
			await text(page, 'Are packets dropped'),
			/queue the queue of packets was full DISCOVER 960 960/,
		);

		await page.goto(`${served.url}/#tab=kea&range=${begin + 120_000}-${begin + 180_000}&kea.earlier=2m`);
		await page.reload();
		await page.waitForSelector('.kea td:has-text("10 packet/s")');
		const further = (await rows(page, 'What changed since')).map((row) => row.join(' | '));
		assert.is(further[1], 'received | DISCOVER | 10 packet/s | 100 packet/s | ▲ × 10');
		assert.is(await panel(page, 'What changed since').getByLabel('Compare with').inputValue(), '120000');
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(
	test,
	LACK,
	'hosts are added up or looked at alone; an update changes figures and takes no focus away',
	async () => {
		const served = await serve({ minutes: 0 });
		const begin = Date.now() - 12_000;
		const print = (n: number) =>
			['a', 'b'].flatMap((host) =>
				statisticsAt(begin + n * 3000, 'dhcp4', COUNTED(host === 'a' ? n : 2 * n), SUBNETS(n), host),
			);
		await served.feed([0, 1, 2, 3].flatMap(print) as AnyRecord[]);
		const { page, faults, close } = await open(served, 'range=5m');
		const discover = () => page.locator('.exchange li').first().innerText();
		assert.match((await discover()).replace(/\s+/g, ' '), /Kea: 738$/);
		const pools = await rows(page, 'How full are the pools');
		assert.equal([pools.length, pools[0]!.at(-1), pools[1]!.at(-1)], [8, 'a', 'b']);
		await page.getByLabel('Host', { exact: true }).selectOption('b');
		await page.waitForFunction(() => location.hash.includes('kea.host=b'));
		await page.waitForFunction(() =>
			/Kea: 492/.test(document.querySelector('.exchange li')?.textContent ?? ''),
		);
		assert.is((await rows(page, 'How full are the pools')).length, 4);
		const region = page.getByRole('region', { name: 'Pools by how full they are' });
		await region.focus();
		await served.feed(print(4) as AnyRecord[]);
		await page.waitForFunction(() =>
			/Kea: 656/.test(document.querySelector('.exchange li')?.textContent ?? ''),
		);
		assert.is(
			await page.evaluate("document.activeElement.getAttribute('aria-label')"),
			'Pools by how full they are',
		);
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(
	test,
	LACK,
	'names out of packets are text; many subnets are shown by and by, none is left out unsaid',
	async () => {
		const served = await serve({ minutes: 0 });
		const end = Date.now() - 1000;
		const hostile = '<img src=x onerror=alert(1)>\u202e';
		const session = (await sessionRecords('dhcp4', end, { isSynthetic: false })).map((record) => {
			const { attributes } = record;
			return attributes?.relay === '127.0.0.1' ||
				attributes?.message === 'BOOTP' ||
				attributes?.stage === 'send'
				? {
						...record,
						attributes: {
							...attributes,
							...(attributes.relay
								? { relay: hostile }
								: attributes.stage
									? { stage: hostile }
									: { message: hostile }),
						},
					}
				: record;
		});
		const subnets = Array.from({ length: 300 }, (_, at) => ({
			id: String(at + 1),
			cidr: at === 299 ? hostile : `10.0.${at % 250}.0/24`,
			network: hostile,
			total: 1000,
			assigned: at,
		}));
		const print = (n: number) => statisticsAt(end - 3000 + n * 3000, 'dhcp4', COUNTED(n), subnets);
		await served.feed([...session, ...print(0), ...print(1)].sort((a, b) => a.ts - b.ts) as AnyRecord[]);
		const { page, faults, close } = await open(served, 'range=5m');
		const shown = await page.locator('.kea').innerText();
		assert.ok(shown.includes('<img src=x onerror=alert(1)><U+202E>'));
		assert.is(await page.locator('.kea img').count(), 0);
		const pools = () => panel(page, 'How full are the pools');
		assert.match(await text(page, 'How full are the pools'), /25 of 300 are shown/);
		assert.is((await rows(page, 'How full are the pools'))[0]![1], '300');
		for (let pressed = 0; pressed < 3; pressed += 1)
			await pools().getByRole('button', { name: /^Show/ }).press('Enter');
		assert.is(await pools().locator('tbody tr').count(), 300);
		assert.not.ok(await page.evaluate('document.documentElement.scrollWidth > innerWidth'));
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(
	test,
	LACK,
	'sample data are marked, a silent server is stale, the range is chosen and the page paused here too',
	async () => {
		const { served } = await recorded(true);
		const { page, faults, close } = await open(served, 'range=5m');
		await page.waitForSelector('.banner.sample');
		assert.match(await page.title(), /^\[SAMPLE\] kea/);
		assert.ok(await page.evaluate("document.body.classList.contains('is-sample')"));
		await page.waitForSelector('.banner.stale', { timeout: 15_000 });
		assert.match(await text(page, 'How full are the pools'), /last known/);
		await page.keyboard.press('3');
		await page.waitForFunction(() => location.hash.includes('range=1h'));
		await page.keyboard.press(' ');
		await page.waitForSelector('button.pause[aria-pressed="true"]');
		assert.match((await page.textContent('.kea .panel .panel-head .about')) ?? '', /packets got no answer/);
		assert.equal(faults(), []);
		await close();
		await served.stop();
	},
);

testWith(
	test,
	LACK,
	'axe finds nothing, dark or light, on a phone or a wall screen; nothing is wider than the screen',
	async () => {
		const { served } = await recorded(true);
		for (const [hash, options] of [
			['theme=light', {}],
			['theme=dark', {}],
			['theme=light&kea.service=dhcp6', PHONE],
			['theme=dark', PHONE],
			['theme=dark', { viewport: { width: 2560, height: 1440 } }],
		] as const) {
			const { page, faults, close } = await open(served, `range=5m&${hash}`, { ...options, bypassCSP: true });
			await page.addScriptTag({ path: AXE });
			const found: string[] = await page.evaluate(
				`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))`,
			);
			assert.equal(found, [], hash);
			assert.not.ok(await page.evaluate('document.documentElement.scrollWidth > innerWidth'), hash);
			assert.equal(faults(), []);
			await close();
		}
		await served.stop();
	},
);

test.run();
