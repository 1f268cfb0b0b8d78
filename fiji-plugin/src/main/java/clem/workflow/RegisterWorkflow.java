package clem.workflow;

import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import clem.bridge.Bridge;
import clem.bridge.Bridges;
import clem.bridge.Handles;
import clem.bridge.OperationListener;
import clem.bridge.OperationResult;
import clem.image.ImageFiles;
import clem.image.ResultImage;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.schema.Schema;

/**
 * The registration from images to results, the same for the dialog, the SciJava command and the command line: fill the volumes, run the
 * operation, prepare the warped images and the picture, and hand all of it to whoever shows or saves it. Every handle is released at the end.
 */
public final class RegisterWorkflow {
	private static final double LOADED = 0.08, SEGMENTED = 0.4, REGISTERED = 0.6, DRAWN = 0.7;
	/** The steps of register whose results a later run may use again. */
	static final List<String> STEPS = Collections.unmodifiableList(Arrays.asList("moving_mask", "moving_points", "fixed_points", "transform"));

	/** The results that are transforms. */
	private static final List<String> TRANSFORMS = Collections.unmodifiableList(Arrays.asList("transform", "inverse_transform", "rigid_transform"));

	private final Bridge bridge;
	private final Supplier<Bridge> models;
	private final Schema schema;

	/** Takes the results before their handles are released. */
	public interface Sink {
		void accept(RegisterResults results);
	}

	public RegisterWorkflow(final Bridge bridge, final Schema schema) {
		this(bridge, Bridges::forModels, schema);
	}

	/** As the other, with the bridge on which models run. */
	public RegisterWorkflow(final Bridge bridge, final Supplier<Bridge> models, final Schema schema) {
		this.bridge = bridge;
		this.models = models;
		this.schema = schema;
	}

