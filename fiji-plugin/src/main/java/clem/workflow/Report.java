package clem.workflow;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import clem.bridge.Bridge;
import clem.image.ResultImage;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.schema.Operation;
import clem.schema.Parameter;
import ij.IJ;

/** Gathers what {@link ReportPage} shows: by it a person judges a registration. */
final class Report {
	/** The file's name. */
	static final String FILE = "report.html";
	/** More points than this cannot be told apart in the picture. */
	private static final int MOST_POINTS = 6000;
	/** Voxels of the error map that the page takes; of a larger map some slices are left out. */
	private static final int MOST_ERRORS = 60000;

	private final Bridge bridge;
	private final Operation register;
	private final RegisterInput input;
	private final Map<String, Object> layout;
	private final long sheet;
	private Map<String, Object> provenance = Collections.emptyMap();
	private Map<String, Object> residuals;
	private List<Object> pictures = Collections.emptyList();

	/**
	 * Begins a report.
	 *
	 * @param layout what the operation overlay told
	 * @param sheet the volume with the views' layers
	 */
	Report(final Bridge bridge, final Operation register, final RegisterInput input, final Map<String, Object> layout, final long sheet) {
		this.bridge = bridge;
		this.register = register;
		this.input = input;
		this.layout = layout;
		this.sheet = sheet;
	}

	void setProvenance(final Map<String, Object> inputs) {
		provenance = inputs;
	}

	void setResiduals(final Map<String, Object> histogram) {
		residuals = histogram;
	}

	/** Makes the pictures: the slow part. */
	List<Object> draw() {
		return ReportPictures.of(bridge, sheet, Json.asList(layout.get("views")));
	}

	void setPictures(final List<Object> drawn) {
		pictures = drawn;
	}

	/** The whole page. */
	String page(final RegisterResults results, final Map<String, Object> run) {
		final String title = input.moving.name() + " registered onto " + (input.fixed == null ? input.fixedMask : input.fixed).name();
		final Object verdict = run.get("verdict");
		return ReportPage.of(title, verdict == null ? "No verdict is made for this algorithm." : "Verdict: " + Json.asText(verdict, "") + ".", data(results, run));
	}

