package clem.workflow;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import clem.bridge.ClemRegException;
import ij.ImagePlus;
import ij.gui.Roi;

/** A folder of boxes as Annotate keeps it: boxes.csv, obj.names, slices.csv. It is written whole or not at all. */
public final class BoxesFolder {
	public static final String BOXES = "boxes.csv", NAMES = "obj.names", SLICES = "slices.csv";
	private static final int LARGEST_SLICE = 10_000_000;

	/** The classes' names by number. */
	public final List<String> classes = new ArrayList<>();
	/** The boxes as ROIs, each with its class. */
	public final List<Roi> rois = new ArrayList<>();
	/** The slices (from 1) that are to be looked at, and whether they were. */
	public final Map<Integer, Boolean> slices = new TreeMap<>();

	/** Reads a folder, or a table with obj.names and slices.csv beside it, or a zip of ROIs. */
	public static BoxesFolder read(final String role, final File place, final ImagePlus image) {
		final BoxesFolder read = new BoxesFolder();
		final String name = place.getName().toLowerCase(java.util.Locale.ROOT);
		if (place.isFile() && (name.endsWith(".zip") || name.endsWith(".roi"))) {
			read.ofRois(role, place);
			return read;
		}
		final File folder = place.isDirectory() ? place : place.getAbsoluteFile().getParentFile(), table = place.isDirectory() ? new File(place, BOXES) : place;
		if (!table.isFile()) throw ClemRegException.badInput(role + ": there is no " + table + ". Give a folder of Annotate or Detect Objects, its " + BOXES + " or a zip of ROIs; datasets of others are read by Import Dataset.");
		final File names = new File(folder, NAMES), list = new File(folder, SLICES);
		if (names.isFile()) read.names(RunRequest.readText(role, names));
		read.table(role, table.getName(), RunRequest.readText(role, table), image);
		if (list.isFile()) read.slices(role, list.getName(), RunRequest.readText(role, list));
		return read;
	}

	/** The same of files by name, as Import Dataset gives them. */
	public static BoxesFolder of(final String role, final Map<String, byte[]> files, final ImagePlus image) {
		final BoxesFolder read = new BoxesFolder();
		read.names(text(files, NAMES));
		read.table(role, BOXES, text(files, BOXES), image);
		read.slices(role, SLICES, text(files, SLICES));
		return read;
	}

	private static String text(final Map<String, byte[]> files, final String name) {
		return new String(files.get(name), StandardCharsets.UTF_8);
	}

	private void names(final String text) {
		for (final String line : Csv.lines(text)) if (!line.trim().isEmpty()) classes.add(line.trim());
	}

	private void ofRois(final String role, final File file) {
		for (final Roi roi : CellRois.read(role, file)) {
			final String objectClass = ObjectRois.objectClass(roi);
			if (objectClass == null) throw ClemRegException.badInput(role + ": " + file.getName() + ": the ROI " + roi.getName() + " has no class. Rename it in the ROI Manager: the class, then a number, such as 'mitochondria 12'.");
			roi.setProperty(ObjectRois.CLASS, objectClass);
			rois.add(roi);
			if (!classes.contains(objectClass)) classes.add(objectClass);
		}
	}

