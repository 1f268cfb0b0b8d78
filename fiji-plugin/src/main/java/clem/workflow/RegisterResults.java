package clem.workflow;

import java.awt.image.BufferedImage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.Bridge;
import clem.image.HandleStack;
import clem.image.ResultImage;
import clem.image.TiffWriter;
import clem.json.Json;
import ij.ImagePlus;

/** What a registration gave. Valid until the workflow ends. */
public final class RegisterResults {
	private final Bridge bridge;
	private final RegisterWorkflow.Input input;
	private final Map<String, Long> outputs;
	private final long fixedMask;
	private final long[] warped;
	private final ImagePlus like;
	private final long picture;
	private final Map<String, Object> layout;
	private final Map<String, Object> transform;
	private final Map<String, Object> inverse;
	private final Map<String, Object> run;
	private final Stages stages;
	private final Progress progress;
	private BufferedImage overlay;

	RegisterResults(final Bridge bridge, final RegisterWorkflow.Input input, final Map<String, Long> outputs, final long fixedMask, final long[] warped,
		final ImagePlus like, final long picture, final Map<String, Object> layout, final Map<String, Object> transform, final Map<String, Object> inverse,
		final Map<String, Object> run, final Stages stages, final Progress progress)
	{
		this.bridge = bridge;
		this.input = input;
		this.outputs = outputs;
		this.fixedMask = fixedMask;
		this.warped = warped;
		this.like = like;
		this.picture = picture;
		this.layout = layout;
		this.transform = transform;
		this.inverse = inverse;
		this.run = run;
		this.stages = stages;
		this.progress = progress;
	}

	/** The warped image: the fluorescence on the EM's grid, or the EM on the fluorescence's. */
	public ResultImage registered() {
		return new ResultImage(bridge, warped);
	}

	/** The image whose colours the warped one has, or null. */
	public ImagePlus like() {
		return like;
	}

	/** The mask found in the fluorescence. */
	public ResultImage movingMask() {
		return new ResultImage(bridge, outputs.get("moving_mask"));
	}

	/** The EM's mask. */
	public ResultImage fixedMask() {
		return new ResultImage(bridge, fixedMask);
	}

	/** z, y, x triples in nm of moving_points, fixed_points or registered_points. */
	public double[] points(final String name) {
		return bridge.readPoints(outputs.get(name));
	}

	/** The images that were registered. */
	public RegisterWorkflow.Input input() {
		return input;
	}

	/** fm_to_em or em_to_fm: whose image was warped. */
	public String direction() {
		return Json.asText(Json.asObject(run.get("parameters")).get("registration_direction"), "fm_to_em");
	}

	/** The content of transform.json. */
	public Map<String, Object> transform() {
		return transform;
	}

	/** The picture of the result with its words. */
	public BufferedImage overlay() {
		if (overlay == null) overlay = OverlayPicture.draw(bridge, picture, layout, progress);
		return overlay;
	}

	/** Writes all files of {@link RegisterWorkflow#files}. */
	public void save(final Output folder) {
		image(folder, "moving_mask.tif", movingMask());
		image(folder, "fixed_mask.tif", fixedMask());
		for (final String cloud : new String[] { "moving_points", "fixed_points", "registered_points" }) PointsFile.write(points(cloud), folder.path(cloud + ".csv"));
		folder.text(folder.path("transform.json"), Json.writePretty(transform));
		folder.text(folder.path("inverse_transform.json"), Json.writePretty(inverse));
		OverlayPicture.save(overlay(), folder.path("overlay.png"));
		folder.text(folder.path("parameters.json"), Json.writePretty(run.get("parameters")));
		stages.end("saving");
		final HandleStack slices = registered().stack();
		final ImagePlus image = registered().image("registered.tif", slices, like);
		final long start = System.nanoTime();
		TiffWriter.write(image, folder.path("registered.tif"), progress);
		stages.add("warping", slices.seconds());
		stages.add("saving", (System.nanoTime() - start) / 1e9 - slices.seconds());
		folder.text(folder.path("run.json"), Json.writePretty(runReport()));
	}

	private void image(final Output folder, final String name, final ResultImage result) {
		TiffWriter.write(result.image(name, result.stack(), null), folder.path(name), new Progress(progress).upTo(0));
	}

	/** What run.json holds: the operation's report with all stages, the peak memory and the warnings. */
	public Map<String, Object> runReport() {
		final Map<String, Object> json = new LinkedHashMap<>();
		json.put("format", "clemreg-run");
		json.put("version", 1L);
		final Map<String, Object> about = Json.parseObject(bridge.about());
		json.put("software_version", about.get("version"));
		json.put("instruction_set", about.get("instruction_set"));
		json.put("total_seconds", stages.total());
		json.put("stages", stages.toJson());
		json.put("peak_memory_mb", Json.parseObject(bridge.memory()).get("peak_memory_mb"));
		for (final Map.Entry<String, Object> entry : run.entrySet()) json.putIfAbsent(entry.getKey(), entry.getValue());
		final List<String> warnings = progress.warnings();
		json.put("warnings", warnings);
		return json;
	}

	/** One line for the user. */
	public String summary() {
		final Map<String, Object> points = Json.asObject(run.get("points"));
		final StringBuilder text = new StringBuilder("Registered");
		String separator = ": ";
		for (final Map.Entry<String, Object> count : points.entrySet()) {
			text.append(separator).append(Json.asText(count.getValue(), "?")).append(' ').append(count.getKey()).append(" points");
			separator = ", ";
		}
		final Object iterations = Json.asObject(run.get("registration")).get("iterations");
		if (iterations != null) text.append(", ").append(Json.asText(iterations, "?")).append(" iterations");
		return text.append(", ").append(stages.total()).append(" s.").toString();
	}
}
