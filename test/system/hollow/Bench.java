// Bench: the library's producer on a million buckets, of which a share changes with each cycle
// usage:  Bench DIR METRICS BUCKETS CHANGED CYCLES        a JSON line for each cycle, times in milliseconds
// The data are those of test/fixtures/million.ts, number for number.

import com.netflix.hollow.api.producer.HollowProducer;
import com.netflix.hollow.api.producer.AbstractHollowProducerListener;
import com.netflix.hollow.api.producer.fs.HollowFilesystemAnnouncer;
import com.netflix.hollow.api.producer.fs.HollowFilesystemPublisher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

public class Bench {
	static final int METRICS_A_STATE = 100;
	static final long FIRST_VERSION = 20260101000000001L;
	static int seed = 12345;

	static int value() {
		seed = seed * 1664525 + 1013904223;
		return (seed >>> 8) % 1000000;
	}

	static void fill(Model.Metric metric, int buckets) {
		metric.buckets = new ArrayList<>(buckets);
		metric.total = 0;
		for (int at = 0; at < buckets; at++) {
			Model.MetricBucket bucket = new Model.MetricBucket();
			bucket.lower = at * 1000;
			bucket.upper = (at + 1) * 1000;
			bucket.count = value();
			metric.total += bucket.count;
			metric.buckets.add(bucket);
		}
	}

	static List<Model.MetricsState> states(int metrics, int buckets) {
		List<Model.MetricsState> states = new ArrayList<>();
		for (int at = 0; at < metrics; at++) {
			if (at % METRICS_A_STATE == 0) {
				Model.MetricsState state = new Model.MetricsState();
				state.source = "host-" + at / METRICS_A_STATE;
				state.metrics = new HashMap<>();
				state.aggregates = Collections.emptyMap();
				states.add(state);
			}
			Model.Metric metric = new Model.Metric();
			metric.name = "metric-" + at % METRICS_A_STATE;
			metric.unit = "us";
			fill(metric, buckets);
			states.get(states.size() - 1).metrics.put(metric.name, metric);
		}
		return states;
	}

	public static void main(String[] args) throws Exception {
		Path folder = Path.of(args[0]);
		int metrics = Integer.parseInt(args[1]);
		int buckets = Integer.parseInt(args[2]);
		int changed = Integer.parseInt(args[3]);
		int cycles = Integer.parseInt(args[4]);
		List<Model.MetricsState> states = states(metrics, buckets);
		long[] version = {FIRST_VERSION};
		Times times = new Times();
		HollowProducer producer = HollowProducer
			.withPublisher(new HollowFilesystemPublisher(folder))
			.withAnnouncer(new HollowFilesystemAnnouncer(folder))
			.withVersionMinter(() -> version[0]++)
			.withListener(times)
			.build();
		producer.initializeDataModel(Model.MetricsState.class);
		for (int cycle = 1; cycle <= cycles; cycle++) {
			if (cycle > 1)
				for (int at = 0; at < changed; at++) {
					int which = value() % metrics;
					fill(states.get(which / METRICS_A_STATE).metrics.get("metric-" + which % METRICS_A_STATE), buckets);
				}
			for (Model.MetricsState state : states) state.timestamp = Integer.toString(cycle);
			times.clear();
			producer.runCycle(writer -> states.forEach(writer::add));
			StringBuilder line = new StringBuilder("{");
			times.spent.forEach((what, ms) -> line.append('"').append(what).append("\":").append(ms).append(','));
			System.out.println(line.append("\"peak_kb\":").append(peakKb()).append('}'));
		}
		System.exit(0);
	}

	static long peakKb() throws Exception {
		for (String line : Files.readAllLines(Path.of("/proc/self/status")))
			if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", ""));
		return 0;
	}

	static class Times extends AbstractHollowProducerListener {
		final Map<String, Long> spent = new TreeMap<>();

		void clear() {
			spent.clear();
		}

		private void note(String what, long elapsed, TimeUnit unit) {
			spent.merge(what, unit.toMillis(elapsed), Long::sum);
		}

		@Override
		public void onPopulateComplete(ProducerStatus status, long elapsed, TimeUnit unit) {
			note("populate", elapsed, unit);
		}

		@Override
		public void onPublishComplete(ProducerStatus status, long elapsed, TimeUnit unit) {
			note("write", elapsed, unit);
		}

		@Override
		public void onIntegrityCheckComplete(ProducerStatus status, long elapsed, TimeUnit unit) {
			note("check", elapsed, unit);
		}

		@Override
		public void onCycleComplete(ProducerStatus status, long elapsed, TimeUnit unit) {
			note("cycle", elapsed, unit);
		}

		@Override
		public void onArtifactPublish(PublishStatus status, long elapsed, TimeUnit unit) {
			note(status.getBlob().getType().prefix, elapsed, unit);
		}
	}
}
