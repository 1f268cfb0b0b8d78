package clem.workflow;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import clem.bridge.ClemRegException;
import clem.image.Spacings;
import clem.schema.Nearest;
import clem.schema.Operation;
import clem.schema.Port;
import clem.schema.Schema;

/** Which operations can be run on files, and the files that each takes and gives. */
public final class Commands {
	/** The input of register that takes several files. */
	static final String LINKED = "linked";
	/** The operation that gives boxes of objects with classes, which are written as ROIs too. */
	public static final String IMPORT_DATASET = "import_dataset";
	/** The output that tells of the run itself: run.json. */
	private static final String RUN = "run";
	private static final String FILES = "files";
	private static final String SIMULATE = "simulate";
	/** Operations that are parts of others, or of a report about the system. */
	private static final List<String> PARTS = Arrays.asList("overlay", "residuals", "register_plan", "providers");

	/** ImageJ's commands that are no operations: what they are called by and their labels. */
	public static final Map<String, String> OWN;
	static {
		final Map<String, String> own = new LinkedHashMap<>();
		own.put("annotate", "Annotate...");
		own.put("help", "CLEM-Reg Help Contents...");
		own.put("examples", "CLEM-Reg Examples...");
		own.put("self_test", "CLEM-Reg Self-Test");
		own.put("about", "About CLEM-Reg...");
		OWN = Collections.unmodifiableMap(own);
	}

	/** An input file of a command. */
	public static final class FileInput {
		/** The key, with underscores. */
		public final String name;
		/** volume, mask, points, transform, source, sections, text, cells, boxes, file, model, folder, or files: several images. */
		public final String kind;
		public final boolean required;
		public final String help;
		private final boolean several;

		private FileInput(final Port port) {
			name = port.name;
			kind = port.kind;
			required = port.required;
			help = port.help + (port.several ? " Several, separated by ;." : "");
			several = port.several;
		}

		private FileInput(final String name, final String kind, final boolean required, final String help) {
			this.name = name;
			this.kind = kind;
			this.required = required;
			this.help = help;
			several = kind.equals(FILES);
		}

		public boolean isImage() {
			return !kind.equals("points") && !kind.equals("transform") && !kind.equals("text") && !isCells() && !isBoxes() && !isFile() && !isSeveral() && !isFolder();
		}

		/** Whether it is a table of cells, or what one is made of. */
		public boolean isCells() {
			return kind.equals("cells");
		}

		/** Whether it is boxes of objects with classes. */
		public boolean isBoxes() {
			return kind.equals("boxes");
		}

		/** Whether the algorithms read it themselves. */
		public boolean isFile() {
			return kind.equals("file") || kind.equals("model");
		}

		public boolean isFolder() {
			return kind.equals("folder");
		}

		/** Whether it takes several files, separated by ; (or the option several times). */
		public boolean isSeveral() {
			return several;
		}
	}

	private Commands() {}

	/** The operations that can be run on files: all but those that are parts of others. */
	public static List<Operation> of(final Schema schema) {
		final List<Operation> list = new ArrayList<>();
		for (final Operation operation : schema.operations) if (!PARTS.contains(operation.name)) list.add(operation);
		return list;
	}

	/** The name of a command on the command line: the operations that simulate something are one command. */
	public static String name(final Operation operation) {
		return kind(operation).isEmpty() ? operation.commandName() : SIMULATE;
	}

	/** What an operation simulates (--kind), or "". */
	public static String kind(final Operation operation) {
		return operation.name.startsWith(SIMULATE + "_") ? operation.name.substring(SIMULATE.length() + 1).replace('_', '-') : "";
	}

	/** The command with its kind, as a user types it. */
	public static String call(final Operation operation) {
		return name(operation) + (kind(operation).isEmpty() ? "" : " --kind " + kind(operation));
	}

	/** The kinds of a command, in the order of the schema; none where it has but one. */
	public static List<String> kinds(final Schema schema, final String command) {
		final List<String> kinds = new ArrayList<>();
		for (final Operation operation : of(schema)) if (name(operation).equals(command) && !kind(operation).isEmpty()) kinds.add(kind(operation));
		return kinds;
	}

	/** The operation of a command's name, or null: of the kind that is given, or else of the first. */
	public static Operation find(final Schema schema, final String command, final String kind) {
		final String name = command.replace('_', '-');
		Operation first = null;
		for (final Operation operation : of(schema)) {
			if (!name(operation).equals(name)) continue;
			if (kind == null || kind(operation).isEmpty() || kind(operation).equals(kind)) return operation;
			if (first == null) first = operation;
		}
		if (first == null) return null;
		throw ClemRegException.badInput("--kind = " + kind + " is not allowed; allowed: " + String.join(", ", kinds(schema, name)) + "." + Nearest.hint(kind, kinds(schema, name)));
	}

	/** The files that an operation takes. */
	public static List<FileInput> inputs(final Operation operation) {
		final List<FileInput> list = new ArrayList<>();
		for (final Port port : operation.inputs) {
			if (operation.name.equals("register") && port.name.equals("fixed_mask")) {
				list.add(new FileInput("fixed", "source", false, "The EM image, shown under the result and, with a model, segmented first; its slices are read when they are needed."));
			}
			list.add(new FileInput(port));
			if (operation.name.equals("register") && port.name.equals("moving_mask")) {
				list.add(new FileInput(LINKED, FILES, false, "Further images on the grid of the image that is warped, separated by ;, that follow it: linked_1.tif and so on. FILE#order=0 gives one an interpolation order of its own."));
			}
		}
		return list;
	}

