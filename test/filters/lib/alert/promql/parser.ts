// The expressions that are taken, and that each is PromQL; those that are not, and what is said of them.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { durationOf, durationText } from '../../../../../filters/lib/alert/promql/duration.ts';
import { type Expression, expressionText } from '../../../../../filters/lib/alert/promql/expression.ts';
import { ExpressionFault } from '../../../../../filters/lib/alert/promql/fault.ts';
import { matcherOf } from '../../../../../filters/lib/alert/promql/matcher.ts';
import { parseExpression } from '../../../../../filters/lib/alert/promql/parser.ts';
import { commandsLack, testWith } from '../../../../parts.ts';

const test = suite('lib/alert/promql');
const folder = mkdtempSync(join(tmpdir(), 'promql-'));
test.after(() => rmSync(folder, { recursive: true }));

const shown = (text: string): string => expressionText(parseExpression(text));
const faultOf = (text: string): ExpressionFault => {
	try {
		parseExpression(text);
	} catch (error) {
		assert.instance(error, ExpressionFault, `${text}: ${error}`);
		return error as ExpressionFault;
	}
	throw new Error(`taken: ${text}`);
};

test('what is taken, and how it is understood', () => {
	for (const [text, wanted] of [
		['temp > 5', 'temp > 5'],
		['metric{attr="v", attr2!=\'v\', attr3=~`r.e`, } > 5', 'metric{attr="v",attr2!="v",attr3=~"r.e"} > 5'],
		['{__name__="cpu-lat"}', '{__name__="cpu-lat"}'],
		['rate(calls[5m]) > .1', 'rate(calls[5m]) > 0.1'],
		['1 + 2 * 3 - x', '(1 + (2 * 3)) - x'],
		['a - b - c', '(a - b) - c'],
		['a > 1 and b > 2 or c unless d', '((a > 1) and (b > 2)) or (c unless d)'],
		['a or b and c', 'a or (b and c)'],
		['-a * -2', '-a * -2'],
		['-(a + b)', '-(a + b)'],
		['sum(x)', 'sum(x)'],
		['SUM BY (host, kind,) (x)', 'sum by (host, kind) (x)'],
		['avg(x) without (a)', 'avg without (a) (x)'],
		['sum without () (x)', 'sum without () (x)'],
		[
			'histogram_quantile(0.99, sum by (host) (rate(lat[1h30m]))) > 1e3',
			'histogram_quantile(0.99, sum by (host) (rate(lat[1h30m]))) > 1000',
		],
		['histogram_count(increase(lat[90s]))', 'histogram_count(increase(lat[1m30s]))'],
		['absent_over_time(up{job="a"}[2d])', 'absent_over_time(up{job="a"}[2d])'],
		['absent(up)', 'absent(up)'],
		['time() - timestamp(up) > 60', '(time() - timestamp(up)) > 60'],
		['x # comment\n > 0x10', 'x > 16'],
		['x > -Inf', 'x > -Inf'],
		// Words of the language that may be names where they cannot be anything else.
		['sum > 1', 'sum > 1'],
		['rate > 1', 'rate > 1'],
		['job:x:rate5m > 1', 'job:x:rate5m > 1'],
		['x{sum="1"}', 'x{sum="1"}'],
		['a % b', 'a % b'],
		['x{a="\\x41\\u00e9\\101\\n"}', 'x{a="AéA\\n"}'],
	] as const) {
		assert.is(shown(text), wanted, text);
		assert.is(shown(wanted), wanted, `${text}, read again`);
	}
});

