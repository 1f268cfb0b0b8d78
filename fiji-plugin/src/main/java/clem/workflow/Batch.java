package clem.workflow;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.image.ImageFiles;
import clem.image.Regions;
import clem.image.TiffWriter;
import clem.json.Json;
import clem.models.ModelFolders;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.schema.Schema;

/**
 * Registers many pairs, one after the other. Each pair gets a folder of its own, which appears whole or not at all; a failure is noted
 * and the next pair begins. A pair whose folder is complete, and whose files and parameters are what they were, is not registered again.
 */
public final class Batch {
	/** The name of the operation. */
	public static final String NAME = "batch";
	/** The summary, in the output folder. */
	public static final String TABLE = "batch.csv";
	/** What a pair was made from, in its folder: written last. */
	private static final String MARK = "batch.json";
	private static final List<String> HEADER = Arrays.asList("name", "status", "seconds", "moving_points", "fixed_points", "iterations", "sigma_nm", "verdict", "predicted_error_nm", "warnings", "error");

	/** How far a pair has come. */
	private enum Status { WAITING, REGISTERED, UNCHANGED, FAILED, CANCELLED }

	private static final class Row {
		final String name;
		/** Where the pair stands in the table. */
		final String place;
		Status status = Status.WAITING;
		String error = "";
		/** What run.json says; empty before. */
		Map<String, Object> run = new LinkedHashMap<>();

		Row(final BatchList.Pair pair) {
			name = pair.name;
			place = pair.place;
		}

		List<String> cells() {
			final Map<String, Object> points = Json.asObject(run.get("points")), registration = Json.asObject(run.get("registration"));
			final List<String> warnings = new ArrayList<>();
			for (final Object warning : Json.asList(run.get("warnings"))) warnings.add(Json.asText(warning, ""));
			return Arrays.asList(name, status.name().toLowerCase(java.util.Locale.ROOT), Parameter.text(run.get("total_seconds")), Parameter.text(points.get("moving")), Parameter.text(points.get("fixed")),
				Parameter.text(registration.get("iterations")), Parameter.text(registration.get("sigma_nm")),
				Parameter.text(run.get("verdict")), Parameter.text(run.get("predicted_error_nm")), String.join("; ", warnings), error);
		}
	}

	private final FileRunner runner;
	private final Bridge bridge;
	private final Operation register;

	Batch(final FileRunner runner, final Bridge bridge, final Schema schema) {
		this.runner = runner;
		this.bridge = bridge;
		register = schema.operation("register");
	}

	/** Runs all pairs and gives one line about them. Throws at the end if some failed. */
	String run(final FileRequest request, final OperationListener listener) {
		final List<BatchList.Pair> pairs = pairs(request);
		for (final BatchList.Pair pair : pairs) prepare(pair, request, listener);
		final File out = folder(request);
		final List<Row> rows = new ArrayList<>();
		for (final BatchList.Pair pair : pairs) rows.add(new Row(pair));
		write(rows, out);
		for (int i = 0; i < rows.size(); i++) {
			final Row row = rows.get(i);
			try {
				one(pairs.get(i).request, new File(out, row.name), row, new Part(listener, row.name, i, rows.size()));
			}
			catch (final ClemRegException e) {
				row.status = e.kind == ClemRegException.Kind.CANCELLED ? Status.CANCELLED : Status.FAILED;
				row.error = row.status == Status.CANCELLED ? e.getMessage() : row.place + e.getMessage();
			}
			catch (final OutOfMemoryError e) {
				row.status = Status.FAILED;
				row.error = "Java's memory is too small (" + (Runtime.getRuntime().maxMemory() >> 20) + " MB).";
			}
			catch (final RuntimeException | Error e) {
				// While Java shuts down many of its parts refuse to work.
				row.status = listener.cancelled() ? Status.CANCELLED : Status.FAILED;
				row.error = listener.cancelled() ? "Cancelled." : "Unexpected error: " + e;
			}
			write(rows, out);
			if (row.status == Status.CANCELLED) throw ClemRegException.cancelled();
			listener.log(row.name + " (" + (i + 1) + " of " + rows.size() + "): " + row.status.name().toLowerCase(java.util.Locale.ROOT) + (row.error.isEmpty() ? "." : ": " + row.error));
		}
		return summary(rows, new File(out, TABLE));
	}

