package clem.workflow;

import java.awt.image.BufferedImage;
import java.io.File;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import clem.bridge.Bridge;
import clem.image.HandleStack;
import clem.image.Parallel;
import clem.image.ResultImage;
import clem.image.TiffWriter;
import clem.image.VolumeImage;
import clem.json.Json;
import ij.ImagePlus;

/** What a registration gave. Valid until the workflow ends. What a run that stopped early, or began late, did not make is null. */
public final class RegisterResults {
	private final Bridge bridge;
	private final RegisterInput input;
	private final Map<String, Long> outputs;
	private final long fixedMask;
	private final Map<String, Object> run;
	private final Stages stages;
	private final Progress progress;
	private final Map<String, Map<String, Object>> transforms = new LinkedHashMap<>();
	private final Map<VolumeImage, ResultImage> linked = new LinkedHashMap<>();
	private Map<String, Object> keys = Collections.emptyMap();
	private Set<String> reused = Collections.emptySet();
	private ResultImage registered;
	private ImagePlus like;
	private long picture;
	private Map<String, Object> layout;
	private BufferedImage overlay;
	private Report report;

	RegisterResults(final Bridge bridge, final RegisterInput input, final Map<String, Long> outputs, final long fixedMask, final Map<String, Object> run, final Stages stages,
		final Progress progress)
	{
		this.bridge = bridge;
		this.input = input;
		this.outputs = outputs;
		this.fixedMask = fixedMask;
		this.run = run;
		this.stages = stages;
		this.progress = progress;
	}

	void setOverlay(final long handle, final Map<String, Object> panels) {
		picture = handle;
		layout = panels;
	}

	void setReport(final Report made) {
		report = made;
	}

	void setProvenance(final Map<String, Object> inputs) {
		if (report != null) report.setProvenance(inputs);
	}

	void setRegistered(final ResultImage image, final ImagePlus colours) {
		registered = image;
		like = colours;
	}

	void addLinked(final VolumeImage image, final ResultImage warped) {
		linked.put(image, warped);
	}

	void setTransform(final String name, final Map<String, Object> content) {
		transforms.put(name, content);
	}

	void setSteps(final Map<String, Object> stepKeys, final Set<String> usedAgain) {
		keys = stepKeys;
		reused = usedAgain;
	}

	/** The warped image: the fluorescence on the EM's grid, or the EM on the fluorescence's; or null. */
	public ResultImage registered() {
		return registered;
	}

	/** The images that followed the fluorescence. */
	public Map<VolumeImage, ResultImage> linked() {
		return Collections.unmodifiableMap(linked);
	}

	/** The image whose colours the warped one has, or null. */
	public ImagePlus like() {
		return like;
	}

	/** The mask found in the fluorescence, or null. */
	public ResultImage movingMask() {
		return outputs.containsKey("moving_mask") ? new ResultImage(bridge, outputs.get("moving_mask")).until(progress::cancelled) : null;
	}

	/** The EM's mask. */
	public ResultImage fixedMask() {
		return new ResultImage(bridge, fixedMask).until(progress::cancelled);
	}

	/** z, y, x triples in nm of moving_points, fixed_points or registered_points, or null. */
	public double[] points(final String name) {
		return outputs.containsKey(name) ? bridge.readPoints(outputs.get(name)) : null;
	}

	/** The handle of the predicted error in nm, a coarse volume in the EM's frame, or null. */
	Long errorMap() {
		return outputs.get("error_map");
	}

	/** The same as an image, or null. */
	public ResultImage errorImage() {
		return errorMap() == null ? null : new ResultImage(bridge, errorMap());
	}

	/** reliable, check or unreliable; null where the algorithm judges nothing. */
	public String verdict() {
		return Json.asText(run.get("verdict"), null);
	}

	/** Where the report lies in an output folder. */
	public static File report(final String folder) {
		return new File(folder, Report.FILE).getAbsoluteFile();
	}

	/** Whether {@link #save} writes a report. */
	public boolean hasReport() {
		return report != null;
	}

	/** The transforms by the names of their files: transform, inverse_transform, rigid_transform. */
	public Map<String, Map<String, Object>> transforms() {
		return Collections.unmodifiableMap(transforms);
	}

	/** The images that were registered. */
	public RegisterInput input() {
		return input;
	}

	/** fm_to_em or em_to_fm: whose image was warped. */
	public String direction() {
		return Json.asText(Json.asObject(run.get("parameters")).get("registration_direction"), "fm_to_em");
	}

	/** The picture of the result with its words, or null. */
	public BufferedImage overlay() {
		if (overlay == null && layout != null) overlay = OverlayPicture.draw(bridge, picture, layout, progress);
		return overlay;
	}