	/** Registers. */
	public void run(final RegisterInput input, final RunRequest request, final OperationListener listener, final Stages stages, final Sink... sinks) {
		final Progress progress = new Progress(listener);
		request.resolveRegions();
		final Map<String, Object> planned = Json.asObject(plan(request, Collections.emptyMap(), progress).get("parameters"));
		final boolean emIsWarped = "em_to_fm".equals(planned.get("registration_direction"));
		input.link(emIsWarped);
		if (!emIsWarped) plan(request, Collections.singletonMap("channels", (long) input.channels()), progress);
		else if (!Json.asText(planned.get("channel_offsets"), "").isEmpty()) {
			progress.warning("channel_offsets has no effect where registration_direction is em_to_fm: no channel of the fluorescence is warped.");
		}
		final Provenance provenance = input.provenance();
		final VolumeImage moving = input.moving;
		final EarlierRun earlier = EarlierRun.in(input.earlier);
		final Map<String, Object> keys = earlier == null ? Collections.emptyMap() : keys(input, request, provenance, progress);
		final List<WarpedFrames> warps = new ArrayList<>();
		try (Handles handles = new Handles(bridge)) {
			if (moving.channels > 1 && !moving.channelChosen) {
				progress.warning("moving: '" + moving.name() + "' has " + moving.channels + " channels; channel 1 is registered and the others follow it. Choose another as FILE#2 or by moving_channel.");
			}
			progress.upTo(LOADED);
			final Map<String, Long> inputs = new LinkedHashMap<>();
			inputs.put("moving", moving.toVolume(bridge, handles, moving.channel, progress));
			final Map<String, File> reused = new LinkedHashMap<>();
			Map<String, Object> segmentation = null;
			if (input.fixedMask != null) inputs.put("fixed_mask", input.fixedMask.toMask(bridge, handles, progress));
			if (input.movingMask != null) inputs.put("moving_mask", input.movingMask.toMask(bridge, handles, progress));
			for (final Map.Entry<String, double[]> points : input.points.entrySet()) inputs.put(points.getKey(), handles.add(bridge.createPoints(points.getValue())));
			final Map<String, Object> texts = new LinkedHashMap<>();
			for (final Map.Entry<String, TextFile> text : input.texts.entrySet()) texts.put(text.getKey(), text.getValue().json());
			stages.end("loading");
			if (input.model != null) {
				segmentation = segment(input, request, planned, earlier, keys, reused, inputs, handles, progress.upTo(SEGMENTED));
				stages.end("segment_em");
			}
			if (earlier != null) reuse(earlier, keys, input, inputs, texts, reused, handles, progress);
			stages.end("loading");

			progress.upTo(REGISTERED);
			final OperationResult registered = bridge.run("register", request.toJson(Collections.singletonMap("texts", texts)), inputs, progress);
			final Map<String, Long> outputs = handles.add(registered);
			final Map<String, Object> report = Json.parseObject(registered.json);
			final Map<String, Object> run = Json.asObject(report.get("run"));
			for (final Object warning : Json.asList(run.get("warnings"))) progress.warning(Json.asText(warning, ""));
			final Map<String, Object> parameters = Json.asObject(run.get("parameters"));
			stages.addAll(run.get("stages"));
			if (segmentation != null) run.put(EmSegmentation.KEY, segmentation);
			final RegisterResults results = new RegisterResults(bridge, input, outputs, inputs.get("fixed_mask"), run, stages, progress);

			if (outputs.containsKey("transform")) {
				progress.upTo(DRAWN);
				final long fixed = input.fixed == null ? inputs.get("fixed_mask") : input.fixed.toSource(bridge, handles, input.fixed.channel);
				final OperationResult overlay = overlay(fixed, inputs, outputs, parameters, request, progress);
				final Map<String, Long> pictures = handles.add(overlay);
				final Map<String, Object> layout = Json.parseObject(overlay.json);
				results.setOverlay(pictures.get("picture"), layout);
				if (pictures.containsKey("views")) results.setReport(report(input, outputs, layout, pictures.get("views"), later("residuals", parameters, request), progress));
				stages.end("overlay");
				if (!"registration".equals(parameters.get("stop_after"))) warp(input, emIsWarped, inputs, outputs, run, request, results, warps, progress);
				stages.end("warping");
			}
			final Map<String, Object> inputsJson = provenance.get(progress);
			results.setProvenance(inputsJson);
			final boolean again = reused.containsKey("transform");
			for (final String file : TRANSFORMS) {
				final File before = new File(input.earlier, file + ".json");
				if (!report.containsKey(again ? "transform" : file) || again && !before.isFile()) continue;
				final Map<String, Object> content = again ? Json.parseObject(RunRequest.readText(file, before)) : Json.asObject(report.get(file));
				content.put("inputs", inputsJson);
				results.setTransform(file, content);
			}
			if (again) run.putIfAbsent("registration", earlier.reported("registration"));
			results.setSteps(earlier == null && input.saved ? keys(input, request, provenance, progress) : keys, reused.keySet());
			stages.end("hashing");
			progress.upTo(1);
			for (final Sink sink : sinks) sink.accept(results);
			progress.check();
		}
		finally {
			for (final WarpedFrames warped : warps) warped.close();
		}
	}

	/** The steps' keys; empty where an input cannot be told from others. */
	private Map<String, Object> keys(final RegisterInput input, final RunRequest request, final Provenance provenance, final Progress progress) {
		final Map<String, Object> identities = input.identities(provenance.get(progress), progress);
		if (identities == null) return Collections.emptyMap();
		return Json.asObject(plan(request, Collections.singletonMap("inputs", identities), progress).get("keys"));
	}

	private Map<String, Object> plan(final RunRequest request, final Map<String, ?> more, final Progress progress) {
		return Json.parseObject(bridge.run("register_plan", request.toJson(more), Collections.emptyMap(), new Quiet(progress)).json);
	}

	/** Gives the operation the mask that the model finds in the EM, or that of the earlier run if it is still good, and tells about it. */
	private Map<String, Object> segment(final RegisterInput input, final RunRequest request, final Map<String, Object> planned, final EarlierRun earlier, final Map<String, Object> keys,
		final Map<String, File> reused, final Map<String, Long> inputs, final Handles handles, final Progress progress)
	{
		final File before = earlier == null ? null : earlier.file("fixed_mask", keys.get("fixed_mask"));
		if (before != null && earlier.reported(EmSegmentation.KEY) != null) {
			reused.put("fixed_mask", before);
			inputs.put("fixed_mask", input.fixed.maskOf(ImageFiles.open("fixed_mask", before.getPath()), true).toMask(bridge, handles, progress));
			final Map<String, Object> told = new LinkedHashMap<>(Json.asObject(earlier.reported(EmSegmentation.KEY)));
			told.remove(EmSegmentation.PEAK);
			return told;
		}
		final Map<String, Object> found = new LinkedHashMap<>();
		inputs.put("fixed_mask", EmSegmentation.run(models.get(), bridge, handles, input, later("segment_em", planned, request), found, progress));
		return found;
	}

