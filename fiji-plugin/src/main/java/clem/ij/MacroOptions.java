package clem.ij;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.schema.Schema;
import ij.macro.Interpreter;

/**
 * The keys and values of a macro call, read strictly: an unknown key is an error, and no key is mistaken for the end of another
 * ({@link ij.Macro#getValue} finds "sigma" in "em_sigma=2").
 */
public final class MacroOptions {
	private MacroOptions() {}

	/**
	 * Reads {@code key=value key2=[value with spaces] flag}. A key alone means true; {@code key=&name} takes a variable of the macro.
	 *
	 * @param allowed the keys that there are, in lower case
	 */
	public static Map<String, String> parse(final String options, final Collection<String> allowed) {
		final Map<String, String> values = new LinkedHashMap<>();
		int at = 0;
		while (true) {
			while (at < options.length() && Character.isWhitespace(options.charAt(at))) at++;
			if (at >= options.length()) return values;
			int end = at;
			while (end < options.length() && options.charAt(end) != '=' && !Character.isWhitespace(options.charAt(end))) end++;
			final String key = options.substring(at, end).toLowerCase(Locale.ROOT);
			if (!allowed.contains(key)) throw Schema.unknown("key", key, allowed);
			String value = "true";
			at = end;
			if (end < options.length() && options.charAt(end) == '=') {
				final boolean bracket = end + 1 < options.length() && options.charAt(end + 1) == '[';
				at = bracket ? closing(options, end + 1, key) + 1 : word(options, end + 1);
				value = bracket ? options.substring(end + 2, at - 1) : variable(options.substring(end + 1, at));
			}
			if (values.put(key, value) != null) throw ClemRegException.badInput("The key " + key + " is given twice.");
		}
	}

	private static int word(final String options, final int from) {
		int at = from;
		while (at < options.length() && !Character.isWhitespace(options.charAt(at))) at++;
		return at;
	}

	private static int closing(final String options, final int open, final String key) {
		int depth = 0;
		for (int i = open; i < options.length(); i++) {
			if (options.charAt(i) == '[') depth++;
			else if (options.charAt(i) == ']' && --depth == 0) return i;
		}
		throw ClemRegException.badInput("The value of " + key + " begins with '[' and has no ']'.");
	}

	private static String variable(final String value) {
		final Interpreter macro = value.startsWith("&") ? Interpreter.getInstance() : null;
		if (macro == null) return value;
		final String content = macro.getVariableAsString(value.substring(1));
		if (content == null) throw ClemRegException.badInput("The macro has no variable " + value.substring(1) + ".");
		// Texts come in quotes.
		return content.length() > 1 && content.startsWith("\"") && content.endsWith("\"") ? content.substring(1, content.length() - 1) : content;
	}
}
