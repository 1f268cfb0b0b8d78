package clem.workflow;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.image.Regions;
import clem.image.TiffWriter;
import clem.json.Json;
import clem.schema.Operation;

/** The parameters with which an operation is run. The algorithms check them. */
public final class RunRequest {
	/** Key to value, as JSON values or as the user's text. */
	public final Map<String, Object> parameters = new LinkedHashMap<>();
	/** The text of the user's JSON file, or null; {@link #parameters} go before it. */
	public String parametersText;
	private String parametersName;
	/** Threads to use; 0 is all. */
	public int threads;
	/** Voxel sizes (z, y, x, nm) given in place of images. */
	public final Map<String, Object> spacings = new LinkedHashMap<>();

	/** Files that the algorithms read or write themselves, by port. */
	public final Map<String, Object> paths = new LinkedHashMap<>();

	private boolean overwrite;

	/** Notes the voxel size of an image that is not given itself. */
	public void spacing(final String image, final double[] zyx) {
		spacings.put(image, Arrays.asList(zyx[0], zyx[1], zyx[2]));
	}

	/** Notes where an operation writes its file itself. */
	public void writes(final Operation operation, final String out, final boolean replace) {
		if (out == null || out.isEmpty()) throw ClemRegException.badInput("out is missing: give what is to be written (--out, out=).");
		paths.put(operation.outputs.get(0).name, new File(out).getAbsolutePath());
		overwrite = replace;
	}

	/** Reads the user's parameter file. */
	public void readParameters(final File file) {
		final String text = readText("parameters", file);
		try {
			Json.parseObject(text);
		}
		catch (final Json.SyntaxException e) {
			throw ClemRegException.badInput("parameters: " + file + " is not valid JSON: " + e.getMessage() + ".", e);
		}
		parametersText = text;
		parametersName = file.getName();
	}

	/** The whole text of a small file. */
	public static String readText(final String role, final File file) {
		if (!file.exists()) throw ClemRegException.badInput(role + ": the file " + file + " does not exist.");
		if (file.isDirectory()) throw ClemRegException.badInput(role + ": " + file + " is a folder; a file is needed.");
		try {
			return new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8);
		}
		catch (final IOException e) {
			throw ClemRegException.badInput(role + ": " + file + " cannot be read: " + TiffWriter.reason(e) + ".", e);
		}
	}

	/** A whole number among the parameters, given by itself or in the file; anything else is left to the algorithms to refuse. */
	int whole(final String key, final int standard) {
		Object value = parameters.get(key);
		if (value == null && parametersText != null) value = Json.parseObject(parametersText).get(key);
		try {
			return value == null ? standard : (int) Double.parseDouble(value.toString());
		}
		catch (final NumberFormatException e) {
			return standard;
		}
	}

	/** Turns files and names of regions into their corners. */
	void resolveRegions() {
		for (final String key : Regions.KEYS) {
			final Object value = parameters.get(key);
			if (value instanceof String) parameters.put(key, Regions.resolve(key, (String) value));
		}
	}

	/** The request's JSON. */
	String toJson() {
		return toJson(Collections.emptyMap());
	}

	/** The request's JSON with more entries, such as names (the image files') and texts (the files that an operation reads as text). */
	String toJson(final Map<String, ?> more) {
		final Map<String, Object> json = new LinkedHashMap<>(more);
		json.put("parameters", parameters);
		if (parametersText != null) json.put("parameters_file", parametersText);
		if (parametersName != null) json.put("parameters_file_name", parametersName);
		json.put("threads", (long) threads);
		if (!spacings.isEmpty()) json.put("spacings", spacings);
		if (overwrite) json.put("overwrite", true);
		return Json.write(json);
	}
}
