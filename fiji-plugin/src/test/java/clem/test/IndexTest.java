package clem.test;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import clem.schema.Operation;
import clem.schema.Schema;
import clem.workflow.Commands;

/**
 * The generated index by the rules of SciJava's own parser: objects one after the other, no space after '{' and ',', only the escapes
 * \\, \" and \\u, ASCII, no whole number where a double is meant. One mistake hides the plugins of other jars.
 */
public final class IndexTest {
	private String text;
	private int at;

	public void keepsToTheNarrowFormat() throws Exception {
		try (InputStream in = IndexTest.class.getResourceAsStream("/META-INF/json/org.scijava.plugin.Plugin")) {
			if (in == null) throw new Check.Skip("the plugin's jar is not on the class path");
			final byte[] bytes = new byte[1 << 20];
			int length = 0;
			for (int n = in.read(bytes); n > 0; n = in.read(bytes, length, bytes.length - length)) length += n;
			for (int i = 0; i < length; i++) Check.that(bytes[i] == '\n' || bytes[i] >= ' ' && bytes[i] <= '~', "byte " + bytes[i] + " at " + i);
			text = new String(bytes, 0, length, StandardCharsets.US_ASCII);
		}
		final List<String> classes = new ArrayList<>();
		while (at < text.length()) {
			classes.add(object());
			while (at < text.length() && text.charAt(at) == '\n') at++;
		}
		final Schema schema = Schema.parse(clem.bridge.Bridges.get().schema());
		for (final Operation operation : Commands.of(schema)) {
			Check.that(classes.stream().anyMatch(c -> c.toLowerCase(java.util.Locale.ROOT).equals("clem.scijava." + operation.name.replace("_", "") + "command")), "no command for " + operation.name);
		}
		Check.that(classes.contains("clem.scijava.GivenInputs"), "nothing tells the commands what was given");
		for (final String name : classes) Check.that(IndexTest.class.getResource("/" + name.replace('.', '/') + ".class") != null, "no class " + name);
	}

	private String object() {
		expect("{\"class\":");
		final String name = string();
		expect(",\"values\":{");
		do {
			final String key = string();
			expect(":");
			if (key.equals("headless")) expect("true");
			else {
				final String value = string();
				final String type = name.equals("clem.scijava.GivenInputs") ? "org.scijava.module.process.PreprocessorPlugin" : "org.scijava.command.Command";
				Check.that(!key.equals("type") || value.equals(type), "type " + value);
				Check.that(key.equals("type") || key.equals("menuPath") || key.equals("label"), "key " + key);
			}
		}
		while (text.charAt(at++) == ',');
		at--;
		expect("}}");
		return name;
	}

	private void expect(final String wanted) {
		Check.that(text.startsWith(wanted, at), "expected " + wanted + " at " + at + ": " + text.substring(at, Math.min(text.length(), at + 30)));
		at += wanted.length();
	}

	private String string() {
		expect("\"");
		final int from = at;
		while (text.charAt(at) != '"') {
			if (text.charAt(at) == '\\') {
				final char escape = text.charAt(++at);
				Check.that(escape == '\\' || escape == '"' || escape == 'u', "escape \\" + escape);
			}
			at++;
		}
		return text.substring(from, at++);
	}
}
