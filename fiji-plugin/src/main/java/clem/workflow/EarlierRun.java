package clem.workflow;

import java.io.File;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

import clem.image.FileHash;
import clem.json.Json;

/** Results of an earlier run in its folder: a step's result is used again when its key is the same and its files are as they were written. */
final class EarlierRun {
	private final File folder;
	private final Map<String, Object> steps;
	private final Map<String, Object> run;

	private EarlierRun(final File folder, final Map<String, Object> run) {
		this.folder = folder;
		this.run = run;
		steps = Json.asObject(run.get("steps"));
	}

	/** The run in a folder; null when there is none that can be read. */
	static EarlierRun in(final File folder) {
		if (folder == null || !new File(folder, "run.json").isFile()) return null;
		try {
			return new EarlierRun(folder, Json.parseObject(RunRequest.readText("run.json", new File(folder, "run.json"))));
		}
		catch (final RuntimeException e) {
			// A damaged report is no reason to refuse a new run.
			return null;
		}
	}

	/** The file of a step's result, or null when it cannot be used again. */
	File file(final String step, final Object key) {
		final Map<String, Object> entry = Json.asObject(steps.get(step));
		final File file = new File(folder, step + extension(step));
		if (key == null || !key.equals(entry.get("key")) || !file.isFile()) return null;
		try {
			return FileHash.sha256(file).equals(entry.get("sha256")) ? file : null;
		}
		catch (final IOException e) {
			return null;
		}
	}

	/** What the earlier run reported about its registration, or about how its mask was made. */
	Object reported(final String key) {
		return run.get(key);
	}

	/** The entry of a step for run.json, after its file has been written. */
	static Map<String, Object> entry(final Object key, final boolean reused, final File file) {
		final Map<String, Object> entry = new LinkedHashMap<>();
		entry.put("key", key);
		entry.put("reused", reused);
		try {
			entry.put("sha256", FileHash.sha256(file));
		}
		catch (final IOException e) {
			// Without a hash the file will not be used again.
		}
		return entry;
	}

	/** The ending of a step's file. */
	static String extension(final String step) {
		return step.endsWith("_mask") ? ".tif" : step.equals("transform") ? ".json" : ".csv";
	}
}
