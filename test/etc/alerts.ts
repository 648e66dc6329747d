// The rules for `alert`: read by us and by promtool, each of them raised by something, and the pipeline that runs them.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import type { AlertRecord } from '../../filters/lib/alert/alert-record.ts';
import type { Measure, Notice } from '../../filters/lib/record.ts';
import { type Alerting, alerting, counter, gauge, histogram, noticed } from '../harness/alerting.ts';
import { commandsLack, testWith } from '../parts.ts';
import { ROOT, run } from '../program.ts';

const test = suite('etc/alerts');
const folder = join(ROOT, 'etc', 'alerts');
const files = readdirSync(folder);
const TEXT = readFileSync(join(folder, 'cpu-lat.yml'), 'utf8');

for (const file of files) {
	test(`alert --check ${file}`, async () => {
		const { status, stderr } = await run('alert', ['--check', join(folder, file)]);
		assert.equal([status, stderr], [0, '']);
	});
	testWith(test, commandsLack('promtool'), `promtool check rules ${file}`, () => {
		const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], {
			cwd: folder,
			encoding: 'utf8',
		});
		assert.is(status, 0, stdout + stderr);
	});
}

const US = { unit: 'us' };
/** Seconds 0 to `last`, each with what `at` gives. */
const through = (all: Alerting, last: number, at: (second: number) => (Measure | Notice)[]): string[] => {
	for (let second = 0; second <= last; second += 5) all.feed(...at(second));
	return (all.out as AlertRecord[]).map(({ type, alert, state }) =>
		type === 'alert' ? `${alert} ${state}` : type,
	);
};
/** So many waits a second, between these bounds, since the begin. */
const waits = (second: number, lower: number, upper: number, more = {}) =>
	histogram(
		second,
		'cpu-lat',
		[
			[1, 2, second * 3],
			[lower, upper, second * 2],
		],
		{ ...US, ...more },
	);

/** By the name of each alert what raises it, and all that is said then. */
const CASES: Record<string, () => string[]> = {
	CpuLatencyHigh: () =>
		through(alerting(TEXT), 1200, (second) => [
			second <= 600
				? waits(second, 32_768, 65_536)
				: histogram(
						second,
						'cpu-lat',
						[
							[1, 2, 1800 + (second - 600) * 500],
							[32_768, 65_536, 1200],
						],
						US,
					),
		]),
	CpuLatencySilent: () =>
		through(alerting(TEXT), 200, (second) => [
			gauge(second, 'other', 1),
			...(second < 60 ? [waits(second, 4, 8)] : []),
		]),
	SyntheticData: () => through(alerting(TEXT), 30, (second) => [waits(second, 4, 8, { synthetic: true })]),
	DataLost: () =>
		through(alerting(TEXT), 700, (second) => [
			waits(second, 4, 8),
			...(second === 30 ? [noticed(second, 'lost_events', 17), noticed(second, 'late', 17)] : []),
		]),
	StageRestarts: () =>
		through(alerting(TEXT), 100, (second) => [
			waits(second, 4, 8),
			counter(second, 'bpfpipe_restarts', second / 5, {
				unit: '1',
				attributes: { pipeline: 'p', stage: 's' },
			}),
		]),
	DeliveryLags: () =>
		through(alerting(TEXT), 400, (second) => [
			waits(second, 4, 8),
			gauge(second, 'bpfpipe_ack_age', second * 1000, { unit: 'ms', attributes: { pipeline: 'p' } }),
			gauge(second, 'bpfpipe_ack_lag', 5, { unit: 'By', attributes: { pipeline: 'p' } }),
		]),
};

const WANTED: Record<string, string[]> = {
	CpuLatencyHigh: ['CpuLatencyHigh pending', 'CpuLatencyHigh firing', 'CpuLatencyHigh resolved'],
	CpuLatencySilent: ['CpuLatencySilent firing'],
	SyntheticData: ['SyntheticData firing'],
	DataLost: ['DataLost firing', 'DataLost resolved'],
	StageRestarts: ['StageRestarts firing'],
	DeliveryLags: ['DeliveryLags pending', 'DeliveryLags firing'],
};

test('each rule is raised by what it is about, and by nothing else', () => {
	const names = (parse(TEXT).groups as { rules: { alert: string }[] }[]).flatMap(({ rules }) => rules);
	assert.equal(names.map(({ alert }) => alert).sort(), Object.keys(CASES).sort());
	for (const [name, work] of Object.entries(CASES)) assert.equal(work(), WANTED[name], name);
});

const KEA = readFileSync(join(folder, 'kea.yml'), 'utf8');
const D4 = { service: 'dhcp4' };
const packetsOf = (second: number, direction: string, message: string, rate: number): Measure =>
	counter(second, 'packets', second * rate, {
		unit: '{packet}',
		attributes: { ...D4, direction, message },
	});
const dropped = (second: number, cause: string, rate: number): Measure =>
	counter(second, 'packet_drop_rate', second * rate, {
		unit: '{packet}',
		attributes: { ...D4, message: 'DISCOVER', cause },
	});
/** Packets as they are in ordinary times. */
const usual = (second: number): Measure[] => [
	packetsOf(second, 'in', 'DISCOVER', 10),
	packetsOf(second, 'out', 'OFFER', 10),
	packetsOf(second, 'in', 'REQUEST', 20),
	packetsOf(second, 'out', 'ACK', 20),
];
/** So many ns for each of ten a second. */
const took = (second: number, metric: string, ns: number, more: Record<string, string>): Measure =>
	histogram(second, metric, [[ns, ns * 2, second * 10]], { unit: 'ns', attributes: { ...D4, ...more } });
const stateOf = (second: number, metric: string, value: number, more: Record<string, string> = {}): Measure =>
	gauge(second, metric, value, { unit: '1', attributes: { ...D4, ...more } });
