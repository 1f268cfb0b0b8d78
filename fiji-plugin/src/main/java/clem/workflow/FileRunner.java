package clem.workflow;

import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.image.ImageFiles;
import clem.image.ResultImage;
import clem.image.Spacings;
import clem.image.TiffWriter;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.schema.Nearest;
import clem.schema.Operation;
import clem.schema.Port;
import clem.schema.Schema;

/** Runs an operation on files: what the command line and the SciJava commands do. */
public final class FileRunner {
	/** The output that is a picture for people. */
	public static final String PICTURE = "overlay";

	private final Bridge bridge;
	private final Schema schema;

	public FileRunner(final Bridge bridge) {
		this.bridge = bridge;
		schema = Schema.parse(bridge.schema());
	}

	/** Adds to the files of a result before they come to their place. */
	interface Finish {
		void of(Output output);
	}

	/** Runs the request and gives a line or a few about the result. */
	public String run(final FileRequest request, final OperationListener listener) {
		return run(request, listener, output -> {});
	}

	String run(final FileRequest request, final OperationListener listener, final Finish finish) {
		final Operation operation = schema.operation(request.operation);
		check(operation, request);
		if (operation.name.equals(Batch.NAME)) return new Batch(this, bridge, schema).run(request, listener);
		if (operation.name.equals(ModelDownload.NAME)) return new ModelDownload(this).run(request, listener);
		final RunRequest run = new RunRequest();
		run.parameters.putAll(request.parameters);
		run.threads = request.threads;
		if (request.parametersFile != null) run.readParameters(new File(request.parametersFile));
		if (!Commands.givesFiles(operation)) return report(operation, request, run, listener);
		if (Commands.writesItself(operation)) return itself(operation, request, run, listener);
		try (Output open = Commands.output(operation, request.out, request.overwrite)) {
			final String summary = operation.name.equals("register") ? register(request, run, open, listener) : step(operation, request, run, open, listener);
			finish.of(open);
			if (listener.cancelled()) throw ClemRegException.cancelled();
			open.commit();
			return summary;
		}
	}

	static void check(final Operation operation, final FileRequest request) {
		final List<String> names = new ArrayList<>();
		for (final Commands.FileInput input : Commands.inputs(operation)) {
			names.add(input.name);
			if (input.required && !request.inputs.containsKey(input.name)) {
				throw ClemRegException.badInput(input.name + " is missing: " + (input.help.isEmpty() ? "a file is needed." : input.help));
			}
		}
		if (operation.name.equals("register")) RegisterInput.checkMask(request.inputs.containsKey("fixed_mask") || request.inputs.containsKey("model"));
		for (final String name : request.inputs.keySet()) {
			if (!names.contains(name)) throw Schema.unknown("input", name, names);
		}
		for (final String key : request.spacings.keySet()) {
			if (!Commands.spacings(operation).contains(key)) throw Schema.unknown("option", key, Commands.spacings(operation));
		}
		if (request.threads < 0) throw ClemRegException.badInput("threads = " + request.threads + " is not allowed: it must be 0 (all) or more.");
		for (final String key : request.parameters.keySet()) {
			if (operation.parameter(key) == null) {
				final List<String> known = new ArrayList<>();
				operation.parameters.forEach(p -> known.add(p.name));
				throw ClemRegException.badInput("Unknown parameter '" + key + "'." + Nearest.hint(key, known) + " See the help of " + Commands.name(operation) + " for all.");
			}
		}
	}

	private String register(final FileRequest request, final RunRequest run, final Output folder, final OperationListener listener) {
		final Stages stages = new Stages();
		final RegisterInput input = RegisterInput.of(new Files(request), run);
		if (request.movingName != null) input.moving.setName(request.movingName);
		input.saved = true;
		if (request.overwrite) input.earlier = new File(request.out);
		final String[] summary = new String[1];
		new RegisterWorkflow(bridge, schema).run(input, run, listener, stages, results -> {
			results.save(folder);
			summary[0] = results.summary() + (results.hasReport() ? "\nReport: " + RegisterResults.report(request.out) : "");
		});
		return summary[0];
	}

	/** An operation that writes its file itself, under a temporary name first, as {@link Output} does. */
	private String itself(final Operation operation, final FileRequest request, final RunRequest run, final OperationListener listener) {
		run.writes(operation, request.out, request.overwrite);
		final String[] summary = new String[1];
		new Step(bridge, operation).run(new Files(request), run, listener, results -> summary[0] = Json.asText(results.report.get("summary"), ""));
		return summary[0];
	}

