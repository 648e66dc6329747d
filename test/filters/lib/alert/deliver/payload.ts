// Bodies as Alertmanager 0.25 writes them; test/system/alertmanager.ts has the real one beside it.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AlertRecord } from '../../../../../filters/lib/alert/alert-record.ts';
import { fingerprintOf } from '../../../../../filters/lib/alert/deliver/fingerprint.ts';
import { alertmanagerBody, webhookBody } from '../../../../../filters/lib/alert/deliver/payload.ts';

const test = suite('lib/alert/deliver: payload');
const START = 1_763_712_000_000;

const alertOf = (room: string, state: 'firing' | 'resolved', value: number): AlertRecord => ({
	type: 'alert',
	ts: START,
	host: 'web1',
	alert: 'Hot "é"',
	state,
	labels: { severity: 'page', alertname: 'Hot "é"', host: 'web1', room },
	annotations: { common: 'the same <&>', summary: `in ${room} it has ${value}` },
	value,
	starts_at: START,
	...(state === 'resolved' ? { ends_at: START + 60_000 } : {}),
});

test('fingerprints are those that Alertmanager gives', () => {
	// FNV-1a of nothing; the others were read back from one.
	assert.is(fingerprintOf({}), 'cbf29ce484222325');
	assert.is(fingerprintOf(alertOf('a', 'firing', 1).labels), '9917e176a6979d50');
	assert.is(fingerprintOf(alertOf('b', 'firing', 1).labels), '50f311e3082a28d7');
});

test('a webhook is told version 4', () => {
	const url = 'http://page.example:8080/alerts';
	const alerts = [alertOf('a', 'resolved', 31), alertOf('b', 'firing', 40)];
	const labels = { alertname: 'Hot "é"', host: 'web1', severity: 'page' };
	assert.equal(webhookBody('Hot "é"', alerts, url), {
		receiver: 'bpfpipe',
		status: 'firing',
		alerts: [
			{
				status: 'resolved',
				labels: { ...labels, room: 'a' },
				annotations: alerts[0]!.annotations,
				startsAt: '2025-11-21T08:00:00.000Z',
				endsAt: '2025-11-21T08:01:00.000Z',
				generatorURL: url,
				fingerprint: '9917e176a6979d50',
			},
			{
				status: 'firing',
				labels: { ...labels, room: 'b' },
				annotations: alerts[1]!.annotations,
				startsAt: '2025-11-21T08:00:00.000Z',
				endsAt: '0001-01-01T00:00:00Z',
				generatorURL: url,
				fingerprint: '50f311e3082a28d7',
			},
		],
		groupLabels: { alertname: 'Hot "é"' },
		commonLabels: labels,
		commonAnnotations: { common: 'the same <&>' },
		externalURL: url,
		version: '4',
		groupKey: '{}:{alertname="Hot \\"é\\""}',
		truncatedAlerts: 0,
	});
	const over = webhookBody('Hot "é"', [alertOf('a', 'resolved', 1)], '') as { status: string };
	assert.is(over.status, 'resolved');
});

test('Alertmanager itself is told how long it lasts unless it hears of it again', () => {
	const [firing, resolved] = alertmanagerBody(
		[alertOf('a', 'firing', 1), alertOf('b', 'resolved', 1)],
		START + 240_000,
		'',
	) as { startsAt: string; endsAt: string; generatorURL?: string }[];
	assert.equal([firing!.startsAt, firing!.endsAt], ['2025-11-21T08:00:00.000Z', '2025-11-21T08:04:00.000Z']);
	assert.is(resolved!.endsAt, '2025-11-21T08:01:00.000Z');
	assert.not('generatorURL' in firing!);
});

test.run();
