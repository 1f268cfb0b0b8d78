package clem.models;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.image.FileHash;
import clem.json.Json;
import clem.test.Check;

/** Downloads from a server on this machine, with what goes wrong with them. */
public final class DownloadTest {
	private static final int SIZE = 300_000;

	private final List<String> said = Collections.synchronizedList(new ArrayList<>());
	private final Map<String, Object> keys = new LinkedHashMap<>();
	private final ModelWeb web = new ModelWeb();
	/** The bytes after which the user cancels. */
	private volatile double cancelAt = 2;
	private volatile boolean cancelled;
	private boolean refuses;
	private boolean overwrite;

	private final OperationListener listener = new OperationListener() {
		@Override
		public void progress(final double fraction, final String stage) {
			cancelled |= fraction >= cancelAt;
		}

		@Override
		public void log(final String message) {
			said.add(message);
		}

		@Override
		public void warning(final String message) {
			said.add("warning: " + message);
		}

		@Override
		public boolean cancelled() {
			return cancelled;
		}
	};

	private final ModelInstaller.Consent consent = new ModelInstaller.Consent() {
		@Override
		public void licence(final ModelEntry entry) {
			said.add("licence " + entry.licence);
		}

		@Override
		public void unchecked(final ModelEntry entry, final String sha256) {
			said.add("unchecked " + sha256);
			if (refuses) throw ClemRegException.cancelled();
		}
	};

	private interface With {
		void run(File folder, FileServer server) throws Exception;
	}

	private void with(final With piece) throws Exception {
		web.pauseMillis = 1;
		web.timeoutMillis = 10_000;
		web.proxies = new Proxies(name -> null);
		ModelsTest.withFolder(folder -> {
			try (FileServer server = new FileServer(SIZE)) {
				keys.put("name", "m");
				keys.put("url", server.url("/file"));
				keys.put("sha256", hash(server.content));
				piece.run(folder, server);
			}
		});
	}

	private static String hash(final byte[] bytes) throws Exception {
		final File file = File.createTempFile("clemreg", null);
		try {
			Files.write(file.toPath(), bytes);
			return FileHash.sha256(file);
		}
		finally {
			Files.delete(file.toPath());
		}
	}

	private File install() {
		return new ModelInstaller((entry, pth, onnx, replace, progress) -> {
			throw new AssertionError("nothing is to be converted");
		}, web).install(new ModelEntry(keys, "test"), overwrite, consent, listener);
	}

	private String fails(final String... words) throws Exception {
		final String message = Check.failure(ClemRegException.Kind.MODEL, this::install);
		for (final String word : words) Check.that(message.contains(word), "the message lacks '" + word + "': " + message);
		return message;
	}

	/** The model is there, whole, and nothing else but the lock. */
	private static void whole(final File folder, final FileServer server) throws Exception {
		Check.that(Arrays.equals(server.content, Files.readAllBytes(new File(folder, "m.onnx").toPath())), "other bytes");
		Check.equal("[.downloads.lock, m.onnx]", files(folder));
	}

	private static String files(final File folder) {
		final String[] files = folder.list();
		Arrays.sort(files);
		return Arrays.toString(files);
	}

	public void aWholeFile() throws Exception {
		with((folder, server) -> {
			keys.put("licence", Collections.singletonMap("name", "MIT"));
			keys.put("size", (long) SIZE);
			Check.equal(new File(folder, "m.onnx"), install());
			whole(folder, server);
			Check.equal("[/file]", server.requests.toString());
			Check.equal("licence MIT", said.get(0));
			// It is there now: no second request, unless it is to be replaced.
			install();
			Check.equal(1, server.requests.size());
			server.content = FileServer.bytes(SIZE, 2);
			keys.put("sha256", hash(server.content));
			overwrite = true;
			install();
			whole(folder, server);
		});
	}

	public void withoutASizeOrAVersion() throws Exception {
		with((folder, server) -> {
			server.length = false;
			server.tag = null;
			install();
			whole(folder, server);
		});
	}

