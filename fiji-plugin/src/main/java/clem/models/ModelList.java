package clem.models;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import clem.bridge.ClemRegException;
import clem.image.TiffWriter;
import clem.json.Json;
import clem.schema.Schema;

/**
 * The models that can be downloaded: models.json in the models folder, which the user edits, and the entries of the jar's own list whose
 * names it lacks. The file is written once, where there is none, and never again.
 */
public final class ModelList {
	/** The name of the file. */
	public static final String FILE = "models.json";

	private static final String RESOURCE = "/models/models.json";

	/** By name in small letters: a name is a file's, which on some systems is the same in capitals. */
	private final Map<String, ModelEntry> entries = new LinkedHashMap<>();

	/** Reads the lists of all models folders. Where there is none, the jar's is written to the folder that can be written, if there is one. */
	public ModelList() {
		boolean any = false;
		for (final File folder : ModelFolders.all()) {
			final File file = new File(folder, FILE);
			if (!file.isFile()) continue;
			any = true;
			try {
				add(parse(new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8), file.getPath()));
			}
			catch (final IOException e) {
				throw ClemRegException.badInput(file + " cannot be read: " + TiffWriter.reason(e) + ".", e);
			}
		}
		add(parse(standard(), FILE + " of the jar"));
		if (any) return;
		try {
			write();
		}
		catch (final ClemRegException e) {
			// To be looked at, the jar's list need not be a file.
		}
	}

	private void add(final List<ModelEntry> more) {
		for (final ModelEntry entry : more) entries.putIfAbsent(entry.name.toLowerCase(Locale.ROOT), entry);
	}

	/** The file to be edited; it is written where there is none. */
	public static File file() {
		for (final File folder : ModelFolders.all()) if (new File(folder, FILE).isFile()) return new File(folder, FILE);
		return write();
	}

	/** Where the list is or would be, for messages: nothing is written, and it is told where nothing can be. */
	public static String place() {
		for (final File folder : ModelFolders.all()) if (new File(folder, FILE).isFile()) return new File(folder, FILE).getPath();
		try {
			return new File(ModelFolders.writable(), FILE).getPath();
		}
		catch (final ClemRegException e) {
			return FILE + " (" + e.getMessage() + ")";
		}
	}

	private static File write() {
		final File file = new File(ModelFolders.writable(), FILE);
		save(file, standard());
		return file;
	}

	/** Replaces the file at once, or not at all. */
	public static void save(final File file, final String text) {
		try {
			final Path part = Files.createTempFile(file.getAbsoluteFile().getParentFile().toPath(), "." + FILE, null);
			Files.write(part, text.getBytes(StandardCharsets.UTF_8));
			// A temporary file is for its owner only; this one others may read.
			part.toFile().setReadable(true, false);
			Moves.replace(part, file.toPath());
		}
		catch (final IOException e) {
			throw ClemRegException.badInput(file + " cannot be written: " + TiffWriter.reason(e) + ".", e);
		}
	}

	static String standard() {
		try (InputStream in = ModelList.class.getResourceAsStream(RESOURCE)) {
			final byte[] block = new byte[1 << 16];
			final StringBuilder text = new StringBuilder();
			for (int n = in.read(block); n >= 0; n = in.read(block)) text.append(new String(block, 0, n, StandardCharsets.ISO_8859_1));
			return new String(text.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
		}
		catch (final IOException e) {
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, "The jar's " + RESOURCE + " cannot be read.", e);
		}
	}

	/** Reads the text of a list; what is wrong with it is told with its line or its model. */
	public static List<ModelEntry> parse(final String text, final String where) {
		final Map<String, Object> json;
		try {
			json = Json.parseObject(text);
		}
		catch (final Json.SyntaxException e) {
			throw ClemRegException.badInput(where + " is not valid JSON: " + e.getMessage() + ". Correct it (Download Model... has an editor), or remove the file: the standard one is then written anew.", e);
		}
		if (!(json.get("models") instanceof List)) throw ClemRegException.badInput(where + ": there is no list \"models\": [ ... ].");
		final List<ModelEntry> list = new ArrayList<>();
		for (final Object item : Json.asList(json.get("models"))) {
			if (!(item instanceof Map)) throw ClemRegException.badInput(where + ": " + Json.write(item) + " is no model; an object { \"name\": ..., \"url\": ... } is expected.");
			final ModelEntry entry = new ModelEntry(Json.asObject(item), where);
			for (final ModelEntry other : list) if (other.name.equalsIgnoreCase(entry.name)) throw ClemRegException.badInput(where + ": there are two models of the name '" + entry.name + "'.");
			list.add(entry);
		}
		return list;
	}

	/** All models. */
	public List<ModelEntry> entries() {
		return new ArrayList<>(entries.values());
	}

	/** The model of that name. */
	public ModelEntry entry(final String name) {
		final ModelEntry entry = entries.get(name.toLowerCase(Locale.ROOT));
		if (entry == null) throw Schema.unknown("model", name, entries().stream().map(e -> e.name).collect(Collectors.toList()));
		return entry;
	}
}
