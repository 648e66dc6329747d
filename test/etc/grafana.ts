// The dashboards for Grafana: against its own types, every query by a real Prometheus, nothing drawn over anything else.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commandsLack, testWith } from '../parts.ts';
import { ROOT } from '../program.ts';
import { freePort } from '../servers/ports.ts';
import { startPrometheus } from '../servers/prometheus.ts';

const test = suite('etc/grafana');
const folder = join(ROOT, 'etc', 'grafana');

type Panel = {
	id: number;
	title: string;
	type: string;
	gridPos: { x: number; y: number; w: number; h: number };
	targets: { expr: string; refId: string }[];
	options: object;
};
type Board = {
	uid: string;
	title: string;
	panels: Panel[];
	templating: { list: { query?: string | { query: string } }[] };
};
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const boards = files.map(
	(file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Board] as const,
);

/** Where Grafana's package has the type of a panel's options. */
const OPTIONS: Record<string, string> = {
	heatmap: 'heatmap/panelcfg/x/HeatmapPanelCfg_types.gen',
	stat: 'stat/panelcfg/x/StatPanelCfg_types.gen',
	timeseries: 'timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen',
};

/** What the compiler says against each dashboard as a value of Grafana's types. */
const typeFaults = (): string => {
	const room = mkdtempSync(join(ROOT, 'node_modules', '.grafana-'));
	try {
		const types = Object.entries(OPTIONS).map(
			([type, path]) =>
				`import type { Options as ${type} } from '@grafana/schema/dist/esm/raw/composable/${path}';`,
		);
		// Their enums are values there and plain words in a dashboard.
		const plain = `type Plain<T> = T extends string ? \`\${T}\` : T extends number | boolean ? T
	: T extends readonly (infer U)[] ? Plain<U>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;`;
		const values = boards.flatMap(([file, board], at) => [
			`// ${file}`,
			`const board${at}: Plain<Dashboard> = ${JSON.stringify(board)};`,
			...board.panels.map(
				({ id, type, options }) => `const options${at}_${id}: Plain<${type}> = ${JSON.stringify(options)};`,
			),
		]);
		const names = boards.flatMap(([, { panels }], at) => [
			`board${at}`,
			...panels.map(({ id }) => `options${at}_${id}`),
		]);
		writeFileSync(
			join(room, 'boards.ts'),
			[
				"import type { Dashboard } from '@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen';",
				...types,
				plain,
				...values,
				`export default [${names.join(', ')}];`,
			].join('\n'),
		);
		const flags = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022'];
		const args = [...flags, '--module', 'nodenext', join(room, 'boards.ts')];
		const { status, stdout } = spawnSync(join(ROOT, 'node_modules', '.bin', 'tsc'), args, {
			encoding: 'utf8',
		});
		assert.is(status === 0, stdout === '');
		return stdout;
	} finally {
		rmSync(room, { recursive: true });
	}
};

test("they are dashboards by Grafana's own types, and so are the options of their panels", () => {
	assert.is(typeFaults(), '');
});

test('numbers of panels and names of boards are given once; no panel lies on another or beyond the edge', () => {
	assert.is(new Set(boards.map(([, { uid }]) => uid)).size, boards.length);
	for (const [file, { panels }] of boards) {
		assert.is(new Set(panels.map(({ id }) => id)).size, panels.length, file);
		const taken = new Map<string, string>();
		for (const { title, gridPos } of panels) {
			assert.ok(gridPos.x + gridPos.w <= 24, title);
			for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
				for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
					assert.is(taken.get(`${x},${y}`), undefined, `${file}: ${title}`);
					taken.set(`${x},${y}`, title);
				}
		}
	}
});

test('latency has a heat map and percentiles, whichever kind of histogram', () => {
	for (const kind of [
		'cpu-lat.json',
		'cpu-lat-native.json',
		'cpu-lat-seconds.json',
		'kea.json',
		'kea-native.json',
		'iomonitor.json',
	]) {
		const { panels } = boards.find(([file]) => file === kind)![1];
		assert.ok(panels.some(({ type }) => type === 'heatmap'));
		const text = JSON.stringify(panels);
		for (const quantile of ['0.5', '0.9', '0.99'])
			assert.ok(text.includes(`histogram_quantile(${quantile},`));
		assert.is(text.includes('_bucket'), !kind.endsWith('-native.json'));
	}
});

test('the board for Kea asks what operators ask, with a heat map for each stage that the probes know', () => {
	const stages = [
		...readFileSync(join(ROOT, 'bpftrace', 'kea-dhcp4.session'), 'utf8').matchAll(/^@stage_time\[(\w+),/gm),
	];
	for (const kind of ['kea.json', 'kea-native.json']) {
		const { panels } = boards.find(([file]) => file === kind)![1];
		const heated = panels.filter(({ type }) => type === 'heatmap').map(({ targets }) => targets[0]!.expr);
		for (const stage of new Set(stages.map(([, name]) => name!)))
			assert.is(heated.filter((expr) => expr.includes(`stage="${stage}"`)).length, 1, stage);
		assert.ok(heated.some((expr) => expr.includes('packet_processing_time')));
		const at = (word: string) => {
			const found = panels.findIndex(({ targets }) => targets.some(({ expr }) => expr.includes(`${word}`)));
			assert.ok(found >= 0, word);
			const { gridPos } = panels
				.filter(({ type }) => type !== 'stat')
				.find(({ targets }) => targets.some(({ expr }) => expr.includes(word)))!;
			return gridPos.y;
		};
		const order = [
			'packet_drop_rate',
			'"OFFER|',
			'kea_utilisation',
			'packet_processing_time',
			'relay_processing',
			'database_query',
		];
		assert.equal(
			order.map(at),
			order.map(at).sort((a, b) => a - b),
		);
	}
});

test('the board in seconds asks what the one in microseconds does', () => {
	const text = (file: string) => readFileSync(join(folder, file), 'utf8');
	const inSeconds = [
		['cpu_lat_microseconds', 'cpu_lat_seconds'],
		['bpfpipe-cpu-lat-classic', 'bpfpipe-cpu-lat-seconds'],
		['(classic histograms)', '(in seconds)'],
		['"unit": "µs"', '"unit": "s"'],
		['"value": 16384', '"value": 0.016384'],
		// Whole bounds are written as 16383.0 by Prometheus 3.
		['16383([.]0)?', '0.016383'],
		['3 is [2, 4).', '0.000003 is [2, 4) us.'],
	].reduce((all, [from, to]) => all.replaceAll(from!, to!), text('cpu-lat.json'));
	assert.is(text('cpu-lat-seconds.json'), inSeconds);
});

/** A query with what Grafana puts in the place of its variables. */
const filled = (expr: string): string =>
	expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$host|\$service/g, '.*');

testWith(test, commandsLack('prometheus'), 'a real Prometheus understands every query', async () => {
	const prometheus = await startPrometheus(`127.0.0.1:${await freePort()}`, 60_000);
	try {
		for (const [, { panels, templating }] of boards) {
			for (const { title, targets } of panels)
				for (const { expr } of targets)
					await prometheus
						.query(filled(expr))
						.catch((error) => assert.unreachable(`${title}: ${error.message}`));
			for (const { query } of templating.list)
				if (typeof query === 'object')
					assert.match(
						query.query,
						/^label_values\((?:cpu_lat_(?:microseconds(?:_bucket)?|seconds_bucket), host|packets_total, (?:host|service)|ebpf_cache_read_attempts_total, host)\)$/,
					);
		}
	} finally {
		await prometheus.end();
	}
});

test.run();