	private List<BatchList.Pair> pairs(final FileRequest request) {
		final String table = request.inputs.get("pairs"), folder = request.inputs.get("folder");
		if (table == null && folder == null) throw ClemRegException.badInput("pairs is missing: give a table of the pairs (CSV), or a folder that holds them (folder).");
		if (table != null && folder != null) throw ClemRegException.badInput("pairs = " + table + " and folder = " + folder + " are both given; give one.");
		if (folder != null && request.out != null && new File(folder).getAbsoluteFile().toPath().normalize().equals(new File(request.out).getAbsoluteFile().toPath().normalize())) {
			throw ClemRegException.badInput("out = " + request.out + " is the folder of the pairs themselves. Choose another for the results.");
		}
		final String model = request.inputs.containsKey("model") ? ModelFolders.find("model", request.inputs.get("model")).getPath() : null;
		final List<BatchList.Pair> pairs = table != null ? BatchList.ofTable(register, new File(table), model != null) : BatchList.ofFolder(new File(folder));
		for (final BatchList.Pair pair : pairs) {
			if (model != null && !pair.request.inputs.containsKey("fixed_mask")) pair.request.inputs.putIfAbsent("model", model);
		}
		if (request.parametersFile != null) new RunRequest().readParameters(new File(request.parametersFile));
		return pairs;
	}

	/** The output folder, made if it is not there. */
	private static File folder(final FileRequest request) {
		if (request.out == null || request.out.trim().isEmpty()) throw ClemRegException.badInput("out is missing: give the folder for the results (--out).");
		final File out = new File(request.out).getAbsoluteFile();
		try {
			Files.createDirectories(out.toPath());
			final File table = new File(out, TABLE);
			final String first = table.exists() ? Files.readAllLines(table.toPath(), StandardCharsets.UTF_8).stream().findFirst().orElse("") : null;
			if (first != null && !request.overwrite && !first.startsWith(HEADER.get(0) + "," + HEADER.get(1))) {
				throw ClemRegException.badInput("out: " + table + " exists already and is not the table of a batch. Choose another folder, or allow to replace it with overwrite (--overwrite).");
			}
		}
		catch (final IOException e) {
			throw ClemRegException.badInput("out = " + request.out + " cannot be written: " + TiffWriter.reason(e) + ". Choose a place where you may write.", e);
		}
		return out;
	}

	/** Gives a pair what holds for all, and checks its parameters, so that a misspelt one is told before anything begins. */
	private void prepare(final BatchList.Pair pair, final FileRequest batch, final OperationListener listener) {
		final FileRequest request = pair.request;
		for (final Map.Entry<String, Object> parameter : batch.parameters.entrySet()) request.parameters.putIfAbsent(parameter.getKey(), parameter.getValue());
		if (request.parametersFile == null) request.parametersFile = batch.parametersFile;
		request.threads = batch.threads;
		request.overwrite = batch.overwrite;
		final RunRequest run = new RunRequest();
		run.parameters.putAll(request.parameters);
		try {
			if (request.parametersFile != null) run.readParameters(new File(request.parametersFile));
			run.resolveRegions();
			bridge.run("register_plan", run.toJson(), Collections.emptyMap(), new Quiet(listener));
		}
		catch (final ClemRegException e) {
			if (e.kind == ClemRegException.Kind.BAD_INPUT) throw ClemRegException.badInput(pair.place + pair.name + ": " + e.getMessage(), e);
		}
	}

	private void one(final FileRequest request, final File folder, final Row row, final Part listener) {
		final File mark = new File(folder, MARK);
		request.out = folder.getPath();
		request.inputs.computeIfPresent("model", (role, given) -> ModelFolders.find(role, given).getPath());
		FileRunner.check(register, request);
		final Map<String, Object> made = madeFrom(request, listener);
		if (mark.isFile() && !request.overwrite) {
			final String changed = changed(mark, made);
			if (!changed.isEmpty()) {
				throw ClemRegException.badInput("the result in " + folder + " is of other input: " + changed + ". Allow to replace it with overwrite (--overwrite), or choose another output folder.");
			}
			row.status = Status.UNCHANGED;
		}
		else {
			try {
				// Until the new result is whole, the old one is none.
				Files.deleteIfExists(mark.toPath());
			}
			catch (final IOException e) {
				throw ClemRegException.badInput(mark + " cannot be replaced: " + TiffWriter.reason(e) + ".", e);
			}
			runner.run(request, listener, output -> {
				final Map<String, Object> json = new LinkedHashMap<>();
				json.put("format", "clemreg-batch-pair");
				json.put("version", 1L);
				json.put("request", made);
				json.put("files", output.names());
				output.textLast(MARK, Json.writePretty(json));
			});
			row.status = Status.REGISTERED;
		}
		final File run = new File(folder, "run.json");
		if (run.isFile()) row.run = Json.parseObject(RunRequest.readText("run.json", run));
	}

