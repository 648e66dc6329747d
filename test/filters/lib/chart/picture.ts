// Pictures and tables of a chart: the same bytes everywhere, honest about what they show, whatever the names are.

import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Chart, Look } from '../../../../filters/lib/chart/chart.ts';
import { csvOf } from '../../../../filters/lib/chart/csv.ts';
import { escaped } from '../../../../filters/lib/chart/markup.ts';
import { figuresOf, svgOf } from '../../../../filters/lib/chart/picture.ts';
import { histogramChart } from '../../../data/chart.ts';
import { ROOT } from '../../../program.ts';

const LOOK: Look = { theme: 'dark', offset: 0, width: 1200, isShare: false, hasPercentiles: true };
const test = suite('lib/chart: pictures');

const sum = (more: Partial<Chart> = {}): Chart => ({
	...histogramChart(10),
	type: 'sum',
	metric: 'fadvise_calls',
	unit: '1',
	rows: [],
	columns: Array.from({ length: 10 }, (_, at) => (at === 4 ? null : [1, at * 3])),
	...more,
});
const gauge = (): Chart => ({ ...sum(), type: 'gauge', columns: [[1, 3, 1, 5], null, [1, 2, 2, 9]] });

/** Names of the elements, if the tags of a text nest as XML wants it. */
const elementsOf = (xml: string): string[] => {
	const open: string[] = [];
	const all: string[] = [];
	for (const [, close, name, , self] of xml.matchAll(
		/<(\/?)([a-z]+)((?: [a-zA-Z0-9:-]+="[^"<]*")*)(\/?)>/g,
	)) {
		if (close) assert.is(open.pop(), name);
		else {
			all.push(name!);
			if (!self) open.push(name!);
		}
	}
	assert.equal(open, []);
	const rest = xml.replace(/<(\/?)([a-z]+)((?: [a-zA-Z0-9:-]+="[^"<]*")*)(\/?)>/g, '');
	assert.not.match(rest, /[<>]|&(?!amp;|lt;|gt;|quot;|#39;)/);
	return all;
};

test('it is well formed, and of reasonable size', () => {
	for (const chart of [
		histogramChart(),
		sum(),
		gauge(),
		histogramChart(1),
		{ ...histogramChart(), rows: [] },
	]) {
		const svg = svgOf(chart, LOOK);
		assert.ok(elementsOf(svg).includes('svg'));
		assert.not.match(svg, /NaN|undefined|Infinity/);
		assert.ok(svg.length < 120_000, `${svg.length}`);
	}
});

test('the same bytes in another process and another zone', () => {
	const code = `
		const { svgOf } = await import('./filters/lib/chart/picture.ts');
		const { histogramChart } = await import('./test/data/chart.ts');
		process.stdout.write(svgOf(histogramChart(), ${JSON.stringify(LOOK)}));`;
	const other = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
		cwd: ROOT,
		env: { ...process.env, TZ: 'Pacific/Auckland', LC_ALL: 'tr_TR.UTF-8' },
		maxBuffer: 1 << 24,
	});
	assert.is(other.toString(), svgOf(histogramChart(), LOOK));
});

test('sample data says so in the picture and in the table', () => {
	assert.not.match(svgOf(histogramChart(), LOOK), /SAMPLE/);
	assert.match(svgOf(histogramChart(20, { synthetic: 'all' }), LOOK), />SAMPLE DATA</);
	assert.match(svgOf(sum({ synthetic: 'some' }), LOOK), />PARTLY SAMPLE DATA</);
	assert.match(csvOf(sum({ synthetic: 'all' })), /^fadvise_calls,,1,all,/m);
});

test('where nobody looked is hatched, where nothing was is not', () => {
	const gap = (svg: string) => svg.match(/url\(#no-data\)/g)?.length ?? 0;
	assert.is(gap(svgOf(sum(), LOOK)), 1);
	assert.is(gap(svgOf(sum({ columns: Array.from({ length: 10 }, () => [1, 0]) }), LOOK)), 0);
});

test('one event among many is in the picture', () => {
	const columns: Chart['columns'] = Array.from({ length: 700 }, (_, at) =>
		at === 350 ? [1, 2, 1_000_000, 0, 0, 0, 0, 0, 0, 0, 0, 1] : [1, 2, 1_000_000],
	);
	const svg = svgOf(histogramChart(700, { columns }), LOOK);
	assert.match(svg, /d="M350 11h1" stroke="#3664a8"/);
});

test('figures above a picture are those of its counts', () => {
	const chart = histogramChart(3, { columns: [[1, 5, 98], null, [1, 5, 1, 1]], step: 5000 });
	assert.equal(figuresOf(chart), [
		['events', '100'],
		['events a second', '10'],
		['p50 lies in', '16 – 32 µs'],
		['p90 lies in', '16 – 32 µs'],
		['p99 lies in', '16 – 32 µs'],
		['highest seen', '32 – 64 µs'],
	]);
	assert.equal(figuresOf(gauge()), [
		['last', '2'],
		['least', '1'],
		['most', '9'],
	]);
});

test('hostile names are text, in pictures and in tables', () => {
	const evil = '"><script>alert(1)</script>\u202e\u0000&\ud800';
	const chart = sum({
		metric: evil,
		scope: evil,
		unit: evil,
		notices: [{ type: 'notice', ts: histogramChart().from, host: evil, kind: evil, count: 3 }],
	});
	assert.not.ok(elementsOf(svgOf(chart, LOOK)).includes('script'));
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (name) => {
			elementsOf(svgOf(sum({ metric: name, scope: name, unit: name }), LOOK));
			assert.not.match(escaped(name), /[<>"'\u0000-\u0008]/);
		}),
		{ numRuns: 50 },
	);
});

/** CSV read by other code than wrote it. */
const parsed = (csv: string): string[][] =>
	csv
		.trimEnd()
		.split('\r\n')
		.map((line) =>
			[...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(([, quoted, plain]) =>
				quoted === undefined ? plain! : quoted.replaceAll('""', '"'),
			),
		);

test('the table has every count, exactly', () => {
	const big = '9007199254740993';
	const table = parsed(csvOf(histogramChart(3, { columns: [[1, 5, 98, big], null, [0.5, 0]] })));
	assert.ok(table.every((line) => line.length === table[0]!.length));
	const line = (at: number) => Object.fromEntries(table[0]!.map((name, index) => [name, table[at]![index]]));
	assert.is(line(1)['[16,32) us'], '98');
	assert.is(line(1)['[32,64) us'], big);
	assert.is(line(1).count, '9007199254741091');
	assert.is(line(1).p99_upper, '64');
	assert.is(line(2).cover, '0');
	assert.is(line(2).count, '');
	assert.is(line(3).count, '0');
	assert.is(line(3).time, '2025-11-21T08:00:10.000Z');
});

test('a name that would be a formula, or break a line, stays a name', () => {
	const table = parsed(csvOf(sum({ metric: '=HYPERLINK("http://x")', scope: '-1,"a"' })));
	assert.is(table[1]![0], '\'=HYPERLINK("http://x")');
	assert.is(table[1]![1], '\'-1,"a"');
	assert.match(csvOf(sum({ scope: 'a\nb' })), /,"a\nb",/);
});

test.run();