	/** Gives the operation those results of the earlier run that are still good. */
	private void reuse(final EarlierRun earlier, final Map<String, Object> keys, final RegisterInput input, final Map<String, Long> inputs, final Map<String, Object> texts,
		final Map<String, File> reused, final Handles handles, final Progress progress)
	{
		for (final String step : STEPS) {
			final File file = inputs.containsKey(step) || texts.containsKey(step) ? null : earlier.file(step, keys.get(step));
			if (file != null) reused.put(step, file);
		}
		// The mask is only needed where its points are not.
		if (reused.containsKey("moving_mask") && !reused.containsKey("moving_points")) {
			inputs.put("moving_mask", input.moving.maskOf(ImageFiles.open("moving_mask", reused.get("moving_mask").getPath()), true).toMask(bridge, handles, progress));
		}
		for (final String points : RegisterInput.POINTS) {
			if (reused.containsKey(points)) inputs.put(points, handles.add(bridge.createPoints(PointsFile.read(points, reused.get(points)))));
		}
		if (reused.containsKey("transform") && !texts.containsKey("registration_start")) texts.put("transform", TextFile.read("transform", reused.get("transform")).json());
		else reused.remove("transform");
		if (!reused.isEmpty()) progress.log("Unchanged since the earlier run and used again: " + String.join(", ", reused.keySet()) + ".");
	}

	private OperationResult overlay(final long fixed, final Map<String, Long> inputs, final Map<String, Long> outputs, final Map<String, Object> parameters,
		final RunRequest request, final Progress progress)
	{
		final Map<String, Long> images = new LinkedHashMap<>();
		images.put("fixed", fixed);
		images.put("fixed_mask", inputs.get("fixed_mask"));
		images.put("moving", inputs.get("moving"));
		images.put("transform", outputs.get("transform"));
		if (outputs.containsKey("error_map")) images.put("error_map", outputs.get("error_map"));
		return bridge.run("overlay", later("overlay", parameters, request).toJson(), images, progress);
	}

	private Report report(final RegisterInput input, final Map<String, Long> outputs, final Map<String, Object> layout, final long views,
		final RunRequest residuals, final Progress progress)
	{
		final Report report = new Report(bridge, schema.operation("register"), input, layout, views);
		if (outputs.containsKey("registered_points") && outputs.containsKey("fixed_points")) {
			final Map<String, Long> clouds = new LinkedHashMap<>();
			for (final String cloud : Arrays.asList("registered_points", "fixed_points")) clouds.put(cloud, outputs.get(cloud));
			report.setResiduals(Json.parseObject(bridge.run("residuals", residuals.toJson(), clouds, new Progress(progress).upTo(0)).json));
		}
		return report;
	}

	private void warp(final RegisterInput input, final boolean em, final Map<String, Long> inputs, final Map<String, Long> outputs, final Map<String, Object> run,
		final RunRequest request, final RegisterResults results, final List<WarpedFrames> warps, final Progress progress)
	{
		if (em && input.fixed == null) progress.warning("There is no EM image, so registered.tif is its mask on the grid of the fluorescence. Give the EM as fixed.");
		final VolumeImage leader = input.warped(em);
		final Follower follower = new Follower(input, em, inputs, outputs, Json.asObject(run.get("parameters")), request, progress);
		final WarpedFrames main = follower.frames(leader, 0, null, run);
		warps.add(main);
		results.setRegistered(new ResultImage(bridge, main).until(progress::cancelled), leader == input.fixedMask ? null : leader.image);
		int before = leader.channels;
		for (final Map.Entry<VolumeImage, Long> linked : input.linked.entrySet()) {
			final VolumeImage image = linked.getKey();
			final Map<String, Object> report = new LinkedHashMap<>();
			Json.asObject(run.computeIfAbsent("linked", key -> new LinkedHashMap<String, Object>())).put(image.role, report);
			final WarpedFrames warped = follower.frames(image, before, linked.getValue(), report);
			warps.add(warped);
			results.addLinked(image, new ResultImage(bridge, warped).until(progress::cancelled));
			before += image.channels;
		}
	}

