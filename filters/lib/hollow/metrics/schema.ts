// schema: the types of the data set of metrics: MetricsState, Metric, MetricBucket
// `upper` is the first value that is no longer in the bucket, and null where a bound is open.

import type { Schema } from '../blob/type/schema.ts';
import { parseSchemas } from '../blob/type/schema-text.ts';

/**
 * The schema as the Java object mapper makes it of the three classes, in its order; `wide`: with Long for Integer.
 * Source: the golden files, which Java wrote.
 */
export const schemaFor = (wide: boolean): Schema[] => {
	const [type, value] = wide ? ['Long', 'long'] : ['Integer', 'int'];
	return parseSchemas(`
		String { string value; }
		${type} { ${value} value; }
		MetricBucket { ${type} lower; ${type} upper; ${type} count; }
		ListOfMetricBucket List<MetricBucket>;
		Metric { String name; ${type} total; String unit; ListOfMetricBucket buckets; }
		MapOfStringToMetric Map<String,Metric> @HashKey(value);
		MapOfStringTo${type} Map<String,${type}> @HashKey(value);
		MetricsState { String timestamp; String source; MapOfStringToMetric metrics; MapOfStringTo${type} aggregates; }
	`);
};
