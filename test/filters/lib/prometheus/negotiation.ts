import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNegotiation } from '../../../../filters/lib/prometheus/negotiation.ts';

const test = suite('prometheus: the Accept header');
const negotiate = createNegotiation({ timestamps: false });

const PROTOBUF =
	'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const proto = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';

// As releases of Prometheus sent them to a listener, with and without native histograms.
const SENT: [who: string, accept: string, format: string, names: string, contentType: string][] = [
	[
		'2.42',
		'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
		'openMetrics',
		'underscores',
		OPEN,
	],
	[
		'2.42 with native histograms',
		`${proto},application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
		'protobuf',
		'underscores',
		PROTOBUF,
	],
	[
		'3',
		'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
		'openMetrics',
		'utf8',
		`${OPEN}; escaping=allow-utf-8`,
	],
	[
		'3 with native histograms, which asks for no escaping in protobuf',
		`${proto};q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`,
		'protobuf',
		'underscores',
		PROTOBUF,
	],
	[
		'a 3 that does',
		`${proto};escaping=allow-utf-8;q=0.7,*/*;q=0.2`,
		'protobuf',
		'utf8',
		`${PROTOBUF}; escaping=allow-utf-8`,
	],
	[
		'3 that wants names escaped',
		'application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6,*/*;q=0.2',
		'openMetrics',
		'underscores',
		`${OPEN}; escaping=underscores`,
	],
	[
		'3 that wants them escaped in a way we have not',
		'text/plain;version=1.0.0;escaping=values;q=0.6,*/*;q=0.2',
		'text',
		'underscores',
		'text/plain; version=1.0.0; charset=utf-8; escaping=underscores',
	],
	[
		'3 with text only',
		'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.2',
		'text',
		'utf8',
		'text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8',
	],
	['1.8', `${proto};q=0.7,text/plain;version=0.0.4;q=0.3`, 'protobuf', 'underscores', PROTOBUF],
];

for (const [who, accept, format, names, contentType] of SENT)
	test(`Prometheus ${who}`, () => {
		const agreed = negotiate(accept);
		assert.equal(
			[agreed.style.format, agreed.style.names ?? 'underscores', agreed.contentType],
			[format, names, contentType],
		);
	});

test('whatever else asks has the plain text', () => {
	for (const accept of [
		undefined,
		'',
		'*/*',
		'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
		'application/json',
		'application/openmetrics-text;version=2.0.0',
		'application/vnd.google.protobuf;proto=some.Other;encoding=delimited',
		'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text',
		'application/openmetrics-text;q=0',
		'application/openmetrics-text;q=x',
		';;;=,,',
		`${'x,'.repeat(100_000)}${proto}`,
	])
		assert.is(negotiate(accept).contentType, TEXT, accept?.slice(0, 80));
});

test('the best liked of what there is, in any letters and spaces', () => {
	assert.is(
		negotiate('text/plain;q=0.1, APPLICATION/OpenMetrics-Text ; Version="1.0.0" ; q=0.2').contentType,
		OPEN,
	);
	assert.is(
		negotiate('application/openmetrics-text;version=0.0.1').contentType,
		'application/openmetrics-text; version=0.0.1; charset=utf-8',
	);
	assert.is(negotiate('application/openmetrics-text;version=2.0.0,text/plain;q=0.1').contentType, TEXT);
});

test('one style is one object', () => {
	assert.is(negotiate(SENT[2]![1]).style, negotiate(SENT[2]![1]).style);
	assert.is(negotiate('*/*').style, negotiate(undefined).style);
});

test.run();