const SUBNET = { subnet_id: '1', subnet: '192.0.2.0/24' };
const ANSWERED = { message: 'REQUEST', answer: 'ACK' };

/** By the name of each alert what raises it from the first minute to the tenth, and what is said in ordinary times. */
const KEA_CASES: Record<string, [bad: (second: number) => Measure[], good: (second: number) => Measure[]]> = {
	KeaDown: [(at) => [stateOf(at, 'kea_up', 0)], (at) => [stateOf(at, 'kea_up', 1)]],
	KeaPacketsDropped: [(at) => [dropped(at, 'allocation', 1)], (at) => [dropped(at, 'malformed', 0)]],
	KeaMalformedPackets: [(at) => [dropped(at, 'malformed', 1)], (at) => [dropped(at, 'malformed', 0.05)]],
	KeaOffersMissing: [
		(at) => [packetsOf(at, 'in', 'DISCOVER', 10)],
		(at) => [packetsOf(at, 'in', 'DISCOVER', 0.05)],
	],
	KeaOffersNotTaken: [
		(at) => [packetsOf(at, 'in', 'DISCOVER', 10), packetsOf(at, 'out', 'OFFER', 10)],
		usual,
	],
	KeaRequestsUnanswered: [
		(at) => [packetsOf(at, 'in', 'REQUEST', 10), packetsOf(at, 'out', 'ACK', 5)],
		usual,
	],
	KeaNakRate: [
		(at) => [...usual(at), packetsOf(at, 'out', 'NAK', 5)],
		(at) => [...usual(at), packetsOf(at, 'out', 'NAK', 0.01)],
	],
	KeaPoolNearlyFull: [
		(at) => [stateOf(at, 'kea_utilisation', 0.95, SUBNET)],
		(at) => [stateOf(at, 'kea_utilisation', 0.89, SUBNET)],
	],
	KeaPoolExhausted: [
		(at) => [stateOf(at, 'kea_utilisation', 1, SUBNET)],
		(at) => [stateOf(at, 'kea_utilisation', 0.5, SUBNET)],
	],
	KeaLatencyHigh: [
		(at) => [took(at, 'packet_processing_time', 2 ** 27, ANSWERED)],
		(at) => [took(at, 'packet_processing_time', 2 ** 17, ANSWERED)],
	],
	KeaLeaseDatabaseSlow: [
		(at) => [took(at, 'database_query_performance', 2 ** 25, { operation: 'add' })],
		(at) => [took(at, 'database_query_performance', 2 ** 14, { operation: 'add' })],
	],
	KeaPartnerDown: [
		(at) => [stateOf(at, 'kea_ha_state', 1, { peer: 'remote', state: 'unavailable' })],
		(at) => [stateOf(at, 'kea_ha_state', 0, { peer: 'remote', state: 'unavailable' })],
	],
	KeaSyntheticData: [(at) => usual(at).map((record) => ({ ...record, synthetic: true })), usual],
};
/** Of these alerts one comes with the other. */
const WITH: Record<string, string[]> = { KeaPoolExhausted: ['KeaPoolNearlyFull'] };
const SHARED = ['DataLost', 'StageRestarts', 'DeliveryLags'];

test('each rule for Kea is raised by what it is about, and by nothing else; ordinary times raise none', () => {
	const names = (parse(KEA).groups as { rules: { alert: string }[] }[]).flatMap(({ rules }) => rules);
	assert.equal(names.map(({ alert }) => alert).sort(), [...Object.keys(KEA_CASES), ...SHARED].sort());
	const firing = (feed: (second: number) => Measure[]) => {
		const said = through(alerting(KEA), 600, feed).filter((text) => text.endsWith(' firing'));
		return [...new Set(said.map((text) => text.split(' ')[0]!))].sort();
	};
	for (const [name, [bad, good]] of Object.entries(KEA_CASES)) {
		assert.equal(firing(bad), [name, ...(WITH[name] ?? [])].sort(), name);
		assert.equal(firing(good), [], `${name}: ordinary times`);
	}
});

test('how the pipelines are is told by the same rules in each file', () => {
	const own = (text: string) =>
		(parse(text).groups as { name: string }[]).find(({ name }) => name === 'bpfpipe');
	assert.equal(own(KEA), own(TEXT));
});

test('which notices say that data were lost is decided once', () => {
	const kindsIn = (text: string) => /notices_total\{(kind=~"[^"]+")/.exec(text)![1];
	const theirs = readFileSync(join(ROOT, 'etc', 'prometheus', 'rules.yml'), 'utf8');
	assert.is(kindsIn(TEXT), kindsIn(theirs));
});

for (const [name, records] of [
	['cpu-lat', 'records'],
	['kea', 'records4'],
] as const)
	test(`${name}: the pipeline that alerts is there when rules are, with what it reads, with a page or without one`, async () => {
		const file = join(ROOT, 'etc', `${name}.yaml`);
		const shown = async (...set: string[]) => {
			const { status, stdout, stderr } = await run('bpfpipe', [
				'check',
				file,
				...set.flatMap((one) => ['--set', one]),
			]);
			assert.is(status, 0, stderr);
			return stdout;
		};
		const rules = `alert.rules=${join(folder, `${name}.yml`)}`;
		const isOn = (text: string, name: string) =>
			!new RegExp(`${name}.*\\boff\\b`).test(text) && text.includes(name);
		const off = await shown();
		const on = await shown(rules, 'page.listen=', 'alert.webhook=http://127.0.0.1:1/hook');
		assert.not.equal(off, on);
		assert.match(on, /records-tail/);
		assert.match(on, /alert --only .*127\.0\.0\.1:1\/hook/);
		assert.ok(isOn(on, records));
	});

test.run();
