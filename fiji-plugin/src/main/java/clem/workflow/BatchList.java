package clem.workflow;

import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import clem.bridge.ClemRegException;
import clem.image.Regions;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.schema.Schema;

/**
 * The pairs of a batch: the lines of a table, or the sub-folders (or NAME_fm, NAME_em, NAME_em_mask files) of a folder. What is wrong with
 * the list itself is told before anything begins; what is wrong with the files of one pair is told when its turn comes.
 */
final class BatchList {
	private static final String NAME = "name", PARAMETERS = "parameters";
	private static final Pattern BAD_NAME = Pattern.compile("[/\\\\:*?\"<>|\\p{Cntrl}]|^\\.|[. ]$");
	/** NAME_fm, NAME_em, NAME_em_mask, NAME_fm_mask and the like, without the extension; NAME_ may be missing in a folder of its own. */
	private static final Pattern ROLE = Pattern.compile("(?:(.+?)[_\\-. ])?(?:(fm)[_\\-. ](?:mask|labels)|((?:em[_\\-. ])?(?:mask|labels))|(fm)|(em))", Pattern.CASE_INSENSITIVE);
	private static final List<String> ROLES = Arrays.asList("moving_mask", "fixed_mask", "moving", "fixed");
	private static final Set<String> NO_IMAGES = new HashSet<>(Arrays.asList("json", "csv", "tsv", "txt", "md", "png", "jpg", "jpeg", "pdf", "xml", "ijm", "groovy", "zip", "onnx", "pth", "yaml", "yml"));

	/** One registration of a batch. */
	static final class Pair {
		final String name;
		/** Where it stands, to begin a message with; empty for a folder's. */
		final String place;
		/** Its files, voxel sizes and parameters. */
		final FileRequest request = new FileRequest("register");

		Pair(final String name, final String place) {
			this.name = name;
			this.place = place;
		}
	}

	private BatchList() {}

	/** The columns that a table may have: the registration's files, voxel sizes and parameters. */
	static List<String> columns(final Operation register) {
		final List<String> columns = new ArrayList<>();
		columns.add(NAME);
		for (final Commands.FileInput input : Commands.inputs(register)) columns.add(input.name);
		columns.addAll(Commands.spacings(register));
		columns.add(PARAMETERS);
		for (final Parameter parameter : register.parameters) columns.add(parameter.name);
		return columns;
	}

	/**
	 * Reads a table: a header, then a line a pair. Paths are relative to the table.
	 *
	 * @param model whether there is a model for pairs without a mask of the EM
	 */
	static List<Pair> ofTable(final Operation register, final File file, final boolean model) {
		final String[] lines = Csv.lines(RunRequest.readText("pairs", file));
		final char separator = lines[0].indexOf(',') < 0 && lines[0].indexOf(';') >= 0 ? ';' : ',';
		final List<String> known = columns(register), header = new ArrayList<>();
		for (final String cell : Csv.split(lines[0], separator)) {
			final String column = cell.toLowerCase(Locale.ROOT).replace('-', '_').replace(' ', '_');
			if (!known.contains(column)) throw bad(file, 1, Schema.unknown("column", cell, known).getMessage());
			if (header.contains(column)) throw bad(file, 1, "the column " + column + " is there twice.");
			header.add(column);
		}
		final List<String> needed = new ArrayList<>();
		needed.add(NAME);
		for (final Commands.FileInput input : Commands.inputs(register)) if (input.required) needed.add(input.name);
		for (final String column : needed) if (!header.contains(column)) throw bad(file, 1, "there is no column " + column + "; needed are " + String.join(", ", needed) + ".");
		if (!model && !header.contains("fixed_mask") && !header.contains("model")) throw bad(file, 1, "there is no column fixed_mask; needed are " + String.join(", ", needed) + " and fixed_mask, or fixed and model.");
		final List<Pair> pairs = new ArrayList<>();
		final Map<String, Integer> names = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		for (int i = 1; i < lines.length; i++) {
			if (lines[i].trim().isEmpty()) continue;
			final List<String> cells = Csv.split(lines[i], separator);
			if (cells.size() > header.size()) {
				throw bad(file, i + 1, cells.size() + " values, but the header has " + header.size() + ". Put a value that holds a '" + separator + "' in quotes, or write voxel sizes with a blank: 130 35.3.");
			}
			final Pair pair = pair(register, file, i + 1, header, cells, names);
			if (!model && !pair.request.inputs.containsKey("fixed_mask") && !pair.request.inputs.containsKey("model")) throw bad(file, i + 1, "fixed_mask is missing, or fixed and model in its place.");
			pairs.add(pair);
		}
		if (pairs.isEmpty()) throw ClemRegException.badInput("pairs: " + file + " has a header and no pairs.");
		return pairs;
	}

