// Produce: the library's own producer, fed with the lines that travel between our stages
// usage:  Produce DIR < cycles        continues what DIR announces; prints each version that it announced

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.netflix.hollow.api.consumer.fs.HollowFilesystemBlobRetriever;
import com.netflix.hollow.api.producer.HollowProducer;
import com.netflix.hollow.api.producer.fs.HollowFilesystemAnnouncer;
import com.netflix.hollow.api.producer.fs.HollowFilesystemPublisher;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public class Produce {
	static long next = 0;

	public static void main(String[] args) throws Exception {
		Path folder = Path.of(args[0]);
		HollowProducer producer = HollowProducer
			.withPublisher(new HollowFilesystemPublisher(folder))
			.withAnnouncer(new HollowFilesystemAnnouncer(folder))
			.withVersionMinter(() -> next)
			.build();
		producer.initializeDataModel(Model.MetricsState.class);
		Path announced = folder.resolve("announced.version");
		if (Files.exists(announced))
			producer.restore(Long.parseLong(Files.readAllLines(announced).get(0)),
				new HollowFilesystemBlobRetriever(folder));
		BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
		List<Model.MetricsState> states = new ArrayList<>();
		Map<String, Model.Metric> metrics = new HashMap<>();
		for (String line = lines.readLine(); line != null; line = lines.readLine()) {
			JsonObject record = new JsonParser().parse(line).getAsJsonObject();
			switch (record.get("type").getAsString()) {
				case "hollow_metric": {
					Model.Metric metric = metric(record);
					metrics.put(metric.name, metric);
					break;
				}
				case "hollow_state":
					states.add(state(record, metrics));
					metrics = new HashMap<>();
					break;
				case "hollow_cycle": {
					next = record.get("version").getAsLong();
					List<Model.MetricsState> all = states;
					long version = producer.runCycle(writer -> all.forEach(writer::add));
					states = new ArrayList<>();
					System.out.println(version);
				}
			}
		}
		System.exit(0);
	}

	private static Integer whole(JsonElement value) {
		return value.isJsonNull() ? null : Integer.valueOf(value.getAsInt());
	}

	private static Model.Metric metric(JsonObject record) {
		Model.Metric metric = new Model.Metric();
		metric.name = record.get("name").getAsString();
		metric.total = whole(record.get("total"));
		metric.unit = record.get("unit").getAsString();
		metric.buckets = new ArrayList<>();
		for (JsonElement one : record.getAsJsonArray("buckets")) {
			JsonArray triple = one.getAsJsonArray();
			Model.MetricBucket bucket = new Model.MetricBucket();
			bucket.lower = whole(triple.get(0));
			bucket.upper = whole(triple.get(1));
			bucket.count = whole(triple.get(2));
			metric.buckets.add(bucket);
		}
		return metric;
	}

	private static Model.MetricsState state(JsonObject record, Map<String, Model.Metric> metrics) {
		Model.MetricsState state = new Model.MetricsState();
		state.timestamp = record.get("timestamp").getAsString();
		state.source = record.get("source").getAsString();
		state.metrics = metrics;
		state.aggregates = new HashMap<>();
		record.getAsJsonObject("aggregates").entrySet()
			.forEach(entry -> state.aggregates.put(entry.getKey(), whole(entry.getValue())));
		return state;
	}
}
