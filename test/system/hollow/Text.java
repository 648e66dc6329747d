// Text: what a consumer sees, a sorted line for each metric and aggregate, to be compared with what was published

import com.netflix.hollow.api.objects.HollowRecord;
import com.netflix.hollow.api.objects.generic.GenericHollowList;
import com.netflix.hollow.api.objects.generic.GenericHollowMap;
import com.netflix.hollow.api.objects.generic.GenericHollowObject;
import com.netflix.hollow.core.read.engine.HollowReadStateEngine;
import com.netflix.hollow.core.schema.HollowObjectSchema;
import java.util.Map;
import java.util.TreeSet;

public class Text {
	/** `source TAB timestamp TAB name TAB total TAB unit TAB lower,upper,count;...` and `... TAB @name TAB total`. */
	static TreeSet<String> of(HollowReadStateEngine engine) {
		TreeSet<String> lines = new TreeSet<>();
		var ordinals = engine.getTypeState("MetricsState").getPopulatedOrdinals();
		for (int at = ordinals.nextSetBit(0); at >= 0; at = ordinals.nextSetBit(at + 1)) {
			GenericHollowObject state = new GenericHollowObject(engine, "MetricsState", at);
			String before = text(state, "source") + "\t" + text(state, "timestamp") + "\t";
			lines.add(before);
			for (Map.Entry<HollowRecord, HollowRecord> entry : entries(state.getMap("metrics"))) {
				GenericHollowObject metric = (GenericHollowObject) entry.getValue();
				if (!bare(entry.getKey()).equals(text(metric, "name"))) lines.add(before + "key is not name");
				lines.add(before + text(metric, "name") + "\t" + text(metric, "total") + "\t"
					+ text(metric, "unit") + "\t" + buckets(metric.getList("buckets")));
			}
			for (Map.Entry<HollowRecord, HollowRecord> entry : entries(state.getMap("aggregates")))
				lines.add(before + "@" + bare(entry.getKey()) + "\t" + bare(entry.getValue()));
		}
		return lines;
	}

	private static Iterable<Map.Entry<HollowRecord, HollowRecord>> entries(GenericHollowMap map) {
		return map.entries();
	}

	private static String buckets(GenericHollowList list) {
		StringBuilder text = new StringBuilder();
		for (HollowRecord one : list) {
			GenericHollowObject bucket = (GenericHollowObject) one;
			text.append(text(bucket, "lower")).append(',').append(text(bucket, "upper")).append(',')
				.append(text(bucket, "count")).append(';');
		}
		return text.toString();
	}

	private static String text(GenericHollowObject object, String field) {
		GenericHollowObject value = object.getObject(field);
		return value == null ? "null" : bare(value);
	}

	private static String bare(HollowRecord record) {
		GenericHollowObject object = (GenericHollowObject) record;
		HollowObjectSchema schema = object.getSchema();
		switch (schema.getFieldType("value")) {
			case INT: return Integer.toString(object.getInt("value"));
			case LONG: return Long.toString(object.getLong("value"));
			default: return object.getString("value");
		}
	}
}
