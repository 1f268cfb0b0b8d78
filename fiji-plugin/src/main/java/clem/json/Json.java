package clem.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A small strict JSON reader and writer. Objects are {@code Map<String, Object>} in file order, arrays {@code List<Object>},
 * whole numbers Long (Double where a long is too small), other numbers Double, and null is null.
 */
public final class Json {
	private static final int MAX_DEPTH = 200;

	/** Text that is no JSON; the message says where. */
	public static final class SyntaxException extends RuntimeException {
		private static final long serialVersionUID = 1L;

		SyntaxException(final String message) {
			super(message);
		}
	}

	private final String text;
	private int at;

	private Json(final String text) {
		this.text = text;
	}

	/** Reads one value; anything after it but white space is an error, as is a key given twice. */
	public static Object parse(final String text) {
		final Json json = new Json(text);
		if (text.startsWith("\uFEFF")) json.at = 1;
		final Object value = json.value(0);
		json.space();
		if (json.at < text.length()) throw json.error("text after the end");
		return value;
	}

	/** Reads one object. */
	public static Map<String, Object> parseObject(final String text) {
		final Object value = parse(text);
		if (!(value instanceof Map)) throw new SyntaxException("an object { } is expected");
		return asObject(value);
	}

	/** A value as an object; anything else gives an empty one. */
	@SuppressWarnings("unchecked")
	public static Map<String, Object> asObject(final Object value) {
		return value instanceof Map ? (Map<String, Object>) value : new LinkedHashMap<>();
	}

	/** A value as an array; anything else gives an empty one. */
	@SuppressWarnings("unchecked")
	public static List<Object> asList(final Object value) {
		return value instanceof List ? (List<Object>) value : new ArrayList<>();
	}

	/** A value as text; null gives the fallback. */
	public static String asText(final Object value, final String fallback) {
		return value == null ? fallback : value instanceof String ? (String) value : write(value);
	}

	/** A number; anything else gives the fallback. */
	public static double asNumber(final Object value, final double fallback) {
		return value instanceof Number ? ((Number) value).doubleValue() : fallback;
	}

	/** A value on one line. */
	public static String write(final Object value) {
		final StringBuilder out = new StringBuilder();
		write(out, value, null, "");
		return out.toString();
	}

	/** A value with one entry a line, indented by two spaces, and a newline at the end; arrays of numbers stay on one line. */
	public static String writePretty(final Object value) {
		final StringBuilder out = new StringBuilder();
		write(out, value, "  ", "\n");
		return out.append('\n').toString();
	}

	private static void write(final StringBuilder out, final Object value, final String step, final String newline) {
		if (value == null || value instanceof Boolean || value instanceof Long || value instanceof Integer) out.append(value);
		else if (value instanceof Number) writeNumber(out, ((Number) value).doubleValue());
		else if (value instanceof Map) writeObject(out, (Map<?, ?>) value, step, newline);
		else if (value instanceof Iterable) writeList(out, (Iterable<?>) value, step, newline);
		else if (value instanceof CharSequence) writeString(out, value.toString());
		else throw new IllegalArgumentException("JSON knows no " + value.getClass().getName());
	}

	private static void writeNumber(final StringBuilder out, final double value) {
		if (Double.isNaN(value) || Double.isInfinite(value)) throw new IllegalArgumentException("JSON knows no " + value);
		out.append(value);
	}

	private static void writeObject(final StringBuilder out, final Map<?, ?> object, final String step, final String newline) {
		final String inner = step == null ? "" : newline + step;
		String separator = "";
		out.append('{');
		for (final Map.Entry<?, ?> entry : object.entrySet()) {
			out.append(separator).append(inner);
			writeString(out, (String) entry.getKey());
			out.append(step == null ? ":" : ": ");
			write(out, entry.getValue(), step, inner);
			separator = ",";
		}
		out.append(object.isEmpty() || step == null ? "" : newline).append('}');
	}

	private static void writeList(final StringBuilder out, final Iterable<?> list, final String step, final String newline) {
		boolean simple = true;
		for (final Object item : list) simple &= item instanceof Number;
		final String inner = step == null || simple ? "" : newline + step;
		String separator = "";
		out.append('[');
		for (final Object item : list) {
			out.append(separator).append(inner);
			write(out, item, step, inner);
			separator = step != null && simple ? ", " : ",";
		}
		out.append(separator.isEmpty() || inner.isEmpty() ? "" : newline).append(']');
	}