	/** Writes all that there is of {@link RegisterWorkflow#files}, and the linked images. */
	public void save(final Output folder) {
		final BufferedImage drawn = Parallel.unless(progress::cancelled, this::overlay);
		stages.end("saving");
		final double[] reporting = new double[1];
		Parallel.both(() -> {
			if (registered != null) warped(folder, "registered.tif", registered, like);
			for (final Map.Entry<VolumeImage, ResultImage> image : linked.entrySet()) warped(folder, image.getKey().role + ".tif", image.getValue(), image.getKey().image);
		}, () -> {
			steps(folder);
			if (drawn != null) folder.bytes(folder.path("overlay.png"), Parallel.unless(progress::cancelled, () -> OverlayPicture.png(drawn)));
			final long start = System.nanoTime();
			if (report != null) report.setPictures(Parallel.unless(progress::cancelled, report::draw));
			reporting[0] = (System.nanoTime() - start) / 1e9;
		});
		if (report != null) stages.add("report", reporting[0]);
		final Map<String, Object> made = new LinkedHashMap<>();
		for (final Map.Entry<String, Object> key : keys.entrySet()) {
			final String name = key.getKey() + EarlierRun.extension(key.getKey());
			final File file = folder.path(name).isFile() ? folder.path(name) : new File(String.valueOf(input.earlier), name);
			if (file.isFile()) made.put(key.getKey(), EarlierRun.entry(key.getValue(), reused.contains(key.getKey()), file));
		}
		if (!made.isEmpty()) run.put("steps", made);
		final Map<String, Object> json = runReport();
		if (report != null) folder.text(folder.path(Report.FILE), report.page(this, json));
		folder.text(folder.path("run.json"), Json.writePretty(json));
	}

	/** Writes the steps on the way to the transform, and the transform. */
	private void steps(final Output folder) {
		if (outputs.containsKey("moving_mask")) image(folder, "moving_mask.tif", movingMask());
		image(folder, "fixed_mask.tif", fixedMask());
		if (errorMap() != null) image(folder, "error_map.tif", errorImage());
		for (final String cloud : new String[] { "moving_points", "fixed_points", "registered_points" }) {
			if (outputs.containsKey(cloud)) folder.write(folder.path(cloud + ".csv"), to -> PointsFile.write(points(cloud), to));
		}
		for (final Map.Entry<String, Map<String, Object>> transform : transforms.entrySet()) {
			folder.text(folder.path(transform.getKey() + ".json"), Json.writePretty(transform.getValue()));
		}
		if (errorMap() == null && !reused.contains("transform")) folder.gone("error_map.tif");
		if (!transforms.containsKey("rigid_transform")) folder.gone("rigid_transform.json");
		folder.text(folder.path("parameters.json"), Json.writePretty(run.get("parameters")));
	}

	private void image(final Output folder, final String name, final ResultImage result) {
		folder.write(folder.path(name), to -> TiffWriter.write(result.image(name, result.stack(), null), to, new Quiet(progress)));
	}

	private void warped(final Output folder, final String name, final ResultImage result, final ImagePlus colours) {
		final HandleStack slices = result.stack();
		final long start = System.nanoTime();
		folder.write(folder.path(name), to -> TiffWriter.write(result.image(name, slices, colours), to, progress));
		stages.add("warping", slices.seconds());
		stages.add("saving", (System.nanoTime() - start) / 1e9 - slices.seconds());
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
		// Of the process in which a model ran as well, where there was one: at most so much was taken at any time.
		json.put(EmSegmentation.PEAK, Json.asNumber(Json.parseObject(bridge.memory()).get(EmSegmentation.PEAK), 0) + Json.asNumber(Json.asObject(run.get(EmSegmentation.KEY)).get(EmSegmentation.PEAK), 0));
		for (final Map.Entry<String, Object> entry : run.entrySet()) json.putIfAbsent(entry.getKey(), entry.getValue());
		final List<String> warnings = progress.warnings();
		json.put("warnings", warnings);
		return json;
	}

	/** One line for the user, the verdict first: a status bar and a narrow log cut off the rest. */
	public String summary() {
		final Map<String, Object> points = Json.asObject(run.get("points"));
		final StringBuilder text = new StringBuilder(outputs.containsKey("transform") ? "Registered" : "Done");
		String separator = ": ";
		if (verdict() != null) {
			text.append(". Verdict: ").append(verdict()).append(", predicted error ").append(Math.round(Json.asNumber(run.get("predicted_error_nm"), 0))).append(" nm");
			separator = "; ";
		}
		for (final Map.Entry<String, Object> count : points.entrySet()) {
			text.append(separator).append(Json.asText(count.getValue(), "?")).append(' ').append(count.getKey()).append(" points");
			separator = ", ";
		}
		final Object iterations = Json.asObject(run.get("registration")).get("iterations");
		if (iterations != null) text.append(separator).append(Json.asText(iterations, "?")).append(" iterations");
		text.append(", ").append(stages.total()).append(" s.");
		return text.toString();
	}
}
