// Every transition of an alert, by the time of records alone.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AlertRecord } from '../../../../filters/lib/alert/alert-record.ts';
import { alerting, counter, gauge, histogram, noticed, ruleText, START } from '../../../harness/alerting.ts';

const test = suite('lib/alert/engine');

/** A gauge with these values, one every 15 s from a second on. */
const temp = (values: number[], from = 0, more = {}) =>
	values.map((value, at) => gauge(from + 15 * at, 'temp', value, more));

test('without for it fires at once, and is resolved when its condition does not hold', () => {
	const { feed, at, said, out } = alerting(ruleText('temp > 30'));
	feed(...temp([20, 31, 32, 30, 20]));
	at(61);
	assert.equal(said(), ['15 firing', '45 resolved']);
	const [firing, resolved] = out as AlertRecord[];
	assert.equal(firing, {
		type: 'alert',
		ts: START + 15_000,
		host: 'web1',
		metric: 'temp',
		alert: 'A',
		state: 'firing',
		labels: { alertname: 'A', host: 'web1' },
		annotations: {},
		value: 31,
		starts_at: START + 15_000,
	});
	assert.is(resolved!.starts_at, START + 15_000);
	assert.is(resolved!.ends_at, START + 45_000);
	assert.is(resolved!.value, 32, 'as of when it held last');
});

test('for: pending, then firing when it has held for so long and not a look before', () => {
	const { feed, at, said, out } = alerting(ruleText('temp > 30', { for: '30s' }));
	feed(...temp([31, 31, 31, 31]));
	at(46);
	assert.equal(said(), ['0 pending', '30 firing']);
	assert.is((out[0] as AlertRecord).starts_at, START, 'pending since');
	assert.is((out[1] as AlertRecord).starts_at, START + 30_000, 'firing since');
});

test('for: one look below the threshold, and it is inactive and begins anew', () => {
	const { feed, at, said } = alerting(ruleText('temp > 30', { for: '30s' }));
	feed(...temp([31, 31, 30, 31, 31, 31]));
	at(76);
	assert.equal(said(), ['0 pending', '30 inactive', '45 pending', '75 firing']);
});

test('keep_firing_for: it fires on for so long; holding again starts that time anew', () => {
	const { feed, at, said } = alerting(ruleText('temp > 30', { keep_firing_for: '30s' }));
	feed(...temp([31, 20, 31, 20, 20, 20, 20]));
	at(106);
	assert.equal(said(), ['0 firing', '75 resolved']);
});

test('hysteresis: no flapping between the thresholds, resolved only beyond the other one', () => {
	const rule = ruleText('temp > 30', { annotations: { bpfpipe_resolve: '< 25' } });
	const { feed, at, said } = alerting(rule);
	feed(...temp([28, 31, 29, 31, 26, 25, 31, 24, 28, 29]));
	at(200);
	assert.equal(said(), ['15 firing', '105 resolved']);
	// The same values against one threshold.
	const plain = alerting(ruleText('temp > 30'));
	plain.feed(...temp([28, 31, 29, 31, 26, 25, 31, 24, 28, 29]));
	plain.at(200);
	assert.is(plain.said().length, 6);
});

test('hysteresis: pending is not held by it, a series without a value is over, and keep_firing_for comes after it', () => {
	const annotations = { bpfpipe_resolve: '< 25' };
	const pending = alerting(ruleText('temp > 30', { for: '30s', annotations }));
	pending.feed(...temp([31, 28, 28]));
	pending.at(46);
	assert.equal(pending.said(), ['0 pending', '15 inactive']);
	const gone = alerting(ruleText('temp > 30', { annotations }));
	gone.feed(...temp([31, 28]), gauge(400, 'other', 1));
	assert.equal(gone.said(), ['0 firing', '315 resolved'], 'five minutes after its last record');
	const kept = alerting(ruleText('temp > 30', { keep_firing_for: '30s', annotations }));
	kept.feed(...temp([31, 24, 26, 24, 24, 24]));
	kept.at(90);
	assert.equal(kept.said(), ['0 firing', '75 resolved'], '26 at 30 s was between');
});

