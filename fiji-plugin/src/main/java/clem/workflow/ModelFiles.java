package clem.workflow;

import java.io.File;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model and the files beside it that say how it is used: what decides about its results. */
final class ModelFiles {
	private ModelFiles() {}

	/** The role of each file that is there: the model itself, its card or description, its point head. */
	static Map<String, File> of(final File model) {
		final String name = model.getName();
		final int dot = name.lastIndexOf('.');
		final String stem = dot < 0 ? name : name.substring(0, dot), ending = dot < 0 ? "" : name.substring(dot);
		final File folder = model.getAbsoluteFile().getParentFile();
		final Map<String, File> files = new LinkedHashMap<>();
		files.put("model", model);
		for (final String card : new String[] { stem + ".json", name + ".json", "rdf.yaml", "bioimageio.yaml" }) {
			if (new File(folder, card).isFile()) files.putIfAbsent("model_card", new File(folder, card));
		}
		final File head = new File(folder, stem + "_point" + ending);
		if (head.isFile()) files.put("model_point_head", head);
		return files;
	}
}
