package clem.ij;

import java.awt.Color;
import java.awt.GraphicsEnvironment;
import java.awt.Window;
import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.Bridge;
import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.ij.preview.CellPreview;
import clem.ij.preview.FluorescencePreview;
import clem.ij.preview.OrganellePreview;
import clem.ij.preview.ThresholdPreview;
import clem.image.LabelColours;
import clem.image.ResultImage;
import clem.image.Spacings;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.schema.Port;
import clem.schema.Schema;
import clem.workflow.Batch;
import clem.workflow.CellInputs;
import clem.workflow.CellResults;
import clem.workflow.CellTable;
import clem.workflow.Commands;
import clem.workflow.FileRequest;
import clem.workflow.FileRunner;
import clem.workflow.InputSource;
import clem.workflow.ModelDownload;
import clem.workflow.ObjectRois;
import clem.workflow.Output;
import clem.workflow.PointsFile;
import clem.workflow.RegisterInput;
import clem.workflow.RegisterResults;
import clem.workflow.RegisterWorkflow;
import clem.workflow.RunRequest;
import clem.workflow.Stages;
import clem.workflow.Step;
import clem.workflow.SystemReport;
import clem.workflow.TextFile;
import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.gui.Roi;
import ij.measure.ResultsTable;
import ij.plugin.PlugIn;
import ij.plugin.frame.Recorder;
import ij.text.TextWindow;

/**
 * The commands of Plugins > CLEM-Reg. The argument in plugins.config names the operation. In a macro the keys are read strictly and no
 * dialog appears; otherwise the dialog is shown and recorded.
 */
public final class ClemReg implements PlugIn {
	/** Two of {@link Commands#OWN}. */
	private static final String ABOUT = "about", SELF_TEST = "self_test";
	private static final String TITLE = "CLEM-Reg", SEGMENT_EM = "segment_em", SEGMENT_FLUORESCENCE = "segment_fluorescence", PROBABILITY = "model_probability", DETECT_CELLS = "detect_cells", EXPORT_FIELDS = "export_fields";
	private static final int TEXT_WIDTH = 700, TEXT_HEIGHT = 500;
	private static final double NANO = 1e-9;

	@Override
	public void run(final String argument) {
		// ImageJ gives a macro's options to the thread that it calls, so they are read before anything else.
		final String options = Macro.getOptions();
		try {
			if (HelpPages.of(argument) != null) HelpPages.show(HelpPages.of(argument));
			else if (argument.equals(ABOUT)) ReportWindow.show("About CLEM-Reg", "Registers fluorescence onto volume electron microscopy.\n" + SystemReport.text(new ImageJListener(null)));
			else if (argument.equals(SELF_TEST)) selfTest(options != null);
			else if (argument.equals(AnnotateCommand.NAME)) AnnotateCommand.run(Bridges.get(), options);
			else if (argument.equals(ProjectWindow.OPERATION) && options == null && !GraphicsEnvironment.isHeadless()) ProjectWindow.choose(Bridges.get());
			else run(Bridges.get(), argument, options);
		}
		catch (final RuntimeException | Error e) {
			tell(e);
		}
	}

	/** Shows what prevented a command. */
	static void tell(final Throwable error) {
		IJ.showProgress(1.0);
		if (error instanceof ClemRegException) {
			final ClemRegException e = (ClemRegException) error;
			if (e.kind == ClemRegException.Kind.CANCELLED) IJ.showStatus("CLEM-Reg: cancelled");
			if (e.kind == ClemRegException.Kind.INTERNAL) logTrace(e);
			if (e.kind != ClemRegException.Kind.CANCELLED) IJ.error(TITLE, wrapped(e.getMessage()));
			else Macro.abort();
		}
		else if (error instanceof OutOfMemoryError) IJ.error(TITLE, wrapped("Java's memory is too small. Close other images, or raise it in Edit > Options > Memory & Threads."));
		else {
			if (Macro.MACRO_CANCELED.equals(error.getMessage())) throw new RuntimeException(Macro.MACRO_CANCELED);
			logTrace(error);
			IJ.error(TITLE, wrapped("Unexpected error: " + error + ". Please report it with what the Log window shows."));
		}
	}

