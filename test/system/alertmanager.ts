// alert beside the real Alertmanager: it takes what we give it, and what it tells a webhook is what we tell one.

import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gauge } from '../harness/alerting.ts';
import { commandsLack, testWith } from '../parts.ts';
import { outcome, start } from '../program.ts';
import { startAlertmanager } from '../servers/alertmanager.ts';
import { type Taker, taker } from '../servers/taker.ts';

const test = suite('system: alertmanager');
const LACK = commandsLack('prometheus-alertmanager');
const folder = mkdtempSync(join(tmpdir(), 'alert-'));
test.after(() => rmSync(folder, { recursive: true }));

const RULES = join(folder, 'rules.yml');
writeFileSync(
	RULES,
	`groups:
  - name: g
    rules:
      - alert: Hot "é"
        expr: temp > 30
        labels: { severity: page, empty: '' }
        annotations: { summary: 'in {{ $labels.room }} it has {{ $value }}', common: 'the same <&>' }
`,
);
const EXTERNAL = 'http://page.example:8080/alerts';

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
	for (const deadline = performance.now() + 15_000; !(await holds()); await sleep(20))
		if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
};

type Told = { status: string; alerts: { startsAt: string; endsAt: string; fingerprint: string }[] };

/** A body with its times as numbers, and its alerts in one order: the order of neither means anything. */
const toldIn = ({ taken }: Taker, at: number): Told => {
	const body = JSON.parse(taken[at]!.body.toString()) as Told;
	const alerts = body.alerts.map((alert) => ({
		...alert,
		startsAt: String(Date.parse(alert.startsAt)),
		endsAt: String(Date.parse(alert.endsAt)),
	}));
	return { ...body, alerts: alerts.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)) };
};

const feed = (children: ChildProcess[], second: number, a: number, b: number): void => {
	for (const { stdin } of children)
		for (const [room, value] of Object.entries({ a, b }))
			stdin!.write(`${JSON.stringify(gauge(second, 'temp', value, { attributes: { room } }))}\n`);
};

testWith(
	test,
	LACK,
	'a webhook is told the same by Alertmanager and by us, of an alert, of two, and of their end',
	async () => {
		const [theirs, ours] = [await taker(), await taker()];
		const alertmanager = await startAlertmanager(theirs.url, EXTERNAL);
		const common = [RULES, '--event-time', '--only', '--external-url', EXTERNAL];
		const children = [
			start('alert', [...common, '--alertmanager', alertmanager.url]),
			start('alert', [...common, '--webhook', ours.url]),
		];
		const ends = children.map(outcome);
		try {
			const both = (bodies: number) =>
				until(`${bodies} bodies`, () => theirs.taken.length >= bodies && ours.taken.length >= bodies);
			feed(children, 0, 31, 20);
			feed(children, 15, 32.5, 20);
			await both(1);
			assert.equal(toldIn(ours, 0), toldIn(theirs, 0));
			assert.is(toldIn(ours, 0).status, 'firing');
			const alerts = (await alertmanager.api('alerts')) as {
				labels: Record<string, string>;
				fingerprint: string;
			}[];
			assert.is(alerts.length, 1);
			assert.equal(alerts[0]!.labels, { alertname: 'Hot "é"', host: 'web1', room: 'a', severity: 'page' });
			assert.is(alerts[0]!.fingerprint, toldIn(ours, 0).alerts[0]!.fingerprint);

			feed(children, 30, 33, 40);
			feed(children, 45, 33, 40);
			await both(2);
			const [mine, other] = [toldIn(ours, 1), toldIn(theirs, 1)];
			assert.is(mine.alerts.length, 2);
			assert.equal(mine, other);

			feed(children, 60, 20, 40);
			feed(children, 75, 20, 40);
			await both(3);
			assert.equal(toldIn(ours, 2), toldIn(theirs, 2));
			assert.is(toldIn(ours, 2).status, 'firing', 'one of two is over');

			feed(children, 90, 20, 20);
			feed(children, 105, 20, 20);
			await both(4);
			assert.equal(toldIn(ours, 3), toldIn(theirs, 3));
			assert.is(toldIn(ours, 3).status, 'resolved');
			assert.equal(Object.keys(JSON.parse(ours.taken[3]!.body.toString())).sort(), [
				...[
					'alerts',
					'commonAnnotations',
					'commonLabels',
					'externalURL',
					'groupKey',
					'groupLabels',
					'receiver',
				],
				...['status', 'truncatedAlerts', 'version'],
			]);
		} finally {
			for (const child of children) child.stdin!.end();
			const results = await Promise.all(ends);
			await alertmanager.end();
			await Promise.all([theirs.close(), ours.close()]);
			for (const { status, stderr } of results) assert.is(status, 0, stderr);
		}
	},
);

test.run();