	private static Pair pair(final Operation register, final File file, final int line, final List<String> header, final List<String> cells, final Map<String, Integer> names) {
		final Map<String, String> row = new LinkedHashMap<>();
		for (int c = 0; c < cells.size(); c++) if (!cells.get(c).isEmpty()) row.put(header.get(c), cells.get(c));
		final String name = row.remove(NAME);
		if (name == null) throw bad(file, line, "the pair has no name.");
		if (BAD_NAME.matcher(name).find() || name.equalsIgnoreCase(Batch.TABLE)) {
			throw bad(file, line, "name = " + name + " is not allowed: it becomes a folder, so it must not hold / \\ : * ? \" < > | nor begin or end with a dot.");
		}
		final Integer before = names.put(name, line);
		if (before != null) throw bad(file, line, "name = " + name + " stands in line " + before + " already; each pair needs a name of its own.");
		final Pair pair = new Pair(name, "line " + line + ": ");
		for (final Commands.FileInput input : Commands.inputs(register)) {
			final String path = row.remove(input.name);
			if (path != null) pair.request.inputs.put(input.name, input.isSeveral() ? all(file, path) : input.name.equals("model") ? model(file, path) : beside(file, path));
			else if (input.required) throw bad(file, line, input.name + " is missing.");
		}
		for (final String key : Commands.spacings(register)) {
			final String spacing = row.remove(key);
			if (spacing != null) pair.request.spacings.put(key, spacing);
		}
		final String parameters = row.remove(PARAMETERS);
		if (parameters != null) pair.request.parametersFile = beside(file, parameters);
		for (final String key : Regions.KEYS) {
			final String region = row.get(key);
			if (region != null && new File(beside(file, region)).isFile()) row.put(key, beside(file, region));
		}
		pair.request.parameters.putAll(row);
		return pair;
	}

	/** A model beside the table, or the name of one in the models folder, which is looked for when the pair's turn comes. */
	private static String model(final File table, final String name) {
		final String path = beside(table, name);
		return new File(path).exists() || !new File(name).getName().equals(name) ? path : name;
	}

	private static String all(final File table, final String paths) {
		final List<String> all = new ArrayList<>();
		for (final String path : Commands.list(paths)) all.add(beside(table, path));
		return String.join(";", all);
	}

	private static String beside(final File table, final String path) {
		return new File(path).isAbsolute() ? path : new File(table.getAbsoluteFile().getParentFile(), path).getPath();
	}

	private static ClemRegException bad(final File file, final int line, final String what) {
		return ClemRegException.badInput("pairs: " + file + ", line " + line + ": " + what);
	}

	/** Finds the pairs in a folder, by name. */
	static List<Pair> ofFolder(final File folder) {
		if (!folder.exists()) throw ClemRegException.badInput("folder: " + folder + " does not exist.");
		final File[] all = folder.listFiles(file -> !file.isHidden());
		if (all == null) throw ClemRegException.badInput("folder: " + folder + " is not a folder, or cannot be read.");
		Arrays.sort(all);
		final Map<String, Pair> pairs = new TreeMap<>();
		for (final File file : all) {
			final File[] inside = file.isDirectory() ? file.listFiles(f -> f.isFile() && !f.isHidden()) : null;
			if (inside == null) {
				if (file.isFile()) take(pairs, null, file);
				continue;
			}
			// The result of a registration is no pair.
			if (new File(file, "run.json").isFile()) continue;
			Arrays.sort(inside);
			for (final File one : inside) take(pairs, file.getName(), one);
			final File parameters = new File(file, "parameters.json");
			if (pairs.containsKey(file.getName()) && parameters.isFile()) pairs.get(file.getName()).request.parametersFile = parameters.getPath();
			final File model = new File(file, "model.onnx");
			if (pairs.containsKey(file.getName()) && model.isFile()) pairs.get(file.getName()).request.inputs.put("model", model.getPath());
		}
		if (pairs.isEmpty()) {
			throw ClemRegException.badInput("folder: there are no pairs in " + folder + ". Each pair is a sub-folder with fm.tif, em_mask.tif and, if there is one, em.tif (or, in place of the mask, em.tif and model.onnx), or files NAME_fm.tif, NAME_em_mask.tif, NAME_em.tif.");
		}
		return new ArrayList<>(pairs.values());
	}

	/** Adds a file to its pair, if its name says what it is. */
	private static void take(final Map<String, Pair> pairs, final String folder, final File file) {
		final int dot = file.getName().lastIndexOf('.');
		if (dot <= 0 || NO_IMAGES.contains(file.getName().substring(dot + 1).toLowerCase(Locale.ROOT))) return;
		final String stem = file.getName().substring(0, dot).replaceAll("(?i)\\.ome$", "");
		final Matcher match = ROLE.matcher(stem);
		if (!match.matches()) return;
		final String name = folder != null ? folder : match.group(1);
		if (name == null) return;
		String role = null;
		for (int i = 0; i < ROLES.size(); i++) if (match.group(i + 2) != null) role = ROLES.get(i);
		final String old = pairs.computeIfAbsent(name, n -> new Pair(n, "")).request.inputs.put(role, file.getPath());
		if (old != null) {
			throw ClemRegException.badInput("folder: the pair " + name + " has two files that may be its " + role + ": " + new File(old).getName() + " and " + file.getName()
				+ ". Rename or move one, or list the pairs in a table (pairs).");
		}
	}
}
