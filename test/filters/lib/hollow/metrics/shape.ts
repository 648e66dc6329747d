import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readSnapshot } from '../../../../../filters/lib/hollow/blob/reader.ts';
import { emptyState } from '../../../../../filters/lib/hollow/blob/state.ts';
import { parseSchemas, schemaText } from '../../../../../filters/lib/hollow/blob/type/schema-text.ts';
import { schemaFor } from '../../../../../filters/lib/hollow/metrics/schema.ts';
import { hasMetrics } from '../../../../../filters/lib/hollow/metrics/shape.ts';
import { ROOT } from '../../../../program.ts';

const test = suite('hollow shape');
const TEXT = schemaFor(false).map(schemaText).join('\n');
const isMetrics = (text: string) => hasMetrics(emptyState(parseSchemas(text)));

test('as we write it, narrow and wide, and as Java does', () => {
	assert.ok(hasMetrics(emptyState(schemaFor(false))) && hasMetrics(emptyState(schemaFor(true))));
	const golden = (name: string) => readSnapshot(readFileSync(join(ROOT, 'test/golden/hollow', name)));
	assert.is(hasMetrics(golden('metrics/snapshot-20240101000000001')), true);
	assert.is(hasMetrics(golden('alltypes/snapshot-20240202000000001')), false);
});

test('what others may add or leave out', () => {
	for (const [from, to] of [
		['MetricsState {', 'MetricsState @PrimaryKey(source.value) {'],
		['String source;', 'string source;'],
		['Integer total;', 'long total;'],
		['\tMapOfStringToInteger aggregates;\n', ''],
		['String unit;', 'String unit;\n\tString more;'],
	] as const) {
		assert.ok(TEXT.includes(from), from);
		assert.ok(isMetrics(TEXT.replace(from, to)), to);
	}
});

test('what makes it another data set, each field of another kind', () => {
	for (const [from, to] of [
		['String source;', 'int source;'],
		['String timestamp;', 'Metric timestamp;'],
		['MapOfStringToMetric metrics;', 'ListOfMetricBucket metrics;'],
		['MapOfStringToInteger aggregates;', 'MapOfStringToMetric aggregates;'],
		['Map<String,Metric>', 'Map<Integer,Metric>'],
		['List<MetricBucket>', 'List<Integer>'],
		['Integer lower;', 'String lower;'],
		['string value;', 'string other;'],
		['Integer total;', 'String total;'],
		['String name;', 'Integer name;'],
	] as const) {
		assert.ok(TEXT.includes(from), from);
		assert.not(isMetrics(TEXT.replace(from, to)), to);
	}
});

test.run();