	/** Warps the fluorescence, or the EM, and the images that follow it. */
	private final class Follower {
		private final RegisterInput input;
		private final boolean em;
		private final Map<String, Long> inputs;
		private final long transform;
		private final long target;
		private final Map<String, Object> parameters;
		private final RunRequest request;
		private final Progress progress;
		private final int registeredFrame;

		Follower(final RegisterInput input, final boolean em, final Map<String, Long> inputs, final Map<String, Long> outputs, final Map<String, Object> parameters,
			final RunRequest request, final Progress progress)
		{
			this.input = input;
			this.em = em;
			this.inputs = inputs;
			transform = outputs.get(em ? "inverse_transform" : "transform");
			target = inputs.get(em ? "moving" : "fixed_mask");
			this.parameters = parameters;
			this.request = request;
			this.progress = progress;
			registeredFrame = input.moving.frame();
		}

		/**
		 * An image on the other's grid.
		 *
		 * @param before how many channels come before its first in channel_offsets
		 * @param given its interpolation order, or null for the registration's, or 0 where it looks like labels
		 * @param report gets what was done
		 */
		WarpedFrames frames(final VolumeImage image, final int before, final Long given, final Map<String, Object> report) {
			// What a channel's first time point looks like holds for the others.
			final Map<Integer, Object> orders = new LinkedHashMap<>();
			return new WarpedFrames(bridge, image, (handles, c) -> {
				final RunRequest later = later("warp", parameters, request);
				if (em) later.parameters.remove("channel_offsets");
				else later.parameters.put("chromatic_channel", (long) before + c);
				final Object order = given != null ? given : orders.get(c);
				if (order != null) later.parameters.put("warping_interpolation_order", order);
				// The image itself is grey values; only its mask in its place is not.
				if (order != null || before == 0 && image != input.fixedMask) later.parameters.put("warping_detect_labels", false);
				final Map<String, Object> done = new LinkedHashMap<>();
				final long warped = warp(handles, image, source(handles, image, c), later, done);
				orders.put(c, done.get("interpolation_order"));
				report.putIfAbsent("warping", done);
				return warped;
			});
		}

		private long source(final Handles handles, final VolumeImage image, final int c) {
			if (image == input.fixedMask) return inputs.get("fixed_mask");
			if (em) return image.toSource(bridge, handles, c);
			final boolean there = image == input.moving && image.frame() == registeredFrame && c == image.channel;
			return there ? inputs.get("moving") : image.toVolume(bridge, handles, c, new Progress(progress).upTo(0));
		}

		private long warp(final Handles handles, final VolumeImage image, final long source, final RunRequest later, final Map<String, Object> done) {
			final Map<String, Long> images = new LinkedHashMap<>();
			images.put("source", source);
			images.put("transform", transform);
			images.put("target", target);
			final Map<String, Object> names = new LinkedHashMap<>();
			names.put("source", image.name());
			names.put("target", (em ? input.moving : input.em()).name());
			final OperationResult result = bridge.run("warp", later.toJson(Collections.singletonMap("names", names)), images, new Progress(progress).upTo(0));
			done.putAll(Json.parseObject(result.json));
			return handles.add(result).get("warped");
		}
	}

	/** A request for a later operation with those of the registration's parameters that it has too. */
	private RunRequest later(final String name, final Map<String, Object> parameters, final RunRequest request) {
		final Operation operation = schema.operation(name);
		final RunRequest later = new RunRequest();
		later.threads = request.threads;
		for (final Parameter parameter : operation.parameters) {
			if (parameters.containsKey(parameter.name)) later.parameters.put(parameter.name, parameters.get(parameter.name));
		}
		return later;
	}

	/** The files of {@link RegisterResults#save}, linked images aside. */
	public static List<String> files() {
		return Arrays.asList("transform.json", "inverse_transform.json", "rigid_transform.json", "registered.tif", "moving_mask.tif", "fixed_mask.tif", "moving_points.csv", "fixed_points.csv",
			"registered_points.csv", "error_map.tif", "overlay.png", Report.FILE, "parameters.json", "run.json");
	}
}