	private static void writeString(final StringBuilder out, final String value) {
		out.append('"');
		for (int i = 0; i < value.length(); i++) {
			final char c = value.charAt(i);
			if (c == '"' || c == '\\') out.append('\\').append(c);
			else if (c == '\n') out.append("\\n");
			else if (c < ' ' || c == '\u2028' || c == '\u2029' || Character.isSurrogate(c)) out.append(String.format("\\u%04x", (int) c));
			else out.append(c);
		}
		out.append('"');
	}

	private Object value(final int depth) {
		if (depth > MAX_DEPTH) throw error("nested too deep");
		space();
		if (at >= text.length()) throw error("the text ends too early");
		switch (text.charAt(at)) {
			case '{': return object(depth);
			case '[': return list(depth);
			case '"': return string();
			case 't': return word("true", Boolean.TRUE);
			case 'f': return word("false", Boolean.FALSE);
			case 'n': return word("null", null);
			default: return number();
		}
	}

	private Map<String, Object> object(final int depth) {
		final Map<String, Object> object = new LinkedHashMap<>();
		at++;
		if (next('}')) return object;
		do {
			space();
			if (at >= text.length() || text.charAt(at) != '"') throw error("a key in double quotes is expected");
			final String key = string();
			if (object.containsKey(key)) throw error("the key \"" + key + "\" is given twice");
			if (!next(':')) throw error("':' is expected");
			object.put(key, value(depth + 1));
		}
		while (next(','));
		if (!next('}')) throw error("',' or '}' is expected");
		return object;
	}

	private List<Object> list(final int depth) {
		final List<Object> list = new ArrayList<>();
		at++;
		if (next(']')) return list;
		do list.add(value(depth + 1));
		while (next(','));
		if (!next(']')) throw error("',' or ']' is expected");
		return list;
	}

	private String string() {
		final StringBuilder out = new StringBuilder();
		at++;
		while (at < text.length()) {
			final char c = text.charAt(at++);
			if (c == '"') return out.toString();
			if (c < ' ') throw error("a control character in a string");
			out.append(c == '\\' ? escape() : c);
		}
		throw error("a string without an end");
	}

	private char escape() {
		final char c = at < text.length() ? text.charAt(at++) : ' ';
		switch (c) {
			case '"': case '\\': case '/': return c;
			case 'b': return '\b';
			case 'f': return '\f';
			case 'n': return '\n';
			case 'r': return '\r';
			case 't': return '\t';
			case 'u':
				if (at + 4 <= text.length() && text.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
					at += 4;
					return (char) Integer.parseInt(text.substring(at - 4, at), 16);
				}
				throw error("\\u needs four hexadecimal digits");
			default: throw error("an unknown escape");
		}
	}

	private Object number() {
		final int start = at;
		while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) at++;
		final String number = text.substring(start, at);
		if (!number.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
			at = start;
			throw error(number.isEmpty() ? "'" + text.charAt(at) + "' is not expected" : "'" + number + "' is not a number");
		}
		if (number.matches("-?[0-9]+")) {
			try {
				return Long.valueOf(number);
			}
			catch (final NumberFormatException e) {
				return Double.valueOf(number);
			}
		}
		final double value = Double.parseDouble(number);
		if (Double.isInfinite(value)) throw error("'" + number + "' is too large");
		return value;
	}

	private Object word(final String word, final Object value) {
		if (!text.startsWith(word, at)) throw error("'" + text.charAt(at) + "' is not expected");
		at += word.length();
		return value;
	}

	private boolean next(final char wanted) {
		space();
		if (at >= text.length() || text.charAt(at) != wanted) return false;
		at++;
		return true;
	}

	private void space() {
		while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
	}

	private SyntaxException error(final String what) {
		int line = 1, column = 1;
		for (int i = 0; i < at && i < text.length(); i++) {
			if (text.charAt(i) == '\n') {
				line++;
				column = 1;
			}
			else column++;
		}
		return new SyntaxException("line " + line + ", column " + column + ": " + what);
	}
}
