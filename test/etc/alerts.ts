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

test('which notices say that data were lost is decided once', () => {
	const kindsIn = (text: string) => /notices_total\{(kind=~"[^"]+")/.exec(text)![1];
	const theirs = readFileSync(join(ROOT, 'etc', 'prometheus', 'rules.yml'), 'utf8');
	assert.is(kindsIn(TEXT), kindsIn(theirs));
});

test('the pipeline that alerts is there when rules are, with what it reads, with a page or without one', async () => {
	const file = join(ROOT, 'etc', 'cpu-lat.yaml');
	const shown = async (...set: string[]) => {
		const { status, stdout, stderr } = await run('bpfpipe', [
			'check',
			file,
			...set.flatMap((one) => ['--set', one]),
		]);
		assert.is(status, 0, stderr);
		return stdout;
	};
	const rules = `alert.rules=${join(folder, 'cpu-lat.yml')}`;
	const isOn = (text: string, name: string) =>
		!new RegExp(`${name}.*\\boff\\b`).test(text) && text.includes(name);
	const off = await shown();
	const on = await shown(rules, 'page.listen=', 'alert.webhook=http://127.0.0.1:1/hook');
	assert.not.equal(off, on);
	assert.match(on, /records-tail/);
	assert.match(on, /alert --only .*127\.0\.0\.1:1\/hook/);
	assert.ok(isOn(on, 'records'));
});

test.run();
