// What stands in front of lines and between them: NULs, other text, nothing but noise, silence.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { behindHole } from '../../../../filters/lib/tracer/hole.ts';
import { withoutFront } from '../../../../filters/lib/tracer/line-text.ts';
import { createNoise } from '../../../../filters/lib/tracer/noise.ts';
import { isPrefixed } from '../../../../filters/lib/tracer/prefix.ts';
import { asTable, asText, model, textStyle } from '../../../data/print-histograms.ts';
import { read } from '../../../harness/read-histograms.ts';

const test = suite('oddities');

test('holes', () => {
	const cases: [line: string, behind: string | undefined][] = [
		['', undefined],
		['a', undefined],
		['a\0b', undefined],
		['a\0\0\0b', undefined],
		['\0\0', undefined],
		['\0a', 'a'],
		['\0\0\0\0', ''],
		['@n: 1\0\0\0\0', ''],
		['@n: 1\0\0\0\0#!ts 5', '#!ts 5'],
		['a\0\0\0\0b\0\0\0\0\0c\0d', 'c\0d'],
	];
	for (const [line, behind] of cases) assert.is(behindHole(line), behind, JSON.stringify(line));
});
test('what a terminal, an editor or a screen puts in front of a line', () => {
	for (const front of ['^C', '^C^C', '^Z', '^\\', '\ufeff', '\x1b[2J\x1b[H', '\x1bc^C\x1b[0m'])
		assert.is(withoutFront(`${front}@n: 5`), '@n: 5', JSON.stringify(front));
	for (const line of ['', '^', '^A', '^@', 'a^C', '\x1b']) assert.is(withoutFront(line), line);
});

const ROW = '[2, 4)                 3 |@@@@@     |';
const TABLE_ROW = '         2 -> 3          : 12       |****      |';
test('rows behind other text', () => {
	const fronts = [
		'Nov 25 18:43:01 web1 bpftrace[771]: ',
		'2031-01-02T03:04:05.678901234Z stdout F ',
		'<13>1 2031-01-02T03:04:05Z web1 bpftrace - - - ',
		'web-1  | ',
		'[pod/web-1/probe] ',
		'00:00:01 ',
		'> ',
		'{"log":"',
		'file.log:12:',
		'     3\t',
	];
	for (const front of fronts) {
		for (const row of [
			ROW,
			TABLE_ROW,
			'        7          : 12       |****      |',
			'{"type": "hist", "data": {}}',
		])
			assert.ok(isPrefixed(front + row), front + row);
		assert.ok(isPrefixed(`${front}#!ts 1763712000`));
		assert.ok(isPrefixed(`${front}${ROW}\\n","stream":"stdout"}`));
	}
	for (const line of ['', 'a | b |', 'x [1] | y', 'see #!ts', '|', 'a {"type": "printf"}', 'x'.repeat(1e6)])
		assert.not(isPrefixed(line), line.slice(0, 40));
});
test('no text of some length takes long', () => {
	const from = performance.now();
	for (const text of ['] ', '1 ', ' ', '|', ': 1 |', '[1] 1 |', '{"', '#!ts ', 'x'])
		isPrefixed(text.repeat(4096 / text.length));
	assert.ok(performance.now() - from < 2000);
});
test('histograms behind any text never leave, and are spoken of', () => {
	const front = fc.stringMatching(/^[a-zA-Z][\w:. <>-]{0,20}: $/);
	fc.assert(
		fc.property(front, model, textStyle, fc.boolean(), (before, map, style, isTable) => {
			const counts = map.buckets.map(([, , count]) => count % 1000n);
			const text = isTable ? asTable(counts, 'usecs', false) : asText(map, { ...style, crlf: false });
			const { out, warnings } = read([Buffer.from(text.replaceAll(/^(?=.)/gm, before))]);
			assert.not.match(out, '"type":"histogram"');
			assert.ok(warnings.some((warning) => warning.includes('stand behind other text')));
		}),
		{ numRuns: 200 },
	);
});
test('the same, moved to the right, leave as they are', () => {
	fc.assert(
		fc.property(fc.constantFrom(' ', '    ', '\t'), model, textStyle, (before, map, style) => {
			const text = `#!ts 1\n${asText(map, style)}`;
			const moved = text.replaceAll(/^(?=\S)/gm, before);
			assert.is(read([Buffer.from(moved)]).out, read([Buffer.from(text)]).out);
		}),
		{ numRuns: 200 },
	);
});

const said = (act: (noise: ReturnType<typeof createNoise>) => void): string[] => {
	const all: string[] = [];
	act(createNoise((message) => all.push(message)));
	return all;
};
test('noise: banners are none; a hundred lines, or a dozen and the end, are', () => {
	assert.equal(
		said((noise) => {
			noise.add(9);
			noise.end();
		}),
		[],
	);
	assert.match(
		said((noise) => {
			noise.add(12);
			noise.end();
		}).join(),
		/^12 lines to the end and not one map/,
	);
	const many = said((noise) => {
		for (let at = 0; at < 5000; at++) noise.add(1);
		noise.end();
	});
	assert.is(many.length, 1);
	assert.match(many[0]!, /^100 lines in a row/);
});
test('noise: the events of a script that prints maps, too, are none, unless the maps never come again', () => {
	const all = said((noise) => {
		noise.understood();
		noise.add(9000);
		noise.understood();
		noise.add(9000);
		noise.end();
	});
	assert.equal(all, []);
	assert.is(
		said((noise) => {
			noise.understood();
			noise.add(20_000);
		}).length,
		1,
	);
});
test('tables without a time between them: an empty line makes the second a print of its own, nothing makes it a rival', () => {
	const table = (count: number) =>
		`     usecs               : count     distribution\n         0 -> 1          : ${count}        |***|\n`;
	const kinds = (text: string) =>
		read([Buffer.from(text)])
			.out.trimEnd()
			.split('\n')
			.map((line) => JSON.parse(line))
			.map(({ type, kind, buckets }) => kind ?? `${type} ${buckets?.[0]?.[2]}`);
	assert.equal(kinds(`${table(5)}\n${table(6)}`), ['histogram 5', 'histogram 6']);
	assert.equal(kinds(`${table(5)}${table(6)}`), ['repeated_series']);
	assert.equal(kinds(`${table(5)}${table(6)}\n${table(7)}`), ['repeated_series', 'histogram 7']);
});

test.run();
