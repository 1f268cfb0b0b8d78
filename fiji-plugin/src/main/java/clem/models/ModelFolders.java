package clem.models;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

import clem.bridge.ClemRegException;
import clem.schema.Nearest;
import ij.IJ;

/**
 * Where models lie, and how one is found by its name. There may be two folders: Fiji's models/clemreg, which whoever looks after a shared
 * Fiji fills, and the user's own, to which goes what is downloaded where Fiji's cannot be written.
 */
public final class ModelFolders {
	/** Names one folder in place of these, as does {@link #VARIABLE}. */
	public static final String PROPERTY = "clemreg.models.folder";
	/** The environment variable of the same meaning. */
	public static final String VARIABLE = "CLEMREG_MODELS_FOLDER";

	static final String ONNX = ".onnx";
	/** The point head of a dense MitoNet belongs to the model beside it. */
	private static final String POINT_HEAD = "_point" + ONNX;

	private ModelFolders() {}

	/** The folders in which models are looked for, in this order. They need not exist. */
	public static List<File> all() {
		final String given = given();
		if (given != null) return Collections.singletonList(new File(given).getAbsoluteFile());
		final List<File> folders = new ArrayList<>();
		final File fiji = fiji();
		if (fiji != null) folders.add(new File(fiji, "models" + File.separator + "clemreg").getAbsoluteFile());
		folders.add(own());
		return folders;
	}

	private static String given() {
		for (final String name : new String[] { System.getProperty(PROPERTY), System.getenv(VARIABLE) }) if (name != null && !name.trim().isEmpty()) return name.trim();
		return null;
	}

	/** Fiji's folder, or null: that of the jar's plugins folder, else what ImageJ says. Without a Fiji ImageJ says where it was started from. */
	private static File fiji() {
		final List<File> candidates = new ArrayList<>();
		final CodeSource source = ModelFolders.class.getProtectionDomain().getCodeSource();
		try {
			final File jar = source == null || source.getLocation() == null ? null : new File(source.getLocation().toURI());
			for (File folder = jar == null ? null : jar.getParentFile(); folder != null; folder = folder.getParentFile()) {
				if (folder.getName().equals("plugins") || folder.getName().equals("jars")) candidates.add(folder.getParentFile());
			}
		}
		catch (final URISyntaxException | IllegalArgumentException e) {
			// Classes that come from no file: ImageJ may still know.
		}
		final boolean known = IJ.getInstance() != null || System.getProperty("imagej.dir") != null || System.getProperty("ij.dir") != null;
		final String directory = known ? IJ.getDirectory("imagej") : null;
		if (directory != null) candidates.add(new File(directory));
		for (final File candidate : candidates) if (candidate != null && new File(candidate, "plugins").isDirectory()) return candidate;
		return null;
	}

	private static File own() {
		final String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT), home = System.getProperty("user.home", ".");
		final String windows = System.getenv("LOCALAPPDATA"), linux = System.getenv("XDG_DATA_HOME");
		final File data = os.contains("win") && windows != null ? new File(windows) : os.contains("mac") ? new File(home, "Library/Application Support")
			: linux != null && !linux.isEmpty() ? new File(linux) : new File(home, ".local/share");
		return new File(data, "clemreg" + File.separator + "models").getAbsoluteFile();
	}

	/** The first of the folders to which files can be written; it is made if need be. */
	public static File writable() {
		final List<String> refused = new ArrayList<>();
		for (final File folder : all()) {
			try {
				Files.createDirectories(folder.toPath());
				// Asking for permission is no proof: Windows says yes where it then refuses.
				Files.delete(Files.createTempFile(folder.toPath(), ".try", null));
				return folder;
			}
			catch (final IOException | InvalidPathException e) {
				refused.add(folder + " (" + e.getClass().getSimpleName() + ")");
			}
		}
		throw ClemRegException.badInput("No folder for models can be written: " + String.join(", ", refused) + ". Name one with the environment variable " + VARIABLE
			+ " (or -D" + PROPERTY + "=FOLDER).");
	}

	/** The models that are there, by name. */
	public static List<String> names() {
		final Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
		for (final File folder : all()) names.addAll(names(folder));
		return new ArrayList<>(names);
	}

	private static List<String> names(final File folder) {
		final String[] files = folder.list((f, name) -> name.toLowerCase(Locale.ROOT).endsWith(ONNX) && !name.startsWith("."));
		if (files == null) return Collections.emptyList();
		Arrays.sort(files);
		final Set<String> all = new LinkedHashSet<>(Arrays.asList(files));
		final List<String> names = new ArrayList<>();
		for (final String file : files) {
			final boolean part = file.endsWith(POINT_HEAD) && all.contains(file.substring(0, file.length() - POINT_HEAD.length()) + ONNX);
			if (!part) names.add(file.substring(0, file.length() - ONNX.length()));
		}
		return names;
	}

	/** The file of a model that is there by this name, or null. */
	public static File installed(final String name) {
		for (final File folder : all()) {
			final File file = new File(folder, name + ONNX);
			if (file.isFile()) return file;
		}
		return null;
	}

	/** The only model whose name is this one but for capitals, or null: on Windows and macOS the system finds it so. */
	private static File similar(final String name) {
		final List<File> found = new ArrayList<>();
		for (final File folder : all()) {
			final File[] same = folder.listFiles(file -> file.getName().equalsIgnoreCase(name + ONNX) && file.isFile());
			if (same != null) found.addAll(Arrays.asList(same));
		}
		return found.size() == 1 ? found.get(0) : null;
	}

	/**
	 * The model that the user means: a file, or the name of one of the models that are there, with or without .onnx, in capitals or not where that leaves one.
	 *
	 * @param role the input's name, for the message
	 * @throws ClemRegException where there is none: it says where was looked and what is there
	 */
	public static File find(final String role, final String given) {
		final File file = new File(given);
		if (file.isFile()) return file;
		final boolean bare = file.getName().equals(given) && !given.contains("\\");
		final String name = given.toLowerCase(Locale.ROOT).endsWith(ONNX) ? given.substring(0, given.length() - ONNX.length()) : given;
		File found = bare ? installed(name) : null;
		if (bare && found == null) found = similar(name);
		if (found != null) return found;
		if (file.exists()) throw ClemRegException.badInput(role + ": " + file + " is a folder; a file is needed.");
		final StringBuilder message = new StringBuilder(role + ": there is no file " + file);
		if (bare) {
			String joint = ", and no such model in ";
			for (final File folder : all()) {
				final List<String> there = names(folder);
				message.append(joint).append(folder).append(there.isEmpty() ? " (no models are there)" : " (there are " + String.join(", ", there) + ")");
				joint = " nor in ";
			}
			message.append('.').append(Nearest.hint(name, names())).append(" Give the path of an ONNX file, or get a model with Download Model... (clemreg download-model --list).");
		}
		else message.append('.').append(names().contains(new File(name).getName()) ? " There is a model '" + new File(name).getName() + "' in the models folder: give its name alone." : "");
		throw ClemRegException.badInput(message.toString());
	}
}
