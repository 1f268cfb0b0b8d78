package clem.workflow;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import clem.bridge.Bridge;
import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.bridge.Handles;
import clem.bridge.NativeLoader;
import clem.bridge.OperationListener;
import clem.bridge.OperationResult;
import clem.image.ResultImage;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.models.ModelFolders;
import clem.schema.Operation;
import clem.schema.Port;
import ij.ImagePlus;

/** Runs one operation of the schema by itself: inputs from Java in, results to whoever shows or saves them. */
public final class Step {
	/** How far the progress is when the operation has run; models take nearly all of the time. */
	private static final double RUN = 0.7, MODEL_RUN = 0.97;

	/** The ends of the names of a folder that stands for an image, and of a table of classes of one; and the table's name where it lies beside the image. */
	private static final String MESHES = "_meshes", CLASSES = "_classes", OBJECTS = "objects.csv";

	private final Bridge bridge;
	private final Operation operation;

	/** Takes the results before their handles are released. */
	public interface Sink {
		void accept(Results results);
	}

	/** What the operation gave. Valid until the step ends. */
	public static final class Results {
		/** The operation's report. */
		public final Map<String, Object> report;
		/** Shows how saving goes on. */
		public final Progress progress;

		private final Bridge bridge;
		private final Map<String, long[]> outputs = new LinkedHashMap<>();
		private final Map<String, Object> inputs;
		private final Provenance provenance;

		private Results(final Bridge bridge, final Map<String, Object> report, final Progress progress, final Map<String, Object> inputs, final Provenance provenance) {
			this.bridge = bridge;
			this.report = report;
			this.progress = progress;
			this.inputs = inputs;
			this.provenance = provenance;
		}

		/** The names of the outputs that there are. */
		public List<String> names() {
			return new ArrayList<>(outputs.keySet());
		}

		/** The names of the outputs that begin so. */
		public String[] named(final String beginning) {
			return outputs.keySet().stream().filter(name -> name.startsWith(beginning)).toArray(String[]::new);
		}

		/** An output that is an image; several outputs of one grid and type become its channels. */
		public ResultImage image(final String... names) {
			final List<Long> handles = new ArrayList<>();
			for (final String name : names) for (final long handle : outputs.get(name)) handles.add(handle);
			final ResultImage image = new ResultImage(bridge, handles.stream().mapToLong(Long::longValue).toArray()).until(progress::cancelled);
			return inputs.get("source") instanceof VolumeImage && !((VolumeImage) inputs.get("source")).calibrated ? image.uncalibrated() : image;
		}

		/** An output that is a picture of red, green and blue, with the words of the report's entry of that name, as a PNG file. */
		public byte[] picture(final String name) {
			return OverlayPicture.png(OverlayPicture.draw(bridge, outputs.get(name)[0], Json.asObject(report.get(name)), progress));
		}

		/** The image whose colours and display range the result takes, or null: one of another type shows other values. */
		public ImagePlus like(final ResultImage image) {
			final ImagePlus like = inputs.get("source") instanceof VolumeImage ? ((VolumeImage) inputs.get("source")).image : null;
			return like != null && like.getBitDepth() == image.bitDepth() ? like : null;
		}

		/** An input that was an image. */
		public VolumeImage input(final String name) {
			return (VolumeImage) inputs.get(name);
		}

		/** An output that is a cloud: z, y, x triples in nm. */
		public double[] points(final String name) {
			return bridge.readPoints(outputs.get(name)[0]);
		}

		/** The files of an output that is text: path to content. The path is empty where the output is one file. */
		public Map<String, byte[]> files() {
			final Map<String, byte[]> files = new LinkedHashMap<>();
			for (final Object item : Json.asList(report.get("files"))) {
				final Map<String, Object> file = Json.asObject(item);
				final Object text = file.get("text");
				files.put(Json.asText(file.get("path"), ""), text != null ? Json.asText(text, "").getBytes(StandardCharsets.UTF_8)
					: Base64.getDecoder().decode(Json.asText(file.get("base64"), "")));
			}
			return files;
		}

		/** The first of the files, as a request takes it. */
		private Object firstText() {
			final Map<String, Object> file = Json.asObject(Json.asList(report.get("files")).get(0)), text = new LinkedHashMap<>();
			text.put("file", file.get("path"));
			text.put("text", file.get("text"));
			return text;
		}

		/** An output that is a transform: the text of its transform.json. */
		public String transform(final String name) {
			if (report.get(name) == null) return Json.writePretty(Json.parseObject(bridge.describe(outputs.get(name)[0])));
			final Map<String, Object> full = Json.asObject(report.get(name));
			full.put("inputs", provenance.get(progress));
			return Json.writePretty(full);
		}
	}

	/** The bridge is left alone where the operation runs a model: see {@link Bridges#forModels}. */
	public Step(final Bridge bridge, final Operation operation) {
		this.bridge = operation.runsModel() ? Bridges.forModels() : bridge;
		this.operation = operation;
	}

	/** Refuses inputs that the operation cannot use: what is found out without reading a voxel. */
	public static void check(final Operation operation, final InputSource source, final RunRequest request) {
		inputs(operation, source, request, new Provenance());
	}