	/** The files of an input that takes several. */
	public static List<String> list(final String text) {
		final List<String> list = new ArrayList<>();
		if (text != null) for (final String file : text.split(";")) if (!file.trim().isEmpty()) list.add(file.trim());
		return list;
	}

	/** The keys under which voxel sizes are given: an image and its mask share one, and so do an image and what was found in it. */
	public static Set<String> spacings(final Operation operation) {
		final Set<String> keys = new LinkedHashSet<>();
		for (final FileInput input : inputs(operation)) if (input.isImage() && !(operation.findsCells() && input.name.equals("labels")) && !input.name.equals("segmentation")) keys.add(Spacings.key(input.name));
		return keys;
	}

	/** Whether the output is a folder: register, the simulation, whatever gives more than one thing or writes a folder itself. */
	public static boolean givesFolder(final Operation operation) {
		return operation.outputs.size() > 1 || operation.outputs.stream().anyMatch(Port::isFolder);
	}

	/** Whether the algorithms write the output themselves. */
	public static boolean writesItself(final Operation operation) {
		return !operation.outputs.isEmpty() && operation.outputs.stream().allMatch(port -> port.isFile() || port.isFolder());
	}

	/** Whether the output is written as the report says: a file, or a folder of files. */
	public static boolean givesTexts(final Operation operation) {
		return !operation.outputs.isEmpty() && operation.outputs.stream().allMatch(Port::isText);
	}

	/** The place for an operation's files. */
	public static Output output(final Operation operation, final String out, final boolean overwrite) {
		return givesFolder(operation) ? Output.folder(out, overwrite) : givesTexts(operation) ? Output.either(out, overwrite) : Output.file(out, overwrite);
	}

	/** Whether there is anything to be written. */
	public static boolean givesFiles(final Operation operation) {
		return !operation.outputs.isEmpty();
	}

	/** The names of the files in an operation's folder, or the kind of its one file. */
	public static Collection<String> outputs(final Operation operation) {
		if (operation.name.equals("register")) return RegisterWorkflow.files();
		if (operation.name.equals("convert_model")) return Arrays.asList("such as mitonet.onnx");
		if (operation.name.equals("simulate_clem")) return Arrays.asList("em.tif", "em_labels.tif", "fm.tif", "truth.json", "em_targets.tif (with channels=2)");
		if (operation.name.equals("simulate_cells")) return Arrays.asList("sections.tif", "labels.tif", "boxes.csv", "truth.json", "run.json");
		if (operation.name.equals("simulate_organelles")) return Arrays.asList("em.tif", "labels.tif", "objects.csv", "boxes.csv", "true_boxes.csv", "boxes/obj.names", "boxes/slice_N.txt", "run.json");
		if (operation.name.equals("compare_segmentations")) return Arrays.asList("objects.csv", "classes.csv", "volumes.csv", "differences.csv", "confusion.csv (with classes)", "comparison.json", "overlay.png", "overlay.tif");
		if (operation.name.equals("export_fields")) return Arrays.asList("fields.csv", "fields.json", "fields.txt", "run.json", "overlay.png (with image)");
		if (operation.name.equals("evaluate_detection")) return Arrays.asList("report.json", "scores.csv", "agreement.csv (with annotators)", "matches.csv");
		if (operation.name.equals("evaluate")) return Arrays.asList("report.json", "landmarks.csv", "structures.csv", "classes.csv");
		if (operation.name.equals("export_dataset")) return Arrays.asList("images/", "labels/", "obj.names", "obj.data", "train.txt", "valid.txt", "yolov4.cfg", "yolov4-tiny.cfg", "dataset.yaml", "dataset.json");
		if (operation.name.equals(IMPORT_DATASET)) return Arrays.asList("boxes.csv", "obj.names", "slices.csv", "rois.zip", "run.json");
		if (operation.name.equals("mesh")) return Arrays.asList("label_N.stl (one for each label N)", "all.obj", "all.ply (if asked for)", "objects.csv", "classes.csv", "contacts.csv", "meshes.png", "view.html", "mesh.json");
		if (operation.name.equals("detect_objects")) return Arrays.asList("boxes.csv", "obj.names", "run.json", "labels/slice_N.txt");
		if (operation.composesOrganelles()) return Arrays.asList("labels.tif", "objects.csv", "suggestions.csv", "classes.csv", "recipes.json", "boxes/obj.names", "boxes/slice_N.txt", "overlay.png", "run.json");
		if (operation.findsCells()) return CellResults.files(operation);
		if (operation.name.equals(Batch.NAME)) return Arrays.asList(Batch.TABLE, "a folder for each pair");
		final List<String> names = new ArrayList<>();
		for (final Port port : operation.outputs) names.add(port.name + (port.isText() && givesFolder(operation) ? port.name.equals(RUN) ? ".json" : ".csv" : extension(port)));
		return names;
	}

	/** The extension of an output's file. */
	static String extension(final Port port) {
		return port.isPoints() ? ".csv" : port.isTransform() ? ".json" : port.isText() ? ", its kind as the format says" : port.isFile() ? ".onnx" : ".tif";
	}
}
