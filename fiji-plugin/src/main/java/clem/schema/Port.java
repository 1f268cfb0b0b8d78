package clem.schema;

import java.util.Map;

import clem.json.Json;

/** An input or output of an operation. */
public final class Port {
	public final String name;
	/**
	 * volume, mask, points, transform, source (slices that stay in Java), sections (a source of one or more slices, whose pixel size may be unknown), text (a file's), cells (such a text: a table
	 * of cells, made of ROIs and label images too), boxes (of objects with classes: a folder or a table that the algorithms read themselves, or a text made of ROIs), file (read or written by the
	 * algorithms themselves), model (such a file that is run) or folder.
	 */
	public final String kind;
	public final boolean required;
	public final String help;
	/** Whether there may be several. */
	public final boolean several;

	Port(final Map<String, Object> json) {
		name = Json.asText(json.get("name"), "");
		kind = Json.asText(json.get("kind"), "");
		required = !Boolean.FALSE.equals(json.get("required"));
		help = Json.asText(json.get("help"), "");
		several = Boolean.TRUE.equals(json.get("several"));
	}

	/** Whether it is an image. */
	public boolean isImage() {
		return !isPoints() && !isTransform() && !isText() && !isBoxes() && !isFile() && !isFolder();
	}

	public boolean isPoints() {
		return kind.equals("points");
	}

	public boolean isTransform() {
		return kind.equals("transform");
	}

	public boolean isText() {
		return kind.equals("text") || isCells();
	}

	/** Whether it is a table of cells. */
	public boolean isCells() {
		return kind.equals("cells");
	}

	/** Whether it is boxes of objects with classes. */
	public boolean isBoxes() {
		return kind.equals("boxes");
	}

	/** Whether it is an image that may be a single section. */
	public boolean isSections() {
		return kind.equals("sections");
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
