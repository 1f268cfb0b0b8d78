package clem.api;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import clem.bridge.ClemRegException;
import clem.image.ResultImage;
import clem.json.Json;
import clem.schema.Nearest;
import clem.schema.Operation;
import clem.schema.Port;
import clem.workflow.CellResults;
import clem.workflow.FileRunner;
import clem.workflow.RegisterResults;
import clem.workflow.Step;
import ij.ImagePlus;
import ij.gui.Roi;

/** What a command gave: images in memory, clouds, transforms and what it tells of itself. */
public final class Result {
	private final Map<String, ImagePlus> images = new LinkedHashMap<>();
	private final Map<String, double[]> points = new LinkedHashMap<>();
	private final Map<String, String> transforms = new LinkedHashMap<>();
	private final List<Roi> rois = new ArrayList<>();
	private final List<String> warnings;
	private Map<String, Object> report = Collections.emptyMap();
	private String summary = "";

	Result(final List<String> warnings) {
		this.warnings = warnings;
	}

	void take(final RegisterResults results) {
		if (results.registered() != null) put("registered", results.registered(), results.like());
		put("fixed_mask", results.fixedMask(), null);
		if (results.movingMask() != null) put("moving_mask", results.movingMask(), null);
		if (results.errorImage() != null) put("error_map", results.errorImage(), null);
		results.linked().forEach((image, warped) -> put(image.role, warped, image.image));
		for (final String cloud : new String[] { "moving_points", "fixed_points", "registered_points" }) {
			final double[] zyx = results.points(cloud);
			if (zyx != null) points.put(cloud, zyx);
		}
		results.transforms().forEach((name, transform) -> transforms.put(name, Json.writePretty(transform)));
		report = results.runReport();
		summary = results.summary();
	}

	void take(final Operation operation, final Step.Results results) {
		report = results.report;
		summary = Json.asText(report.get("summary"), operation.title + ": done.");
		if (operation.findsCells()) {
			final CellResults cells = new CellResults(operation, results);
			rois.addAll(cells.rois());
			images.put("labels", cells.labels(cells.title(), true));
			return;
		}
		for (final String name : results.names()) {
			final Port port = operation.outputs.stream().filter(p -> p.name.equals(name)).findFirst().orElse(null);
			if (name.equals(FileRunner.PICTURE)) continue;
			if (port != null && port.isPoints()) points.put(name, results.points(name));
			else if (port != null && port.isTransform()) transforms.put(name, results.transform(name));
			else {
				final ResultImage image = results.image(name);
				put(name, image, results.like(image));
			}
		}
	}

	private void put(final String name, final ResultImage image, final ImagePlus like) {
		images.put(name, image.inMemory(name, like));
	}

	/** The names of the images that there are. */
	public Set<String> images() {
		return Collections.unmodifiableSet(images.keySet());
	}

	/** An image, calibrated, in memory; a {@link ClemRegException} where there is none of that name. */
	public ImagePlus image(final String name) {
		return get("image", images, name);
	}

	/** A cloud: z, y, x triples in nm. */
	public double[] points(final String name) {
		return get("cloud", points, name).clone();
	}

	/** A transform: the text of its transform.json. */
	public String transform(final String name) {
		return get("transform", transforms, name);
	}

	/** The outlines of cells, named by number and score, each in its slice. */
	public List<Roi> rois() {
		return Collections.unmodifiableList(rois);
	}

	/** What the command tells of itself: what run.json or its report holds. */
	public Map<String, Object> report() {
		return Collections.unmodifiableMap(report);
	}

	/** A line about the result. */
	public String summary() {
		return summary;
	}

	/** What the user should look at. */
	public List<String> warnings() {
		return Collections.unmodifiableList(warnings);
	}

	private static <T> T get(final String what, final Map<String, T> map, final String name) {
		final T value = map.get(name);
		if (value == null) throw ClemRegException.badInput("There is no " + what + " '" + name + "' in this result." + Nearest.hint(name, map.keySet()) + " There are: " + String.join(", ", map.keySet()) + ".");
		return value;
	}
}
