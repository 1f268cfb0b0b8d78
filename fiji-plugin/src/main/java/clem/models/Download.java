package clem.models;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.image.TiffWriter;
import clem.json.Json;

/**
 * Fetches an entry's file into a folder NAME.part. What has come stays there when it is cut off or cancelled, with a note of which version
 * of the file it is of: the next attempt asks for the rest of that version, and begins anew where the server has another one or cannot
 * send a rest.
 */
final class Download {
	private static final String NOTE = "download.json";
	private static final int ATTEMPTS = 4;
	private static final long MARGIN = 16_000_000, REPORT_NANOS = 200_000_000L;

	private final ModelEntry entry;
	private final File folder;
	private final File part;
	private final File note;
	private final ModelWeb web;
	private final OperationListener listener;

	// Of the part of the address that is being fetched: which one it is, where it begins in the file, how long it is, and its version.
	private int index;
	private long start;
	private long total = -1;
	private String validator;

	/** Whether what has come is not to be kept. */
	private boolean unwanted;

	private long begun;
	private long before;
	private long reported;

	/** Into a folder of its own within the models folder. */
	Download(final ModelEntry entry, final File models, final ModelWeb web, final OperationListener listener) {
		this.entry = entry;
		folder = new File(models, entry.name + ".part");
		// The name that its publisher gave it: a converted model tells it.
		final String published = entry.urls.get(0).replaceFirst("[?#].*", "").replaceFirst(".*/", "").replaceAll("[^A-Za-z0-9._-]", "_");
		part = new File(folder, published.matches("[A-Za-z0-9].*") && !published.equals(NOTE) ? published : "model");
		note = new File(folder, NOTE);
		this.web = web;
		this.listener = listener;
	}

	/** What has come. */
	File file() {
		return part;
	}

	/** Removes what has come so far. */
	void discard() {
		final File[] files = folder.listFiles();
		if (files != null) for (final File file : files) file.delete();
		folder.delete();
	}

	/** Fetches all that is missing. */
	void run() {
		try {
			fetchAll();
		}
		catch (final ClemRegException e) {
			if (unwanted) discard();
			throw e;
		}
	}

	private void fetchAll() {
		final boolean known = known(part.length());
		if (!known) {
			discard();
			index = 0;
			start = 0;
		}
		folder.mkdir();
		try (RandomAccessFile file = new RandomAccessFile(part, "rw")) {
			if (!known) forget(file);
			begun = System.nanoTime();
			before = file.length();
			if (before > 0) listener.log(entry.name + ": " + ModelEntry.bytes(before) + " are there from before; the rest is fetched.");
			for (; index < entry.urls.size(); index++) {
				fetch(file);
				start = file.length();
				total = -1;
				validator = null;
			}
			remember();
			if (entry.size >= 0 && file.length() != entry.size) throw size(file.length());
		}
		catch (final LocalException e) {
			throw new ClemRegException(ClemRegException.Kind.MODEL, part + " cannot be written: " + TiffWriter.reason(e.cause()) + ".", e.cause());
		}
		catch (final IOException e) {
			throw new ClemRegException(ClemRegException.Kind.MODEL, part + " cannot be written: " + TiffWriter.reason(e) + ".", e);
		}
	}

	/** Whether what is there is the beginning of what is wanted. */
	private boolean known(final long length) {
		try {
			final Map<String, Object> json = Json.parseObject(new String(Files.readAllBytes(note.toPath()), StandardCharsets.UTF_8));
			index = (int) Json.asNumber(json.get("part"), 0);
			start = (long) Json.asNumber(json.get("start"), 0);
			total = (long) Json.asNumber(json.get("total"), -1);
			validator = Json.asText(json.get("validator"), null);
			return entry.urls.equals(json.get("urls")) && index >= 0 && index <= entry.urls.size() && start >= 0 && start <= length && (total < 0 || length <= start + total);
		}
		catch (final IOException | Json.SyntaxException e) {
			return false;
		}
	}

	private void remember() throws IOException {
		final Map<String, Object> json = new LinkedHashMap<>();
		json.put("urls", entry.urls);
		json.put("part", index);
		json.put("start", start);
		json.put("total", total);
		json.put("validator", validator);
		try {
			Files.write(note.toPath(), Json.writePretty(json).getBytes(StandardCharsets.UTF_8));
		}
		catch (final IOException e) {
			throw new LocalException(e);
		}
	}

	private void forget(final RandomAccessFile file) throws IOException {
		try {
			file.setLength(start);
		}
		catch (final IOException e) {
			throw new LocalException(e);
		}
		total = -1;
		validator = null;
		remember();
	}