	private Map<String, Object> data(final RegisterResults results, final Map<String, Object> run) {
		final Map<String, Object> parameters = Json.asObject(run.get("parameters")), data = new LinkedHashMap<>();
		data.put("made", LocalDateTime.now().format(DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm", Locale.ENGLISH)));
		data.put("algorithm", Json.asText(parameters.get("registration_algorithm"), "?"));
		final boolean second = "auto".equals(Json.asObject(run.get("registration")).get("algorithm"));
		data.put("second_opinion", second);
		data.put("lines", second || "psf_aware".equals(parameters.get("point_cloud_source")));
		data.put("landmark", input.moving.name() + (input.moving.channels > 1 ? ", channel " + input.moving.channel : ""));
		data.put("uncorrected", uncorrected(parameters));
		data.put("colour", Json.asText(parameters.get("overlay_color"), "magenta"));
		data.put("caption", Json.asText(layout.get("caption"), ""));
		data.put("has_image", input.fixed != null);
		data.put("views", pictures);
		data.put("fixed_grid", grid(input.em()));
		final double[] fixed = results.points("fixed_points"), registered = results.points("registered_points");
		if (fixed != null && registered != null) {
			final Map<String, Object> clouds = new LinkedHashMap<>();
			clouds.put("fixed", cloud(fixed));
			clouds.put("registered", cloud(registered));
			data.put("clouds", clouds);
		}
		if (residuals != null) data.put("residuals", residuals);
		if (results.errorMap() != null) data.put("error_map", errors(results.errorMap()));
		data.put("inputs", inputs());
		data.put("parameters", parameters(parameters));
		data.put("about", Arrays.asList("ImageJ " + IJ.getVersion(), "Java " + System.getProperty("java.version"), System.getProperty("os.name") + " " + System.getProperty("os.arch")));
		data.put("run", run);
		return data;
	}

	/** The channels that follow the registered one without an entry in channel_offsets. */
	private List<Object> uncorrected(final Map<String, Object> parameters) {
		final Set<String> given = new HashSet<>();
		for (final String entry : Json.asText(parameters.get("channel_offsets"), "").split(";")) given.add(entry.split(":")[0].trim());
		final List<Object> list = new ArrayList<>();
		int before = 0;
		final List<VolumeImage> images = new ArrayList<>(Collections.singletonList(input.moving));
		// Where the EM is warped the linked images are of the EM.
		if (!"em_to_fm".equals(parameters.get("registration_direction"))) images.addAll(input.linked.keySet());
		for (final VolumeImage image : images) {
			for (int c = 1; c <= image.channels; c++) {
				final boolean landmark = image == input.moving && c == image.channel;
				if (!landmark && !given.contains(String.valueOf(before + c))) list.add((image == input.moving ? "" : image.role + " ") + image.name() + (image.channels > 1 ? ", channel " + c : ""));
			}
			before += image.channels;
		}
		return list;
	}

	private static Map<String, Object> cloud(final double[] zyx) {
		final int count = zyx.length / 3, shown = Math.min(count, MOST_POINTS);
		final List<Object> list = new ArrayList<>(3 * shown);
		for (int i = 0; i < shown; i++) {
			final int from = (int) ((long) i * count / shown) * 3;
			for (int axis = 0; axis < 3; axis++) list.add(Math.round(zyx[from + axis]));
		}
		final Map<String, Object> json = new LinkedHashMap<>();
		json.put("count", (long) count);
		json.put("zyx", list);
		return json;
	}

	/** Some slices of the predicted error, rounded to tenths of nm; null where none is predicted. */
	private Map<String, Object> errors(final long map) {
		final ResultImage image = new ResultImage(bridge, map);
		final int[] size = image.size();
		final int count = Math.max(1, Math.min(size[0], MOST_ERRORS / (size[1] * size[2])));
		final float[] slice = new float[size[1] * size[2]];
		final List<Object> slices = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			final int z = (int) ((i + 0.5) / count * size[0]);
			bridge.readSlice(map, z, slice);
			final List<Object> values = new ArrayList<>(slice.length);
			for (final float value : slice) values.add(Float.isNaN(value) || Float.isInfinite(value) ? null : (Object) (Math.round(value * 10.0) / 10.0));
			final Map<String, Object> one = new LinkedHashMap<>();
			one.put("z", (long) z);
			one.put("nm", values);
			slices.add(one);
		}
		final Map<String, Object> json = Json.parseObject(bridge.describe(map));
		json.put("slices", slices);
		return json;
	}

	private static Map<String, Object> grid(final VolumeImage image) {
		final Map<String, Object> json = new LinkedHashMap<>();
		json.put("size", Arrays.asList(image.size[0], image.size[1], image.size[2]));
		json.put("spacing", Arrays.asList(image.spacing[0], image.spacing[1], image.spacing[2]));
		json.put("origin", Arrays.asList(image.origin[0], image.origin[1], image.origin[2]));
		return json;
	}

	private List<Object> inputs() {
		final Map<String, VolumeImage> images = new LinkedHashMap<>();
		for (final VolumeImage image : Arrays.asList(input.moving, input.fixed, input.fixedMask, input.movingMask)) if (image != null) images.put(image.role, image);
		for (final VolumeImage image : input.linked.keySet()) images.put(image.role, image);
		final List<Object> list = new ArrayList<>();
		for (final Map.Entry<String, Object> entry : provenance.entrySet()) {
			final Map<String, Object> json = new LinkedHashMap<>();
			json.put("role", entry.getKey());
			json.putAll(Json.asObject(entry.getValue()));
			if (images.containsKey(entry.getKey())) json.putAll(grid(images.get(entry.getKey())));
			list.add(json);
		}
		return list;
	}

	private List<Object> parameters(final Map<String, Object> values) {
		final List<Object> list = new ArrayList<>();
		for (final Parameter parameter : register.parameters) {
			if (!values.containsKey(parameter.name)) continue;
			final String value = Parameter.text(values.get(parameter.name));
			final Map<String, Object> json = new LinkedHashMap<>();
			json.put("name", parameter.name);
			json.put("label", parameter.label);
			json.put("unit", parameter.unit);
			json.put("group", parameter.group);
			json.put("value", value);
			json.put("default", parameter.defaultText());
			json.put("changed", !value.equals(parameter.defaultText()));
			list.add(json);
		}
		return list;
	}
}
