// Rule files: what is taken, and every mistake with its place.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { described } from '../../../../filters/lib/alert/description.ts';
import { readRules } from '../../../../filters/lib/alert/rules.ts';
import { Failure } from '../../../../filters/lib/failure.ts';
import { groupsIn, ruleText } from '../../../harness/alerting.ts';
import { commandsLack, testWith } from '../../../parts.ts';

const test = suite('lib/alert/rules');
const folder = mkdtempSync(join(tmpdir(), 'rules-'));
test.after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'r.yml');

const WHOLE = `# A comment
groups:
  - name: latency
    interval: 30s
    rules:
      - alert: Slow
        expr: >-
          histogram_quantile(0.99, sum by (host) (rate(cpu_lat_microseconds[5m]))) > 2000
          and sum by (host) (rate(calls[5m])) > 1
        for: 5m
        keep_firing_for: 1m
        labels: { severity: warning, who: '{{ $labels.host }}' }
        annotations:
          summary: 'slow: {{ $value }}'
          bpfpipe_resolve: 'histogram_quantile(0.99, sum by (host) (rate(cpu_lat_microseconds[5m]))) < 1000'
      - alert: Slow
        expr: calls > 5
        annotations: { bpfpipe_resolve: '<= 2' }
  - name: other
    rules:
      - { alert: Gone, expr: 'absent_over_time(calls[1m])', for: 0s }
`;

test('a whole file, as it is understood', () => {
	const groups = groupsIn(WHOLE);
	assert.equal(
		groups.map(({ name, intervalMs, rules }) => [name, intervalMs, rules.map(({ key }) => key)]),
		[
			['latency', 30_000, ['["latency","Slow"]', '["latency","Slow"]2']],
			['other', 15_000, ['["other","Gone"]']],
		],
	);
	assert.equal(described(groups).slice(0, 14), [
		'group latency, every 30s',
		'  Slow',
		'    fires when (histogram_quantile(0.99, sum by (host) (rate(cpu_lat_microseconds[5m]))) > 2000) and (sum by (host) (rate(calls[5m])) > 1), for 5m',
		'    is over when histogram_quantile(0.99, sum by (host) (rate(cpu_lat_microseconds[5m]))) < 1000, or has no value',
		'    fires on for 1m after that',
		'    labels:',
		'      severity: "warning"',
		'      who: "{{ $labels.host }}"',
		'    annotations:',
		'      summary: "slow: {{ $value }}"',
		'  Slow',
		'    fires when calls > 5',
		'    is over when calls <= 2, or has no value',
		'group other, every 15s',
	]);
});

testWith(test, commandsLack('promtool'), 'the same file is one to promtool', () => {
	writeFileSync(file, WHOLE);
	const { status, stderr, stdout } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
	assert.is(status, 0, stderr + stdout);
	assert.match(stdout, /SUCCESS: 3 rules found/);
});

const faultsIn = (text: string): string[] => {
	writeFileSync(file, text);
	try {
		readRules(file, 15_000);
	} catch (error) {
		assert.instance(error, Failure, String(error));
		assert.is((error as Failure).code, 78);
		return (error as Failure).message.split('\n').map((line) => line.replace(`${file}:`, ''));
	}
	throw new Error(`taken: ${text}`);
};

test('every mistake at once, each with its line and column and what to write', () => {
	const text = `groups:
  - name: a
    intervall: 5s
    rules:
      - record: x
        expr: y
      - alrt: A
        expr: x >
        for: 5x
        resolve: x < 1
        labels: { alertname: x, 'a-b': x, n: 5 }
        annotations: { summary: '{{ $value | humanize }}', bpfpipe_x: '1', bpfpipe_resolve: '< 5' }
  - name: a
    rules: []
`;
	assert.equal(faultsIn(text), [
		'3:5: unknown key "intervall"; did you mean "interval"?',
		'5:9: recording rules are not taken; write the expression into the alert',
		'7:9: unknown key "alrt"; did you mean "alert"?',
		'10:9: write the annotation bpfpipe_resolve, so that promtool still takes the file',
		'7:9: "alert" is missing',
		'8:9: "expr", at character 4: the expression ends where a metric or a number is wanted',
		'12:24: "summary", at character 1: "{{ $value | humanize }}" is not taken; there are {{ $labels.NAME }} and {{ $value }}, no functions, no pipes',
		'12:60: the only annotation of ours is bpfpipe_resolve',
		'11:19: "alertname" cannot be set; alertname is the alert\'s name',
		'11:33: "a-b" is no name; letters, digits and _ are',
		'11:43: "n" is no text; put it in quotes',
		'9:9: "5x" is no duration; write for example 30s, 5m or 1h30m',
		'14:5: "rules" should be a list with something in it',
		'13:5: a group before it is called "a" too',
	]);
});

test('what is no rule file at all', () => {
	for (const [text, what] of [
		['', /"groups" should be a list/],
		['[]', /the file should be a map/],
		['groups: {}', /"groups" should be a list/],
		['groups: [5]', /a group should be a map/],
		['groups: [{name: a, rules: [x]}]', /a rule should be a map/],
		['groups: [{name: "", rules: [{alert: A, expr: x}]}]', /"name" is empty/],
		['groups: [{name: a, interval: 0s, rules: [{alert: A, expr: x}]}]', /above zero/],
		[ruleText('5'), /this is a number/],
		[ruleText('x > 1', { annotations: { bpfpipe_resolve: 'x' } }), /a comparison with a number is wanted/],
		[ruleText('x > 1', { annotations: { bpfpipe_resolve: '< y' } }), /a comparison with a number is wanted/],
		[ruleText('absent(x)', { annotations: { bpfpipe_resolve: '< 1' } }), /write the whole expression/],
		[ruleText('x > 1', { labels: [] }), /labels should be a map/],
		[
			JSON.stringify({ groups: [{ name: 'g', rules: Array(1001).fill({ alert: 'A', expr: 'x' }) }] }),
			/1001 rules/,
		],
	] as const)
		assert.match(faultsIn(text).join('\n'), what, text.slice(0, 100));
});

test.run();
