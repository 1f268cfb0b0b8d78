package clem.ij;

import java.awt.Color;
import java.awt.EventQueue;
import java.awt.GraphicsEnvironment;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import clem.bridge.ClemRegException;
import clem.image.LabelColours;
import clem.workflow.CellResults;
import clem.workflow.CellRois;
import clem.workflow.ObjectRois;
import ij.IJ;
import ij.ImagePlus;
import ij.Prefs;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.plugin.frame.RoiManager;
import ij.process.FloatPolygon;

/**
 * Cells in ImageJ's ROI manager, where the user corrects them; without a screen, where there is no ROI manager, in the image's overlay. What the user has drawn, changed or
 * added there stays; only cells that lie as an earlier run has put them give way to those of the next.
 */
final class CellRoiManager {
	/** The property of our ROIs: image and outline, by which an outline that the user has changed is told apart. */
	private static final String KEY = "clemreg";

	private CellRoiManager() {}

	/** The manager's ROIs, or those of the overlay, that belong to an image. */
	static List<Roi> of(final ImagePlus image) {
		final List<Roi> rois = new ArrayList<>();
		for (final Roi roi : all(image)) if (!isOfAnother(roi, image)) rois.add(roi);
		return rois;
	}

	/** The ROIs that stand for an input that is a table of cells: those that belong to the image, or all where none is given. */
	static List<Roi> cells(final String role, final ImagePlus image) {
		final List<Roi> rois = new ArrayList<>();
		if (image != null) rois.addAll(of(image));
		else if (any()) rois.addAll(Arrays.asList(RoiManager.getInstance2().getRoisAsArray()));
		rois.removeIf(roi -> roi.getName() != null && roi.getName().startsWith(Display.FIELD));
		if (rois.isEmpty()) {
			throw ClemRegException.badInput(role + ": the ROI Manager holds no ROIs" + (image == null ? "" : " of '" + image.getTitle() + "'") + ". Run Detect Cells first, draw cells there, or give a file.");
		}
		return rois;
	}

	/** Whether there is anything in the ROI manager. */
	static boolean any() {
		return !GraphicsEnvironment.isHeadless() && RoiManager.getInstance2() != null && RoiManager.getInstance2().getCount() > 0;
	}

	/** Whether cells of an image are there, as Detect Cells names them. */
	static boolean hasCells(final ImagePlus image) {
		if (image == null) return false;
		for (final Roi roi : all(image)) if (CellRois.isOurs(roi) && image.getTitle().equals(title(roi))) return true;
		return false;
	}

	/** Whether boxes of objects with classes are there that belong to an image. */
	static boolean hasObjects(final ImagePlus image) {
		if (image == null) return false;
		for (final Roi roi : of(image)) if (roi.getProperty(ObjectRois.CLASS) != null) return true;
		return false;
	}

	/** Whether a ROI is a cell or an object that a command of ours has put there. */
	static boolean isFound(final Roi roi) {
		return roi.getProperty(KEY) != null || roi.getProperty(ObjectRois.CLASS) != null;
	}

	private static List<Roi> all(final ImagePlus image) {
		if (GraphicsEnvironment.isHeadless()) return image.getOverlay() == null ? new ArrayList<>() : Arrays.asList(image.getOverlay().toArray());
		final RoiManager manager = RoiManager.getInstance2();
		return manager == null ? new ArrayList<>() : Arrays.asList(manager.getRoisAsArray());
	}

	/** The image that our ROI was found in, or null. */
	private static String title(final Roi roi) {
		final String mark = roi.getProperty(KEY);
		return mark == null ? null : mark.substring(mark.indexOf(' ') + 1);
	}

	/** A ROI that says of which image it is belongs to that one; others belong to any image that holds them. */
	private static boolean isOfAnother(final Roi roi, final ImagePlus image) {
		final String title = title(roi);
		return title != null && !title.equals(image.getTitle());
	}

	private static boolean isUnchanged(final Roi roi, final ImagePlus image) {
		return CellRois.isOurs(roi) && mark(roi, image).equals(roi.getProperty(KEY));
	}