	/** Inputs in files. */
	private static final class Files implements InputSource {
		private final FileRequest request;

		Files(final FileRequest request) {
			this.request = request;
		}

		@Override
		public VolumeImage.Opened image(final String role) {
			final String file = request.inputs.get(role);
			return file == null ? null : open(role, file);
		}

		@Override
		public VolumeImage.Opened open(final String role, final String image) {
			return ImageFiles.open(role, image);
		}

		@Override
		public String text(final String role) {
			return request.inputs.get(role);
		}

		@Override
		public double[] points(final String role, final String file) {
			return PointsFile.read(role, new File(file));
		}

		@Override
		public double[] spacing(final String role) {
			final String key = Spacings.key(role), text = request.spacings.get(key);
			return text == null ? null : Spacings.parse(key, text);
		}
	}

	private String report(final Operation operation, final FileRequest request, final RunRequest run, final OperationListener listener) {
		final String[] text = new String[1];
		try (Output file = request.out == null ? null : Output.file(request.out, request.overwrite)) {
			new Step(bridge, operation).run(new Files(request), run, listener, results -> {
				text[0] = Json.writePretty(results.report).trim();
				if (file != null) save(operation, results, file);
			});
			if (file != null) file.commit();
		}
		return text[0];
	}

	private String step(final Operation operation, final FileRequest request, final RunRequest run, final Output output, final OperationListener listener) {
		final long start = System.nanoTime();
		final String[] summary = new String[1];
		new Step(bridge, operation).run(CellInputs.of(operation, new Files(request), null), run, listener, results -> {
			save(operation, results, output);
			summary[0] = Json.asText(results.report.get("summary"), "");
		});
		return summary[0].isEmpty() ? operation.title + ": " + Math.round((System.nanoTime() - start) / 1e8) / 10.0 + " s." : summary[0];
	}

	/** Writes what a step gave: one file, or a folder of them. */
	public static void save(final Operation operation, final Step.Results results, final Output output) {
		if (operation.name.equals("simulate_clem")) saveSimulation(results, output);
		else if (operation.findsCells()) new CellResults(operation, results).save(output);
		else if (operation.outputs.isEmpty()) output.text(output.path(), Json.writePretty(results.report).trim() + "\n");
		else if (Commands.givesTexts(operation)) {
			for (final Map.Entry<String, byte[]> file : results.files().entrySet()) {
				output.bytes(file.getKey().isEmpty() ? output.path() : output.path(file.getKey()), file.getValue());
			}
			if (operation.name.equals(Commands.IMPORT_DATASET)) {
				output.bytes(output.path("rois.zip"), CellRois.zip(ObjectRois.of(Json.asObject(Json.asList(results.report.get("tables")).get(0)), null)));
			}
		}
		else for (final Port port : operation.outputs) {
			if (port.isText()) results.files().forEach((name, bytes) -> output.bytes(output.path(name), bytes));
			else if (!results.names().contains(port.name)) continue;
			else if (port.name.equals(PICTURE)) output.bytes(output.path(PICTURE + ".png"), results.picture(PICTURE));
			else save(port, results, Commands.givesFolder(operation) ? output.path(port.name + Commands.extension(port)) : output.path(), output);
		}
	}

	private static void save(final Port port, final Step.Results results, final File file, final Output output) {
		if (port.isPoints()) output.write(file, to -> PointsFile.write(results.points(port.name), to));
		else if (port.isTransform()) output.text(file, results.transform(port.name));
		else {
			final ResultImage image = results.image(port.name);
			output.write(file, to -> TiffWriter.write(image.image(to.getName(), image.stack(), results.like(image)), to, results.progress));
		}
	}

	private static void saveSimulation(final Step.Results results, final Output folder) {
		final Map<String, ResultImage> images = new LinkedHashMap<>();
		images.put("em.tif", results.image("em"));
		images.put("em_labels.tif", results.image("em_labels"));
		images.put("fm.tif", results.image(results.named("moving")));
		if (results.names().contains("em_targets")) images.put("em_targets.tif", results.image("em_targets"));
		for (final Map.Entry<String, ResultImage> entry : images.entrySet()) {
			final ResultImage image = entry.getValue();
			folder.write(folder.path(entry.getKey()), to -> TiffWriter.write(image.image(to.getName(), image.stack(), null), to, results.progress));
		}
		folder.text(folder.path("truth.json"), Json.writePretty(results.report.get("truth")));
	}
}