	private static void logTrace(final Throwable error) {
		final StringWriter text = new StringWriter();
		error.printStackTrace(new PrintWriter(text));
		IJ.log(text.toString());
	}

	/** ImageJ's message boxes do not break lines. */
	static String wrapped(final String message) {
		return GraphicsEnvironment.isHeadless() ? message : message.replaceAll("(.{60,90}?)\\s", "$1\n");
	}

	/** In a macro a test that fails ends the macro. */
	private static void selfTest(final boolean inMacro) {
		final SelfTest test;
		try (ImageJListener listener = new ImageJListener(inMacro ? null : "Trying CLEM-Reg")) {
			test = new SelfTest(listener);
		}
		IJ.showProgress(1.0);
		IJ.showStatus("CLEM-Reg: the self-test " + (test.passed() ? "passed" : "failed"));
		if (inMacro) IJ.log(test.text());
		else ReportWindow.show("CLEM-Reg Self-Test", test.text());
		if (inMacro && !test.passed()) throw new ClemRegException(ClemRegException.Kind.MODEL, "The self-test failed; the log says where.");
	}

	private static void run(final Bridge bridge, final String name, final String options) {
		final Schema schema = Schema.parse(bridge.schema());
		final Operation operation = schema.operation(name);
		final Fields fields = Fields.of(operation);
		if (name.equals(ModelDownload.NAME)) {
			ModelCommand.run(bridge, fields, options);
			return;
		}
		final Map<String, String> values = new LinkedHashMap<>();
		for (final Fields.Field field : fields.all()) values.put(field.key, field.standard);
		final boolean sample = !Commands.kind(operation).isEmpty();
		if (options != null) {
			final Map<String, String> given = MacroOptions.parse(options, fields.keys());
			final Map<String, String> standard = new LinkedHashMap<>(values);
			useSelection(given, values, fields);
			values.putAll(given);
			// What the macro does not name is left to the preset and the defaults.
			for (final Parameter parameter : operation.parameters) {
				if (!given.containsKey(parameter.name) && values.get(parameter.name).equals(standard.get(parameter.name))) values.remove(parameter.name);
			}
		}
		else if (!sample) {
			if (GraphicsEnvironment.isHeadless()) throw ClemRegException.badInput("Without a screen " + operation.title + " needs its keys: run(\"...\", \"key=value ...\").");
			final ParameterDialog dialog = dialog(bridge, schema, operation, fields);
			final String command = Recorder.getCommand();
			if (Windows.front(dialog.name()) != null) {
				IJ.showStatus("CLEM-Reg: the dialog of " + operation.title + " is open already.");
				Recorder.setCommand(null);
				return;
			}
			final Map<String, String> answer = dialog.ask();
			// Another command may have run while the dialog was open.
			if (command != null) Recorder.setCommand(command);
			if (answer == null) {
				Recorder.setCommand(null);
				return;
			}
			values.putAll(answer);
			record(fields, values);
		}
		execute(bridge, schema, operation, fields, values, options == null);
	}

	/** Runs an operation, shows its results and keeps how long it took. */
	private static void execute(final Bridge bridge, final Schema schema, final Operation operation, final Fields fields, final Map<String, String> values, final boolean asked) {
		final String name = operation.name;
		final long voxels = voxels(fields, values), begun = System.nanoTime();
		final Tiles tiles = new Tiles();
		if (fields.keys().contains(Selection.KEY)) Selection.tellUnused(values);
		try (ImageJListener listener = new ImageJListener(asked ? operation.title : null)) {
			if (name.equals("register")) register(bridge, schema, operation, values, listener);
			else if (name.equals(Batch.NAME)) batch(bridge, operation, values, asked, listener);
			else step(bridge, operation, values, listener);
		}
		// A macro says itself where its windows are to be.
		if (asked) tiles.place();
		RunTimes.keep(name, voxels, (System.nanoTime() - begun) * NANO, Json.asNumber(Json.parseObject(bridge.memory()).get("peak_memory_mb"), 0));
		IJ.showProgress(1.0);
	}

