// Follow: a consumer that goes to whatever is announced, as soon as it is, until its stdin ends
// usage:  Follow DIR        `snapshot V CHECKSUM` and `delta V CHECKSUM` for each step, `failed V WHY` for each failure
// Beside it the library's own watcher, which looks once a second; its failures are prefixed with `watcher`.

import com.netflix.hollow.api.consumer.HollowConsumer;
import com.netflix.hollow.api.consumer.fs.HollowFilesystemAnnouncementWatcher;
import com.netflix.hollow.api.consumer.fs.HollowFilesystemBlobRetriever;
import com.netflix.hollow.api.custom.HollowAPI;
import com.netflix.hollow.core.read.engine.HollowReadStateEngine;
import com.netflix.hollow.tools.checksum.HollowChecksum;
import java.nio.file.Files;
import java.nio.file.Path;

public class Follow {
	static final int POLL_MS = 5;

	public static void main(String[] args) throws Exception {
		Path folder = Path.of(args[0]);
		Path announced = folder.resolve("announced.version");
		HollowConsumer consumer = consumer(folder, "").build();
		HollowConsumer watching = consumer(folder, "watcher ")
			.withAnnouncementWatcher(new HollowFilesystemAnnouncementWatcher(folder)).build();
		boolean begun = false;
		while (System.in.available() == 0) {
			if (Files.exists(announced)) {
				long version = Long.parseLong(Files.readAllLines(announced).get(0));
				if (!begun) watching.triggerRefresh();
				begun = true;
				if (version != consumer.getCurrentVersionId()) refresh(consumer, version);
			}
			Thread.sleep(POLL_MS);
		}
		System.out.println("end " + consumer.getCurrentVersionId());
		System.exit(0);
	}

	private static void refresh(HollowConsumer consumer, long version) {
		try {
			consumer.triggerRefreshTo(version);
		} catch (Throwable why) {
			System.out.println("failed " + version + " " + why);
		}
	}

	private static HollowConsumer.Builder<?> consumer(Path folder, String prefix) {
		return HollowConsumer.withBlobRetriever(new HollowFilesystemBlobRetriever(folder))
			.withRefreshListener(new Tell(prefix));
	}

	static class Tell extends HollowConsumer.AbstractRefreshListener {
		final String prefix;

		Tell(String prefix) {
			this.prefix = prefix;
		}

		private void step(String kind, HollowReadStateEngine engine, long version) {
			int sum = HollowChecksum.forStateEngine(engine).intValue();
			System.out.printf("%s%s %d %08x%n", prefix, kind, version, sum);
		}

		@Override
		public void snapshotApplied(HollowAPI api, HollowReadStateEngine engine, long version) {
			step("snapshot", engine, version);
		}

		@Override
		public void deltaApplied(HollowAPI api, HollowReadStateEngine engine, long version) {
			step("delta", engine, version);
		}

		@Override
		public void refreshFailed(long before, long after, long wanted, Throwable why) {
			System.out.println(prefix + "failed " + wanted + " " + why);
		}
	}
}
