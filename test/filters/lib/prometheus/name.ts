import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { labelsOf, labelText, named } from '../../../../filters/lib/prometheus/labels.ts';
import {
	labelName,
	labelNameUtf8,
	metricName,
	metricNameUtf8,
	unitWord,
} from '../../../../filters/lib/prometheus/name.ts';
import { helpText, labelValue, numberText } from '../../../../filters/lib/prometheus/text.ts';

const test = suite('prometheus: names, labels and text');

test('a unit is a word at the end of a name, once', () => {
	assert.is(metricName('cpu-lat', 'us'), 'cpu_lat_microseconds');
	assert.is(metricName('cpu_lat_microseconds', 'us'), 'cpu_lat_microseconds');
	assert.is(metricName('calls', '1'), 'calls');
	assert.is(metricName('calls', ''), 'calls');
	assert.is(metricName('microseconds', 'us'), 'microseconds');
	assert.is(metricName('xbytes', 'B'), 'xbytes_bytes');
	for (const [unit, word] of [
		['ns', 'nanoseconds'],
		['\u00b5s', 'microseconds'],
		['\u03bcs', 'microseconds'],
		['By', 'bytes'],
		['By/s', 'bytes_per_second'],
		['1/s', 'per_second'],
		['{packets}', ''],
		['{packets}/s', 'per_second'],
		['packets', 'packets'],
		['%', 'percent'],
		['///', ''],
		['a  b', 'a_b'],
		['constructor', 'constructor'],
	])
		assert.is(unitWord(unit!), word, unit);
});

test('names are made safe', () => {
	assert.is(metricName('a.b/c:d é', '1'), 'a_b_c_d__');
	assert.is(metricName('4xx', '1'), '_4xx');
	assert.is(metricName('', '1'), '_');
	assert.is(metricName('\u{1f600}', '1'), '_');
	assert.is(metricName('_total', '1'), '_');
	assert.is(metricName('calls_total', '1'), 'calls');
	assert.is(metricName('calls', '1', 'ebpf'), 'ebpf_calls');
	assert.is(metricName('4xx', '1', 'my-app'), 'my_app_4xx');
});

test('an attribute never passes for a label of ours or of Prometheus', () => {
	assert.is(labelName('comm'), 'comm');
	assert.is(labelName('le'), 'exported_le');
	assert.is(labelName('host'), 'exported_host');
	assert.is(labelName('synthetic'), 'exported_synthetic');
	assert.is(labelName('__name__'), 'exported_name__');
	assert.is(labelName(''), '_');
	assert.is(labelName('0'), '_0');
	assert.is(labelName('a-b'), 'a_b');
});

test('labels have one order, and an empty one is none', () => {
	const attributes = { b: '2', a: '1', c: '' };
	const all = labelsOf({ host: 'h', attributes, synthetic: true })!;
	assert.is(all.text, 'host="h",a="1",b="2",synthetic="true"');
	assert.equal(
		all.list.map(({ name }) => name),
		['host', 'a', 'b', 'synthetic'],
	);
	assert.is(labelsOf({ host: '', attributes: {} })!.text, '');
	assert.is(labelsOf({ host: 'h', attributes: { 'a-b': '1', a_b: '1' } }), undefined);
	assert.is(labelsOf({ host: 'h', attributes: { 'a-b': '', a_b: '1' } }), undefined);
	assert.is(named('x', ''), 'x');
	assert.is(named('x', '', 'le="1"'), 'x{le="1"}');
	assert.is(named('x', 'a="1"', 'le="1"'), 'x{a="1",le="1"}');
});

test('backslash, quote and newline are escaped, half a pair is replaced, all else stays', () => {
	assert.is(labelValue('a\\b"c\nd\re\0é\u{1f600}'), 'a\\\\b\\"c\\nd\re\0é\u{1f600}');
	assert.is(labelValue('\ud800x\udc00'), '\ufffdx\ufffd');
	assert.is(labelValue('\u{1f600}\ud83d'), '\u{1f600}\ufffd');
	assert.is(helpText('a\\b"c\nd', false), 'a\\\\b"c\\nd');
	assert.is(helpText('a\\b"c\nd\ud800', true), 'a\\\\b\\"c\\nd\ufffd');
});

test('numbers keep all their digits', () => {
	assert.is(numberText(9007199254740991), '9007199254740991');
	assert.is(numberText('123456789012345678901234567890'), '123456789012345678901234567890');
	assert.is(numberText('-0012'), '-12');
	assert.is(numberText(-0), '0');
	assert.is(numberText(3.5), '3.5');
	assert.is(numberText(1e300), '1e+300');
});

test('in UTF-8 names are what they are, and quoted where no older reader takes them', () => {
	assert.is(metricNameUtf8('cpu-lat', 'us'), 'cpu-lat_microseconds');
	assert.is(metricNameUtf8('calls.total', '1', 'my-app'), 'my-app_calls');
	assert.is(labelNameUtf8('a-b'), 'a-b');
	assert.is(labelNameUtf8('host'), 'exported_host');
	assert.is(labelNameUtf8('__name__'), 'exported_name__');
	assert.is(labelNameUtf8(''), '_');
	const labels = labelsOf({ host: 'h', attributes: { 'a"b': '1', c: '2' } })!;
	assert.is(labelText(labels, 'utf8'), 'host="h","a\\"b"="1",c="2"');
	assert.is(labelText(labels, 'underscores'), 'host="h",a_b="1",c="2"');
	assert.is(named('cpu-lat', 'a="1"', 'le="1"'), '{"cpu-lat",a="1",le="1"}');
});

test('two names that are two in letters are two in UTF-8', () => {
	const any = fc.oneof(
		fc.string({ unit: 'binary' }),
		fc.constantFrom('a-microseconds', 'x-total', '_total', 'total', '5us'),
	);
	fc.assert(
		fc.property(
			any,
			fc.constantFrom('us', '1', 'By/s', ''),
			fc.constantFrom('', 'my-app'),
			(text, unit, prefix) => {
				const inLetters = (utf8: string) => metricName(utf8, '');
				const name = metricName(text, unit, prefix);
				const utf8 = metricNameUtf8(text, unit, prefix);
				if (!/_total$/.test(name)) assert.is(inLetters(utf8), name);
				const label = labelNameUtf8(text);
				assert.is(label.replace(/[^A-Za-z0-9_]/gu, '_').replace(/^(?=\d)/, '_'), labelName(text));
			},
		),
	);
});

test('any text gives a name that Prometheus takes', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (metric, unit, prefix) => {
			const name = metricName(metric, unit, prefix);
			assert.match(name, /^[a-zA-Z_][a-zA-Z0-9_]*$/);
			assert.ok(name.endsWith(unitWord(unit)));
			assert.match(labelName(metric), /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/);
		}),
	);
});

test.run();