	private void table(final String role, final String file, final String text, final ImagePlus image) {
		final String[] lines = Csv.lines(text);
		final List<String> header = Csv.split(lines[0].toLowerCase(java.util.Locale.ROOT), ',');
		final String[] columns = { "slice", "x", "y", "width", "height", "score", "class", "name" };
		final int[] at = new int[columns.length];
		for (int i = 0; i < at.length; i++) {
			at[i] = header.indexOf(columns[i]);
			if (at[i] < 0 && i < 5) throw ClemRegException.badInput(role + ": " + file + ": line 1: there is no column " + columns[i] + ".");
		}
		final Map<String, Integer> numbers = new LinkedHashMap<>();
		for (int l = 1; l < lines.length; l++) {
			if (lines[l].trim().isEmpty()) continue;
			final List<String> cells = Csv.split(lines[l], ',');
			final double[] v = new double[6];
			v[5] = 1;
			for (int i = 0; i < v.length; i++) if (at[i] >= 0) v[i] = number(role, file, l + 1, columns[i], at[i] < cells.size() ? cells.get(at[i]) : "");
			if (v[0] < 1 || v[0] != Math.rint(v[0]) || v[0] > LARGEST_SLICE) throw bad(role, file, l + 1, "slice must be a whole number from 1 on");
			if (!(v[3] > 0 && v[4] > 0)) throw bad(role, file, l + 1, "width and height must be above 0");
			if (image != null && v[0] > image.getNSlices()) throw bad(role, file, l + 1, "slice " + (int) v[0] + ", but the image has " + image.getNSlices() + ". Are the boxes of another image?");
			final String name = at[7] >= 0 && at[7] < cells.size() ? cells.get(at[7]) : "", number = at[6] >= 0 && at[6] < cells.size() ? cells.get(at[6]) : "";
			final String objectClass = name.isEmpty() ? named(role, file, l + 1, number) : name;
			if (!classes.contains(objectClass)) classes.add(objectClass);
			rois.add(ObjectRois.roi(objectClass, numbers.merge(objectClass, 1, Integer::sum), v[5], (int) v[0], new double[] { v[1], v[2], v[3], v[4] }, image));
		}
	}

	private String named(final String role, final String file, final int line, final String number) {
		try {
			final int index = Integer.parseInt(number);
			if (index >= 0) return index < classes.size() ? classes.get(index) : "class_" + index;
		}
		catch (final NumberFormatException e) {
			// Told below, as a missing one is.
		}
		throw bad(role, file, line, "the box has neither a name nor a class's number");
	}

	private static double number(final String role, final String file, final int line, final String column, final String text) {
		try {
			final double value = Double.parseDouble(text);
			if (!Double.isNaN(value) && !Double.isInfinite(value)) return value;
		}
		catch (final NumberFormatException e) {
			// Told below, as NaN is.
		}
		throw bad(role, file, line, column + " is '" + text + "', which is no number");
	}

	private static ClemRegException bad(final String role, final String file, final int line, final String what) {
		return ClemRegException.badInput(role + ": " + file + ": line " + line + ": " + what + ".");
	}

	private void slices(final String role, final String file, final String text) {
		final String[] lines = Csv.lines(text);
		for (int l = 1; l < lines.length; l++) {
			if (lines[l].trim().isEmpty()) continue;
			final List<String> cells = Csv.split(lines[l], ',');
			if (cells.size() != 2 || !cells.get(0).matches("[1-9]\\d{0,7}") || !cells.get(1).matches("[01]")) throw bad(role, file, l + 1, "it is no slice, counted from 1, with 1 (annotated) or 0 after it");
			slices.put(Integer.parseInt(cells.get(0)), cells.get(1).equals("1"));
		}
	}

	/** Writes the folder; files of other names stay. */
	public void write(final File folder) {
		final StringBuilder boxes = new StringBuilder("slice,class,name,x,y,width,height,score\n"), list = new StringBuilder("slice,annotated\n");
		for (final Roi roi : rois) {
			final String objectClass = ObjectRois.objectClass(roi);
			final java.awt.geom.Rectangle2D.Double box = roi.getFloatBounds();
			boxes.append(Csv.line(java.util.Arrays.asList(String.valueOf(CellRois.slice(roi)), String.valueOf(classes.indexOf(objectClass)), objectClass, text(box.x), text(box.y), text(box.width), text(box.height), text(ObjectRois.score(roi)))));
		}
		slices.forEach((slice, annotated) -> list.append(slice).append(annotated ? ",1\n" : ",0\n"));
		final StringBuilder names = new StringBuilder();
		classes.forEach(name -> names.append(name).append('\n'));
		try (Output output = Output.folder(folder.getPath(), true)) {
			output.text(output.path(BOXES), boxes.toString());
			output.text(output.path(NAMES), names.toString());
			output.text(output.path(SLICES), list.toString());
			output.commit();
		}
	}

	private static String text(final double value) {
		return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
	}
}