	/** Everything that decides about the result: the files' contents, voxel sizes and parameters. */
	private static Map<String, Object> madeFrom(final FileRequest request, final OperationListener listener) {
		final Provenance provenance = new Provenance();
		final Map<String, Object> made = new TreeMap<>();
		final Map<String, String> files = new LinkedHashMap<>();
		for (final Map.Entry<String, String> input : request.inputs.entrySet()) {
			if (input.getKey().equals("model")) ModelFiles.of(new File(input.getValue())).forEach((role, file) -> files.put(role, file.getPath()));
			else if (!input.getKey().equals(Commands.LINKED)) files.put(input.getKey(), input.getValue());
			else for (final Linked one : Linked.list(input.getValue())) {
				files.put(one.role, one.image);
				if (one.order != null) made.put(one.role + "_order", one.order.toString());
			}
		}
		for (final Map.Entry<String, String> input : files.entrySet()) {
			final File file = ImageFiles.choice(input.getKey(), input.getValue()).file;
			if (!file.exists()) throw ClemRegException.badInput(input.getKey() + ": the file " + file + " does not exist.");
			provenance.add(input.getKey(), file);
		}
		for (final Map.Entry<String, Object> input : provenance.start().get(listener).entrySet()) {
			final ImageFiles.Choice choice = ImageFiles.choice(input.getKey(), files.get(input.getKey()));
			final Object hash = Json.asObject(input.getValue()).get("sha256");
			made.put(input.getKey(), (hash == null ? choice.file.getName() : hash) + (choice.channel > 0 ? "#" + Math.max(1, choice.series) + ":" + choice.channel : ""));
		}
		made.putAll(request.spacings);
		if (request.parametersFile != null) {
			final RunRequest file = new RunRequest();
			file.readParameters(new File(request.parametersFile));
			made.put("parameters", Json.write(Json.parseObject(file.parametersText)));
		}
		for (final Map.Entry<String, Object> parameter : request.parameters.entrySet()) made.put(parameter.getKey(), Parameter.text(parameter.getValue()));
		// A region in a file counts by its corners.
		for (final String key : Regions.KEYS) {
			if (made.get(key) != null) made.put(key, Regions.resolve(key, (String) made.get(key)));
		}
		return made;
	}

	/** What is not as it was when the folder was made, in words; empty if it is complete and all the same. */
	private static String changed(final File mark, final Map<String, Object> made) {
		final Map<String, Object> json;
		try {
			json = Json.parseObject(RunRequest.readText("batch.json", mark));
		}
		catch (final Json.SyntaxException e) {
			return mark.getName() + " is damaged";
		}
		final List<String> changed = new ArrayList<>();
		final Map<String, Object> before = Json.asObject(json.get("request"));
		final Map<String, Object> keys = new TreeMap<>(before);
		keys.putAll(made);
		for (final String key : keys.keySet()) if (!String.valueOf(before.get(key)).equals(String.valueOf(made.get(key)))) changed.add(key + " has changed");
		for (final Object name : Json.asList(json.get("files"))) {
			if (!new File(mark.getParentFile(), Json.asText(name, "")).isFile()) changed.add(Json.asText(name, "") + " is gone");
		}
		return String.join(", ", changed);
	}

	private static void write(final List<Row> rows, final File out) {
		final StringBuilder text = new StringBuilder(Csv.line(HEADER));
		for (final Row row : rows) text.append(Csv.line(row.cells()));
		try (Output table = Output.file(new File(out, TABLE).getPath(), true)) {
			table.text(table.path(), text.toString());
			table.commit();
		}
	}

	private static String summary(final List<Row> rows, final File table) {
		int registered = 0, unchanged = 0;
		final List<String> failed = new ArrayList<>();
		for (final Row row : rows) {
			if (row.status == Status.REGISTERED) registered++;
			else if (row.status == Status.UNCHANGED) unchanged++;
			else failed.add(row.name);
		}
		final String text = rows.size() + " pairs: " + registered + " registered, " + unchanged + " unchanged, " + failed.size() + " failed";
		if (!failed.isEmpty()) throw new ClemRegException(ClemRegException.Kind.INCOMPLETE, text + " (" + String.join(", ", failed) + "). The reasons are in " + table + ".");
		return text + ". " + table;
	}

	/** One pair's part of the whole progress; what it says is said with its name. */
	private static final class Part implements OperationListener {
		private final OperationListener target;
		private final String name;
		private final int index;
		private final int count;

		Part(final OperationListener target, final String name, final int index, final int count) {
			this.target = target;
			this.name = name;
			this.index = index;
			this.count = count;
		}

		@Override
		public void progress(final double fraction, final String stage) {
			target.progress((index + fraction) / count, name + " (" + (index + 1) + " of " + count + "): " + stage);
		}

		@Override
		public void log(final String message) {
			target.log(name + ": " + message);
		}

		@Override
		public void warning(final String message) {
			target.warning(name + ": " + message);
		}

		@Override
		public boolean cancelled() {
			return target.cancelled();
		}
	}
}
