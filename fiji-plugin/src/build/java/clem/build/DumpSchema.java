package clem.build;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;

import clem.bridge.NativeBridge;

/** Writes the schema of the operations, as the freshly built native library tells it, to the file that the argument names. */
public final class DumpSchema {
	private DumpSchema() {}

	public static void main(final String[] args) throws IOException {
		Files.write(Paths.get(args[0]), new NativeBridge().schema().getBytes(StandardCharsets.UTF_8));
	}
}
