// The rules for Prometheus: tried by promtool, with names that we write and notices that somebody has thought about.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { commandsLack, testWith } from '../parts.ts';
import { outcome, ROOT, run, start } from '../program.ts';

const test = suite('etc/prometheus');
const LACK = commandsLack('promtool');
const folder = join(ROOT, 'etc', 'prometheus');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

type Rule = { record?: string; alert?: string; expr: string };
const rulesIn = (file: string) =>
	(parse(read(`etc/prometheus/${file}`)).groups as { rules: Rule[] }[]).flatMap((group) => group.rules);
const rules = [...rulesIn('rules.yml'), ...rulesIn('kea.yml')];
const expressionOf = (alert: string) => rules.find((rule) => rule.alert === alert)!.expr;

for (const args of [
	['check', 'config', 'prometheus.yml'],
	['check', 'rules', 'rules.yml', 'kea.yml'],
	['test', 'rules', 'rules.test.yml', 'kea.test.yml'],
])
	testWith(test, LACK, `promtool ${args.join(' ')}`, () => {
		const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });
		assert.is(status, 0, stdout + stderr);
	});

test('each alert has a case in which it is raised, and a row in the README', () => {
	const cases = ['rules', 'kea'].flatMap(
		(name) =>
			parse(read(`etc/prometheus/${name}.test.yml`)).tests as {
				alert_rule_test?: { alertname: string; exp_alerts?: unknown[] }[];
			}[],
	);
	const isQuiet = (alert: string) =>
		cases.some(({ alert_rule_test: some = [] }) =>
			some.some(({ alertname, exp_alerts }) => alertname === alert && !exp_alerts),
		);
	const raised = new Set(
		cases.flatMap(({ alert_rule_test: some = [] }) =>
			some.filter(({ exp_alerts }) => exp_alerts).map(({ alertname }) => alertname),
		),
	);
	const alerts = rules.flatMap(({ alert }) => alert ?? []);
	assert.equal([...raised].sort(), [...alerts].sort());
	for (const alert of rulesIn('kea.yml').flatMap((rule) => rule.alert ?? []))
		assert.ok(isQuiet(alert), alert);
	const rows = [...read('etc/prometheus/README.md').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!);
	assert.equal(rows.sort(), alerts.sort());
});

/** Notices that say nothing of lost or wrong data: what was left out on request, or is as it should be. */
const HARMLESS = [
	...['short_history', 'suspect_hexadecimal', 'repeated_series', 'late', 'early', 'layout', 'zero_buckets'],
	...['stale', 'reset', 'clock', 'folded', 'memory', 'io_class'],
	// Of a build of Kea, and of packets under way when its probes came: each start has them. kea_up says that a server is away.
	...['missing_probe', 'unpaired', 'away'],
	// In a document of to-json, and in what banyandb-read asks back, which nobody scrapes.
	...['left_out', 'incomplete'],
	// Of alert itself, which tells whom it can.
	...['undelivered', 'max_alerts', 'same_labels', 'rule_failed', 'unfit', 'long_label', 'label_clash'],
];

test('of each kind of notice it was decided whether it is an alert', () => {
	const known = [...read('filters/README.md').matchAll(/^\| ((?:`[a-z_]+` *)+)\|/gm)].flatMap(([, cell]) =>
		[...cell!.matchAll(/`([a-z_]+)`/g)].map(([, kind]) => kind!),
	);
	assert.ok(known.includes('lost_events') && known.length > 15);
	const [, pattern] = /kind=~"([^"]+)"/.exec(expressionOf('BpfpipeDataLost'))!;
	const isAlert = (kind: string) => new RegExp(`^(?:${pattern})$`).test(kind);
	for (const kind of known) assert.is(isAlert(kind), !HARMLESS.includes(kind), kind);
	for (const kind of HARMLESS) assert.ok(known.includes(kind), kind);
});