	public void aCutConnectionGoesOn() throws Exception {
		with((folder, server) -> {
			server.cuts.addAll(Arrays.asList(100_000, 100_000, 150_000));
			install();
			whole(folder, server);
			Check.equal("[/file, /file bytes=100000-, /file bytes=100000-, /file bytes=150000-]", server.requests.toString());
		});
	}

	public void withATimeInPlaceOfAVersion() throws Exception {
		with((folder, server) -> {
			server.tag = "W/\"weak\"";
			server.modified = "Tue, 15 Nov 2022 12:45:26 GMT";
			server.cuts.add(100_000);
			install();
			whole(folder, server);
			Check.equal("[/file, /file bytes=100000-]", server.requests.toString());
		});
	}

	public void withNeitherItBeginsAnew() throws Exception {
		with((folder, server) -> {
			server.tag = null;
			server.cuts.add(100_000);
			install();
			whole(folder, server);
			Check.equal("[/file, /file]", server.requests.toString());
		});
	}

	public void aServerWithoutRests() throws Exception {
		with((folder, server) -> {
			server.ranges = false;
			server.cuts.add(100_000);
			install();
			whole(folder, server);
			Check.that(said.stream().anyMatch(line -> line.contains("begins anew")), said.toString());
		});
	}

	public void aServerThatCutsAlways() throws Exception {
		with((folder, server) -> {
			for (int i = 0; i < 20; i++) server.cuts.add(100_000);
			fails(server.url("/file"), "100 kB", "kept");
			Check.equal("[.downloads.lock, m.part]", files(folder));
			Check.equal(100_000L, new File(folder, "m.part/file").length());
		});
	}

	public void cancelledAndResumed() throws Exception {
		with((folder, server) -> {
			// The server stands still in the middle: the user need not wait for it.
			final CountDownLatch hold = server.hold = new CountDownLatch(1);
			final Thread user = new Thread(() -> {
				while (new File(folder, "m.part/file").length() < SIZE / 2) Thread.yield();
				cancelled = true;
			});
			user.start();
			Check.failure(ClemRegException.Kind.CANCELLED, this::install);
			user.join();
			hold.countDown();
			server.hold = null;
			final long kept = new File(folder, "m.part/file").length();
			Check.that(kept >= SIZE / 2 && kept < SIZE, "kept " + kept);
			cancelled = false;
			install();
			whole(folder, server);
			Check.equal("/file bytes=" + kept + "-", server.requests.get(1));
			Check.that(said.stream().anyMatch(line -> line.contains("there from before")), said.toString());
		});
	}

	public void anotherVersionBeginsAnew() throws Exception {
		with((folder, server) -> {
			for (int i = 0; i < 20; i++) server.cuts.add(100_000);
			fails("kept");
			server.cuts.clear();
			server.content = FileServer.bytes(SIZE, 3);
			server.tag = "\"two\"";
			keys.put("sha256", hash(server.content));
			install();
			whole(folder, server);
			Check.equal("/file bytes=100000-", server.requests.get(server.requests.size() - 1));
		});
	}

	public void anotherAddressBeginsAnew() throws Exception {
		with((folder, server) -> {
			for (int i = 0; i < 20; i++) server.cuts.add(100_000);
			fails("kept");
			server.cuts.clear();
			keys.put("url", server.url("/other?download=1"));
			install();
			whole(folder, server);
			Check.equal("/other?download=1", server.requests.get(server.requests.size() - 1));
		});
	}

	public void partsAreJoined() throws Exception {
		with((folder, server) -> {
			keys.put("url", Arrays.asList(server.url("/first"), server.url("/second")));
			server.cuts.addAll(Arrays.asList(50_000, SIZE, 60_000));
			install();
			whole(folder, server);
			Check.equal("[/first, /first bytes=50000-, /second, /second bytes=60000-]", server.requests.toString());
		});
	}

	public void anotherHashIsRemoved() throws Exception {
		with((folder, server) -> {
			final String wanted = hash(new byte[1]);
			keys.put("sha256", wanted);
			fails(wanted, hash(server.content), "removed");
			Check.equal("[.downloads.lock]", files(folder));
		});
	}

