// Consume: a consumer that goes where it is told; a version a line on stdin
// usage:  Consume DIR < versions        for each: `VERSION CHECKSUM SNAPSHOTS DELTAS`, the lines of Text, and `.`

import com.netflix.hollow.api.consumer.HollowConsumer;
import com.netflix.hollow.api.consumer.fs.HollowFilesystemBlobRetriever;
import com.netflix.hollow.api.custom.HollowAPI;
import com.netflix.hollow.core.read.engine.HollowReadStateEngine;
import com.netflix.hollow.tools.checksum.HollowChecksum;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;

public class Consume {
	static int snapshots = 0;
	static int deltas = 0;

	public static void main(String[] args) throws Exception {
		PrintStream out = new PrintStream(System.out, false, "UTF-8");
		HollowConsumer consumer = HollowConsumer
			.withBlobRetriever(new HollowFilesystemBlobRetriever(Path.of(args[0])))
			.withRefreshListener(new Count())
			.build();
		BufferedReader asked = new BufferedReader(new InputStreamReader(System.in));
		for (String line = asked.readLine(); line != null; line = asked.readLine()) {
			consumer.triggerRefreshTo(Long.parseLong(line));
			HollowReadStateEngine engine = consumer.getStateEngine();
			out.printf("%d %08x %d %d%n", consumer.getCurrentVersionId(),
				HollowChecksum.forStateEngine(engine).intValue(), snapshots, deltas);
			for (String one : Text.of(engine)) out.println(one);
			out.println(".");
			out.flush();
		}
	}

	static class Count extends HollowConsumer.AbstractRefreshListener {
		@Override
		public void snapshotApplied(HollowAPI api, HollowReadStateEngine engine, long version) {
			snapshots++;
		}

		@Override
		public void deltaApplied(HollowAPI api, HollowReadStateEngine engine, long version) {
			deltas++;
		}
	}
}
