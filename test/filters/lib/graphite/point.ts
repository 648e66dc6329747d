import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePoint } from '../../../../filters/lib/graphite/point.ts';

const test = suite('point');

for (const line of [
	'a.b 1 1763712000',
	'a.b  -1.5e3\t1763712000\r',
	'a;k=v;x=y .5 1',
	'a-b.%2E 1 4294967295',
]) {
	test(`taken: ${JSON.stringify(line)}`, () => assert.type(parsePoint(line), 'object'));
}

for (const line of [
	'',
	'a.b 1',
	'a.b 1 1 1',
	' a.b 1 1763712000',
	'a b 1 1763712000',
	'a..b 1 1',
	'.a 1 1',
	'a. 1 1',
	'../a 1 1',
	'a/b 1 1',
	'a\\b 1 1',
	'a.*.b 1 1',
	'a.{x,y} 1 1',
	'a.é 1 1',
	'a\0 1 1',
	'a\u00a0b 1 1',
	'a nan 1',
	'a inf 1',
	'a 1e999 1',
	'a 0x10 1',
	'a 1_000 1',
	'a 1 1763712000000',
	'a 1 1763712000.5',
	'a 1 -1',
	'a 1 0',
	'a;=v 1 1',
	'a;k= 1 1',
	'a;k=~v 1 1',
	'a;name=x 1 1',
	'a;k!=x 1 1',
	'; 1 1',
	'a; 1 1',
	`a.${'x'.repeat(252)} 1 1`,
	`a${'.xyz'.repeat(1000)} 1 1`,
]) {
	test(`refused: ${JSON.stringify(line).slice(0, 40)}`, () => assert.type(parsePoint(line), 'string'));
}

test('each bound to the character, and what is said beyond it', () => {
	const node = 'x'.repeat(251);
	const long = (length: number) => `${'ab.'.repeat(1400).slice(0, length - 1)}z`;
	for (const [line, wrong] of [
		[`${node}.${node} 1 1`, ''],
		[`${node}.${node}x 1 1`, 'a node longer than 251 bytes'],
		[`${node};tag=${node}x 1 1`, ''],
		[`${long(4000)} 1 1`, ''],
		[`${long(4001)} 1 1`, 'longer than 4000 bytes'],
		['a 1 1', ''],
		['a 1 0', 'whole seconds'],
		['a 1 4294967295', ''],
		['a 1 4294967296', 'whole seconds'],
		['a 1e308 1', ''],
		['a 1e309 1', 'finite number'],
	] as const) {
		const point = parsePoint(line);
		if (wrong === '') assert.type(point, 'object', `${point}`);
		else assert.match(point as string, wrong);
	}
});

test('blanks become single ones', () => {
	const point = parsePoint('a.b \t 1\t1763712000 ');
	assert.equal(point, { path: 'a.b', value: 1, time: 1763712000, text: 'a.b 1 1763712000' });
});

test.run();
