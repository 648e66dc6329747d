import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ExpressionFault } from '../../../../../filters/lib/alert/promql/fault.ts';
import { templateOf, valueText } from '../../../../../filters/lib/alert/promql/template.ts';

const test = suite('lib/alert/promql: templates');

const fill = (text: string, value = 1, labels: [string, string][] = []): string =>
	templateOf(text).fill({ labels: new Map(labels), value });

test('labels and the value stand where they are named; what is between is untouched', () => {
	const labels: [string, string][] = [
		['host', 'web1'],
		['x', '{{ $value }}'],
	];
	assert.is(fill('{{ $labels.host }}: {{$value}}, {{ $labels.nobody }}.', 5, labels), 'web1: 5, .');
	assert.is(fill('{{ $labels.x }}', 5, labels), '{{ $value }}', 'a value is no template');
	assert.is(fill('} } {a} $value', 5), '} } {a} $value');
});

test('anything else between braces is refused at its place', () => {
	for (const [text, at] of [
		['a {{ $value | humanize }}', 2],
		['{{ humanize $value }}', 0],
		['{{ $labels }}', 0],
		['{{ .Labels.x }}', 0],
		['{{ if $value }}x{{ end }}', 0],
		['{{- $value }}', 0],
		['{{ $labels.a.b }}', 0],
		['{{}}', 0],
		['x {{ $value', 2],
		['{{ $externalURL }}', 0],
	] as const)
		assert.throws(
			() => templateOf(text),
			(error: unknown) => error instanceof ExpressionFault && error.at === at,
			text,
		);
});

test('values are written without surprises', () => {
	for (const [value, text] of [
		[5, '5'],
		[-0, '0'],
		[0.1 + 0.2, '0.3'],
		[1 / 3, '0.333333333333333'],
		[2 ** 53, '9007199254740992'],
		[1e21, '1000000000000000000000'],
		[1234567.891, '1234567.891'],
		[1e-7, '1e-7'],
		[Number.NaN, 'NaN'],
		[Number.POSITIVE_INFINITY, '+Inf'],
		[Number.NEGATIVE_INFINITY, '-Inf'],
	] as const)
		assert.is(valueText(value), text);
	fc.assert(
		fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
			const read = Number(valueText(value));
			assert.ok(Math.abs(read - value) <= Math.abs(value) * 1e-14, `${value}: ${read}`);
		}),
	);
	fc.assert(fc.property(fc.maxSafeInteger(), (value) => assert.is(Number(valueText(value)), value)));
});

test.run();
