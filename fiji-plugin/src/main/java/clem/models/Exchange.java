package clem.models;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URL;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;

/**
 * One request for a file, or for the rest of one, through proxies and redirections. It is read on a thread of its own, so that whoever
 * waits for it can give up at once, whatever the network does.
 */
final class Exchange implements AutoCloseable {
	private static final int MAX_REDIRECTIONS = 10, BLOCK = 1 << 16, BLOCKS = 16;
	private static final long LOOK_MILLIS = 50;
	private static final Object END = new Object();
	private static final Pattern RANGE = Pattern.compile("bytes\\s+(\\d+)-\\d+/(\\d+|\\*)");

	/** What the server says before the file. */
	static final class Head {
		final int status;
		/** Where the redirections ended. */
		final URL url;
		/** Through which proxy, or "". */
		final String via;
		/** The position of the first byte that comes; -1 where a part was sent and the server does not say which. */
		final long from;
		/** The size of the whole file; -1 where the server does not say. */
		final long total;
		/** What tells this version of the file from another one, or null: a strong ETag, else the time of its last change. */
		final String validator;
		final String type;

		private Head(final HttpURLConnection connection, final Proxy proxy) throws IOException {
			status = connection.getResponseCode();
			url = connection.getURL();
			via = proxy.type() == Proxy.Type.DIRECT ? "" : " (through the proxy " + proxy.address() + ")";
			final String tag = connection.getHeaderField("ETag");
			validator = tag != null && !tag.startsWith("W/") ? tag : connection.getHeaderField("Last-Modified");
			type = connection.getContentType() == null ? "" : connection.getContentType();
			final String range = connection.getHeaderField("Content-Range");
			final Matcher match = RANGE.matcher(range == null ? "" : range.trim());
			if (status != HttpURLConnection.HTTP_PARTIAL) {
				from = 0;
				total = connection.getContentLengthLong();
			}
			else {
				from = match.matches() ? Long.parseLong(match.group(1)) : -1;
				total = match.matches() && !match.group(2).equals("*") ? Long.parseLong(match.group(2)) : -1;
			}
		}
	}

	private final String address;
	private final long offset;
	private final String validator;
	private final Proxies proxies;
	private final int timeout;
	private final BlockingQueue<Object> queue = new ArrayBlockingQueue<>(BLOCKS);
	private final Thread thread;
	private volatile boolean closed;

	/**
	 * Begins the request.
	 *
	 * @param offset the first byte that is wanted
	 * @param validator the version of which the rest is wanted, where offset is above 0
	 * @param timeout milliseconds without an answer after which it fails
	 */
	Exchange(final String address, final long offset, final String validator, final Proxies proxies, final int timeout) {
		this.address = address;
		this.offset = offset;
		this.validator = validator;
		this.proxies = proxies;
		this.timeout = timeout;
		thread = new Thread(this::read, "CLEM-Reg download");
		thread.setDaemon(true);
		thread.start();
	}

	/** Waits for the server's answer. */
	Head head(final OperationListener listener) throws IOException {
		return (Head) take(listener);
	}

	/** Waits for the next bytes; null at the end. */
	byte[] next(final OperationListener listener) throws IOException {
		final Object block = take(listener);
		return block == END ? null : (byte[]) block;
	}

	private Object take(final OperationListener listener) throws IOException {
		while (!listener.cancelled()) {
			try {
				final Object item = queue.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
				if (item instanceof IOException) throw (IOException) item;
				if (item instanceof RuntimeException) throw (RuntimeException) item;
				if (item != null) return item;
			}
			catch (final InterruptedException e) {
				Thread.currentThread().interrupt();
				break;
			}
		}
		throw ClemRegException.cancelled();
	}

	/** The thread is left to itself: it ends with its next byte, or when it has waited too long. */
	@Override
	public void close() {
		closed = true;
		thread.interrupt();
	}

