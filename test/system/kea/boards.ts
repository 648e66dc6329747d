// The boards and rules for Kea on a real Prometheus that scrapes serve: with data there, each query has an answer.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { until } from '../../harness/supervised.ts';
import { commandsLack, testWith } from '../../parts.ts';
import { outcome, ROOT, start } from '../../program.ts';
import { freePort } from '../../servers/ports.ts';
import { startPrometheus } from '../../servers/prometheus.ts';

const test = suite('system: boards for Kea');
const SCRIPT = join(ROOT, 'bpftrace', 'kea-dhcp4');

type Panel = { title: string; targets: { expr: string }[] };
const panelsOf = (board: string): Panel[] =>
	JSON.parse(readFileSync(join(ROOT, 'etc', 'grafana', `${board}.json`), 'utf8')).panels;
const recorded = (
	parse(readFileSync(join(ROOT, 'etc', 'prometheus', 'kea.yml'), 'utf8')).groups as {
		rules: { record?: string; expr: string }[];
	}[]
).flatMap(({ rules }) => rules.filter(({ record }) => record).map(({ expr }) => expr));

/** What no recording of minutes has: another day, a shared network, a pair of servers, NAKs alone. */
const HAS_NONE = /offset 1d|kea_network_utilisation|kea_ha_state|bpfpipe_notices_total/;

const stats = (): string => {
	const gauge = (metric: string, attributes: object, value: number) =>
		JSON.stringify({
			type: 'gauge',
			ts: Date.now(),
			host: 'h',
			metric,
			unit: '1',
			attributes: { service: 'dhcp4', ...attributes },
			value,
		});
	const subnet = { subnet_id: '1', subnet: '192.0.2.0/24' };
	return `${gauge('kea_up', {}, 1)}\n${gauge('kea_utilisation', subnet, 0.5)}\n`;
};

/** serve at an address, fed with the recording at three times its pace and with what kea-stats would say. */
const served = async (address: string) => {
	const server = start('serve', ['--listen', address]);
	const reading = start('parse-histogram', ['--maps', `${SCRIPT}.bt`, '--attribute', 'service=dhcp4']);
	const playing = start('replay', ['--speed', '3', `${SCRIPT}.session`]);
	const children = [playing, reading, server];
	const ends = children.map(outcome);
	for (const child of children) child.stdin!.on('error', () => {});
	playing.stdout!.pipe(reading.stdin!);
	reading.stdout!.on('data', (bytes) => server.stdin!.write(bytes));
	const saying = setInterval(() => server.stdin!.write(stats()), 500);
	await once(server.stdout!, 'data');
	return async () => {
		clearInterval(saying);
		for (const child of children) child.kill('SIGTERM');
		await Promise.all(ends);
	};
};

for (const [board, flags] of [
	['kea', []],
	['kea-native', ['--enable-feature=native-histograms']],
] as const)
	testWith(test, commandsLack('prometheus'), `${board}: every panel has figures`, async () => {
		const address = `127.0.0.1:${await freePort()}`;
		const end = await served(address);
		const prometheus = await startPrometheus(address, 500, { flags: [...flags], isQuiet: true });
		try {
			const answers = async (expr: string) => {
				const text = expr.replaceAll('$__rate_interval', '5s').replaceAll(/\$host|\$service/g, '.*');
				return (await prometheus.query(text)).filter(
					({ value, histogram }) => histogram || value[1] !== 'NaN',
				);
			};
			const queries = panelsOf(board).flatMap(({ title, targets }) =>
				targets.filter(({ expr }) => !HAS_NONE.test(expr)).map(({ expr }) => [title, expr] as const),
			);
			const all = [...queries, ...recorded.map((expr) => ['rules', expr] as const)];
			assert.ok(all.length > 30);
			// Not all things happen at once in the recording: each has to be answered at one time or another.
			const waiting = new Set(all);
			const isOver = async () => {
				for (const one of waiting) if ((await answers(one[1])).length > 0) waiting.delete(one);
				return waiting.size === 0;
			};
			await until('answers', isOver, 20_000).catch(() => assert.equal([...waiting], []));
		} finally {
			await prometheus.end();
			await end();
		}
	});

test.run();