	private void fetch(final RandomAccessFile file) throws IOException {
		final String url = entry.urls.get(index);
		if (total >= 0 && file.length() == start + total) return;
		IOException last = null;
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			if (attempt > 0) pause(attempt);
			final long had = file.length();
			if (had > start && validator == null) forget(file);
			final long from = file.length() - start;
			try (Exchange exchange = new Exchange(url, from, validator, web.proxies, web.timeoutMillis)) {
				if (answered(exchange.head(listener), from, url, file) && received(exchange, file)) return;
				// What was there is of another version; the whole is asked for.
				last = null;
			}
			catch (final LocalException e) {
				throw e;
			}
			catch (final IOException e) {
				last = e;
			}
			if (file.length() > had) attempt = 0;
		}
		throw new ClemRegException(ClemRegException.Kind.MODEL, url + " cannot be fetched: " + (last == null ? "the connection is cut again and again" : Exchange.explained(last, web.timeoutMillis)) + "."
			+ (file.length() > 0 ? " The " + ModelEntry.bytes(file.length()) + " that have come are kept; the next attempt goes on from there." : ""), last);
	}

	/** Takes note of the answer; false where the rest that was asked for is not to be had. */
	private boolean answered(final Exchange.Head head, final long from, final String url, final RandomAccessFile file) throws IOException {
		final boolean rest = head.status == 206 && head.from == from && (total < 0 || head.total < 0 || head.total == total);
		if (from > 0 && (head.status == 416 || head.status == 206 && !rest)) {
			forget(file);
			return false;
		}
		if (head.status != 200 && !rest) throw refused(head, url);
		if (head.type.toLowerCase(Locale.ROOT).startsWith("text/html")) {
			throw new ClemRegException(ClemRegException.Kind.MODEL, url + " gives a web page in place of a file" + head.via + ". Does the network want you to log in first? Or has the file moved: look at it in a browser.");
		}
		if (!rest) {
			if (from > 0) listener.log(entry.name + ": the server has another version than before, or sends no rests; the download begins anew.");
			before -= Math.min(before, from);
			forget(file);
			total = head.total;
			validator = head.validator;
		}
		else if (total < 0) total = head.total;
		if (total >= 0) {
			final long all = start + total;
			if (all > entry.limit || entry.urls.size() == 1 && entry.size >= 0 && all != entry.size) throw size(all);
			final long needed = all - file.length() + (entry.conversion == null ? 0 : all) + MARGIN, free = web.space.applyAsLong(folder);
			if (free < needed) {
				throw ClemRegException.badInput("There is not enough room in " + folder.getParent() + ": " + ModelEntry.bytes(needed) + " are needed" + (entry.conversion == null ? "" : ", also for the conversion")
					+ ", " + ModelEntry.bytes(free) + " are free. Make room, or name another folder with " + ModelFolders.VARIABLE + ".");
			}
		}
		remember();
		return true;
	}

	/** Takes what comes; false where it ends too early. */
	private boolean received(final Exchange exchange, final RandomAccessFile file) throws IOException {
		for (byte[] block = exchange.next(listener); block != null; block = exchange.next(listener)) {
			try {
				file.seek(file.length());
				file.write(block);
			}
			catch (final IOException e) {
				throw new LocalException(e);
			}
			if (file.length() > entry.limit) throw size(file.length());
			report(file.length());
		}
		return total < 0 || file.length() == start + total;
	}

	/** What the disk says must not be taken for what the network says. */
	private static final class LocalException extends IOException {
		private static final long serialVersionUID = 1L;

		LocalException(final IOException cause) {
			super(cause);
		}

		IOException cause() {
			return (IOException) getCause();
		}
	}

	private ClemRegException size(final long bytes) {
		unwanted = true;
		return new ClemRegException(ClemRegException.Kind.MODEL, entry.name + ": the file has " + (bytes > entry.limit && entry.size < 0 ? "more than the " + entry.limit + " bytes that size_limit in models.json allows"
			: bytes + " bytes, but models.json says " + entry.size) + ". It is not the file that the entry means; what had come is removed. Look whether its publisher has changed it, and correct the entry.");
	}

	private static ClemRegException refused(final Exchange.Head head, final String url) {
		final String moved = head.url.toString().equals(url) ? "" : ", which led to " + head.url;
		final String why;
		if (head.status == 404 || head.status == 410) why = "there is no such file. Has it moved? Look at the address in a browser, and correct the url in models.json";
		else if (head.status == 401 || head.status == 403) why = "the server does not give it to everyone. Download it in a browser, where you can log in, and put it into the models folder";
		else if (head.status == 407) why = "the proxy wants a name and a password. For http addresses the environment variable http_proxy=http://NAME:PASSWORD@HOST:PORT gives them; else download the file in a browser and put it into the models folder";
		else if (head.status == 429 || head.status >= 500) why = "the server cannot give it now. Try again later; what has come is kept";
		else why = "an answer that no download expects. Look at the address in a browser";
		return new ClemRegException(ClemRegException.Kind.MODEL, url + moved + head.via + " answers with status " + head.status + ": " + why + ".");
	}

	private void pause(final int attempt) {
		final long until = System.nanoTime() + attempt * web.pauseMillis * 1_000_000;
		while (System.nanoTime() < until) {
			if (listener.cancelled()) throw ClemRegException.cancelled();
			try {
				Thread.sleep(Math.min(50, web.pauseMillis));
			}
			catch (final InterruptedException e) {
				Thread.currentThread().interrupt();
				throw ClemRegException.cancelled();
			}
		}
	}

	private void report(final long bytes) {
		final long now = System.nanoTime();
		if (now - reported < REPORT_NANOS) return;
		reported = now;
		final long all = entry.size >= 0 ? entry.size : entry.urls.size() == 1 ? total : -1;
		listener.progress(all > 0 ? Math.min(1, bytes / (double) all) : 0, entry.name + ": " + told(bytes, all, bytes - before, (now - begun) / 1e9));
	}

	/** How far it is, how fast, and how long it still takes. */
	static String told(final long bytes, final long all, final long came, final double seconds) {
		final String size = ModelEntry.bytes(bytes) + (all > 0 ? " of " + ModelEntry.bytes(all) : "");
		if (seconds < 1 || came <= 0) return size;
		final double rate = came / seconds;
		final String speed = size + String.format(Locale.ROOT, rate < 1e6 ? ", %.0f kB/s" : ", %.1f MB/s", rate < 1e6 ? rate / 1e3 : rate / 1e6);
		if (all <= 0) return speed;
		final long left = Math.round((all - bytes) / rate);
		return speed + ", " + (left < 100 ? left + " s" : left < 6000 ? (left + 30) / 60 + " min" : Math.round(left / 3600.0) + " h") + " left";
	}
}
