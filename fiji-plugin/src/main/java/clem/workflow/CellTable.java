package clem.workflow;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import clem.bridge.ClemRegException;
import clem.image.ImageFiles;
import clem.image.TiffWriter;
import clem.image.VolumeImage;
import clem.schema.Parameter;
import ij.gui.Roi;
import ij.measure.ResultsTable;
import ij.process.ImageProcessor;

/**
 * Tables of cells as the algorithms take them: a box a line and, where a cell is not its whole box, its pixels (column mask: lengths of runs, row by row, outside and inside in turns). A table
 * is taken as it is; ROIs of any shape and label images become one.
 */
public final class CellTable {
	/** What stands in place of a file for the ROIs of the ROI manager. */
	public static final String MANAGER = "ROI Manager";

	private static final String HEADER = "slice,x,y,width,height,score,cell,mask\n";
	private static final String[] COLUMNS = { "slice", "bx", "x", "by", "y", "w", "width", "h", "height", "score", "cell" };
	private static final int LOOKED_AT = 1024, MASK = 255;

	private CellTable() {}

	/** Reads FILE (a table, .roi, a .zip of ROIs, a label image) or FILE#channel of a label image. */
	public static TextFile read(final String role, final String text) {
		final File file = ImageFiles.choice(role, text).file;
		if (!file.isFile()) throw ClemRegException.badInput(role + ": " + (file.exists() ? file + " is a folder; a file is needed." : "there is no file " + file + "."));
		final String name = file.getName().toLowerCase(Locale.ROOT);
		if (name.endsWith(".roi") || name.endsWith(".zip")) return of(role, file.getName(), CellRois.read(role, file));
		return isText(role, file) ? TextFile.read(role, file) : of(ImageFiles.open(role, text));
	}

	/** The table of ROIs; those without a position are in the first section. */
	public static TextFile of(final String role, final String name, final List<Roi> rois) {
		final StringBuilder text = new StringBuilder(HEADER);
		for (final Roi roi : rois) {
			if (!roi.isArea()) {
				throw ClemRegException.badInput(role + ": " + name + ": the ROI " + roi.getName() + " is a " + roi.getTypeAsString().toLowerCase(Locale.ROOT)
					+ ", which has no area; a cell is a rectangle, oval, polygon or freehand ROI.");
			}
			final java.awt.Rectangle box = roi.getBounds();
			final ImageProcessor mask = roi.getMask();
			text.append(CellRois.slice(roi)).append(',').append(box.x).append(',').append(box.y).append(',').append(Math.max(1, box.width)).append(',').append(Math.max(1, box.height)).append(',')
				.append(CellRois.score(roi)).append(',').append(CellRois.number(roi)).append(',');
			if (mask != null) runs(text, box.width, box.height, (x, y) -> mask.get(x, y) != 0);
			text.append('\n');
		}
		return new TextFile(name, text.toString(), null);
	}

	/** The table of a label image: every number in every slice is a cell. */
	public static TextFile of(final VolumeImage.Opened opened) {
		final VolumeImage image = opened.sections(null);
		final StringBuilder text = new StringBuilder(HEADER);
		boolean onlyMask = true, any = false;
		for (int z = 0; z < image.size[0]; z++) {
			final int[] labels = labels(image, z);
			for (final Map.Entry<Integer, int[]> cell : boxes(labels, image.size[2]).entrySet()) {
				final int label = cell.getKey(), width = image.size[2];
				final int[] b = cell.getValue();
				any = true;
				onlyMask &= label == MASK;
				text.append(z + 1).append(',').append(b[0]).append(',').append(b[1]).append(',').append(b[2] - b[0] + 1).append(',').append(b[3] - b[1] + 1).append(",1,").append(label).append(',');
				runs(text, b[2] - b[0] + 1, b[3] - b[1] + 1, (x, y) -> labels[(b[1] + y) * width + b[0] + x] == label);
				text.append('\n');
			}
		}
		if (any && onlyMask) {
			throw ClemRegException.badInput(image.role + ": '" + image.name() + "' is a mask (0 and " + MASK + "): it does not tell one cell from the next. Give an image in which each cell has a number of its own, "
				+ "or its cells as ROIs (Analyze > Analyze Particles, Add to Manager).");
		}
		return new TextFile(image.name(), text.toString(), image.size);
	}

	/** The table that is open in ImageJ, by its own columns. */
	public static TextFile of(final String name, final ResultsTable table) {
		final StringBuilder text = new StringBuilder();
		final List<String> used = new java.util.ArrayList<>();
		for (final String heading : table.getHeadings()) if (java.util.Arrays.asList(COLUMNS).contains(heading.toLowerCase(Locale.ROOT))) used.add(heading);
		text.append(String.join(",", used)).append('\n');
		for (int row = 0; row < table.size(); row++) {
			for (int c = 0; c < used.size(); c++) text.append(c == 0 ? "" : ",").append(Parameter.text(table.getValue(used.get(c), row)));
			text.append('\n');
		}
		return new TextFile(name, text.toString(), null);
	}

	/** Whether a pixel of a box is the cell's. */
	private interface Inside {
		boolean at(int x, int y);
	}

	private static void runs(final StringBuilder text, final int width, final int height, final Inside inside) {
		boolean in = false;
		int length = 0;
		for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) {
			if (inside.at(x, y) != in) {
				text.append(length).append(' ');
				in = !in;
				length = 0;
			}
			length++;
		}
		text.append(length);
	}

	private static int[] labels(final VolumeImage image, final int z) {
		final Object pixels = image.slice(image.channel, z);
		final int[] labels = new int[image.size[1] * image.size[2]];
		for (int i = 0; i < labels.length; i++) {
			if (pixels instanceof byte[]) labels[i] = ((byte[]) pixels)[i] & 0xff;
			else if (pixels instanceof short[]) labels[i] = ((short[]) pixels)[i] & 0xffff;
			else {
				final float value = ((float[]) pixels)[i];
				if (value < 0 || value != Math.rint(value) || value > Integer.MAX_VALUE / 2) {
					throw ClemRegException.badInput(image.role + ": '" + image.name() + "' is no label image: it holds " + value + " in slice " + (z + 1) + "; labels are whole numbers, 0 for the background.");
				}
				labels[i] = (int) value;
			}
		}
		return labels;
	}

	/** The box of each label: first and last column and row as x, y, x, y. */
	private static Map<Integer, int[]> boxes(final int[] labels, final int width) {
		final Map<Integer, int[]> boxes = new TreeMap<>();
		for (int i = 0; i < labels.length; i++) {
			if (labels[i] == 0) continue;
			final int x = i % width, y = i / width;
			final int[] b = boxes.computeIfAbsent(labels[i], label -> new int[] { x, y, x, y });
			b[0] = Math.min(b[0], x);
			b[2] = Math.max(b[2], x);
			b[3] = y;
		}
		return boxes;
	}

	/** Whether a file begins like a text and not like an image. */
	private static boolean isText(final String role, final File file) {
		final byte[] start = new byte[LOOKED_AT];
		try (InputStream in = Files.newInputStream(file.toPath())) {
			final int read = in.read(start);
			for (int i = 0; i < read; i++) if (start[i] == 0) return false;
			return true;
		}
		catch (final IOException e) {
			throw ClemRegException.badInput(role + ": " + file + " cannot be read: " + TiffWriter.reason(e) + ".", e);
		}
	}
}
