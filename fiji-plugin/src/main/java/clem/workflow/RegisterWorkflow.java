package clem.workflow;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.Bridge;
import clem.bridge.Handles;
import clem.bridge.OperationListener;
import clem.bridge.OperationResult;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.schema.Schema;
import ij.ImagePlus;

/**
 * The registration from images to results, the same for the dialog, the SciJava command and the command line: fill the volumes, run the
 * operation, prepare the warped image and the picture, and hand all of it to whoever shows or saves it. Every handle is released at the end.
 */
public final class RegisterWorkflow {
	private static final double LOADED = 0.08, REGISTERED = 0.6, DRAWN = 0.7;

	private final Bridge bridge;
	private final Schema schema;

	/** The images of a registration. */
	public static final class Input {
		/** The fluorescence. */
		public final VolumeImage moving;
		/** The EM, or null when there is only its mask. */
		public final VolumeImage fixed;
		/** The EM's mask: any image whose values above 0 are the organelle. */
		public final VolumeImage fixedMask;
		/** A mask of the fluorescence, or null to segment it. */
		public final VolumeImage movingMask;

		public Input(final VolumeImage moving, final VolumeImage fixed, final VolumeImage fixedMask, final VolumeImage movingMask) {
			this.moving = moving;
			this.fixed = fixed;
			this.fixedMask = fixedMask;
			this.movingMask = movingMask;
		}

		/** Begins to find out where the images come from. */
		Provenance provenance() {
			return new Provenance().add(moving).add(fixed).add(fixedMask).add(movingMask).start();
		}
	}

	/** Takes the results before their handles are released. */
	public interface Sink {
		void accept(RegisterResults results);
	}

	public RegisterWorkflow(final Bridge bridge, final Schema schema) {
		this.bridge = bridge;
		this.schema = schema;
	}

	/** Registers. */
	public void run(final Input input, final RunRequest request, final OperationListener listener, final Stages stages, final Sink... sinks) {
		final Progress progress = new Progress(listener);
		final Provenance provenance = input.provenance();
		final VolumeImage moving = input.moving;
		try (Handles handles = new Handles(bridge)) {
			if (moving.channels > 1 && !moving.channelChosen) {
				progress.warning("moving: '" + moving.name() + "' has " + moving.channels + " channels; channel 1 is registered and the others follow it. Choose another as FILE#2 or by moving_channel.");
			}
			progress.upTo(LOADED);
			final long[] channels = new long[moving.channels];
			channels[moving.channel - 1] = moving.toVolume(bridge, handles, moving.channel, progress);
			final Map<String, Long> inputs = new LinkedHashMap<>();
			inputs.put("moving", channels[moving.channel - 1]);
			inputs.put("fixed_mask", input.fixedMask.toMask(bridge, handles, progress));
			if (input.movingMask != null) inputs.put("moving_mask", input.movingMask.toMask(bridge, handles, progress));
			stages.end("loading");

			progress.upTo(REGISTERED);
			final OperationResult registered = bridge.run("register", request.toJson(), inputs, progress);
			final Map<String, Long> outputs = handles.add(registered);
			final Map<String, Object> report = Json.parseObject(registered.json);
			final Map<String, Object> run = Json.asObject(report.get("run"));
			for (final Object warning : Json.asList(run.get("warnings"))) progress.warning(Json.asText(warning, ""));
			final Map<String, Object> parameters = Json.asObject(run.get("parameters"));
			stages.addAll(run.get("stages"));

			final boolean toFluorescence = "em_to_fm".equals(parameters.get("registration_direction"));
			final long fixed = input.fixed == null ? inputs.get("fixed_mask") : input.fixed.toSource(bridge, handles, input.fixed.channel);
			progress.upTo(DRAWN);
			final OperationResult overlay = overlay(handles, fixed, inputs, outputs, parameters, request, progress);
			final Map<String, Long> picture = handles.add(overlay);
			stages.end("overlay");

			final long[] warped;
			final ImagePlus like;
			if (toFluorescence) {
				if (input.fixed == null) progress.warning("There is no EM image, so registered.tif is its mask on the grid of the fluorescence. Give the EM as fixed.");
				final int fixedChannels = input.fixed == null ? 1 : input.fixed.channels;
				warped = new long[fixedChannels];
				for (int c = 1; c <= fixedChannels; c++) {
					final long source = input.fixed == null ? fixed : input.fixed.toSource(bridge, handles, c);
					warped[c - 1] = warp(handles, source, outputs.get("inverse_transform"), inputs.get("moving"), parameters, request, progress);
				}
				like = input.fixed == null ? null : input.fixed.image;
			}
			else {
				warped = new long[moving.channels];
				for (int c = 1; c <= moving.channels; c++) {
					if (channels[c - 1] == 0) channels[c - 1] = moving.toVolume(bridge, handles, c, new Progress(progress).upTo(0));
					warped[c - 1] = warp(handles, channels[c - 1], outputs.get("transform"), inputs.get("fixed_mask"), parameters, request, progress);
				}
				like = moving.image;
			}
			stages.end("warping");
			final Map<String, Object> transform = Json.asObject(report.get("transform")), inverse = Json.asObject(report.get("inverse_transform"));
			for (final Map<String, Object> file : Arrays.asList(transform, inverse)) file.put("inputs", provenance.get(progress));
			stages.end("hashing");
			progress.upTo(1);
			final RegisterResults results = new RegisterResults(bridge, input, outputs, inputs.get("fixed_mask"), warped, like, picture.get("picture"),
				Json.parseObject(overlay.json), transform, inverse, run, stages, progress);
			for (final Sink sink : sinks) sink.accept(results);
			progress.check();
		}
	}

	private OperationResult overlay(final Handles handles, final long fixed, final Map<String, Long> inputs, final Map<String, Long> outputs,
		final Map<String, Object> parameters, final RunRequest request, final Progress progress)
	{
		final Map<String, Long> images = new LinkedHashMap<>();
		images.put("fixed", fixed);
		images.put("fixed_mask", inputs.get("fixed_mask"));
		images.put("moving", inputs.get("moving"));
		images.put("transform", outputs.get("transform"));
		return bridge.run("overlay", shared("overlay", parameters, request), images, progress);
	}

	private long warp(final Handles handles, final long source, final long transform, final long target, final Map<String, Object> parameters,
		final RunRequest request, final Progress progress)
	{
		final Map<String, Long> images = new LinkedHashMap<>();
		images.put("source", source);
		images.put("transform", transform);
		images.put("target", target);
		return handles.add(bridge.run("warp", shared("warp", parameters, request), images, progress)).get("warped");
	}

	/** A request for a later operation with those of the registration's parameters that it has too. */
	private String shared(final String name, final Map<String, Object> parameters, final RunRequest request) {
		final Operation operation = schema.operation(name);
		final RunRequest later = new RunRequest();
		later.threads = request.threads;
		for (final Parameter parameter : operation.parameters) {
			if (parameters.containsKey(parameter.name)) later.parameters.put(parameter.name, parameters.get(parameter.name));
		}
		return later.toJson();
	}

	/** The files of {@link RegisterResults#save}. */
	public static List<String> files() {
		return Arrays.asList("transform.json", "inverse_transform.json", "registered.tif", "moving_mask.tif", "fixed_mask.tif", "moving_points.csv", "fixed_points.csv",
			"registered_points.csv", "overlay.png", "parameters.json", "run.json");
	}
}
