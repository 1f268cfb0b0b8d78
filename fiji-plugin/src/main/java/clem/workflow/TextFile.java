package clem.workflow;

import java.io.File;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;

/** The text of an input file, with the file's name for messages. */
public final class TextFile {
	private static final long MOST = 256L << 20;

	private final String name;
	private final String text;
	/** Of a table that was made of an image its size along z, y, x; else null. */
	private final int[] size;

	private TextFile(final String name, final String text) {
		this(name, text, null);
	}

	TextFile(final String name, final String text, final int[] size) {
		this.name = name;
		this.text = text;
		this.size = size;
	}

	/** A text that was made here. */
	static TextFile of(final String name, final String text) {
		return new TextFile(name, text);
	}

	/** Reads a file. */
	public static TextFile read(final String role, final File file) {
		if (file.length() > MOST) {
			throw ClemRegException.badInput(role + ": " + file + " has " + (file.length() >> 20) + " MB; a text of at most " + (MOST >> 20) + " MB is expected. Is it another file?");
		}
		return new TextFile(file.getName(), RunRequest.readText(role, file));
	}

	/** The transform that it holds; what is refused is told with the names of the input and the file. */
	long toTransform(final String role, final Bridge bridge) {
		try {
			return bridge.createTransform(text);
		}
		catch (final ClemRegException e) {
			throw new ClemRegException(e.kind, role + ": " + name + ": " + e.getMessage(), e);
		}
	}

	/** The file's name. */
	String name() {
		return name;
	}

	/** Its content. */
	String text() {
		return text;
	}

	/** As the request's JSON has it. */
	Map<String, Object> json() {
		final Map<String, Object> json = new LinkedHashMap<>();
		json.put("file", name);
		json.put("text", text);
		if (size != null) json.put("size", Arrays.asList(size[0], size[1], size[2]));
		return json;
	}
}
