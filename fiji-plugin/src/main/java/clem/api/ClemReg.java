package clem.api;

import java.io.File;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.Bridge;
import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.image.ImageFiles;
import clem.image.Spacings;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.schema.Operation;
import clem.schema.Schema;
import clem.workflow.CellInputs;
import clem.workflow.Commands;
import clem.workflow.FileRequest;
import clem.workflow.FileRunner;
import clem.workflow.InputSource;
import clem.workflow.Output;
import clem.workflow.PointsFile;
import clem.workflow.Quiet;
import clem.workflow.RegisterInput;
import clem.workflow.RegisterResults;
import clem.workflow.RegisterWorkflow;
import clem.workflow.RunRequest;
import clem.workflow.Stages;
import clem.workflow.Step;
import ij.ImagePlus;

/**
 * Everything in the menu, for scripts and other plugins. Inputs and parameters have the names that macros and the command line use; what is left out has its default.
 * <p>
 * An input is an ImagePlus, a cloud (double[] of z, y, x triples in nm) or the path of a file (FILE#2: its second channel). ROLE_channel chooses the channel of an ImagePlus, from 1;
 * the keys of voxel sizes (moving_spacing) take "z,xy" in nm. Images are read only. A value may be a number, a boolean or a text.
 * <p>
 * What cannot be used is refused with a {@link ClemRegException}, whose message names it and says what to try. The methods may be called on any thread and come back when the work is done; interrupting that thread cancels it.
 */
public final class ClemReg {
	private ClemReg() {}

	/**
	 * Registers a fluorescence volume onto an EM volume by its mitochondria.
	 *
	 * @param fixed the EM, or null where the mask suffices
	 * @param fixedMask the EM's mitochondria (above 0), or null: then parameters must hold "model"
	 * @param parameters such as log_sigma; also the inputs of the command that are no images here (model, registration_start, moving_channel ...)
	 * @return the images "registered", "fixed_mask" and, where they are made, "moving_mask" and "error_map"; the clouds "moving_points", "fixed_points", "registered_points"; the transforms "transform", "inverse_transform"
	 */
	public static Result register(final ImagePlus moving, final ImagePlus fixed, final ImagePlus fixedMask, final Map<String, ?> parameters) {
		return images("register", parameters, null, "moving", moving, "fixed", fixed, "fixed_mask", fixedMask);
	}

	/**
	 * Finds mitochondria in an EM volume with a network.
	 *
	 * @param model the name of a model in the models folder, or the path of an ONNX file
	 * @return the images "labels" and "mask"
	 */
	public static Result segmentEm(final ImagePlus image, final String model, final Map<String, ?> parameters) {
		return images("segment_em", parameters, null, "image", image, "model", model);
	}

	/**
	 * Finds fluorescent cells in sections.
	 *
	 * @return the image "labels" and {@link Result#rois}
	 */
	public static Result detectCells(final ImagePlus image, final Map<String, ?> parameters) {
		return images("detect_cells", parameters, null, "image", image);
	}

	/**
	 * Finds organelles as boxes, slice by slice, with a YOLO network.
	 *
	 * @param out the folder to be made
	 */
	public static Result detectObjects(final ImagePlus image, final String model, final Map<String, ?> parameters, final File out) {
		return images("detect_objects", parameters, out, "image", image, "model", model);
	}

	/**
	 * Makes surfaces of labelled objects and measures them.
	 *
	 * @param out the folder to be made
	 */
	public static Result mesh(final ImagePlus labels, final Map<String, ?> parameters, final File out) {
		return images("mesh", parameters, out, "labels", labels);
	}

	/** The command of that name on images, clouds and files; what it gives comes back and is written nowhere. */
	public static Result run(final String operation, final Map<String, ?> inputs, final Map<String, ?> parameters) {
		return run(operation, inputs, parameters, null);
	}

	/**
	 * The same; what the command writes goes to out as well.
	 *
	 * @param out a folder or file that does not exist yet, or null
	 */
	public static Result run(final String operation, final Map<String, ?> inputs, final Map<String, ?> parameters, final File out) {
		final Listener listener = new Listener();
		final Bridge bridge = Bridges.get();
		final Schema schema = Schema.parse(bridge.schema());
		final Operation what = schema.operation(operation.replace('-', '_'));
		final RunRequest request = new RunRequest();
		for (final Map.Entry<String, ?> parameter : parameters.entrySet()) {
			if (what.parameter(parameter.getKey()) == null) throw Schema.unknown("parameter", parameter.getKey(), names(what));
			request.parameters.put(parameter.getKey(), json(parameter.getValue()));
		}
		final Given given = new Given(what, inputs);
		final Result result = new Result(listener.warnings);
		if (Commands.writesItself(what)) {
			request.writes(what, out == null ? "" : out.getPath(), false);
			new Step(bridge, what).run(given, request, listener, results -> result.take(what, results));
			return result;
		}
		try (Output output = out == null ? null : Commands.output(what, out.getPath(), false)) {
			if (what.name.equals("register")) {
				final RegisterInput input = RegisterInput.of(given, request);
				input.saved = out != null;
				new RegisterWorkflow(bridge, schema).run(input, request, listener, new Stages(), results -> {
					if (output != null) results.save(output);
					result.take(results);
				});
			}
			else new Step(bridge, what).run(CellInputs.of(what, given, null), request, listener, results -> {
				if (output != null) FileRunner.save(what, results, output);
				result.take(what, results);
			});
			if (listener.cancelled()) throw ClemRegException.cancelled();
			if (output != null) output.commit();
		}
		return result;
	}