test('the names in the rules are those that we write', async () => {
	const common = (metric: string, unit: string) =>
		`"ts":1000,"host":"h","metric":"${metric}","unit":"${unit}","attributes":{}`;
	const self = [
		...read('supervisor/health/records.ts').matchAll(/record\('(gauge|sum)', '(\w+)', '(\w+)'/g),
	].map(
		([, type, metric, unit]) =>
			`{"type":"${type}",${common(`bpfpipe_${metric}`, unit!)},${type === 'sum' ? '"temporality":"cumulative","monotonic":true,' : ''}"value":1}`,
	);
	const histogram = `{"type":"histogram",${common('cpu-lat', 'us')},"temporality":"cumulative","buckets":[[0,1,1]]}`;
	const notice = '{"type":"notice","ts":1000,"host":"h","metric":"cpu-lat","kind":"lost_events","count":1}';
	const input = `${[...self, histogram, notice].join('\n')}\n`;
	const plain = await run('prometheus-text', ['--last'], input);
	const based = await run('prometheus-text', ['--last', '--base-units'], input);
	const ours = new Set([...`${plain.stdout}${based.stdout}`.matchAll(/^(\w+)\{/gm)].map(([, name]) => name!));
	const used = rules.flatMap(({ expr }) =>
		[...expr.matchAll(/\b(?:bpfpipe|cpu_lat)_\w+/g)].map(([name]) => name),
	);
	const own = [...new Set(used)].filter(
		(name) => !name.startsWith('bpfpipe_serve_') && name !== 'cpu_lat_microseconds',
	);
	assert.ok(own.length >= 5, own.join(' '));
	for (const name of own) assert.ok(ours.has(name), name);
});

test('the names and labels in the rules for Kea are those that its probes and kea-stats give', async () => {
	const probes = ['replay', '--speed', '0', '--as-recorded', join(ROOT, 'bpftrace', 'kea-dhcp4.session')];
	const session = await run(probes[0]!, probes.slice(1));
	const maps = ['--maps', join(ROOT, 'bpftrace', 'kea-dhcp4.bt'), '--attribute', 'service=dhcp4'];
	const records = await run('parse-histogram', maps, session.stdout);
	const table = read('filters/lib/kea/README.md');
	const kea = [...table.matchAll(/^\| ((?:`kea_\w+` ?)+)[^|]*\| (gauge|sum) \|/gm)].flatMap(
		([, names, type]) =>
			[...names!.matchAll(/`(\w+)`/g)].map(
				([, metric]) =>
					`{"type":"${type}","ts":1000,"host":"h","metric":"${metric}","unit":"1","attributes":{},${type === 'sum' ? '"temporality":"cumulative","monotonic":true,' : ''}"value":1}`,
			),
	);
	assert.ok(kea.length > 10);
	const measured = await run('prometheus-text', ['--last'], records.stdout);
	const counted = await run('prometheus-text', ['--last'], `${kea.join('\n')}\n`);
	const stdout = `${measured.stdout}${counted.stdout}`;
	const exposed = new Set([...stdout.matchAll(/^(\w+)\{/gm)].map(([, name]) => name!));
	const texts = rulesIn('kea.yml').map(({ expr }) => expr.replaceAll(/\w+:\w+:\w+/g, ''));
	const used = texts.flatMap((expr) =>
		[...expr.matchAll(/(\w+)(?=\{|\[)|\((kea_\w+)\)/g)].map(([, one, other]) => (one ?? other)!),
	);
	assert.ok(new Set(used).size >= 7, used.join(' '));
	for (const name of new Set(used)) assert.ok(exposed.has(name) || exposed.has(`${name}_bucket`), name);
	for (const cause of ['malformed', 'truncated', 'allocation'])
		assert.match(stdout, new RegExp(`^packet_drop_rate_total\\{.*cause="${cause}"`, 'm'));
});

/** What serve has at /metrics when nothing has come, over a socket of its own. */
const metricsOfServe = async (): Promise<string> => {
	const room = mkdtempSync(join(tmpdir(), 'rules-'));
	const socketPath = join(room, 'socket');
	const child = start('serve', ['--listen', socketPath]);
	const done = outcome(child);
	try {
		await once(child.stdout!, 'data');
		const [response] = await once(get({ socketPath, path: '/metrics' }), 'response');
		let body = '';
		for await (const chunk of response) body += chunk;
		return body;
	} finally {
		child.kill('SIGTERM');
		await done;
		rmSync(room, { recursive: true });
	}
};

test("serve's own figures in rules and dashboards are those that it has", async () => {
	const names = new Set([...(await metricsOfServe()).matchAll(/^(\w+)/gm)].map(([name]) => name));
	const boards = ['cpu-lat', 'cpu-lat-native', 'cpu-lat-seconds', 'pipelines', 'kea', 'kea-native'].map(
		(name) => read(`etc/grafana/${name}.json`),
	);
	const texts = [...rules.map(({ expr }) => expr), ...boards].join(' ');
	const used = new Set([...texts.matchAll(/\bbpfpipe_serve_\w+/g)].map(([name]) => name));
	assert.ok(used.size >= 5);
	for (const name of used) assert.ok(names.has(name), name);
});

test.run();