	private void read() {
		try {
			Object last;
			try {
				send();
				last = END;
			}
			catch (final IOException | RuntimeException e) {
				last = e;
			}
			queue.put(last);
		}
		catch (final InterruptedException e) {
			// Nobody waits any more.
		}
	}

	private void send() throws IOException, InterruptedException {
		URL url = new URL(address);
		for (int i = 0; i <= MAX_REDIRECTIONS && !closed; i++) {
			final Proxy proxy = proxies.of(url);
			final HttpURLConnection connection = open(url, proxy);
			try {
				final Head head = new Head(connection, proxy);
				final String location = connection.getHeaderField("Location");
				if (location == null || !Arrays.asList(301, 302, 303, 307, 308).contains(head.status)) {
					queue.put(head);
					if (head.status / 100 == 2) body(connection);
					return;
				}
				url = redirected(url, location);
			}
			finally {
				connection.disconnect();
			}
		}
		if (!closed) throw new ClemRegException(ClemRegException.Kind.MODEL, address + " leads from one address to the next without an end (" + MAX_REDIRECTIONS + " times, the last one to " + url
			+ "). Look at it in a browser, and correct the url in models.json.");
	}

	private HttpURLConnection open(final URL url, final Proxy proxy) throws IOException {
		final HttpURLConnection connection = (HttpURLConnection) url.openConnection(proxy);
		connection.setInstanceFollowRedirects(false);
		connection.setConnectTimeout(timeout);
		connection.setReadTimeout(timeout);
		connection.setUseCaches(false);
		connection.setRequestProperty("User-Agent", "CLEM-Reg");
		connection.setRequestProperty("Accept-Encoding", "identity");
		final String authorization = proxies.authorization(url, proxy);
		if (authorization != null) connection.setRequestProperty("Proxy-Authorization", authorization);
		if (offset > 0) {
			connection.setRequestProperty("Range", "bytes=" + offset + "-");
			connection.setRequestProperty("If-Range", validator);
		}
		return connection;
	}

	private void body(final HttpURLConnection connection) throws IOException, InterruptedException {
		try (InputStream in = connection.getInputStream()) {
			final byte[] block = new byte[BLOCK];
			for (int n = in.read(block); n >= 0 && !closed; n = in.read(block)) queue.put(Arrays.copyOf(block, n));
		}
	}

	/** Where a redirection leads. From https it never leads to http: what comes that way anybody on the way may change. */
	static URL redirected(final URL from, final String location) {
		try {
			final URL to = new URL(from, location);
			final boolean https = to.getProtocol().equalsIgnoreCase("https");
			if (https || to.getProtocol().equalsIgnoreCase("http") && !from.getProtocol().equalsIgnoreCase("https")) return to;
			throw new ClemRegException(ClemRegException.Kind.MODEL, from + " leads to " + to + ", which is not followed: from https only https is.");
		}
		catch (final MalformedURLException e) {
			throw new ClemRegException(ClemRegException.Kind.MODEL, from + " leads to '" + location + "', which is no web address.", e);
		}
	}

	/** What a failure of the network means, and what to try. */
	static String explained(final IOException e, final int timeout) {
		final String what = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
		if (e instanceof java.net.UnknownHostException) return "the server " + what + " is not known. Is this computer online? Behind a proxy, set Edit > Options > Proxy Settings... (or the environment variable https_proxy)";
		if (e instanceof SocketTimeoutException) return "there was no answer for " + timeout / 1000 + " s (" + what + "). Try again later; behind a proxy, set Edit > Options > Proxy Settings... (or the environment variable https_proxy)";
		if (e instanceof javax.net.ssl.SSLException) return "no secure connection (" + what + "). Does something on the way open encrypted connections, whose certificate this Java does not know? Ask who runs the network";
		if (what.startsWith("Unable to tunnel")) return what + ". The proxy does not let it through, or wants a name and a password, which only works for http addresses. Download the file in a browser, and put it into the models folder";
		return what;
	}
}
