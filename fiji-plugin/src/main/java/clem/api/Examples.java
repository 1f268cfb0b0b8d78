package clem.api;

import java.io.File;
import java.nio.file.Path;

import clem.bridge.ClemRegException;
import clem.bridge.HelpFolder;

/** What the examples take besides the built-in samples. */
public final class Examples {
	private Examples() {}

	/**
	 * The path of a network that finds what is dark: "dark-pixels" gives the probability of each pixel, "dark-boxes" boxes. They are for trying out; real ones must be trained. For macros: call("clem.api.Examples.model", "dark-pixels").
	 */
	public static String model(final String name) {
		final Path file = HelpFolder.get().resolve("models").resolve(new File(name).getName() + ".onnx");
		if (!file.toFile().isFile()) throw ClemRegException.badInput("name = " + name + " is not allowed; allowed: dark-pixels, dark-boxes.");
		return file.toString();
	}
}
