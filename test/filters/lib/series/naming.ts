import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostOf, isSynthetic, nameOf, parseName, sourceOf } from '../../../../filters/lib/series/naming.ts';
import { texts } from '../../../data/cycles.ts';

const test = suite('lib/series/naming');

/** Attributes by key. A plain sort() joins key and value first, and so cannot tell `","=""` from `""=","`. */
const sorted = (attributes: Record<string, string>): [string, string][] =>
	Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));

test('names as they are written', () => {
	assert.is(nameOf('cpu-lat', {}), 'cpu-lat');
	assert.is(nameOf('cpu-lat', { cpu: '0', comm: 'nginx' }), 'cpu-lat{comm="nginx",cpu="0"}');
	assert.is(nameOf('m', { k: 'a"b\\c\nd{e}' }), 'm{k="a\\"b\\\\c\\nd{e}"}');
	assert.is(nameOf('a{b="c"}', {}), 'a\\{b=\\"c\\"}');
});

test('any metric and attributes come back from their name', () => {
	fc.assert(
		fc.property(
			texts,
			fc.dictionary(texts, texts, { maxKeys: 4, noNullPrototype: true }),
			(metric, attributes) => {
				const back = parseName(nameOf(metric, attributes));
				assert.is(back.metric, metric);
				assert.equal(sorted(back.attributes), sorted(attributes));
			},
		),
		{ numRuns: 2000 },
	);
});

test('different series, different names', () => {
	const series = fc.tuple(texts, fc.dictionary(texts, texts, { maxKeys: 3, noNullPrototype: true }));
	const key = ([metric, attributes]: [string, Record<string, string>]) =>
		JSON.stringify([metric, sorted(attributes)]);
	fc.assert(
		fc.property(series, series, (a, b) => {
			assert.is(nameOf(...a) === nameOf(...b), key(a) === key(b));
		}),
		{ numRuns: 2000 },
	);
});

test('names that others write are metrics, whole', () => {
	for (const name of [
		'Cpu Usage',
		'a\\b',
		'x{',
		'x{}',
		'x{a=1}',
		'x{a="1"',
		'x{a="1"}y',
		'x{a="1",}',
		'a"b',
		'',
	])
		assert.equal(parseName(name), { metric: name, attributes: {} }, name);
});

test('a name of a million braces does not take long', () => {
	const from = performance.now();
	parseName(`m{${'a="'.repeat(300_000)}`);
	parseName(`m${'{'.repeat(1_000_000)}`);
	parseName(`m{${'a="b",'.repeat(150_000)}`);
	assert.ok(performance.now() - from < 2000);
});

test('sources and hosts', () => {
	assert.is(sourceOf('', false), 'unknown');
	assert.is(sourceOf('web1', true), 'synthetic/web1');
	assert.is(sourceOf('synthetic/web1', true), 'synthetic/web1');
	assert.is(hostOf('synthetic/web1'), 'web1');
	assert.is(hostOf('web1'), 'web1');
	assert.ok(isSynthetic('synthetic/'));
	assert.not(isSynthetic('web1/synthetic/'));
});

test.run();