	/** The voxels of the open images that are worked on. */
	static long voxels(final Fields fields, final Map<String, String> values) {
		long voxels = 0;
		for (final Fields.Field field : fields.all()) {
			final ImagePlus image = field.kind == Fields.Kind.IMAGE || field.kind == Fields.Kind.OPTIONAL_IMAGE ? Images.open(values.getOrDefault(field.key, "")) : null;
			if (image != null) voxels += (long) image.getWidth() * image.getHeight() * image.getStackSize();
		}
		return voxels;
	}

	private static ParameterDialog dialog(final Bridge bridge, final Schema schema, final Operation operation, final Fields fields) {
		final ParameterDialog dialog = new ParameterDialog(operation, fields, Images.titles());
		dialog.check(values -> check(operation, values));
		if (operation.name.equals(SEGMENT_EM)) dialog.preview("image", shown -> new ThresholdPreview(schema.operation(PROBABILITY), shown));
		if (operation.composesOrganelles()) dialog.preview("image", shown -> new OrganellePreview(operation, () -> bridge, shown));
		if (operation.name.equals(SEGMENT_FLUORESCENCE)) dialog.preview("moving", shown -> new FluorescencePreview(operation, () -> bridge, shown));
		if (operation.findsCells()) dialog.preview("image", shown -> new CellPreview(schema.operation(DETECT_CELLS), () -> bridge, shown));
		return dialog;
	}

	/** Refuses, while the dialog is still open, inputs that the run would refuse: a colour image, a voxel size that is not known, a mask of another size. */
	private static void check(final Operation operation, final Map<String, String> values) {
		// A batch says of each pair what is wrong with it.
		if (operation.name.equals(Batch.NAME)) return;
		final RunRequest request = request(operation, values);
		if (operation.name.equals("register")) RegisterInput.of(new Opened(values), request);
		else Step.check(operation, CellInputs.of(operation, new Opened(values), rois(values)), request);
	}

	/** Asks in front of a window, with values filled in, and runs the operation; gives the values, or null when the user cancels. */
	static Map<String, String> ask(final Bridge bridge, final Schema schema, final Operation operation, final Map<String, String> filledIn, final Window owner) {
		final Fields fields = Fields.of(operation);
		final ParameterDialog dialog = dialog(bridge, schema, operation, fields);
		dialog.fillIn(filledIn);
		dialog.over(owner);
		if (Windows.front(dialog.name()) != null) return null;
		final Map<String, String> values = dialog.ask();
		if (values != null) execute(bridge, schema, operation, fields, values, true);
		return values;
	}

	/** In a macro without a region the selection of the fluorescence, and that of the EM, count, as for ImageJ's own commands. */
	private static void useSelection(final Map<String, String> given, final Map<String, String> values, final Fields fields) {
		final ImagePlus moving = unnamed(Selection.KEY, "moving", given, fields);
		if (moving != null) {
			final Selection selection = Selection.of(moving);
			use(Selection.KEY, selection.polygon, moving, values);
			if (selection.zMax > 0) {
				values.put("z_min", String.valueOf(selection.zMin));
				values.put("z_max", String.valueOf(selection.zMax));
			}
		}
		final ImagePlus marked = given.containsKey("fiducial_stage") ? unnamed(Fields.FIDUCIALS, "image", given, fields) : null;
		if (marked != null) values.put(Fields.FIDUCIALS, Selection.points(marked));
		final ImagePlus em = unnamed(Selection.EM_KEY, given.containsKey("model") ? "fixed" : "fixed_mask", given, fields);
		if (em != null) use(Selection.EM_KEY, Selection.onEm(em), em, values);
	}

	/** The image of a role where a macro leaves its region open, or null. */
	private static ImagePlus unnamed(final String key, final String role, final Map<String, String> given, final Fields fields) {
		return fields.keys().contains(key) && !given.containsKey(key) && given.containsKey(role) ? Images.open(given.get(role)) : null;
	}

