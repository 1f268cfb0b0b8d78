package clem.schema;

import java.util.Map;

import clem.json.Json;

/** An input or output of an operation. */
public final class Port {
	public final String name;
	/** volume, mask, points, transform, source (slices that stay in Java), text (a file's), file (read or written by the algorithms themselves), model (such a file that is run) or folder. */
	public final String kind;
	public final boolean required;
	public final String help;

	Port(final Map<String, Object> json) {
		name = Json.asText(json.get("name"), "");
		kind = Json.asText(json.get("kind"), "");
		required = !Boolean.FALSE.equals(json.get("required"));
		help = Json.asText(json.get("help"), "");
	}

	/** Whether it is an image. */
	public boolean isImage() {
		return !isPoints() && !isTransform() && !isText() && !isFile() && !isFolder();
	}

	public boolean isPoints() {
		return kind.equals("points");
	}

	public boolean isTransform() {
		return kind.equals("transform");
	}

	public boolean isText() {
		return kind.equals("text");
	}

	/** Whether the algorithms read or write it themselves: Java gives no more than its path. */
	public boolean isFile() {
		return kind.equals("file") || isModel();
	}

	/** Whether it is a model that the algorithms run. */
	public boolean isModel() {
		return kind.equals("model");
	}

	public boolean isFolder() {
		return kind.equals("folder");
	}

	public boolean isMask() {
		return kind.equals("mask");
	}
}