test('hysteresis with an expression of its own: by the same labels', () => {
	const rule = ruleText('temp > 30 and load > 1', { annotations: { bpfpipe_resolve: 'temp <= 20' } });
	const { feed, at, said } = alerting(rule);
	for (const [second, temp, load] of [
		[0, 31, 2],
		[15, 31, 0],
		[30, 21, 0],
		[45, 20, 0],
	] as const)
		feed(gauge(second, 'temp', temp), gauge(second, 'load', load));
	at(46);
	assert.equal(said(), ['0 firing', '45 resolved']);
});

test('each series has its alert, with labels and annotations of its own', () => {
	const { feed, at, said, out } = alerting(
		ruleText('temp > 30', {
			labels: { severity: 'page', room: 'the {{ $labels.room }}' },
			annotations: { summary: '{{ $labels.room }} has {{ $value }}' },
		}),
	);
	const rooms = (second: number, a: number, b: number) => [
		gauge(second, 'temp', a, { attributes: { room: 'a' } }),
		gauge(second, 'temp', b, { attributes: { room: 'b' } }),
	];
	feed(...rooms(0, 31, 20), ...rooms(15, 31.5, 40), ...rooms(30, 20, 41));
	at(31);
	assert.equal(said(), [
		'0 firing room=the a severity=page',
		'15 firing room=the b severity=page',
		'30 resolved room=the a severity=page',
	]);
	assert.equal(
		(out as AlertRecord[]).map(({ annotations }) => annotations.summary),
		['a has 31', 'b has 40', 'a has 31.5'],
	);
});

test('labels are those of the begin, whatever the value does to them', () => {
	const { feed, at, out } = alerting(ruleText('temp > 30', { labels: { now: '{{ $value }}' } }));
	feed(...temp([31, 32, 20]));
	at(31);
	assert.equal(
		(out as AlertRecord[]).map(({ state, labels }) => [state, labels.now]),
		[
			['firing', '31'],
			['resolved', '31'],
		],
	);
});

test('counters: rate and increase are what was counted, over resets, and exact', () => {
	const { feed, at, said, out } = alerting(ruleText('increase(calls[1m]) > 100', { for: '0s' }));
	feed(
		counter(0, 'calls', 1_000_000),
		counter(15, 'calls', 1_000_050),
		counter(30, 'calls', 1_000_100),
		// It began again, and counted 51 since.
		counter(45, 'calls', 51),
		counter(60, 'calls', 51),
		counter(75, 'calls', 51),
		counter(90, 'calls', 51),
	);
	at(91);
	assert.equal(said(), ['45 firing', '45 notice reset 1', '90 resolved']);
	assert.is((out[0] as AlertRecord).value, 151);
	assert.is((out[2] as AlertRecord).value, 101, 'when it held last');
});

test('rate is the increase by the seconds of its range', () => {
	const { feed, at, out } = alerting(ruleText('rate(calls[1m]) >= 0.5'));
	feed(counter(0, 'calls', 7), counter(20, 'calls', 37));
	at(31);
	assert.is((out[0] as AlertRecord).value, 0.5);
});

test('delta and cumulative records give the same increase', () => {
	const results = (['cumulative', 'delta'] as const).map((temporality) => {
		const { feed, at, said } = alerting(ruleText('increase(calls[1m]) > 10'));
		const increments = [0, 4, 4, 4, 0, 0, 0];
		let total = 0;
		increments.forEach((by, print) => {
			total += by;
			feed(counter(15 * print, 'calls', temporality === 'delta' ? by : total, { temporality }));
		});
		at(120);
		return said();
	});
	assert.equal(results[0], ['45 firing', '75 resolved']);
	assert.equal(results[1], results[0]);
});

test('a series that appears later began at zero; the first print of a metric is where it begins', () => {
	const { feed, at, said } = alerting(ruleText('increase(calls[1m]) > 0'));
	const calls = (second: number, comm: string, value: number) =>
		counter(second, 'calls', value, { attributes: { comm } });
	feed(calls(0, 'a', 500), calls(15, 'a', 500), calls(15, 'b', 3));
	at(16);
	assert.equal(said(), ['15 firing comm=b']);
});

