// Units that Prometheus would rather have, and numbers in them to the last digit.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseUnitOf } from '../../../../filters/lib/prometheus/base-unit.ts';
import { createExposition } from '../../../../filters/lib/prometheus/exposition.ts';
import { metricName, metricNameUtf8 } from '../../../../filters/lib/prometheus/name.ts';
import {
	scaledEdges,
	scaledNative,
	scaledNumber,
	scaledText,
} from '../../../../filters/lib/prometheus/scale.ts';
import type { Bucket, Exact, Measure } from '../../../../filters/lib/record.ts';
import { gaugeOf, histogramOf, sumOf } from '../../../data/measures.ts';
import { parseExposition } from '../../../harness/exposition-parser.ts';

const test = suite('prometheus: base units');

const MICRO = { times: 1n, power: -6 };

test('a unit is so much of another one', () => {
	const told = (unit: string) => {
		const { unit: base, scale } = baseUnitOf(unit);
		return scale ? `${base} ${scale.times}e${scale.power}` : base;
	};
	for (const [unit, wanted] of [
		['us', 's 1e-6'],
		['\u00b5s', 's 1e-6'],
		['\u03bcs', 's 1e-6'],
		['ns', 's 1e-9'],
		['ms', 's 1e-3'],
		['microseconds', 's 1e-6'],
		['usecs', 's 1e-6'],
		['min', 's 60e0'],
		['d', 's 86400e0'],
		['KiB', 'By 1024e0'],
		['GiBy', 'By 1073741824e0'],
		['MB', 'By 1e6'],
		['bit', 'By 125e-3'],
		['Mbit/s', 'By/s 125e3'],
		['By/ms', 'By/s 1e3'],
		['KiB/us', 'By/s 1024e6'],
		['%', 'ratio 1e-2'],
		['kHz', 'Hz 1e3'],
		// An hour is no decimal fraction of a second.
		['By/h', 'By/h'],
		['s', 's'],
		['By', 'By'],
		['1', '1'],
		['', ''],
		// 1,000 of them or 1,024: nobody knows.
		['KB', 'KB'],
		['constructor', 'constructor'],
	] as const)
		assert.is(told(unit), wanted, unit);
});

test('digits move, and no float comes near them', () => {
	for (const [value, wanted] of [
		[127, '0.000127'],
		[3, '0.000003'],
		[0, '0'],
		[-0, '0'],
		[-1, '-0.000001'],
		[1000000, '1'],
		[12000000, '12'],
		[1500000, '1.5'],
		[3.5, '0.0000035'],
		[0.1, '0.0000001'],
		['18446744073709551615', '18446744073709.551615'],
		['-9007199254740993', '-9007199254.740993'],
		[1e-7, '0.0000000000001'],
		[1e21, '1000000000000000'],
		[1.5e300, '15e293'],
		[1e-300, '1e-306'],
	] as [Exact, string][])
		assert.is(scaledText(value, MICRO), wanted);
	assert.is(scaledText(7, { times: 125n, power: -3 }), '0.875');
	assert.is(scaledText('9007199254740993', { times: 1024n, power: 0 }), '9223372036854776832');
	assert.is(scaledText(0.5, undefined), '0.5');
	// What floats make of it has noise at its end.
	assert.is.not(String(0.1 * 3e-6), scaledText(0.3, MICRO));
	assert.is(scaledNumber(7, MICRO), 0.000007);
	assert.is(scaledNumber(127, MICRO), 0.000127);
});

