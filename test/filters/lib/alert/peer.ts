// The same rules on the same series, worked out by us and by Prometheus itself: at each step the same alerts fire.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AlertRecord } from '../../../../filters/lib/alert/alert-record.ts';
import type { Measure } from '../../../../filters/lib/record.ts';
import { alerting, gauge } from '../../../harness/alerting.ts';
import { commandsLack, testWith } from '../../../parts.ts';

const test = suite('lib/alert: beside Prometheus');
const folder = mkdtempSync(join(tmpdir(), 'peer-'));
test.after(() => rmSync(folder, { recursive: true }));

// No divisor of five minutes: whether what is just so old still counts, releases 2 and 3 do not agree on (we go with 3).
const STEP_S = 16;
const STEPS = 120;

/** Numbers by a seed, always the same. */
const random = (seed: number) => {
	let state = seed;
	return () => {
		state = (state * 1664525 + 1013904223) % 2 ** 32;
		return state / 2 ** 32;
	};
};

/** Values about a threshold that come and go; undefined where there is no record. */
const valuesOf = (seed: number): (number | undefined)[] => {
	const next = random(seed);
	let level = 30;
	let gap = 0;
	return Array.from({ length: STEPS }, () => {
		level += next() * 8 - 4 + (30 - level) / 8;
		if (next() < 0.01) gap = 28;
		gap -= 1;
		return gap > 0 || next() < 0.1 ? undefined : Math.round(level);
	});
};

const RULES = [
	{ alert: 'Plain', expr: 'temp > 30' },
	{ alert: 'For', expr: 'temp > 30', for: '48s' },
	{ alert: 'Kept', expr: 'temp > 30', keep_firing_for: '48s' },
	{
		alert: 'Both',
		expr: 'temp > 30',
		for: '32s',
		keep_firing_for: '1m',
		labels: { room2: '{{ $labels.room }}' },
	},
	{ alert: 'Sum', expr: 'sum by (floor) (temp) > 60', for: '16s' },
	{ alert: 'Without', expr: 'max without (room) (temp) - min without (room) (temp) > 5' },
	{ alert: 'Average', expr: 'avg(temp) / 2 + 1 >= 16' },
	{ alert: 'And', expr: 'temp > 30 and load < 31' },
	{ alert: 'Or', expr: 'temp > 32 or load > 32' },
	{ alert: 'Unless', expr: 'temp > 30 unless load > 30' },
	{ alert: 'Ratio', expr: 'temp / load > 1.05', for: '16s' },
	{ alert: 'Modulo', expr: '-temp % 7 < -3' },
	{ alert: 'Count', expr: 'count by (floor) (temp{room!="c"}) == 1' },
	{ alert: 'Regex', expr: 'max by (room) ({__name__=~"temp|load",room=~"a|c"}) > 33' },
	{ alert: 'Absent', expr: 'absent(load{room="b"})' },
	{ alert: 'Age', expr: 'time() - timestamp(temp) > 40' },
];

const SERIES = ['temp', 'load'].flatMap((metric, m) =>
	['a', 'b', 'c'].map((room, r) => ({
		metric,
		attributes: { room, floor: room === 'c' ? '2' : '1' },
		// One of them is away for long enough to be absent.
		values: valuesOf(100 * m + r + 1).map((value, step) =>
			metric === 'load' && room === 'b' && step > 40 && step < 75 ? undefined : value,
		),
	})),
);

type Labels = Record<string, string>;

/** By alert: which fire at each step, from what we print. */
const firingByUs = (): Map<string, Labels[][]> => {
	const { feed, at, out } = alerting(
		JSON.stringify({ groups: [{ name: 'g', interval: `${STEP_S}s`, rules: RULES }] }),
		{
			mostAlerts: 1000,
		},
	);
	const steps = new Map(RULES.map(({ alert }) => [alert, [] as Labels[][]]));
	const on = new Map<string, AlertRecord>();
	let told = 0;
	for (let step = 0; step < STEPS; step++) {
		const records = SERIES.flatMap(({ metric, attributes, values }): Measure[] => {
			const value = values[step];
			return value === undefined ? [] : [gauge(step * STEP_S, metric, value, { host: '', attributes })];
		});
		feed(...records);
		at(step * STEP_S + 1);
		for (const one of (out as AlertRecord[]).slice(told).filter(({ type }) => type === 'alert')) {
			const key = JSON.stringify(one.labels);
			if (one.state === 'firing') on.set(key, one);
			if (one.state === 'resolved') on.delete(key);
		}
		told = out.length;
		for (const [alert, list] of steps)
			list.push(
				[...on.values()]
					.filter((one) => one.alert === alert)
					.map(({ labels: { alertname, ...labels } }) => labels),
			);
	}
	assert.equal(
		out.filter(({ type }) => type === 'notice'),
		[],
	);
	return steps;
};

testWith(test, commandsLack('promtool'), 'at each step the same alerts fire', () => {
	const ours = firingByUs();
	for (const [alert, steps] of ours)
		assert.ok(
			new Set(steps.map((one) => one.length)).size > 1,
			`${alert} is always the same here, which says nothing`,
		);
	writeFileSync(
		join(folder, 'rules.yml'),
		JSON.stringify({ groups: [{ name: 'g', interval: `${STEP_S}s`, rules: RULES }] }),
	);
	const tests = {
		interval: `${STEP_S}s`,
		input_series: SERIES.map(({ metric, attributes: { room, floor }, values }) => ({
			series: `${metric}{room="${room}",floor="${floor}"}`,
			values: values.map((value) => value ?? '_').join(' '),
		})),
		alert_rule_test: [...ours].flatMap(([alertname, steps]) =>
			steps.map((firing, step) => ({
				eval_time: `${step * STEP_S}s`,
				alertname,
				exp_alerts: firing.map((exp_labels) => ({ exp_labels })),
			})),
		),
	};
	const file = join(folder, 'test.yml');
	const whole = { rule_files: ['rules.yml'], evaluation_interval: `${STEP_S}s`, tests: [tests] };
	writeFileSync(file, JSON.stringify(whole));
	const { status, stderr, stdout } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
	assert.is(status, 0, (stderr + stdout).slice(0, 3000));
});

test.run();