	private static String mark(final Roi roi, final ImagePlus image) {
		final FloatPolygon line = roi.getFloatPolygon();
		return Integer.toHexString(31 * Arrays.hashCode(Arrays.copyOf(line.xpoints, line.npoints)) + Arrays.hashCode(Arrays.copyOf(line.ypoints, line.npoints))) + " " + image.getTitle();
	}

	/** Puts newly found cells there. */
	static void add(final CellResults cells, final ImagePlus image) {
		final List<Roi> kept = new ArrayList<>();
		int replaced = 0, changed = 0;
		for (final Roi roi : all(image)) {
			if (isUnchanged(roi, image)) replaced++;
			else {
				if (CellRois.isOurs(roi) && !isOfAnother(roi, image)) changed++;
				kept.add(roi);
			}
		}
		final List<Roi> all = new ArrayList<>(kept);
		for (int i = 0; i < cells.rois().size(); i++) all.add(marked((Roi) cells.rois().get(i).clone(), cells.cells().get(i).number, image, cells.tracks));
		set(all, image);
		if (replaced + changed > 0) {
			IJ.log("CLEM-Reg: " + replaced + " cells of an earlier run were replaced" + (changed > 0 ? "; " + changed + " that you changed stay: look for cells that are there twice." : "."));
		}
	}

	/** Puts boxes of objects there, in the colours of their classes, in place of those of an image of the same title. */
	static void add(final List<Roi> boxes, final ImagePlus image) {
		final List<Roi> all = new ArrayList<>();
		for (final Roi roi : all(image)) if (roi.getProperty(ObjectRois.CLASS) == null || isOfAnother(roi, image)) all.add(roi);
		final List<String> classes = new ArrayList<>();
		for (final Roi roi : boxes) {
			final String name = ObjectRois.objectClass(roi);
			if (!classes.contains(name)) classes.add(name);
			roi.setStrokeColor(LabelColours.colour(classes.indexOf(name) % LabelColours.COUNT));
			roi.setProperty(KEY, mark(roi, image));
			all.add(roi);
		}
		set(all, image);
	}

	/** Gives the ROIs that were followed the numbers and colours of their tracks; what belongs to no track stays as it is. */
	static void rename(final CellResults cells, final List<Roi> given, final ImagePlus image) {
		final List<Roi> all = all(image);
		for (final int[] number : cells.numbers()) {
			if (number[1] < 1 || number[1] > given.size()) continue;
			final Roi roi = given.get(number[1] - 1);
			final boolean unchanged = isUnchanged(roi, image);
			for (final CellResults.Cell cell : cells.cells()) {
				if (cell.slice == number[0] && cell.number == number[2]) roi.setName(CellRois.name(cell.number, cell.score, cell.slice, true));
			}
			roi.setStrokeColor(LabelColours.colour((number[2] - 1) % LabelColours.COUNT));
			// A ROI that the user drew stays one of the user's.
			if (unchanged) marked(roi, number[2], image, true);
		}
		set(all, image);
	}

	private static Roi marked(final Roi roi, final int number, final ImagePlus image, final boolean track) {
		roi.setStrokeColor(track ? LabelColours.colour((number - 1) % LabelColours.COUNT) : Color.YELLOW);
		roi.setProperty(KEY, mark(roi, image));
		return roi;
	}

	private static void set(final List<Roi> rois, final ImagePlus image) {
		if (GraphicsEnvironment.isHeadless()) {
			final Overlay overlay = new Overlay();
			rois.forEach(overlay::add);
			image.setOverlay(overlay.size() == 0 ? null : overlay);
			return;
		}
		try {
			if (EventQueue.isDispatchThread()) fill(rois, image);
			else EventQueue.invokeAndWait(() -> fill(rois, image));
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
		}
		catch (final InvocationTargetException e) {
			throw new IllegalStateException(e.getCause());
		}
	}

	private static void fill(final List<Roi> rois, final ImagePlus image) {
		final RoiManager open = RoiManager.getInstance2(), manager = open == null ? new RoiManager() : open;
		manager.reset();
		// Not addRoi, which moves the current image to each ROI's slice.
		for (final Roi roi : rois) manager.add((ImagePlus) null, roi, -1);
		if (image.getStackSize() > 1) Prefs.showAllSliceOnly = true;
		manager.runCommand(image, "Show All");
	}
}