test('whole numbers beyond 2^53 are subtracted exactly', () => {
	const { feed, at, out } = alerting(ruleText('increase(calls[1m]) == 1'));
	feed(counter(0, 'calls', '9007199254740993'), counter(15, 'calls', '9007199254740994'));
	at(16);
	assert.is((out[0] as AlertRecord).value, 1);
});

test('histogram_quantile: of what was counted in the window, by a straight line inside the bucket', () => {
	const rule = ruleText('histogram_quantile(0.5, rate(lat[1m])) > 1');
	const { feed, at, out, said } = alerting(rule);
	feed(
		histogram(0, 'lat', [[0, 1000, 1_000_000]]),
		histogram(15, 'lat', [
			[0, 1000, 1_000_000],
			[1000, 2000, 3],
			[2000, 4000, 1],
		]),
	);
	at(16);
	// The second of four lies two thirds into [1000, 2000).
	assert.ok(Math.abs(((out[0] as AlertRecord).value as number) - 1666.666666) < 1e-3);
	at(76);
	assert.equal(said(), ['15 firing', '75 resolved'], 'nothing was counted any more, so there is no quantile');
});

test('histogram_quantile: over series together, of the whole time, and of sums of buckets', () => {
	const { feed, at, said, out } = alerting(
		JSON.stringify({
			groups: [
				{
					name: 'g',
					rules: [
						{ alert: 'Each', expr: 'histogram_quantile(1, lat) >= 4' },
						{ alert: 'All', expr: 'histogram_quantile(1, sum by (host) (lat)) >= 4' },
						{ alert: 'Count', expr: 'histogram_count(sum by (host) (lat)) == 5' },
					],
				},
			],
		}),
	);
	const attributes = (comm: string) => ({ attributes: { comm } });
	feed(histogram(0, 'lat', [[0, 1, 2]], attributes('a')), histogram(0, 'lat', [[2, 4, 3]], attributes('b')));
	at(1);
	assert.equal(said(), ['0 firing Each comm=b', '0 firing All', '0 firing Count']);
	assert.is((out[1] as AlertRecord).value, 4);
});

test('ratios, sums by label, and, or, unless', () => {
	for (const [expr, wanted] of [
		['increase(errors[1m]) / increase(calls[1m]) > 0.1', ['15 firing']],
		['errors / calls > 0.5', []],
		['sum by (host) (errors) > 4', ['0 firing']],
		['sum(errors) > 4', ['0 firing']],
		['errors > 4 and calls > 4', ['0 firing']],
		['errors > 4 unless calls > 4', []],
		['nothing > 1 or calls > 1', ['0 firing']],
		['100 * errors > 499', ['0 firing']],
		['-errors < 0', ['0 firing']],
		['5 < calls', ['0 firing']],
		['calls % 10 == 5', ['15 firing']],
		['count(calls) == 1', ['0 firing']],
		['max(calls) - min(calls) == 0', ['0 firing']],
	] as const) {
		const { feed, at, said } = alerting(ruleText(expr));
		feed(
			counter(0, 'errors', 5),
			counter(0, 'calls', 10),
			counter(15, 'errors', 6),
			counter(15, 'calls', 15),
		);
		at(16);
		assert.equal(said(), [...wanted], expr);
	}
});

test("names: the record's own, those that Prometheus scrapes, and any by a matcher", () => {
	for (const expr of [
		'{__name__="cpu-lat"}',
		'cpu_lat_microseconds',
		'cpu_lat_microseconds_total',
		'{__name__=~"cpu.*"}',
		'{__name__=~"cpu_.*", comm="a", comm!="b", host=~"web."}',
	]) {
		const { feed, at, said } = alerting(ruleText(`${expr} > 0`));
		feed(counter(0, 'cpu-lat', 1, { unit: 'us', attributes: { comm: 'a' } }));
		at(1);
		assert.equal(said(), ['0 firing comm=a'], expr);
	}
	const { feed, at, said } = alerting(ruleText('cpu_lat > 0'));
	feed(counter(0, 'cpu-lat', 1, { unit: 'us' }));
	at(1);
	assert.equal(said(), []);
});