	private static void use(final String key, final String polygon, final ImagePlus image, final Map<String, String> values) {
		if (!polygon.isEmpty()) IJ.log("CLEM-Reg: the selection of " + image.getTitle() + " is used as " + key + ".");
		values.put(key, polygon);
	}

	private static void record(final Fields fields, final Map<String, String> values) {
		if (Recorder.record) recordOptions(fields, values);
	}

	/** Gives the recorder what a dialog was answered. */
	static void recordOptions(final Fields fields, final Map<String, String> values) {
		for (final Fields.Field field : fields.all()) {
			final String value = values.get(field.key);
			if (value.isEmpty()) continue;
			if (field.kind == Fields.Kind.FLAG && value.equals("true")) Recorder.recordOption(field.key);
			else Recorder.recordOption(field.key, Fields.isPath(field) ? Recorder.fixPath(value) : value);
		}
	}

	private static RunRequest request(final Operation operation, final Map<String, String> values) {
		final RunRequest request = new RunRequest();
		for (final Parameter parameter : operation.parameters) {
			if (values.containsKey(parameter.name)) request.parameters.put(parameter.name, values.get(parameter.name));
		}
		request.threads = whole(values, Fields.THREADS);
		return request;
	}

	private static int whole(final Map<String, String> values, final String key) {
		try {
			final int value = Integer.parseInt(values.get(key).trim());
			if (value >= 0) return value;
		}
		catch (final NumberFormatException e) {
			// Told below, as negative numbers are.
		}
		throw ClemRegException.badInput(key + " = " + values.get(key) + " is not allowed: it must be a whole number, 0 or more.");
	}

	private static boolean flag(final Map<String, String> values, final String key) {
		final String value = values.get(key);
		if (value.equals("true") || value.equals("false")) return value.equals("true");
		throw ClemRegException.badInput(key + " = " + value + " is not allowed: it must be true or false.");
	}

	/** Inputs among the open images, tables and files. */
	static final class Opened implements InputSource {
		private final Map<String, String> values;

		Opened(final Map<String, String> values) {
			this.values = values;
		}

		@Override
		public VolumeImage.Opened image(final String role) {
			final String text = values.get(role);
			if (text == null || text.isEmpty()) return null;
			return Images.find(role, text, values.containsKey(role + "_channel") ? whole(values, role + "_channel") : 0);
		}

		@Override
		public VolumeImage.Opened open(final String role, final String image) {
			return Images.find(role, image, 0);
		}

		@Override
		public String text(final String role) {
			final String file = values.get(role);
			return file == null || file.isEmpty() ? null : file;
		}

		@Override
		public TextFile cells(final String role, final String text) {
			if (text.equalsIgnoreCase(CellTable.MANAGER)) return CellTable.of(role, CellTable.MANAGER, CellRoiManager.cells(role, values.get("image") == null ? null : Images.open(values.get("image"))));
			final ResultsTable table = ResultsTable.getResultsTable(text);
			if (table != null) return CellTable.of(text, table);
			final ImagePlus image = Images.open(text);
			return image != null ? CellTable.of(new VolumeImage.Opened(role, image, image.getTitle(), null, 0)) : CellTable.read(role, text);
		}

		@Override
		public Object boxes(final String role, final String text) {
			if (!text.equalsIgnoreCase(CellTable.MANAGER)) return InputSource.super.boxes(role, text);
			return ObjectRois.ofManager(role, CellRoiManager.cells(role, values.get("image") == null ? null : Images.open(values.get("image"))));
		}

		@Override
		public double[] points(final String role, final String file) {
			return ClemReg.points(role, file);
		}

		@Override
		public double[] spacing(final String role) {
			final String key = Spacings.key(role), text = values.get(key);
			return text == null || text.isEmpty() ? null : Spacings.parse(key, text);
		}
	}

