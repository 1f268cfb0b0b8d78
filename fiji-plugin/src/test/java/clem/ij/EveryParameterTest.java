package clem.ij;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.bridge.OperationResult;
import clem.cli.Launch;
import clem.json.Json;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.schema.Schema;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import clem.workflow.Commands;
import ij.ImagePlus;

/**
 * Each parameter of each true operation, changed alone: in a macro and on the command line it is what the algorithms are asked for, under its own name, and nothing else is. Of register's also the requests
 * that follow it are looked at (segmenting, drawing, warping). That the algorithms read them is a test in C#.
 */
public final class EveryParameterTest {
	/** What register decides for each image that it has warped. */
	private static final String DECIDED = "warping_detect_labels";
	/** Texts that Java itself reads, or of which it makes another. */
	private static final Map<String, String> TEXTS = new LinkedHashMap<>();
	static {
		for (final String key : new String[] { "roi_polygon", "roi_polygon_em" }) TEXTS.put(key, "1,1 5,1 5,4");
		for (final String key : new String[] { Fields.FIDUCIALS, "fiducial_stage" }) TEXTS.put(key, "1,2; 3,4; 5,7");
	}

	private final FakeBridge bridge = (FakeBridge) Bridges.get();
	private final Map<String, Map<String, Object>> seen = new LinkedHashMap<>();
	private String asked;

	public void inAMacro() throws Exception {
		each((folder, operation, key, value) -> {
			final StringBuilder options = new StringBuilder();
			final List<ImagePlus> images = new ArrayList<>();
			for (final Map.Entry<String, String> input : inputs(operation, folder).entrySet()) {
				if (input.getValue().isEmpty()) images.add(image(input.getKey(), asked));
				options.append(input.getKey()).append("=[").append(input.getValue().isEmpty() ? input.getKey() : input.getValue()).append("] ");
			}
			if (Commands.writesItself(operation) || operation.name.equals("batch")) options.append("overwrite out=[").append(folder).append("/out] ");
			final boolean flag = operation.parameter(key).type == Parameter.Type.BOOLEAN;
			options.append(flag && value.equals("true") ? key : key + "=[" + value + "]");
			try {
				return PluginTest.call(operation.name, options.toString(), images.toArray(new ImagePlus[0]));
			}
			finally {
				PluginTest.closeAll();
			}
		});
	}

	public void onTheCommandLine() throws Exception {
		each((folder, operation, key, value) -> {
			final List<String> arguments = new ArrayList<>(Arrays.asList(Commands.name(operation), "--overwrite", "--out", folder + "/out", "--set", key + "=" + value));
			if (!Commands.kind(operation).isEmpty()) arguments.addAll(Arrays.asList("--kind", Commands.kind(operation)));
			for (final Map.Entry<String, String> input : inputs(operation, folder).entrySet()) {
				arguments.addAll(Arrays.asList("--" + input.getKey().replace('_', '-'), input.getValue().isEmpty() ? folder + "/pairs/one/" + file(input.getKey()) : input.getValue()));
			}
			final ByteArrayOutputStream said = new ByteArrayOutputStream();
			Launch.run(new PrintStream(said, true, "UTF-8"), arguments.toArray(new String[0]));
			return said.toString("UTF-8");
		});
	}

	/** Asks for one operation with one parameter changed, and gives what was said. */
	private interface Door {
		String ask(File folder, Operation operation, String key, String value) throws Exception;
	}

	private void each(final Door door) throws Exception {
		bridge.schema = new String(Files.readAllBytes(Paths.get(System.getProperty("clemreg.repo"), "build", "java", "schema.json")), StandardCharsets.UTF_8);
		bridge.first = this::answer;
		final Schema schema = Schema.parse(bridge.schema);
		final int[] count = new int[1];
		final List<String> wrong = new ArrayList<>();
		try {
			for (final Operation operation : Commands.of(schema)) {
				// Its parameters are Java's own.
				if (operation.name.equals("download_model")) continue;
				asked = operation.name.equals("batch") ? "register" : operation.name;
				Check.inFolder(folder -> {
					files(folder);
					for (final Parameter parameter : operation.parameters) {
						final String value = other(parameter);
						seen.clear();
						final String said = door.ask(folder, operation, parameter.name, value);
						final Map<String, Object> expected = Collections.singletonMap(parameter.name, value);
						if (!expected.equals(seen.get(asked))) wrong.add(operation.name + " " + expected + " arrived as " + seen.get(asked) + ": " + said);
						for (final Map.Entry<String, Map<String, Object>> later : seen.entrySet()) {
							if (schema.operation(later.getKey()).parameter(parameter.name) != null && !(asked.equals("register") && parameter.name.equals(DECIDED)) && !value.equals(later.getValue().get(parameter.name))) wrong.add(operation.name + " " + expected + " did not go on to " + later.getKey());
						}
						count[0]++;
					}
				});
			}
		}
		finally {
			bridge.schema = FakeBridge.SCHEMA.replace('\'', '"');
			bridge.first = null;
		}
		Check.that(wrong.isEmpty(), wrong.size() + " of " + count[0] + ":\n" + String.join("\n", wrong));
		Check.that(count[0] > 400, count[0] + " parameters only");
	}

