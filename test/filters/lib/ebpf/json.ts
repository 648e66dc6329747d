// Messages as proto3's JSON has them, and questions out of what stands behind a question mark.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configurationOf, jsonOf, questionOf } from '../../../../filters/lib/ebpf/json.ts';
import { Fault } from '../../../../filters/lib/grpc/fault.ts';

const test = suite('ebpf: JSON');

test('names are lowerCamelCase, keys of maps their own, times words, NaN a word', () => {
	assert.equal(
		jsonOf({
			metric_sets: [
				{
					module_name: 'a',
					labels: { some_label: 'x' },
					collected_at: { seconds: '1763712000', nanos: 5e8 },
				},
			],
			...{ hit_rate_percent: Number.NaN, miss_rate_percent: 0.5, advice_counts: { do_it: '5' } },
			...{ last_collected: null, success: true },
		}),
		{
			metricSets: [{ moduleName: 'a', labels: { some_label: 'x' }, collectedAt: '2025-11-21T08:00:00.500Z' }],
			...{ hitRatePercent: 'NaN', missRatePercent: 0.5, adviceCounts: { do_it: '5' } },
			...{ lastCollected: null, success: true },
		},
	);
});

const asked = (text: string) => questionOf(new URLSearchParams(text));
const refused = (act: () => unknown): string => {
	try {
		act();
	} catch (error) {
		assert.instance(error, Fault);
		assert.is((error as Fault).word, 'INVALID_ARGUMENT');
		return (error as Fault).message;
	}
	return assert.unreachable('it was taken') as never;
};

test('every parameter in either spelling', () => {
	const snake =
		'modules=a&modules=b&label_filters[comm]=x&label_filters[a b]=&time_range.start=2025-11-21T08:00:00Z&time_range.end=2025-11-21T08:00:00.25Z&interval_seconds=5&include_process_stats=true&pids=1&pids=42&include_diagnostics=false';
	const camel = snake
		.replaceAll('label_filters', 'labelFilters')
		.replaceAll('time_range', 'timeRange')
		.replace('interval_seconds', 'intervalSeconds')
		.replace('include_process_stats', 'includeProcessStats')
		.replace('include_diagnostics', 'includeDiagnostics');
	for (const text of [snake, camel])
		assert.equal(asked(text), {
			...{ modules: ['a', 'b'], label_filters: { comm: 'x', 'a b': '' }, interval_seconds: 5 },
			time_range: {
				start: { seconds: '1763712000', nanos: 0 },
				end: { seconds: '1763712000', nanos: 250_000_000 },
			},
			...{ include_process_stats: true, include_diagnostics: false, pids: [1, 42] },
		});
});

test('what means nothing is refused by its name', () => {
	assert.match(
		refused(() => asked('module=a')),
		/no parameter "module"/,
	);
	assert.match(
		refused(() => asked('__proto__=a')),
		/no parameter/,
	);
	assert.match(
		refused(() => asked('pids=-1')),
		/pids=-1 is not a whole number/,
	);
	assert.match(
		refused(() => asked('pids=4294967296')),
		/below 2\^32/,
	);
	assert.match(
		refused(() => asked('time_range.start=yesterday')),
		/is not a time/,
	);
	assert.match(
		refused(() => asked('include_process_stats=1')),
		/true or false/,
	);
	assert.equal(asked('label_filters[__proto__]=x').label_filters, JSON.parse('{"__proto__":"x"}'));
	for (const body of ['', 'x', '[]x', '"a"', '1', '{"module":1}', '{"enabled":"yes"}', '{"modul":"a"}'])
		assert.match(
			refused(() => configurationOf(body)),
			/body/,
			body,
		);
	assert.equal(configurationOf('{"module":"a","enabled":true,"configJson":"{}"}'), {
		...{ module: 'a', enabled: true, config_json: '{}' },
	});
	assert.equal(configurationOf('{}'), { module: '', enabled: false, config_json: '' });
});

test('no text makes anything but an answer or a Fault', () => {
	fc.assert(
		fc.property(fc.string(), fc.webQueryParameters(), (body, query) => {
			for (const act of [() => configurationOf(body), () => asked(query)])
				try {
					act();
				} catch (error) {
					assert.instance(error, Fault);
				}
		}),
	);
});

test.run();