	public void withoutAHashTheUserIsAsked() throws Exception {
		with((folder, server) -> {
			keys.put("sha256", null);
			refuses = true;
			Check.failure(ClemRegException.Kind.CANCELLED, this::install);
			Check.equal("[.downloads.lock]", files(folder));
			refuses = false;
			install();
			whole(folder, server);
			Check.that(said.contains("unchecked " + hash(server.content)), said.toString());
			Check.that(said.stream().anyMatch(line -> line.startsWith("warning:") && line.contains("SHA-256")), said.toString());
		});
	}

	public void answersThatAreNoFile() throws Exception {
		with((folder, server) -> {
			final String url = server.url("/file");
			server.status = 404;
			fails(url, "status 404", "url in models.json");
			server.status = 500;
			fails(url, "status 500", "Try again later");
			server.status = 403;
			fails(url, "status 403", "browser");
			server.status = 204;
			fails(url, "status 204");
			server.status = 0;
			server.type = "text/html; charset=utf-8";
			fails(url, "web page", "log in");
			keys.put("url", server.url("/to/nothing"));
			server.status = 404;
			fails("/to/nothing", "which led to " + server.url("/nothing"), "404");
		});
	}

	public void redirections() throws Exception {
		with((folder, server) -> {
			keys.put("url", server.url("/to/to/file"));
			server.cuts.add(100_000);
			install();
			whole(folder, server);
			Check.equal("[/to/to/file, /to/file, /file, /to/to/file bytes=100000-, /to/file bytes=100000-, /file bytes=100000-]", server.requests.toString());
			keys.put("name", "loop");
			keys.put("url", server.url("/to/loop"));
			fails("/to/loop", "without an end");
		});
	}

	public void noServerAndNoSuchServer() throws Exception {
		with((folder, server) -> {
			final int port;
			try (ServerSocket socket = new ServerSocket(0)) {
				port = socket.getLocalPort();
			}
			keys.put("url", "http://127.0.0.1:" + port + "/file");
			fails("127.0.0.1:" + port, "cannot be fetched");
			keys.put("url", "http://models.invalid/file");
			fails("models.invalid", "Proxy Settings");
		});
	}

	public void tooLargeOrOfAnotherSize() throws Exception {
		with((folder, server) -> {
			keys.put("size", 1234L);
			fails("300000 bytes", "1234");
			keys.remove("size");
			keys.put("size_limit", 200_000L);
			fails("200000", "size_limit");
			// Where the server does not say how much comes, it is seen while it comes.
			server.length = false;
			fails("200000", "size_limit");
			keys.put("size", 400_000L);
			fails("300000 bytes", "400000");
			Check.equal("[.downloads.lock]", files(folder));
		});
	}

	public void tooLittleRoom() throws Exception {
		with((folder, server) -> {
			web.space = place -> 1_000_000;
			Check.badInput(this::install, "room", folder.getPath(), "1 MB are free");
			Check.equal(0L, new File(folder, "m.part/file").length());
		});
	}

	public void aFolderThatCannotBeWritten() throws Exception {
		with((folder, server) -> {
			ModelsTest.write(folder, "a file in its place");
			Check.badInput(this::install, folder.getPath(), ModelFolders.VARIABLE);
			Check.equal("[]", server.requests.toString());
		});
	}

