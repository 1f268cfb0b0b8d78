package clem.models;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/** A server on this machine with one file, and with whatever faults a test wants. It is also its own proxy: it looks at the path alone. */
public final class FileServer implements AutoCloseable {
	/** What is served at /file, and in two halves at /first and /second. */
	public volatile byte[] content;
	/** Its version; null sends none. */
	volatile String tag = "\"one\"";
	/** The time of its change, or null. */
	volatile String modified;
	/** Whether the rest of a file can be had. */
	volatile boolean ranges = true;
	/** Whether the size is told. */
	volatile boolean length = true;
	/** How many bytes come before the connection is cut, once for each entry. */
	final List<Integer> cuts = Collections.synchronizedList(new ArrayList<>());
	/** After half of the file the server waits for this, if it is not null. */
	volatile CountDownLatch hold;
	/** Status, in place of the file, if it is not 0. */
	volatile int status;
	volatile String type = "application/octet-stream";
	/** Method, address as it was asked for, and range, of each request. */
	public final List<String> requests = Collections.synchronizedList(new ArrayList<>());
	/** The Proxy-Authorization of the last request. */
	volatile String authorization;

	private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
	private final ExecutorService threads = Executors.newCachedThreadPool();

	public FileServer(final int size) throws IOException {
		content = bytes(size, 1);
		server.createContext("/", this::answer);
		server.setExecutor(threads);
		server.start();
	}

	static byte[] bytes(final int size, final long seed) {
		final byte[] bytes = new byte[size];
		new java.util.Random(seed).nextBytes(bytes);
		return bytes;
	}

	int port() {
		return server.getAddress().getPort();
	}

	public String url(final String path) {
		return "http://" + server.getAddress().getAddress().getHostAddress() + ":" + port() + path;
	}

	@Override
	public void close() {
		server.stop(0);
		threads.shutdownNow();
	}

	private void answer(final HttpExchange exchange) throws IOException {
		final String range = exchange.getRequestHeaders().getFirst("Range"), condition = exchange.getRequestHeaders().getFirst("If-Range"), path = exchange.getRequestURI().getPath();
		authorization = exchange.getRequestHeaders().getFirst("Proxy-Authorization");
		requests.add(exchange.getRequestURI() + (range == null ? "" : " " + range));
		if (path.startsWith("/to/")) {
			exchange.getResponseHeaders().set("Location", path.equals("/to/loop") ? "/to/loop" : path.substring(3));
			exchange.sendResponseHeaders(302, -1);
			exchange.close();
			return;
		}
		if (status != 0) {
			exchange.sendResponseHeaders(status, -1);
			exchange.close();
			return;
		}
		final byte[] file = path.equals("/first") ? Arrays.copyOf(content, content.length / 2) : path.equals("/second") ? Arrays.copyOfRange(content, content.length / 2, content.length) : content;
		exchange.getResponseHeaders().set("Content-Type", type);
		if (tag != null) exchange.getResponseHeaders().set("ETag", tag);
		if (modified != null) exchange.getResponseHeaders().set("Last-Modified", modified);
		final boolean rest = range != null && ranges && (condition == null || condition.equals(tag) || condition.equals(modified));
		final int from = rest ? Integer.parseInt(range.replaceAll("\\D", "")) : 0;
		if (rest) exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (file.length - 1) + "/" + file.length);
		exchange.sendResponseHeaders(rest ? 206 : 200, length ? file.length - from : 0);
		final int cut = cuts.isEmpty() ? file.length : cuts.remove(0);
		final int end = Math.max(from, Math.min(cut, file.length)), half = hold == null ? from : Math.max(from, Math.min(end, file.length / 2 + 1));
		try {
			final OutputStream out = exchange.getResponseBody();
			out.write(file, from, half - from);
			if (hold != null) {
				out.flush();
				hold.await();
			}
			out.write(file, half, end - half);
			if (end == file.length) out.close();
			else out.flush();
		}
		catch (final IOException | InterruptedException e) {
			// The client has gone.
		}
		// With less than was promised this cuts the connection; closing the body before would leave it open.
		exchange.close();
	}
}
