package clem.bridge;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/** Reads a stream to its end and keeps what came last. */
final class LastLines implements Runnable {
	private static final int LINES = 40, LETTERS = 500;

	private final InputStream in;
	private final Deque<String> lines = new ArrayDeque<>();

	LastLines(final InputStream in) {
		this.in = in;
	}

	@Override
	public void run() {
		try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
			final StringBuilder line = new StringBuilder();
			for (int letter = reader.read(); letter >= 0; letter = reader.read()) {
				if (letter == '\n') {
					add(line.toString());
					line.setLength(0);
				}
				else if (letter != '\r' && line.length() < LETTERS) line.append((char) letter);
			}
			if (line.length() > 0) add(line.toString());
		}
		catch (final IOException e) {
			// That is the end, too.
		}
	}

	private void add(final String line) {
		synchronized (lines) {
			lines.add(line);
			if (lines.size() > LINES) lines.remove();
		}
	}

	/** The lines so far that are kept. */
	String joined(final String between) {
		synchronized (lines) {
			return String.join(between, lines);
		}
	}
}
