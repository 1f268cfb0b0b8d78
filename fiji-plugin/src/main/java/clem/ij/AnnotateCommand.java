package clem.ij;

import java.awt.Color;
import java.awt.GraphicsEnvironment;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import javax.swing.SwingUtilities;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.json.Json;
import clem.schema.Schema;
import clem.workflow.BoxesFolder;
import clem.workflow.Commands;
import clem.workflow.RunRequest;
import clem.workflow.Step;
import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.plugin.frame.Recorder;

/** Annotate...: opens the window for an image. A person works with it, so it needs a screen. */
final class AnnotateCommand {
	static final String NAME = "annotate";
	private static final String IMAGE = "image", BOXES = "boxes", CLASSES = "classes", PROPOSE = "propose_slices";

	private AnnotateCommand() {}

	static void run(final Bridge bridge, final String options) {
		if (GraphicsEnvironment.isHeadless()) throw ClemRegException.badInput("Annotate needs a screen: a person draws there. Without one use Propose Slices, Import Dataset and Export Dataset.");
		final Map<String, String> given = options == null ? Collections.emptyMap() : MacroOptions.parse(options, Arrays.asList(IMAGE, BOXES, CLASSES));
		final ImagePlus image = given.containsKey(IMAGE) ? Images.open(given.get(IMAGE)) : WindowManager.getCurrentImage();
		if (image == null) throw ClemRegException.badInput(given.containsKey(IMAGE) ? "image: there is no open image '" + given.get(IMAGE) + "'." : "No image is open. Open the EM stack first (File > Import > TIFF Virtual Stack... for a large one).");
		final Map<String, Color> classes = new LinkedHashMap<>();
		for (final String name : given.getOrDefault(CLASSES, "").split(",")) if (!name.trim().isEmpty()) classes.put(name.trim(), null);
		if (Recorder.record) Recorder.recordOption(IMAGE, image.getTitle());
		open(bridge, image, given.containsKey(BOXES) ? new File(given.get(BOXES)) : null, classes, null);
	}

	/** Opens the window; boxes that are in the folder already are loaded. */
	static void open(final Bridge bridge, final ImagePlus image, final File folder, final Map<String, Color> classes, final Consumer<File> afterSave) {
		if (Windows.front(AnnotateWindow.NAME) != null) {
			IJ.showStatus("CLEM-Reg: the window of Annotate is open already; close it to annotate another image.");
			return;
		}
		if (image.getWindow() == null) image.show();
		final BoxesFolder there = folder != null && folder.exists() && !isEmpty(folder) ? read(bridge, folder, image) : null;
		// A dataset is read and left as it is.
		final File target = there == null || isOurs(folder) ? folder : null;
		onSwing(() -> {
			final Annotations boxes = new Annotations(image);
			if (there != null) boxes.load(there);
			classes.forEach((name, colour) -> {
				if (colour != null || !boxes.classes().contains(name)) boxes.addClass(name, colour);
			});
			boxes.start();
			boxes.adopt();
			new AnnotateWindow(boxes, (count, way, seed) -> proposed(bridge, image, count, way, seed), place -> read(bridge, place, image), target, afterSave).open();
		});
	}

	/** Whether a place is a folder of Annotate or Detect Objects, a table or a zip, and no dataset of Darknet, YOLO_mark or Ultralytics. */
	private static boolean isOurs(final File place) {
		return !place.isDirectory() || new File(place, BoxesFolder.BOXES).isFile();
	}

	/** Reads boxes; a dataset is read by Import Dataset first. */
	private static BoxesFolder read(final Bridge bridge, final File place, final ImagePlus image) {
		if (isOurs(place)) return BoxesFolder.read(BOXES, place, image);
		final Map<String, String> values = new LinkedHashMap<>();
		values.put(IMAGE, String.valueOf(image.getID()));
		values.put("dataset", place.getPath());
		final BoxesFolder[] boxes = new BoxesFolder[1];
		try (ImageJListener listener = new ImageJListener(null)) {
			new Step(bridge, Schema.parse(bridge.schema()).operation(Commands.IMPORT_DATASET)).run(new ClemReg.Opened(values), new RunRequest(), listener, results -> boxes[0] = BoxesFolder.of(BOXES, results.files(), image));
		}
		IJ.showProgress(1.0);
		return boxes[0];
	}

	private static boolean isEmpty(final File folder) {
		final String[] files = folder.list();
		return files != null && files.length == 0;
	}

	static void onSwing(final Runnable work) {
		try {
			if (SwingUtilities.isEventDispatchThread()) work.run();
			else SwingUtilities.invokeAndWait(work);
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
		}
		catch (final InvocationTargetException e) {
			if (e.getCause() instanceof RuntimeException) throw (RuntimeException) e.getCause();
			throw new IllegalStateException(e.getCause());
		}
	}

	private static List<Integer> proposed(final Bridge bridge, final ImagePlus image, final int count, final String way, final int seed) {
		final RunRequest request = new RunRequest();
		request.parameters.put("slice_count", (long) count);
		request.parameters.put("slice_choice", way);
		request.parameters.put("seed", (long) seed);
		final List<Integer> slices = new ArrayList<>();
		final Map<String, String> values = new LinkedHashMap<>();
		values.put(IMAGE, String.valueOf(image.getID()));
		try (ImageJListener listener = new ImageJListener(null)) {
			new Step(bridge, Schema.parse(bridge.schema()).operation(PROPOSE)).run(new ClemReg.Opened(values), request, listener, results -> {
				for (final Object slice : Json.asList(results.report.get("slices"))) slices.add(((Number) slice).intValue());
			});
		}
		IJ.showProgress(1.0);
		return slices;
	}
}