	/** Runs the operation. */
	public void run(final InputSource source, final RunRequest request, final OperationListener listener, final Sink sink) {
		final Provenance provenance = new Provenance();
		final Map<String, Object> inputs = inputs(operation, source, request, provenance);
		// Only a transform tells where its inputs came from; of an image that lends its grid to another tool's file no more than the name is written.
		if (operation.outputs.stream().anyMatch(Port::isTransform)) provenance.start();
		final Progress progress = new Progress(listener);
		request.resolveRegions();
		try (Handles handles = new Handles(bridge)) {
			progress.upTo(0.2);
			final Map<String, Object> names = new LinkedHashMap<>();
			final Map<String, Object> texts = new LinkedHashMap<>();
			final Map<String, Object> more = new LinkedHashMap<>();
			more.put("names", names);
			more.put("texts", texts);
			final Map<String, Object> paths = new LinkedHashMap<>(request.paths);
			more.put("paths", paths);
			final List<Object> uncalibrated = new ArrayList<>();
			more.put("uncalibrated", uncalibrated);
			final Map<String, Long> ports = new LinkedHashMap<>();
			// An operation on one channel of a source leaves the other channels to be done in the same way: with what it found on the first, where it takes that.
			VolumeImage several = null;
			for (final Port port : operation.inputs) {
				final Object value = inputs.get(port.name);
				if (value == null) continue;
				if (value instanceof TextFile && port.isBoxes()) {
					texts.put(port.name, ((TextFile) value).json());
					continue;
				}
				if (port.isText()) {
					if (port.several) texts.put(port.name, ((List<?>) value).stream().map(text -> ((TextFile) text).json()).collect(Collectors.toList()));
					else texts.put(port.name, ((TextFile) value).json());
					continue;
				}
				if (value instanceof File) {
					paths.put(port.name, ((File) value).getAbsolutePath());
					if (port.isModel()) more.put("onnxruntime", NativeLoader.onnxRuntime());
					continue;
				}
				if (value instanceof VolumeImage) {
					final VolumeImage image = (VolumeImage) value;
					names.put(port.name, image.file != null ? image.file.getName() : image.name());
					if (!image.calibrated) uncalibrated.add(port.name);
					// A project keeps where its stack is.
					if (operation.name.equals("famous_project") && image.source() != null) paths.put(port.name, image.source().getAbsolutePath());
					if (port.name.equals("source") && image.channels > 1 && (!image.channelChosen || operation.givesItsOwnText())) several = image;
				}
				ports.put(port.name, handle(handles, port, value, progress));
			}
			checkDirection(inputs, names, progress);
			final String json = request.toJson(more);
			progress.upTo(operation.inputs.stream().anyMatch(Port::isModel) ? MODEL_RUN : RUN);
			final OperationResult result = bridge.run(operation.name, json, ports, progress);
			final Results results = new Results(bridge, Json.parseObject(result.json), progress, inputs, provenance);
			for (final Map.Entry<String, Long> output : handles.add(result).entrySet()) results.outputs.put(output.getKey(), new long[] { output.getValue() });
			if (several != null) {
				final String output = operation.outputs.get(0).name;
				final long[] channels = new long[several.channels];
				if (operation.givesItsOwnText()) texts.put(operation.outputs.get(1).name, results.firstText());
				final String other = request.toJson(more);
				for (int c = 1; c <= several.channels; c++) {
					if (c == several.channel) channels[c - 1] = results.outputs.get(output)[0];
					else {
						ports.put("source", image(handles, operation.input("source"), several, c, progress));
						channels[c - 1] = handles.add(bridge.run(operation.name, other, ports, progress)).get(output);
					}
				}
				results.outputs.put(output, channels);
			}
			for (final Object warning : Json.asList(results.report.get("warnings"))) progress.warning(Json.asText(warning, ""));
			progress.upTo(1);
			sink.accept(results);
			progress.check();
		}
	}

	/** Warns where the file of a transform names the source and the target the other way round. */
	private static void checkDirection(final Map<String, Object> inputs, final Map<String, Object> names, final Progress progress) {
		final Object source = names.get("source"), target = names.get("target");
		if (source == null || target == null || !(inputs.get("transform") instanceof TextFile)) return;
		final TextFile file = (TextFile) inputs.get("transform");
		final Map<String, Object> transform = Json.parseObject(file.text());
		final boolean back = "fixed_to_moving".equals(transform.get("direction"));
		final List<Object> fluorescence = named(transform, "moving"), em = named(transform, "fixed", "fixed_mask");
		final List<Object> from = back ? em : fluorescence, to = back ? fluorescence : em;
		if (to.contains(source) && from.contains(target) && !from.contains(source)) {
			progress.warning("transform: " + file.name() + " maps '" + target + "' to '" + source + "', but source is '" + source + "'. Is the other of transform.json and inverse_transform.json meant?");
		}
	}

	private static List<Object> named(final Map<String, Object> transform, final String... roles) {
		final List<Object> names = new ArrayList<>();
		for (final String role : roles) names.add(Json.asObject(Json.asObject(transform.get("inputs")).get(role)).get("name"));
		return names;
	}

