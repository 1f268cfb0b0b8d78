package clem.workflow;

import java.util.ArrayList;
import java.util.List;

/** Lines of values between separators, some of them in quotes (RFC 4180, one line a record). */
final class Csv {
	private Csv() {}

	/** The lines of a text, without a byte order mark. */
	static String[] lines(final String text) {
		return (text.startsWith("\uFEFF") ? text.substring(1) : text).split("\r\n|\n|\r");
	}

	/** The values of a line, without quotes and surrounding blanks. */
	static List<String> split(final String line, final char separator) {
		final List<String> cells = new ArrayList<>();
		final StringBuilder cell = new StringBuilder();
		boolean quoted = false;
		for (int i = 0; i < line.length(); i++) {
			final char c = line.charAt(i);
			if (quoted && c == '"' && i + 1 < line.length() && line.charAt(i + 1) == '"') cell.append(line.charAt(++i));
			else if (c == '"') quoted = !quoted;
			else if (c == separator && !quoted) {
				cells.add(cell.toString().trim());
				cell.setLength(0);
			}
			else cell.append(c);
		}
		cells.add(cell.toString().trim());
		return cells;
	}

	/** Values as a line with commas. */
	static String line(final List<String> cells) {
		final StringBuilder line = new StringBuilder();
		for (final String cell : cells) {
			final String text = cell.replaceAll("[\r\n]+", " ");
			if (line.length() > 0) line.append(',');
			line.append(text.indexOf(',') < 0 && text.indexOf('"') < 0 ? text : "\"" + text.replace("\"", "\"\"") + "\"");
		}
		return line.append('\n').toString();
	}
}