	private static void register(final Bridge bridge, final Schema schema, final Operation operation, final Map<String, String> values, final ImageJListener listener) {
		final Stages stages = new Stages();
		final boolean show = flag(values, Fields.SHOW), overwrite = flag(values, Fields.OVERWRITE);
		final String out = values.get(Fields.OUT);
		final RunRequest request = request(operation, values);
		final RegisterInput input = RegisterInput.of(new Opened(values), request);
		input.saved = !out.isEmpty();
		if (overwrite && input.saved) input.earlier = new File(out);
		final RegisterWorkflow workflow = new RegisterWorkflow(bridge, schema);
		try (Output folder = out.isEmpty() ? null : Output.folder(out, overwrite)) {
			workflow.run(input, request, listener, stages, results -> {
				if (folder != null) {
					results.save(folder);
					if (listener.cancelled()) throw ClemRegException.cancelled();
					folder.commit();
				}
				show(results, show);
				IJ.showStatus("CLEM-Reg: " + results.summary());
				IJ.log("CLEM-Reg: " + results.summary());
				if (folder != null && results.hasReport()) IJ.log("CLEM-Reg: the report is " + RegisterResults.report(out));
			});
		}
	}

	private static void batch(final Bridge bridge, final Operation operation, final Map<String, String> values, final boolean asked, final ImageJListener listener) {
		final FileRequest batch = new FileRequest(operation.name);
		for (final Commands.FileInput input : Commands.inputs(operation)) if (!values.get(input.name).isEmpty()) batch.inputs.put(input.name, values.get(input.name));
		for (final Parameter parameter : operation.parameters) {
			final String value = values.get(parameter.name);
			// The dialog gives every parameter; a default there must not go before a pair's own parameter file.
			if (value != null && !(asked && value.equals(parameter.defaultText()))) batch.parameters.put(parameter.name, value);
		}
		batch.out = values.get(Fields.OUT);
		batch.overwrite = flag(values, Fields.OVERWRITE);
		batch.threads = whole(values, Fields.THREADS);
		final File table = new File(batch.out, Batch.TABLE);
		final long before = table.lastModified();
		try {
			final String summary = new FileRunner(bridge).run(batch, listener);
			IJ.showStatus("CLEM-Reg: " + summary);
			IJ.log("CLEM-Reg: " + summary);
		}
		finally {
			if (table.lastModified() != before) Display.table(table);
		}
	}

	private static void show(final RegisterResults results, final boolean intermediates) {
		if (intermediates) {
			if (results.movingMask() != null) showMask("Mask and points of " + results.input().moving.name(), results.movingMask(), results, "moving_points");
			showMask("EM mask, its points (yellow), registered points (magenta)", results.fixedMask(), results, "fixed_points", "registered_points");
			if (results.errorImage() != null) {
				final ImagePlus error = Display.image("Predicted error (nm)", results.errorImage(), null);
				Display.show(error);
				Display.enlarge(error);
			}
			if (results.overlay() != null) Display.show(new ImagePlus("Overview before and after", results.overlay()));
		}
		if (results.registered() != null) Display.show(Display.composite(results));
		for (final Map.Entry<VolumeImage, ResultImage> image : results.linked().entrySet()) {
			Display.show(Display.image("Registered " + image.getKey().name(), image.getValue(), image.getKey().image));
		}
	}

	private static void showMask(final String title, final ResultImage mask, final RegisterResults results, final String... clouds) {
		final ImagePlus image = Display.image(title, mask, null);
		final Color[] colours = { Color.YELLOW, Color.MAGENTA };
		for (int i = 0; i < clouds.length; i++) {
			final double[] points = results.points(clouds[i]);
			if (points != null) Display.addPoints(image, mask, points, colours[i]);
		}
		Display.show(image);
	}