	public void oneDownloadAtATime() throws Exception {
		with((folder, server) -> {
			Files.createDirectories(folder.toPath());
			try (FileChannel other = FileChannel.open(new File(folder, ".downloads.lock").toPath(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
				other.lock();
				Check.badInput(this::install, "already", "Fiji");
			}
			install();
			whole(folder, server);
		});
	}

	public void throughAProxy() throws Exception {
		with((folder, server) -> {
			// A host that only the proxy knows.
			keys.put("url", "http://models.invalid/to/file");
			final Map<String, String> environment = new HashMap<>();
			environment.put("http_proxy", "http://me:secret@127.0.0.1:" + server.port());
			web.proxies = new Proxies(environment::get);
			install();
			whole(folder, server);
			Check.equal("[http://models.invalid/to/file, http://models.invalid/file]", server.requests.toString());
			Check.equal("Basic bWU6c2VjcmV0", server.authorization);
			server.status = 407;
			overwrite = true;
			fails("407", "through the proxy", "http_proxy");
		});
	}

	public void throughAProxyOfJavasProperties() throws Exception {
		with((folder, server) -> {
			System.setProperty("http.proxyHost", "127.0.0.1");
			System.setProperty("http.proxyPort", String.valueOf(server.port()));
			try {
				keys.put("url", "http://models.invalid/file");
				install();
				whole(folder, server);
			}
			finally {
				System.clearProperty("http.proxyHost");
				System.clearProperty("http.proxyPort");
			}
		});
	}

	public void httpsAsksTheProxyForATunnel() throws Exception {
		with((folder, server) -> {
			final List<String> lines = Collections.synchronizedList(new ArrayList<>());
			try (ServerSocket proxy = new ServerSocket(0)) {
				final Thread thread = new Thread(() -> {
					try {
						while (true) {
							try (Socket socket = proxy.accept()) {
								final java.io.BufferedReader in = new java.io.BufferedReader(new java.io.InputStreamReader(socket.getInputStream(), "ISO-8859-1"));
								for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) lines.add(line);
								socket.getOutputStream().write("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n".getBytes("ISO-8859-1"));
							}
						}
					}
					catch (final java.io.IOException e) {
						// The test is over.
					}
				});
				thread.start();
				web.proxies = new Proxies(Collections.singletonMap("https_proxy", "http://me:secret@127.0.0.1:" + proxy.getLocalPort())::get);
				keys.put("url", "https://models.invalid/file");
				fails("502", "in a browser");
				Check.equal("CONNECT models.invalid:443 HTTP/1.1", lines.get(0));
				Check.that(lines.stream().noneMatch(line -> line.startsWith("Proxy-Authorization")), lines.toString());
			}
		});
	}

	private String refusal = "no .pth";

	private File convert(final FileServer server, final boolean bad) throws Exception {
		keys.put("convert", Collections.singletonMap("mean", 0.25));
		return new ModelInstaller((entry, pth, onnx, replace, progress) -> {
			Check.equal(0.25, entry.conversion.get("mean"));
			if (bad) throw new ClemRegException(cancelled ? ClemRegException.Kind.CANCELLED : ClemRegException.Kind.BAD_INPUT, refusal);
			try {
				Check.that(Arrays.equals(server.content, Files.readAllBytes(pth.toPath())), "other bytes");
				Check.equal("file", pth.getName());
				ModelsTest.write(onnx, "converted");
			}
			catch (final Exception e) {
				throw new AssertionError(e);
			}
		}, web).install(new ModelEntry(keys, "test"), overwrite, consent, listener);
	}

	public void whatIsAPthIsConverted() throws Exception {
		with((folder, server) -> {
			final Map<String, Object> card = new LinkedHashMap<>();
			card.put("threshold", 0.4);
			keys.put("card", card);
			Check.equal("converted", ModelsTest.read(convert(server, false)));
			Check.equal("[.downloads.lock, m.json, m.onnx]", files(folder));
			Check.equal(card.toString(), Json.parseObject(ModelsTest.read(new File(folder, "m.json"))).toString());
		});
	}

	public void whatCannotBeConvertedIsNotKept() throws Exception {
		with((folder, server) -> {
			Check.badInput(() -> convert(server, true), "no .pth");
			Check.equal("[.downloads.lock]", files(folder));
		});
	}

	public void aWrongParameterOfTheListKeepsTheDownload() throws Exception {
		for (final String said : new String[] { "mean = 0.25 is not allowed: it must be more.", "Unknown parameter 'mean'." }) {
			with((folder, server) -> {
				refusal = said;
				Check.badInput(() -> convert(server, true), "test, model 'm': convert: " + said, "is kept");
				Check.equal("[.downloads.lock, m.part]", files(folder));
				convert(server, false);
				Check.equal(1, server.requests.size());
			});
		}
	}

	public void aCancelledConversionKeepsTheDownload() throws Exception {
		with((folder, server) -> {
			cancelAt = 1;
			Check.failure(ClemRegException.Kind.CANCELLED, () -> convert(server, true));
			Check.equal("[.downloads.lock, m.part]", files(folder));
			cancelAt = 2;
			cancelled = false;
			convert(server, false);
			Check.equal(1, server.requests.size());
		});
	}
}