test('what PromQL has and we do not is refused by name, at its place', () => {
	for (const [text, at, what] of [
		['rate(x[5m]) > bool 1', 14, /"bool" is not taken/],
		['a / on (host) b', 4, /"on" is not taken.*sum by/],
		['a / ignoring (x) b', 4, /"ignoring" is not taken/],
		['x offset 5m > 1', 2, /"offset" is not taken/],
		['x @ 5', 2, /"@" is not taken/],
		['2 ^ x', 2, /"\^" is not taken/],
		['rate(x[5m:1m])', 9, /subqueries/],
		['x[5m] > 1', 1, /stands only in rate\(\)/],
		['rate(x)', 6, /rate needs a range: rate\(metric\[5m\]\)/],
		['rate(sum(x)[5m])', 8, /rate needs a range/],
		['irate(x[5m])', 0, /there is no function irate here; there are rate, increase/],
		['topk(3, x)', 0, /no function topk/],
		['histogram_quantile(0.99, lat[5m])', 28, /a range like \[5m\] stands only in/],
		['histogram_quantile(99, lat)', 19, /from 0 to 1/],
		['histogram_quantile(x, lat)', 19, /the quantile is a number/],
		['histogram_quantile(0.5, 1)', 24, /not of a number/],
		['absent(x[1m])', 8, /write absent_over_time/],
		['absent(rate(x[1m]))', 7, /absent is of a metric/],
		['1 > 2', 2, /two numbers are compared/],
		['x and 1', 2, /between series/],
		['{}', 0, /every series there is/],
		['{a=~".*"}', 0, /every series there is/],
		['sum(1)', 0, /of series/],
		['x{__name__="y"}', 2, /the name is x already/],
		['x{a=~"("}', 5, /no regular expression/],
		['x{a=~"(?=a)"}', 5, /look-around/],
		['x{a=b}', 4, /in quotes/],
		['x{a~"b"}', 3, /no meaning here/],
		['x >', 3, /ends where a metric/],
		['', 0, /ends where a metric/],
		['x y', 2, /one too many/],
		['"x"', 0, /a string stands only/],
		['x > "', 4, /a string has no end/],
		['cpu-lat[5m] > 1', 7, /stands only in/],
		['(x', 2, /"\)" is missing/],
		['rate(x[5x])', 7, /no meaning|duration/],
		['x{a="\\q"}', 4, /no escape/],
		['5m', 0, /where a metric or a number is wanted/],
		['and', 0, /where a metric or a number is wanted/],
	] as const) {
		const fault = faultOf(text);
		assert.match(fault.message, what, text);
		assert.is(fault.at, at, `${text}: ${fault.message}`);
	}
});

test('depth and length are bounded, and nothing else than an ExpressionFault ever comes', () => {
	assert.match(faultOf(`${'('.repeat(1000)}x`).message, /levels/);
	assert.match(faultOf(`${'-'.repeat(1000)}x`).message, /levels/);
	assert.match(faultOf(`${'sum('.repeat(1000)}x`).message, /levels/);
	assert.match(faultOf(`x > ${' '.repeat(20_000)}1`).message, /10000 characters/);
	const piece = fc.constantFrom(
		...[
			'x',
			'rate',
			'sum',
			'by',
			'(',
			')',
			'[',
			']',
			'{',
			'}',
			'5m',
			'1',
			'>',
			'-',
			'=',
			'=~',
			'"a"',
			',',
			'and',
		],
		...[' ', '"', '\\', '#', '\n', '\0', 'é', '😀', '1e999', '0x', ':'],
	);
	fc.assert(
		fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
			try {
				shown(pieces.join(''));
			} catch (error) {
				assert.instance(error, ExpressionFault, `${JSON.stringify(pieces.join(''))}: ${error}`);
			}
		}),
		{ numRuns: 5000 },
	);
});

const NAMES = fc.constantFrom('up', 'cpu_lat_microseconds', 'notices', 'a:b');
const LABELS = fc.constantFrom('host', 'kind', 'comm');
const TEXTS = fc.string({ unit: 'binary', maxLength: 5 }).filter((text) => !/[\ud800-\udfff]/.test(text));
const MATCHERS = fc
	.tuple(LABELS, fc.constantFrom('=' as const, '!=' as const), TEXTS)
	.map(([label, operator, value]) => matcherOf(label, operator, value, 0));
const SELECTORS = fc.record({ name: NAMES, matchers: fc.array(MATCHERS, { maxLength: 2 }) });
const SELECTS = SELECTORS.map((selector): Expression & { kind: 'select' } => ({ kind: 'select', selector }));
const RANGES = fc.integer({ min: 1, max: 1e9 });
const COUNTED = fc
	.tuple(fc.constantFrom('rate' as const, 'increase' as const), SELECTORS, RANGES)
	.map(([name, selector, rangeMs]): Expression => ({ kind: 'window', function: name, selector, rangeMs }));
