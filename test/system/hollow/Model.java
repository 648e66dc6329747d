// Model: the data set of metrics as Java classes, from which the library makes its schema

import java.util.List;
import java.util.Map;

public class Model {
	public static class MetricBucket {
		Integer lower;
		Integer upper;
		Integer count;
	}

	public static class Metric {
		String name;
		Integer total;
		String unit;
		List<MetricBucket> buckets;
	}

	public static class MetricsState {
		String timestamp;
		String source;
		Map<String, Metric> metrics;
		Map<String, Integer> aggregates;
	}
}