test('notices are a metric: counted in a window, by kind', () => {
	const { feed, at, said } = alerting(
		ruleText('sum by (kind, metric) (increase(notices{kind=~"lost_.*"}[1m])) >= 20'),
	);
	feed(
		noticed(0, 'lost_events', 17, { metric: 'lat' }),
		noticed(10, 'late', 500),
		noticed(15, 'lost_events', '3', { metric: 'lat' }),
	);
	at(16);
	at(61);
	assert.equal(said(), ['15 firing kind=lost_events metric=lat', '60 resolved kind=lost_events metric=lat']);
});

test('absence: fires without any record of it, and not before it can be known', () => {
	const { feed, at, said } = alerting(ruleText('absent_over_time(up{job="a"}[1m])', { for: '15s' }));
	feed(gauge(0, 'other', 1), gauge(45, 'other', 1));
	at(59);
	assert.equal(said(), [], 'not for longer than anything was watched');
	at(76);
	assert.equal(said(), ['60 pending job=a', '75 firing job=a']);
	feed(gauge(80, 'up', 1, { attributes: { job: 'a' } }));
	at(91);
	assert.equal(said(), ['90 resolved job=a']);
	at(140);
	assert.equal(said(), []);
	at(160);
	assert.equal(said(), ['150 pending job=a'], 'silent since 80');
});

test('age: time() - timestamp()', () => {
	const { feed, at, said } = alerting(ruleText('time() - timestamp(temp) > 40'));
	feed(...temp([1, 1]));
	at(76);
	assert.equal(said(), ['60 firing']);
	at(400);
	assert.equal(said(), ['315 resolved'], 'after five minutes it is no series any more');
});

test('a series that has ended, as every says (stale), is over at once', () => {
	const { feed, at, said } = alerting(ruleText('temp > 30'));
	feed(...temp([31, 31]), noticed(20, 'stale', 1, { metric: 'temp', attributes: {} }));
	at(31);
	assert.equal(said(), ['0 firing', '30 resolved']);
});

test('synthetic: the mark stays through sums, and real and made-up series are never added up', () => {
	const { feed, at, said, out } = alerting(ruleText('sum(temp) > 30', { labels: { synthetic: 'false' } }));
	feed(gauge(0, 'temp', 20), gauge(0, 'temp', 25, { synthetic: true }));
	at(1);
	assert.equal(said(), []);
	feed(gauge(15, 'temp', 31, { synthetic: true }));
	at(16);
	assert.equal(said(), ['15 firing synthetic=true']);
	assert.is((out[0] as AlertRecord).synthetic, true);
	const real = alerting(ruleText('temp{synthetic=""} > 30'));
	real.feed(gauge(0, 'temp', 31, { synthetic: true }));
	real.at(1);
	assert.equal(real.said(), []);
});

test('late records do not turn time back; an increment counts where it belongs while the window reaches', () => {
	const { feed, at, said, counted } = alerting(ruleText('increase(calls[1m]) > 10'));
	const delta = (second: number, value: number) => counter(second, 'calls', value, { temporality: 'delta' });
	feed(delta(0, 1), delta(40, 5), delta(20, 7));
	at(46);
	assert.equal(said(), ['45 firing']);
	at(91);
	assert.equal(said(), ['90 resolved'], '20 has left the window, 40 has not');
	feed(delta(100, 1), delta(30, 50));
	at(106);
	assert.equal(said(), ['105 notice late 1']);
	assert.is(counted('late'), 1);
});

test('a clock that was set back: time goes on from there, ages stay, and a notice says so', () => {
	const { feed, at, said } = alerting(ruleText('temp > 30', { for: '1m' }));
	feed(...temp([31, 31, 31], 3600));
	// An hour back, as seen by records that go on every five seconds.
	for (let second = 0; second <= 60; second += 5) feed(gauge(second, 'temp', 31));
	at(61);
	assert.equal(
		said(),
		['3600 pending', '15 notice clock 1', '45 firing'],
		'30 s before, and 30 s after it was seen',
	);
});