const NUMBERS = fc
	.oneof(fc.integer(), fc.double({ noNaN: true }))
	.map((value): Expression => ({ kind: 'number', value: value === 0 ? 0 : value }));

/** Every shape of expression that gives series. */
const VECTORS: fc.Arbitrary<Expression> = fc.letrec<{ vector: Expression }>((tie) => ({
	vector: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		SELECTS,
		COUNTED,
		fc.record({ kind: fc.constantFrom('absent' as const, 'timestamp' as const), of: SELECTS }),
		fc.record({
			kind: fc.constant('histogram_quantile' as const),
			quantile: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => (value === 0 ? 0 : value)),
			of: COUNTED,
		}),
		fc.record({ kind: fc.constant('histogram_count' as const), of: COUNTED }),
		fc.record({ kind: fc.constant('negative' as const), of: tie('vector') }),
		fc.record({
			kind: fc.constant('aggregate' as const),
			operator: fc.constantFrom('sum', 'min', 'max', 'avg', 'count'),
			grouping: fc.constantFrom('by', 'without'),
			labels: fc.uniqueArray(LABELS, { maxLength: 2 }),
			of: tie('vector'),
		}) as fc.Arbitrary<Expression>,
		fc.record({
			kind: fc.constant('binary' as const),
			operator: fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '>', '<', '>=', '<='),
			left: tie('vector'),
			right: fc.oneof(tie('vector'), NUMBERS),
		}) as fc.Arbitrary<Expression>,
		fc.record({
			kind: fc.constant('binary' as const),
			operator: fc.constantFrom('and', 'or', 'unless'),
			left: tie('vector'),
			right: tie('vector'),
		}) as fc.Arbitrary<Expression>,
	),
})).vector;

test('an expression is read as what was written, whatever its shape', () => {
	fc.assert(
		fc.property(VECTORS, (expression) => {
			const text = expressionText(expression);
			assert.is(shown(text), text);
		}),
		{ numRuns: 1000 },
	);
});

testWith(test, commandsLack('promtool'), 'every expression that is taken is one to promtool as well', () => {
	const texts = fc.sample(VECTORS, { numRuns: 300, seed: 7 }).map(expressionText);
	for (const text of texts) parseExpression(text);
	const rules = texts.map((expr, at) => ({ alert: `a${at}`, expr }));
	const file = join(folder, 'rules.yml');
	writeFileSync(file, JSON.stringify({ groups: [{ name: 'g', rules }] }));
	const { status, stderr, stdout } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
	assert.is(status, 0, stderr.slice(0, 2000) + stdout.slice(0, 500));
});

test('durations are those of Prometheus, and come back as they were', () => {
	for (const [text, ms] of [
		['5m', 300_000],
		['1h30m', 5_400_000],
		['1d', 86_400_000],
		['1w', 604_800_000],
		['1y', 31_536_000_000],
		['500ms', 500],
		['0', 0],
	] as const)
		assert.is(durationOf(text), ms, text);
	for (const text of ['', '5', '30m1h', '5 m', '1.5h', '-5m', '5M', '99999999999999999y'])
		assert.is(durationOf(text), undefined, text);
	fc.assert(fc.property(fc.nat(1e12), (ms) => assert.is(durationOf(durationText(ms)), ms)));
});

test('matchers are anchored, case matters, and a label that is not there is empty', () => {
	const holds = (operator: '=' | '!=' | '=~' | '!~', pattern: string, value: string) =>
		matcherOf('a', operator, pattern, 0).holds(value);
	assert.ok(holds('=~', 'a|b', 'b') && !holds('=~', 'a|b', 'ab') && !holds('=~', 'a|b', 'B'));
	assert.ok(holds('=~', '(?i)a.*', 'Ax') && holds('=~', '.+', '\n') && !holds('=~', '.+', ''));
	assert.ok(holds('!=', 'a', '') && holds('!~', 'a.*', 'b') && !holds('!~', 'a.*', 'ab'));
	assert.ok(holds('=~', '.', '😀'));
});

test.run();
