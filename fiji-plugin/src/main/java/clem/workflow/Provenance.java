package clem.workflow;

import java.io.File;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.image.FileHash;
import clem.image.Parallel;
import clem.image.TiffWriter;
import clem.image.VolumeImage;

/** Where the inputs of a piece of work come from: their names and, for files, their hashes, which are computed beside the work. */
public final class Provenance {
	private final Map<String, Map<String, Object>> inputs = new LinkedHashMap<>();
	private final Map<String, File> files = new LinkedHashMap<>();
	private Thread thread;
	private volatile IOException failure;

	/** Adds an image; null is none. */
	public Provenance add(final VolumeImage image) {
		if (image == null) return this;
		inputs.put(image.role, image.provenance());
		if (image.file != null) files.put(image.role, image.file);
		return this;
	}

	/** Adds an input that is not an image: a file, or a table when there is no file of that name. */
	public Provenance add(final String role, final File file) {
		final Map<String, Object> json = new LinkedHashMap<>();
		json.put("name", file.getName());
		inputs.put(role, json);
		if (file.exists() && !file.isDirectory()) files.put(role, file);
		return this;
	}

	/** Begins to hash the files. */
	public Provenance start() {
		thread = new Thread(() -> {
			try {
				for (final Map.Entry<String, File> file : files.entrySet()) inputs.get(file.getKey()).put("sha256", FileHash.sha256(file.getValue()));
			}
			catch (final IOException e) {
				failure = e;
			}
		}, "CLEM-Reg hashes");
		thread.setDaemon(true);
		thread.start();
		return this;
	}

	/** Input to name, channel and sha256. Waits for the hashes, unless the user cancels. */
	public Map<String, Object> get(final OperationListener listener) {
		if (thread != null) Parallel.await(thread, listener::cancelled);
		if (failure != null) throw ClemRegException.badInput("An input file cannot be read: " + TiffWriter.reason(failure) + ".", failure);
		return new LinkedHashMap<>(inputs);
	}
}
