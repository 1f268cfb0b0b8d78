package clem.bridge;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Files of one folder of the jar that the system is to load, run or show: extracted once into a per-user folder that their content names, so that
 * other versions have other folders.
 */
final class JarFiles {
	/** What to do where none of the folders serves. */
	static final String ADVICE = ". Give a folder that can be written and run from with -D" + NativeLoader.CACHE + "=FOLDER";

	private final String folderInJar;
	/** Name to SHA-256. */
	private final Map<String, String> hashes = new LinkedHashMap<>();

	/** Tries a folder. An IOException or a refused library says that the next is to be tried. */
	interface Attempt<T> {
		T in(JarFiles files, Path folder) throws IOException;
	}

	/** The folder in the jar ends with a slash. */
	JarFiles(final String folderInJar, final List<String> names) {
		this.folderInJar = folderInJar;
		for (final String name : names) {
			try (InputStream in = open(name)) {
				hashes.put(name, sha256(in));
			}
			catch (final IOException e) {
				throw new ClemRegException(ClemRegException.Kind.INTERNAL, "the jar's " + folderInJar + name + " cannot be read: " + e.getMessage(), e);
			}
		}
	}

	/** Whether the jar has the file. */
	static boolean has(final String resource) {
		return JarFiles.class.getResource(resource) != null;
	}

	/** What the attempt gives in the first of the possible folders that serves, or null; those that do not are told. */
	<T> T firstOf(final List<String> refused, final Attempt<T> attempt) {
		return firstOf("natives", refused, attempt);
	}

	/** The same under another name than that of libraries and programs. */
	<T> T firstOf(final String kind, final List<String> refused, final Attempt<T> attempt) {
		for (final Path cache : cacheFolders()) {
			final Path folder = cache.resolve(kind).resolve(id());
			try {
				Files.createDirectories(folder);
				return attempt.in(this, folder);
			}
			catch (final IOException e) {
				refused.add(folder + " (" + e.getClass().getSimpleName() + ": " + e.getMessage() + ")");
			}
			catch (final UnsatisfiedLinkError e) {
				// A folder mounted noexec, or a system library that is missing.
				refused.add(folder + " (" + e.getMessage() + ")");
			}
		}
		return null;
	}

	/** Puts a file into a folder, if it is not there already. A name may have folders of its own. */
	Path extract(final String name, final Path folder, final boolean executable) throws IOException {
		final Path file = folder.resolve(name);
		if (isThere(file, hashes.get(name))) return file;
		Files.createDirectories(file.getParent());
		final Path part = Files.createTempFile(folder, "part", null);
		try {
			try (InputStream in = open(name)) {
				Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
			}
			if (executable && !part.toFile().setExecutable(true)) throw new IOException("a program in it cannot be made executable");
			try {
				Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
			}
			catch (final AtomicMoveNotSupportedException e) {
				Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
			}
		}
		catch (final IOException e) {
			Files.deleteIfExists(part);
			// On Windows a library in use cannot be replaced; the other process has written the same bytes.
			if (!Files.isRegularFile(file)) throw e;
		}
		return file;
	}

	/** The folder's name: the hash of the one file, or that of all hashes. */
	private String id() {
		if (hashes.size() == 1) return hashes.values().iterator().next();
		try {
			return sha256(new ByteArrayInputStream(String.join("\n", hashes.values()).getBytes(StandardCharsets.UTF_8)));
		}
		catch (final IOException e) {
			throw new IllegalStateException("memory can be read", e);
		}
	}

	private InputStream open(final String name) {
		final InputStream in = JarFiles.class.getResourceAsStream(folderInJar + name);
		if (in == null) throw new ClemRegException(ClemRegException.Kind.INTERNAL, "the jar has no " + folderInJar + name);
		return in;
	}

	private static List<Path> cacheFolders() {
		final List<Path> folders = new ArrayList<>();
		final String given = System.getProperty(NativeLoader.CACHE);
		if (given != null) {
			folders.add(Paths.get(given));
			return folders;
		}
		final String home = System.getProperty("user.home", "");
		final String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
		final String appData = System.getenv("LOCALAPPDATA");
		final String xdg = System.getenv("XDG_CACHE_HOME");
		if (os.contains("win") && appData != null) add(folders, appData, "clemreg");
		else if (os.contains("mac")) add(folders, home, "Library", "Caches", "clemreg");
		else if (xdg != null && !xdg.isEmpty()) add(folders, xdg, "clemreg");
		else if (new File(home).isDirectory()) add(folders, home, ".cache", "clemreg");
		add(folders, System.getProperty("java.io.tmpdir"), "clemreg-" + System.getProperty("user.name", "user").replaceAll("[^\\w.-]", "_"));
		return folders;
	}

	private static void add(final List<Path> folders, final String first, final String... more) {
		try {
			folders.add(Paths.get(first, more));
		}
		catch (final InvalidPathException e) {
			// A name that cannot be spelt in the encoding with which Java was started: the next folder serves.
		}
	}

	/** True for a file of that content. */
	private static boolean isThere(final Path file, final String hash) throws IOException {
		if (!Files.isRegularFile(file)) return false;
		try (InputStream in = Files.newInputStream(file)) {
			return sha256(in).equals(hash);
		}
	}

	private static String sha256(final InputStream in) throws IOException {
		try {
			final MessageDigest digest = MessageDigest.getInstance("SHA-256");
			final byte[] buffer = new byte[1 << 16];
			for (int n; (n = in.read(buffer)) > 0;) digest.update(buffer, 0, n);
			final StringBuilder hex = new StringBuilder();
			for (final byte b : digest.digest()) hex.append(String.format("%02x", b & 0xff));
			return hex.toString();
		}
		catch (final NoSuchAlgorithmException e) {
			throw new IllegalStateException("every Java has SHA-256", e);
		}
	}
}
