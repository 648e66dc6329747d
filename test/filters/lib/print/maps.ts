import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mapsIn } from '../../../../filters/lib/print/maps.ts';
import { ROOT } from '../../../program.ts';

const test = suite('print: maps');

test('a line for each map: its keys, its unit, and what its numbers are', () => {
	const text = `/*
 *   @time[message, answer]   ns           text, with @other in it
 *                                         more of it
 *   @now[kind]                By gauge     text
 *   @odd[what]   1 notice
 *   @plain       {packet}     text
 *   @usecs[nginx]:
 *   [256, 512)   5 |@@|
 */
`;
	assert.equal(
		[...mapsIn(text, 'x')],
		[
			['time', { unit: 'ns', keys: ['message', 'answer'], kind: 'sum' }],
			['now', { unit: 'By', keys: ['kind'], kind: 'gauge' }],
			['odd', { unit: '1', keys: ['what'], kind: 'notice' }],
			['plain', { unit: '{packet}', keys: [], kind: 'sum' }],
		],
	);
});

test('a script without such lines, and a map that stands there twice, are refused', () => {
	assert.throws(() => mapsIn('BEGIN { @x = 1; }', 'x.bt'), /x\.bt: no line/);
	assert.throws(() => mapsIn(' *   @x   1   a\n *   @x   1   b\n', 'x.bt'), /x\.bt:2: @x stands there twice/);
});

for (const script of ['kea-dhcp4.bt', 'kea-dhcp6.bt'])
	test(`${script}: every map that it prints is told in its header, and every other one is cleared at its end`, () => {
		const text = readFileSync(join(ROOT, 'bpftrace', script), 'utf8');
		const told = [...mapsIn(text, script).keys()].sort();
		const body = text.slice(text.indexOf('*/'));
		const printed = [...body.matchAll(/\bprint\(@(\w+)\)/g)].map((match) => match[1]!).sort();
		assert.equal(printed, told);
		const all = new Set([...body.matchAll(/@(\w+)/g)].map((match) => match[1]!));
		const cleared = [...body.matchAll(/\bclear\(@(\w+)\)/g)].map((match) => match[1]!);
		assert.equal([...all].filter((name) => !told.includes(name)).sort(), cleared.sort());
		// A return probe ends the server at its next exception.
		assert.not.match(body, /^uretprobe/m);
	});

test.run();