	/**
	 * The command of that name from files to files, as on the command line.
	 *
	 * @param out the folder or file to be made; null for a command that only tells something
	 * @return a line or two about the result
	 */
	public static String runFiles(final String operation, final Map<String, ?> inputs, final Map<String, ?> parameters, final String out) {
		final FileRequest request = new FileRequest(operation);
		final Operation what = Schema.parse(Bridges.get().schema()).operation(request.operation);
		for (final Map.Entry<String, ?> input : inputs.entrySet()) {
			(Commands.spacings(what).contains(input.getKey()) ? request.spacings : request.inputs).put(input.getKey(), String.valueOf(input.getValue()));
		}
		for (final Map.Entry<String, ?> parameter : parameters.entrySet()) request.parameters.put(parameter.getKey(), json(parameter.getValue()));
		request.out = out;
		return new FileRunner(Bridges.get()).run(request, new Listener());
	}

	/** Runs on the named inputs that are there; what the user gives besides may be inputs as well. */
	private static Result images(final String operation, final Map<String, ?> more, final File out, final Object... named) {
		final Operation what = Schema.parse(Bridges.get().schema()).operation(operation);
		final Map<String, Object> inputs = new LinkedHashMap<>(), parameters = new LinkedHashMap<>();
		for (final Map.Entry<String, ?> entry : more.entrySet()) (what.parameter(entry.getKey()) != null || !Given.knows(what, entry.getKey()) ? parameters : inputs).put(entry.getKey(), entry.getValue());
		for (int i = 0; i < named.length; i += 2) if (named[i + 1] != null) inputs.put((String) named[i], named[i + 1]);
		return run(operation, inputs, parameters, out);
	}

	private static List<String> names(final Operation operation) {
		final List<String> names = new ArrayList<>();
		operation.parameters.forEach(parameter -> names.add(parameter.name));
		return names;
	}

	/** Scripts have more kinds of numbers and texts than JSON. */
	private static Object json(final Object value) {
		if (value instanceof Boolean || value instanceof Double || value instanceof Long) return value;
		if (value instanceof Integer || value instanceof Short || value instanceof Byte) return ((Number) value).longValue();
		return value instanceof Number ? (Object) ((Number) value).doubleValue() : String.valueOf(value);
	}

	/** Keeps the warnings; the end of the caller's thread is the end of the work. */
	private static final class Listener extends Quiet {
		private final Thread caller = Thread.currentThread();
		private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());

		Listener() {
			super(null);
		}

		@Override
		public void warning(final String message) {
			warnings.add(message);
		}

		@Override
		public boolean cancelled() {
			return caller.isInterrupted();
		}
	}

	/** Inputs as the caller gives them. */
	private static final class Given implements InputSource {
		private static final String CHANNEL = "_channel";
		private final Map<String, ?> inputs;

		Given(final Operation operation, final Map<String, ?> inputs) {
			this.inputs = inputs;
			for (final String key : inputs.keySet()) if (!knows(operation, key)) throw Schema.unknown("input", key, known(operation));
		}

		static boolean knows(final Operation operation, final String key) {
			return known(operation).contains(key);
		}

		private static List<String> known(final Operation operation) {
			final List<String> known = new ArrayList<>(Commands.spacings(operation));
			for (final Commands.FileInput input : Commands.inputs(operation)) {
				known.add(input.name);
				if (input.isImage()) known.add(input.name + CHANNEL);
			}
			return known;
		}

		@Override
		public VolumeImage.Opened image(final String role) {
			final Object given = inputs.get(role);
			if (given == null) return null;
			if (!(given instanceof ImagePlus)) return open(role, String.valueOf(given));
			final Object channel = inputs.get(role + CHANNEL);
			if (channel != null && !(channel instanceof Number)) throw ClemRegException.badInput(role + CHANNEL + " = " + channel + " is not allowed: it must be a whole number, from 1.");
			return new VolumeImage.Opened(role, (ImagePlus) given, ((ImagePlus) given).getTitle(), null, channel == null ? 0 : ((Number) channel).intValue());
		}

		@Override
		public VolumeImage.Opened open(final String role, final String image) {
			return ImageFiles.open(role, image);
		}

		@Override
		public String text(final String role) {
			return inputs.get(role) == null ? null : String.valueOf(inputs.get(role));
		}

		@Override
		public double[] points(final String role, final String file) {
			return inputs.get(role) instanceof double[] ? (double[]) inputs.get(role) : PointsFile.read(role, new File(file));
		}

		@Override
		public double[] spacing(final String role) {
			final String key = Spacings.key(role);
			return inputs.get(key) == null ? null : Spacings.parse(key, String.valueOf(inputs.get(key)));
		}
	}
}