	/** Notes what is asked for. The fake's own registration goes on; nothing else needs to be done. */
	private OperationResult answer(final String operation, final Map<String, Object> request) {
		if (operation.equals("residuals")) return null;
		final Map<String, Object> parameters = new LinkedHashMap<>(Json.asObject(request.get("parameters")));
		if (operation.equals("register_plan")) return null;
		seen.put(operation, parameters);
		if (operation.equals("register") || operation.equals("segment_em") && Json.asObject(request.get("paths")).isEmpty()) return null;
		throw ClemRegException.badInput("It ends here.");
	}

	/** A value that is allowed and not the default. */
	private static String other(final Parameter parameter) {
		switch (parameter.type) {
			case BOOLEAN: return String.valueOf(!Boolean.parseBoolean(parameter.defaultText()));
			case CHOICE: return parameter.choices.stream().filter(choice -> !choice.equals(parameter.defaultText())).findFirst().get();
			case TEXT: return TEXTS.getOrDefault(parameter.name, "1,2");
			default:
				final double standard = Double.parseDouble(parameter.defaultText()), step = parameter.type == Parameter.Type.INTEGER ? 1 : (parameter.maximum - parameter.minimum) / 64;
				return Parameter.text(standard + step <= parameter.maximum ? standard + step : standard - step).replaceFirst("\\.0$", "");
		}
	}

	/** The inputs that an operation needs before it asks the algorithms: a path, or "" for an image. */
	private static Map<String, String> inputs(final Operation operation, final File folder) {
		final Map<String, String> inputs = new LinkedHashMap<>();
		if (operation.name.equals("batch")) {
			inputs.put("folder", folder + "/pairs");
			return inputs;
		}
		for (final Commands.FileInput input : Commands.inputs(operation)) {
			final boolean needed = input.required || operation.name.equals("register") && (input.name.equals("fixed") || input.name.equals("fixed_mask"));
			if (needed) inputs.put(input.name, input.isImage() ? "" : folder + "/" + (input.isFolder() ? "pairs" : input.kind + ".txt"));
		}
		return inputs;
	}

	private static String file(final String input) {
		return input.equals("moving") ? "fm.tif" : input.equals("fixed_mask") ? "em_mask.tif" : "em.tif";
	}

	/** A registration's fluorescence has two time points. */
	private static ImagePlus image(final String name, final String operation) {
		final boolean series = name.equals("moving") && operation.equals("register");
		final ImagePlus image = Samples.image(name, 8, 1, series ? 8 : 5, 8, 9);
		if (series) image.setDimensions(1, 4, 2);
		return image;
	}

	private void files(final File folder) throws Exception {
		final File pair = new File(folder, "pairs/one");
		Check.that(pair.mkdirs(), "no folder");
		for (final String input : new String[] { "moving", "fixed", "fixed_mask" }) Samples.save(image(input, asked), pair, file(input));
		for (final String kind : new String[] { "text", "file", "model" }) Files.write(new File(folder, kind + ".txt").toPath(), new byte[] { '1' });
		Files.write(new File(folder, "points.txt").toPath(), "z,y,x\n1,2,3\n".getBytes(StandardCharsets.UTF_8));
		Files.write(new File(folder, "transform.txt").toPath(), "{\"format\":\"clemreg-transform\"}".getBytes(StandardCharsets.UTF_8));
		for (final String kind : new String[] { "cells", "boxes" }) Files.write(new File(folder, kind + ".txt").toPath(), "slice,x,y,width,height,score\n1,2,1,4,3,1\n".getBytes(StandardCharsets.UTF_8));
	}
}