	/** The folder of an input: by its own name, or by that of the image in whose place it stands; or null. */
	private static File folder(final InputSource source, final Port port) {
		final String own = source.text(port.name);
		// Meshes are read from a folder; any other may be one that the operation makes.
		if (own != null && port.name.endsWith(MESHES) && !new File(own).isDirectory()) throw ClemRegException.badInput(port.name + ": " + (new File(own).exists() ? own + " is a file; a folder is needed." : "there is no folder " + own + "."));
		final String image = port.name.endsWith(MESHES) ? port.name.substring(0, port.name.length() - MESHES.length()) : "", other = image.isEmpty() ? null : source.text(image);
		if (other == null || !new File(other).isDirectory()) return own == null ? null : new File(own);
		if (own != null) throw ClemRegException.badInput(image + " and " + port.name + " are both folders; give one of them.");
		return new File(other);
	}

	/** Whether a folder was given for an image for which a folder may stand. */
	private static boolean isFolder(final Operation operation, final InputSource source, final Port port) {
		return operation.input(port.name + MESHES) != null && source.text(port.name) != null && new File(source.text(port.name)).isDirectory();
	}

	/** The table of classes that lies beside a label image, or null. */
	private static TextFile classesBeside(final Port port, final Object image) {
		if (!port.name.endsWith(CLASSES) || !(image instanceof VolumeImage) || ((VolumeImage) image).file == null) return null;
		final File table = new File(((VolumeImage) image).file.getAbsoluteFile().getParentFile(), OBJECTS);
		if (!table.isFile()) return null;
		final TextFile text = TextFile.read(port.name, table);
		final List<String> columns = Csv.split(Csv.lines(text.text())[0], ',');
		return columns.contains("class") && (columns.contains("label") || columns.contains("id")) ? text : null;
	}

	/** By port: a VolumeImage, a double[] of z, y, x triples, a TextFile, or a File. */
	private static Map<String, Object> inputs(final Operation operation, final InputSource source, final RunRequest request, final Provenance provenance) {
		final Map<String, Object> inputs = new LinkedHashMap<>();
		for (final Port port : operation.inputs) {
			if (port.isFolder()) {
				final File folder = folder(source, port);
				if (folder != null) inputs.put(port.name, folder);
				continue;
			}
			if (port.isImage()) {
				if (isFolder(operation, source, port)) continue;
				final VolumeImage.Opened image = port.required ? source.needed(port.name) : source.image(port.name);
				final double[] spacing = source.spacing(port.name);
				if (image != null) {
					final VolumeImage volume = port.isSections() ? image.sections(spacing) : image.volume(spacing);
					inputs.put(port.name, volume);
					provenance.add(volume);
				}
				else if (spacing != null) request.spacing(port.name, spacing);
				continue;
			}
			final TextFile made = port.isText() ? source.made(port.name) : null;
			if (made != null) {
				inputs.put(port.name, made);
				continue;
			}
			final String name = source.text(port.name);
			if (name == null) {
				final TextFile beside = port.isText() ? classesBeside(port, inputs.get(port.name.replace(CLASSES, ""))) : null;
				if (beside != null) inputs.put(port.name, beside);
				if (port.required) throw ClemRegException.badInput(port.name + " is missing: give a file.");
				continue;
			}
			if (port.isCells()) {
				final List<TextFile> tables = new ArrayList<>();
				for (final String one : port.several ? Commands.list(name) : Collections.singletonList(name)) tables.add(source.cells(port.name, one));
				inputs.put(port.name, port.several ? tables : tables.get(0));
				continue;
			}
			if (port.isBoxes()) {
				inputs.put(port.name, source.boxes(port.name, name));
				continue;
			}
			if (port.isFolder()) {
				inputs.put(port.name, new File(name));
				continue;
			}
			final File file = port.isModel() ? ModelFolders.find(port.name, name) : new File(name);
			if (port.isFile() && !file.isFile()) {
				throw ClemRegException.badInput(port.name + ": " + (file.exists() ? file + " is a folder; a file is needed." : "there is no file " + file + "."));
			}
			provenance.add(port.name, file);
			inputs.put(port.name, port.isFile() ? file : port.isPoints() ? source.points(port.name, name) : TextFile.read(port.name, file));
		}
		return inputs;
	}

	private long handle(final Handles handles, final Port port, final Object value, final Progress progress) {
		if (value instanceof double[]) return handles.add(bridge.createPoints((double[]) value));
		if (value instanceof TextFile) return handles.add(((TextFile) value).toTransform(port.name, bridge));
		final VolumeImage image = (VolumeImage) value;
		return image(handles, port, image, image.channel, progress);
	}

	private long image(final Handles handles, final Port port, final VolumeImage image, final int channel, final Progress progress) {
		if (port.isMask()) return image.toMask(bridge, handles, progress);
		return port.kind.equals("volume") ? image.toVolume(bridge, handles, channel, progress) : image.toSource(bridge, handles, channel, progress::cancelled);
	}
}