	private static void step(final Bridge bridge, final Operation operation, final Map<String, String> values, final ImageJListener listener) {
		final String out = values.get(Fields.OUT);
		final boolean overwrite = flag(values, Fields.OVERWRITE);
		if (Commands.writesItself(operation)) {
			final RunRequest request = request(operation, values);
			request.writes(operation, out, overwrite);
			new Step(bridge, operation).run(new Opened(values), request, listener, results -> {
				if (results.report.get("tables") != null) showTables(operation, results);
				tellSummary(results);
				final File view = new File(out, "view.html");
				if (view.isFile()) IJ.log("CLEM-Reg: for the browser there is " + view);
			});
			return;
		}
		final List<Roi> rois = rois(values);
		try (Output output = out.isEmpty() ? null : Commands.output(operation, out, overwrite)) {
			new Step(bridge, operation).run(CellInputs.of(operation, new Opened(values), rois), request(operation, values), listener, results -> {
				if (output != null) {
					FileRunner.save(operation, results, output);
					if (listener.cancelled()) throw ClemRegException.cancelled();
					output.commit();
				}
				if (operation.name.equals("simulate_clem")) showSample(results);
				else if (operation.name.equals("simulate_cells")) showSections(results);
				else if (operation.name.equals("simulate_organelles")) showOrganelles(results);
				else if (operation.name.equals(SEGMENT_EM)) showObjects(operation, new Opened(values), results);
				else if (operation.composesOrganelles()) {
					showTables(operation, results);
					showObjects(operation, new Opened(values), results);
				}
				else if (operation.findsCells()) {
					showTables(operation, results);
					CellDisplay.show(new CellResults(operation, results), rois);
				}
				else if (results.report.get("tables") != null) {
					showTables(operation, results);
					if (operation.name.equals(EXPORT_FIELDS)) showFields(Images.open(values.get("image")), results);
				}
				else if (Commands.givesTexts(operation)) {
					if (output == null) showTexts(operation, results);
				}
				else for (final Port port : operation.outputs) {
					if (port.isText()) {
						// run.json tells of what is shown already.
						if (output == null && operation.givesItsOwnText()) showTexts(operation, results);
					}
					// Preparing mostly leaves the coordinates alone; the transforms are in the output folder.
					else if (results.names().contains(port.name) && !(port.isTransform() && operation.name.equals("prepare"))) show(operation, port, results);
				}
				if (operation.outputs.isEmpty()) IJ.log(operation.title + "\n" + Json.writePretty(results.report));
				else tellSummary(results);
			});
		}
	}

	/** The cells that the user has in the ROI manager, or null where they are not to be followed. */
	private static List<Roi> rois(final Map<String, String> values) {
		if (!values.containsKey(Fields.ROI_MANAGER) || !flag(values, Fields.ROI_MANAGER)) return null;
		final InputSource inputs = new Opened(values);
		final VolumeImage image = inputs.needed("image").sections(inputs.spacing("image"));
		final List<Roi> rois = CellRoiManager.of(image.image);
		if (rois.isEmpty()) throw ClemRegException.badInput("roi_manager: the ROI Manager holds no ROIs of '" + image.name() + "'. Run Detect Cells first, draw cells there, or switch roi_manager off.");
		return rois;
	}

	/** A cloud from an open table or a CSV file. */
	private static double[] points(final String role, final String text) {
		final ResultsTable table = ResultsTable.getResultsTable(text);
		if (table == null) return PointsFile.read(role, new File(text));
		final double[] zyx = new double[3 * table.size()];
		for (int axis = 0; axis < 3; axis++) {
			final String column = String.valueOf("zyx".charAt(axis));
			if (!table.columnExists(column)) throw ClemRegException.badInput(role + ": the table '" + text + "' has no column " + column + "; z, y and x in nm are needed.");
			for (int i = 0; i < table.size(); i++) zyx[3 * i + axis] = table.getValue(column, i);
		}
		return zyx;
	}

	private static void show(final Operation operation, final Port port, final Step.Results results) {
		final String title = operation.title + ": " + port.name;
		if (port.isPoints()) Display.table(title, results.points(port.name));
		else if (!port.isTransform()) {
			final ResultImage image = results.image(port.name);
			final ImagePlus shown = Display.image(title, image, results.like(image));
			if (operation.name.equals(PROBABILITY)) shown.setDisplayRange(0, 1);
			Display.show(shown);
		}
		else showText(port.name + ".json", results.transform(port.name));
	}

