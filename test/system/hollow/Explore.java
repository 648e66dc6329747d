// Explore: the library's Explorer over a folder, on loopback
// usage:  Explore DIR        prints its port, and ends with its stdin

import com.netflix.hollow.api.consumer.HollowConsumer;
import com.netflix.hollow.api.consumer.fs.HollowFilesystemAnnouncementWatcher;
import com.netflix.hollow.api.consumer.fs.HollowFilesystemBlobRetriever;
import com.netflix.hollow.explorer.ui.HollowExplorerUI;
import com.netflix.hollow.explorer.ui.jetty.HollowExplorerHandler;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

public class Explore {
	public static void main(String[] args) throws Exception {
		Path folder = Path.of(args[0]);
		HollowConsumer consumer = HollowConsumer
			.withBlobRetriever(new HollowFilesystemBlobRetriever(folder))
			.withAnnouncementWatcher(new HollowFilesystemAnnouncementWatcher(folder))
			.build();
		consumer.triggerRefresh();
		Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
		server.setHandler(new HollowExplorerHandler(new HollowExplorerUI("", consumer)));
		server.start();
		System.out.println(((ServerConnector) server.getConnectors()[0]).getLocalPort());
		while (System.in.read() >= 0) {}
		System.exit(0);
	}
}