test('a gap of days is worked out at once, and comes to what looking at each step gives', () => {
	const gap = 30 * 86_400;
	const began = performance.now();
	const { feed, said } = alerting(
		JSON.stringify({
			groups: [
				{
					name: 'g',
					interval: '1s',
					rules: [
						{ alert: 'A', expr: 'temp > 30', keep_firing_for: '1h' },
						{ alert: 'Gone', expr: 'absent_over_time(temp[10m])', for: '5m' },
					],
				},
			],
		}),
	);
	feed(gauge(0, 'temp', 31), gauge(gap, 'temp', 20));
	assert.equal(said(), ['0 firing', '600 pending Gone', '900 firing Gone', '3900 resolved']);
	feed(gauge(gap + 5, 'temp', 20));
	assert.equal(said(), [`${gap} resolved Gone`]);
	assert.ok(performance.now() - began < 5000);
	const far = alerting(ruleText('temp > 30'));
	far.feed({ ...gauge(0, 'temp', 31), ts: 0 }, gauge(0, 'temp', 20));
	assert.is(far.out.length, 2, 'from 1970 to now');
});

test('groups have intervals of their own', () => {
	const rule = (alert: string) => ({ alert, expr: 'temp > 30' });
	const { feed, said } = alerting(
		JSON.stringify({
			groups: [
				{ name: 'slow', interval: '1m', rules: [rule('Slow')] },
				{ name: 'fast', interval: '5s', rules: [rule('Fast')] },
			],
		}),
	);
	feed(gauge(1, 'temp', 31), gauge(61, 'temp', 31));
	assert.equal(said(), ['5 firing Fast', '60 firing Slow']);
});

test('bounds: series, alerts and labels beyond them are counted and told, and the others are as they were', () => {
	const many = (count: number, second = 0, pad = '') =>
		Array.from({ length: count }, (_, at) => gauge(second, 'temp', 31, { attributes: { n: `${pad}${at}` } }));
	const series = alerting(ruleText('temp > 30'), { mostSeries: 3 });
	series.feed(...many(5));
	series.at(1);
	assert.equal(series.said(), ['0 firing n=0', '0 firing n=1', '0 firing n=2', '0 notice max_series 2']);
	const alerts = alerting(ruleText('temp > 30'), { mostAlerts: 2 });
	alerts.feed(...many(5));
	alerts.at(1);
	assert.equal(alerts.said(), ['0 firing n=0', '0 firing n=1', '0 notice max_alerts 3']);
	const labels = alerting(ruleText('temp > 30'));
	labels.feed(
		...many(1, 0, 'x'.repeat(5000)),
		gauge(0, 'temp', 31, { attributes: { 'a.b': '1', a_b: '2' } }),
	);
	labels.at(1);
	assert.equal(labels.said(), ['0 notice long_label 1', '0 notice label_clash 1']);
	const gone = alerting(ruleText('temp > 30'), { mostSeries: 3 });
	gone.feed(...many(3), gauge(400, 'temp', 31, { attributes: { n: 'new' } }));
	gone.at(500);
	assert.ok(gone.said().includes('405 firing n=new'), 'those that were not seen for long make room');
});

test('what a rule cannot be worked out on is told, and not at each look again', () => {
	const { feed, at, said } = alerting(
		JSON.stringify({
			groups: [
				{
					name: 'g',
					rules: [
						{ alert: 'A', expr: 'lat > 1' },
						{ alert: 'B', expr: 'rate(temp[1m]) > 1' },
						{ alert: 'C', expr: '{__name__=~"temp|load"} / 2 > 1' },
						{ alert: 'D', expr: '{__name__=~"temp|load"} + {__name__=~"temp|load"} > 1' },
						{ alert: 'E', expr: 'sum without (n) (temp) > 5', labels: { n: '1' } },
						{ alert: 'F', expr: 'temp > 5', labels: { n: 'one' } },
					],
				},
			],
		}),
	);
	feed(histogram(0, 'lat', [[0, 1, 1]]), gauge(0, 'temp', 31, { attributes: { n: '2' } }));
	feed(gauge(0, 'load', 31, { attributes: { n: '2' } }), gauge(0, 'temp', 31, { attributes: { n: '3' } }));
	at(1);
	assert.equal(said(), [
		'0 firing E n=1',
		'0 firing F n=one',
		'0 notice unfit 3',
		'0 notice rule_failed 2',
		'0 notice same_labels 1',
	]);
	for (let second = 15; second <= 315; second += 15)
		feed(gauge(second, 'temp', 31), gauge(second, 'load', 31));
	assert.equal(
		said().filter((line) => /unfit|rule_failed/.test(line)),
		['300 notice unfit 79', '300 notice rule_failed 40'],
		'then every five minutes, with how often it was',
	);
});