	/** The labels in colours, the mask if there is one, and over all what a user looks at first: the EM with the objects. */
	private static void showObjects(final Operation operation, final InputSource source, final Step.Results results) {
		final ImagePlus labels = Display.image(operation.title + ": labels", results.image("labels"), null);
		LabelColours.show(labels);
		Display.show(labels);
		if (results.names().contains("mask")) Display.show(Display.image(operation.title + ": mask", results.image("mask"), null));
		if (labels.getNSlices() > 1) Display.show(ObjectsOverEm.of(source.needed("image").volume(source.spacing("image")), labels));
	}

	private static void showText(final String title, final String text) {
		if (GraphicsEnvironment.isHeadless()) IJ.log(text);
		else new TextWindow(title, text, TEXT_WIDTH, TEXT_HEIGHT);
	}

	/** What has no file to go to is shown, if it is one text. */
	private static void showTexts(final Operation operation, final Step.Results results) {
		final Map<String, byte[]> files = results.files();
		if (files.size() > 1) throw ClemRegException.badInput("out is missing: this format is a folder of files; name the folder to be made.");
		for (final byte[] file : files.values()) showText(operation.title, new String(file, StandardCharsets.UTF_8));
	}

	private static void showTables(final Operation operation, final Step.Results results) {
		for (final Object item : Json.asList(results.report.get("tables"))) {
			final Map<String, Object> table = Json.asObject(item);
			Display.table(operation.title + ": " + Json.asText(table.get("name"), ""), Json.asList(table.get("columns")), Json.asList(table.get("rows")));
		}
	}

	/** In the log, after what is shown, and in place of the progress. */
	private static void tellSummary(final Step.Results results) {
		final String summary = Json.asText(results.report.get("summary"), "");
		IJ.showStatus("CLEM-Reg: " + (summary.isEmpty() ? "done" : summary.replaceAll("\n(?s:.*)", "")));
		if (!summary.isEmpty()) IJ.log("CLEM-Reg: " + summary);
	}

	/** The sections with the true boxes over them, their labels, and the boxes as a table that can be named as truth. */
	private static void showSections(final Step.Results results) {
		final ImagePlus sections = Display.image("sample-sections.tif", results.image("sections"), null), labels = Display.image("sample-section-labels.tif", results.image("labels"), null);
		sections.resetDisplayRange();
		LabelColours.show(labels);
		Display.show(labels);
		Display.show(sections);
		for (final Object item : Json.asList(results.report.get("tables"))) {
			final Map<String, Object> table = Json.asObject(item);
			Display.table("sample-boxes", Json.asList(table.get("columns")), Json.asList(table.get("rows")));
		}
		Display.front(sections);
	}

	/** The stack with its boxes in the ROI manager, where Segment Organelles finds them; its labels in colours, and the tables of objects and boxes. */
	private static void showOrganelles(final Step.Results results) {
		final ImagePlus labels = Display.image("sample-organelles-labels.tif", results.image("labels"), null);
		LabelColours.show(labels);
		Display.show(labels);
		final ImagePlus stack = Display.image("sample-organelles.tif", results.image("em"), null);
		Display.show(stack);
		for (final Object item : Json.asList(results.report.get("tables"))) {
			final Map<String, Object> table = Json.asObject(item);
			Display.table("sample-organelle-" + Json.asText(table.get("name"), ""), Json.asList(table.get("columns")), Json.asList(table.get("rows")));
			if ("boxes".equals(table.get("name"))) CellRoiManager.add(ObjectRois.of(table, stack), stack);
		}
		Display.front(stack);
	}

	/** The fields over the image from which they were made, if that is open; else over none. */
	private static void showFields(final ImagePlus image, final Step.Results results) {
		if (image != null) Display.addFields(image, Json.asList(results.report.get("fields")));
	}

	private static void showSample(final Step.Results results) {
		Display.show(Display.image("sample-em.tif", results.image("em"), null));
		Display.show(Display.image("sample-em-mask.tif", results.image("em_labels"), null));
		Display.show(Display.image("sample-fm.tif", results.image(results.named("moving")), null));
		if (results.names().contains("em_targets")) Display.show(Display.image("sample-em-targets.tif", results.image("em_targets"), null));
	}
}
