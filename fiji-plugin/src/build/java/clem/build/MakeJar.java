package clem.build;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs folders into a jar: the manifest first, names in order, one fixed time, so that the same input gives the same bytes; and with
 * entries for the folders, which SciJava needs to find scripts. Runs while the jar is built.
 */
public final class MakeJar {
	/** 1 January 2020; run with -Duser.timezone=UTC. */
	private static final long TIME = 1577836800000L;

	private MakeJar() {}

	/** Arguments: the jar, the version (- for a plain zip without a manifest), and folders whose contents go into it. */
	public static void main(final String[] args) throws IOException {
		final Map<String, byte[]> entries = new TreeMap<>();
		for (int i = 2; i < args.length; i++) {
			final Path root = Paths.get(args[i]);
			try (Stream<Path> paths = Files.walk(root)) {
				for (final Path path : (Iterable<Path>) paths::iterator) {
					final String name = root.relativize(path).toString().replace('\\', '/');
					if (name.isEmpty()) continue;
					if (Files.isDirectory(path)) entries.put(name + "/", null);
					else if (entries.put(name, Files.readAllBytes(path)) != null) throw new IOException(name + " is in two folders");
				}
			}
		}
		if (entries.containsKey("org/scijava/")) throw new IOException("the declarations of SciJava must not be packaged");
		final Path jar = Paths.get(args[0]), part = Paths.get(args[0] + ".part");
		try (OutputStream file = Files.newOutputStream(part); ZipOutputStream out = new ZipOutputStream(file)) {
			out.setLevel(9);
			if (!args[1].equals("-")) {
				add(out, "META-INF/", null);
				add(out, "META-INF/MANIFEST.MF", ("Manifest-Version: 1.0\r\nImplementation-Title: CLEM-Reg\r\nImplementation-Version: " + args[1] + "\r\n\r\n")
					.getBytes(StandardCharsets.UTF_8));
				entries.remove("META-INF/");
			}
			for (final Map.Entry<String, byte[]> entry : entries.entrySet()) add(out, entry.getKey(), entry.getValue());
		}
		Files.move(part, jar, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
	}

	private static void add(final ZipOutputStream out, final String name, final byte[] content) throws IOException {
		final ZipEntry entry = new ZipEntry(name);
		entry.setTime(TIME);
		if (content == null) {
			entry.setMethod(ZipEntry.STORED);
			entry.setSize(0);
			entry.setCrc(new CRC32().getValue());
		}
		out.putNextEntry(entry);
		if (content != null) out.write(content);
		out.closeEntry();
	}
}