test('values that are no numbers in JSON are text', () => {
	const { feed, at, out } = alerting(ruleText('temp / 0 > 1', { annotations: { s: '{{ $value }}' } }));
	feed(gauge(0, 'temp', 31));
	at(1);
	assert.is((out[0] as AlertRecord).value, '+Inf');
	assert.is((out[0] as AlertRecord).annotations.s, '+Inf');
});

test('a restart goes on where it was: nothing fires twice, an end is not lost, pending keeps its time', () => {
	const text = JSON.stringify({
		groups: [
			{
				name: 'g',
				rules: [
					{ alert: 'Hot', expr: 'temp > 30', annotations: { bpfpipe_resolve: '< 25' } },
					{ alert: 'Busy', expr: 'increase(calls[1m]) > 10' },
					{ alert: 'Slow', expr: 'load > 1', for: '1m' },
				],
			},
		],
	});
	const first = alerting(text);
	for (const second of [0, 15, 30])
		first.feed(gauge(second, 'temp', 31), counter(second, 'calls', second), gauge(second, 'load', 2));
	first.at(31);
	assert.equal(first.said(), ['0 firing Hot', '0 pending Slow', '15 firing Busy']);
	const kept = JSON.parse(JSON.stringify(first.engine.keep()));
	const second = alerting(text, { kept });
	for (const at of [45, 60, 75])
		second.feed(gauge(at, 'temp', 28), counter(at, 'calls', 45), gauge(at, 'load', 2));
	second.at(76);
	assert.equal(
		second.said(),
		['60 firing Slow'],
		'between the thresholds; a window that is not full yet ends nothing',
	);
	for (let at = 90; at < 500; at += 15) second.feed(gauge(at, 'temp', 24), counter(at, 'calls', 45));
	assert.equal(
		second
			.said()
			.map((line) => line.replace(/^\d+ /, ''))
			.sort(),
		['resolved Busy', 'resolved Hot', 'resolved Slow'],
	);
});

test('a restart after hours: what is over meanwhile is over when that can be known, and not at once', () => {
	const first = alerting(ruleText('temp > 30'));
	first.feed(gauge(0, 'temp', 31));
	first.at(1);
	const { engine } = first;
	const again = alerting(ruleText('temp > 30'), { kept: engine.keep() });
	again.feed(gauge(7200, 'temp', 31), gauge(7215, 'temp', 31));
	again.at(7216);
	assert.equal(again.said(), []);
	const cool = alerting(ruleText('temp > 30'), { kept: engine.keep() });
	cool.feed(gauge(7200, 'temp', 20), gauge(7800, 'temp', 20));
	assert.equal(cool.said(), ['7500 resolved']);
});

test('a restart with records read again: they fill windows, and time goes on from where it was', () => {
	const text = ruleText('increase(calls[1m]) > 10');
	const records = Array.from({ length: 20 }, (_, at) => counter(15 * at, 'calls', at < 10 ? 5 * at : 45));
	const whole = alerting(text);
	whole.feed(...records);
	const first = alerting(text);
	first.feed(...records.slice(0, 9));
	const second = alerting(text, { kept: JSON.parse(JSON.stringify(first.engine.keep())) });
	second.feed(...records.slice(2));
	assert.equal([...first.said(), ...second.said()], whole.said());
});

test('a restart without its rule: what it had begun is over', () => {
	const first = alerting(ruleText('temp > 30'));
	first.feed(gauge(0, 'temp', 31));
	first.at(1);
	const other = alerting(ruleText('temp > 30', { alert: 'B' }), { kept: first.engine.keep() });
	other.feed(gauge(15, 'temp', 31));
	other.at(16);
	assert.equal(other.said(), ['1 resolved', '15 firing B']);
});

test.run();
