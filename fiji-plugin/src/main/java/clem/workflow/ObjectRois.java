package clem.workflow;

import java.awt.geom.Rectangle2D;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import clem.bridge.ClemRegException;
import clem.json.Json;
import ij.ImagePlus;
import ij.gui.Roi;

/** Boxes of objects with classes as ImageJ's ROIs, named "mitochondria 12 (0.83)" by class, number and, if a network found them, score; and back, as a table (slice,name,x,y,width,height,score). */
public final class ObjectRois {
	/** The property of a ROI that holds its class as it is. */
	public static final String CLASS = "clemreg.class";
	private static final Pattern NAME = Pattern.compile("(.*?[^\\s_-])(?:[ _-]*\\d+)?(?: \\(([01](?:\\.\\d+)?)\\))?(?:-\\d+)?");
	/** The names that ImageJ itself gives ROIs: of places. */
	private static final Pattern PLACES = Pattern.compile("\\d{4,}-\\d{4,}(?:-\\d{4,})?(?:-\\d+)?");

	private ObjectRois() {}

	/** What a box's ROI is called. */
	public static String name(final String objectClass, final int number, final double score) {
		return objectClass + " " + number + (score < 1 ? String.format(Locale.ROOT, " (%.2f)", score) : "");
	}

	/** A ROI's class by its property or its name, or null. */
	public static String objectClass(final Roi roi) {
		final String own = roi.getProperty(CLASS);
		if (own != null && !own.isEmpty()) return own;
		final Matcher matcher = matcher(roi);
		return matcher == null ? null : matcher.group(1);
	}

	/** The score in a ROI's name; 1 where there is none, as for a box that a person drew. */
	public static double score(final Roi roi) {
		final Matcher matcher = matcher(roi);
		return matcher == null || matcher.group(2) == null ? 1 : Math.min(1, Double.parseDouble(matcher.group(2)));
	}

	private static Matcher matcher(final Roi roi) {
		if (roi.getName() == null || PLACES.matcher(roi.getName()).matches()) return null;
		final Matcher matcher = NAME.matcher(roi.getName());
		return matcher.matches() ? matcher : null;
	}

	/** The ROI of a box. */
	public static Roi roi(final String objectClass, final int number, final double score, final int slice, final double[] box, final ImagePlus image) {
		final Roi roi = new Roi(box[0], box[1], box[2], box[3]);
		roi.setName(name(objectClass, number, score));
		roi.setProperty(CLASS, objectClass);
		if (image != null) CellRois.place(roi, slice, image);
		else roi.setPosition(slice);
		return roi;
	}

	/** The boxes of a report's table, numbered within their classes. */
	public static List<Roi> of(final Map<String, Object> table, final ImagePlus image) {
		final List<Object> columns = Json.asList(table.get("columns"));
		final int[] at = new int[7];
		final String[] names = { "slice", "name", "x", "y", "width", "height", "score" };
		for (int i = 0; i < at.length; i++) at[i] = columns.indexOf(names[i]);
		final Map<String, Integer> numbers = new LinkedHashMap<>();
		final List<Roi> rois = new ArrayList<>();
		for (final Object item : Json.asList(table.get("rows"))) {
			final List<Object> row = Json.asList(item);
			final String name = Json.asText(row.get(at[1]), "");
			final double[] v = new double[7];
			for (int i = 0; i < v.length; i++) if (i != 1) v[i] = ((Number) row.get(at[i])).doubleValue();
			rois.add(roi(name, numbers.merge(name, 1, Integer::sum), v[6], (int) v[0], new double[] { v[2], v[3], v[4], v[5] }, image));
		}
		return rois;
	}

	/** The table of ROIs: each one's bounds, class and score. */
	static TextFile table(final String role, final String name, final List<Roi> rois) {
		final StringBuilder text = new StringBuilder("slice,name,x,y,width,height,score\n");
		for (final Roi roi : rois) {
			final String objectClass = objectClass(roi);
			if (!roi.isArea()) {
				throw ClemRegException.badInput(role + ": " + name + ": the ROI " + roi.getName() + " is a " + roi.getTypeAsString().toLowerCase(Locale.ROOT) + ", which has no area; draw a rectangle round the object.");
			}
			if (objectClass == null) {
				throw ClemRegException.badInput(role + ": " + name + ": the ROI " + roi.getName() + " has no class. Draw with Annotate..., or rename it in the ROI Manager: the class, then a number, such as 'mitochondria 12'.");
			}
			final Rectangle2D.Double box = roi.getFloatBounds();
			text.append(CellRois.slice(roi)).append(",\"").append(objectClass.replace("\"", "\"\"")).append("\",").append(box.x).append(',').append(box.y).append(',').append(box.width).append(',').append(box.height).append(',')
				.append(score(roi)).append('\n');
		}
		return new TextFile(name, text.toString(), null);
	}

	/** A folder or a table, which the algorithms read themselves (a File), or the table of the ROIs in a .zip or .roi file (a TextFile). */
	static Object read(final String role, final String text) {
		final File file = new File(text);
		if (!file.exists()) throw ClemRegException.badInput(role + ": there is no file and no folder " + file + ".");
		final String name = file.getName().toLowerCase(Locale.ROOT);
		return name.endsWith(".zip") || name.endsWith(".roi") ? table(role, file.getName(), CellRois.read(role, file)) : file;
	}

	/** The table of the ROIs that a user has in the ROI manager. */
	public static TextFile ofManager(final String role, final List<Roi> rois) {
		return table(role, CellTable.MANAGER, rois);
	}
}