/** A text as a fraction of whole numbers. */
const fraction = (text: string): [bigint, bigint] => {
	const [, sign, whole, rest = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(text)!;
	const exponent = BigInt(power) - BigInt(rest.length);
	const digits = BigInt(`${sign}${whole}${rest}`);
	return exponent < 0n ? [digits, 10n ** -exponent] : [digits * 10n ** exponent, 1n];
};

test('the text is the product, whatever the number and the unit', () => {
	const units = ['ns', 'us', 'ms', 'min', 'd', 'bit', 'KiB', 'PiB', '%', 'kbit/ms'];
	const numbers = fc.oneof(
		fc.maxSafeInteger(),
		fc.bigInt().map(String),
		fc.double({ noNaN: true, noDefaultInfinity: true }),
	);
	fc.assert(
		fc.property(numbers, fc.constantFrom(...units), (value, unit) => {
			const scale = baseUnitOf(unit).scale!;
			const [above, below] = fraction(scaledText(value, scale));
			const [left, right] = fraction(String(value).replace('e+', 'e'));
			const [ten, tenth] =
				scale.power < 0 ? [1n, 10n ** BigInt(-scale.power)] : [10n ** BigInt(scale.power), 1n];
			assert.is(above * right * tenth, left * scale.times * ten * below);
		}),
	);
});

test('names end in the unit that the numbers have', () => {
	for (const [metric, unit, base, name, utf8] of [
		['cpu-lat', 'us', 's', 'cpu_lat_seconds', 'cpu-lat_seconds'],
		['cpu_lat_microseconds', 'us', 's', 'cpu_lat_seconds', 'cpu_lat_seconds'],
		['cpu-lat-us', 'us', 's', 'cpu_lat_seconds', 'cpu-lat_seconds'],
		['cpu.lat_us_total', 'us', 's', 'cpu_lat_seconds', 'cpu.lat_seconds'],
		['wait', 'By', 'By', 'wait_bytes', 'wait_bytes'],
		['rx\u{1f600}kib', 'KiB', 'By', 'rx_bytes', 'rx_bytes'],
		['us', 'us', 's', 'seconds', 'seconds'],
		['used_percent', '%', 'ratio', 'used_ratio', 'used_ratio'],
		['bus', 'us', 's', 'bus_seconds', 'bus_seconds'],
		['lat_seconds', 'us', 's', 'lat_seconds', 'lat_seconds'],
		['', 'us', 's', '__seconds', '__seconds'],
	] as const) {
		assert.is(metricName(metric, unit, '', base), name);
		assert.is(metricNameUtf8(metric, unit, '', base), utf8);
	}
});

const LOG2: Bucket[] = [
	[0, 1, 5],
	[1, 2, 0],
	[2, 4, 9],
	[64, 128, 2],
];

test('bounds are inclusive as before, of the whole numbers that were counted', () => {
	assert.equal(
		scaledEdges(LOG2, MICRO).map(({ below, at }) => [below, at]),
		[
			[undefined, '0'],
			[undefined, '0.000001'],
			[undefined, '0.000003'],
			['0.000063', '0.000127'],
		],
	);
});

test('native where the bounds stay powers of two, else classic', () => {
	assert.is(scaledNative(LOG2, MICRO), undefined);
	assert.is(scaledNative(LOG2, { times: 1n, power: 3 }), undefined);
	const kib = scaledNative(LOG2, { times: 1024n, power: 0 })!;
	assert.equal([kib.schema, kib.threshold, kib.zero], [0, 1024, [0]]);
	// (1024,2048] is number 11.
	assert.is(kib.positive.spans[0]!.offset, 11);
	assert.is(scaledNative(LOG2, undefined)!.positive.spans[0]!.offset, 1);
});

const create = (isBase = true) => {
	const notices: string[] = [];
	const state = createExposition({
		prefix: '',
		staleMs: 1e9,
		maxSeries: 100,
		estimates: true,
		isBase,
		onNotice: ({ kind, metric }) => notices.push(`${kind} ${metric}`),
	});
	const all = (...records: Measure[]) => {
		for (const record of records) assert.is(state.take(record), '');
	};
	return { state, all, notices };
};

test('a histogram, a counter and a gauge in base units', () => {
	const { state, all } = create();
	all(
		histogramOf(LOG2),
		sumOf(1500, { metric: 'busy', unit: 'ms' }),
		gaugeOf(12.5, { metric: 'used', unit: '%' }),
	);
	const text = state.render({ format: 'text', timestamps: false });
	parseExposition(text);
	assert.is(
		text,
		`# HELP busy_seconds_total busy in s, counted in ms, by bpfpipe
# TYPE busy_seconds_total counter
# UNIT busy_seconds_total seconds
busy_seconds_total{host="web1"} 1.5
# HELP lat_estimated_sum_seconds ESTIMATE of the sum of lat in s: every value is taken for the middle of its bucket
# TYPE lat_estimated_sum_seconds gauge
# UNIT lat_estimated_sum_seconds seconds
lat_estimated_sum_seconds{host="web1"} 0.0002135
# HELP lat_seconds lat in s, counted in us, by bpfpipe; whole us, le is inclusive: [2,4) us ends at le="0.000003"; no sum is known; classic only: scaled, no bound is a power of two
# TYPE lat_seconds histogram
# UNIT lat_seconds seconds
lat_seconds_bucket{host="web1",le="0"} 5
lat_seconds_bucket{host="web1",le="0.000001"} 5
lat_seconds_bucket{host="web1",le="0.000003"} 14
lat_seconds_bucket{host="web1",le="0.000063"} 14
lat_seconds_bucket{host="web1",le="0.000127"} 16
lat_seconds_bucket{host="web1",le="+Inf"} 16
lat_seconds_count{host="web1"} 16
# HELP used_ratio used in ratio, counted in %, by bpfpipe
# TYPE used_ratio gauge
# UNIT used_ratio ratio
used_ratio{host="web1"} 0.125
`,
	);
	const open = state.render({ format: 'openMetrics', timestamps: false });
	parseExposition(open);
	assert.match(open, /lat_seconds_bucket\{host="web1",le="0\.0"\} 5\n/);
	assert.match(open, /lat_seconds_bucket\{host="web1",le="0\.000003"\} 14\n/);
});

test('what is called a percentage stays one, whoever asks for base units', () => {
	const { state, all } = create();
	all(
		gaugeOf(12.5, { metric: 'hits_percent', unit: '%' }),
		gaugeOf(7, { metric: 'odd_percent', unit: 'us' }),
	);
	const text = state.render({ format: 'text', timestamps: false });
	assert.match(text, /^hits_percent\{host="web1"\} 12\.5$/m);
	assert.match(text, /^odd_percent_seconds\{host="web1"\} 0\.000007$/m);
});

test('hosts that count in us and in ms are one family; two series of one host are not one series', () => {
	const { state, all, notices } = create();
	all(histogramOf(LOG2), histogramOf(LOG2, { unit: 'ms', host: 'web2' }), histogramOf(LOG2, { unit: 'ns' }));
	const text = state.render({ format: 'text', timestamps: false });
	assert.is(text.match(/# TYPE lat_seconds /g)!.length, 1);
	assert.match(text, /lat_seconds_bucket\{host="web1",le="0\.000003"\} 14\n/);
	assert.match(text, /lat_seconds_bucket\{host="web2",le="0\.003"\} 14\n/);
	assert.equal(notices, ['label_collision lat']);
	// Left alone they have names of their own.
	const plain = create(false);
	plain.all(histogramOf(LOG2), histogramOf(LOG2, { unit: 'ms', host: 'web2' }));
	assert.equal(plain.notices, []);
	assert.match(plain.state.render({ format: 'text', timestamps: false }), /^lat_milliseconds_count/m);
});

test.run();
