package clem.workflow;

import java.awt.Rectangle;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

import clem.bridge.ClemRegException;
import clem.image.TiffWriter;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.gui.Wand;
import ij.io.RoiDecoder;
import ij.io.RoiEncoder;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;

/** Cells as ImageJ's ROIs: polygons along their pixels, named "cell 12 (0.83)" by number and score, each in its slice; and back, whatever the user made of them. */
public final class CellRois {
	private static final Pattern NAME = Pattern.compile("cell (\\d{1,9})(?: s\\d+)? \\(([01](?:\\.\\d+)?)\\)(?:-\\d+)?");
	/** The names that ImageJ gives ROIs in a stack: slice, y, x. */
	private static final Pattern STACK_NAME = Pattern.compile("(\\d{4,})-\\d{4,}-\\d{4,}(?:-\\d+)?");
	private static final String SUFFIX = ".roi";
	private static final int LARGEST_SHORT = 65535;
	private static final long MOST_BYTES = 256L << 20;

	private CellRois() {}

	/** What a cell's ROI is called; of a track there is one in each section, "cell 12 s3 (0.83)". */
	public static String name(final int number, final double score, final int section, final boolean track) {
		return "cell " + number + (track ? " s" + section : "") + String.format(Locale.ROOT, " (%.2f)", score);
	}

	/** Whether a ROI is named as Detect Cells and Track Cells name theirs. */
	public static boolean isOurs(final Roi roi) {
		return roi.getName() != null && NAME.matcher(roi.getName()).matches();
	}

	/** The score in a ROI's name; 1 where there is none, as for a cell that the user drew. */
	static double score(final Roi roi) {
		final Matcher matcher = NAME.matcher(roi.getName() == null ? "" : roi.getName());
		return matcher.matches() ? Double.parseDouble(matcher.group(2)) : 1;
	}

	/** The cell's number in a ROI's name; 0 where there is none. */
	static int number(final Roi roi) {
		final Matcher matcher = NAME.matcher(roi.getName() == null ? "" : roi.getName());
		return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
	}

	/** The outlines of cells, in their order; a cell without pixels gets its box. */
	static List<Roi> of(final List<CellResults.Cell> cells, final ImageStack labels, final ImagePlus image, final boolean tracks) {
		final List<Roi> rois = new ArrayList<>();
		ImageProcessor slice = null;
		int read = 0;
		for (final CellResults.Cell cell : cells) {
			if (cell.slice != read) {
				slice = labels.getProcessor(cell.slice);
				read = cell.slice;
			}
			final Roi roi = outline(slice, cell);
			roi.setName(name(cell.number, cell.score, cell.slice, tracks));
			place(roi, cell.slice, image);
			rois.add(roi);
		}
		return rois;
	}

	/** Puts a ROI into a slice of an image, all channels of it. */
	public static void place(final Roi roi, final int slice, final ImagePlus image) {
		if (image.getNChannels() > 1) roi.setPosition(0, slice, 0);
		else roi.setPosition(slice);
	}

	/** Along the pixels of the largest part. */
	private static Roi outline(final ImageProcessor labels, final CellResults.Cell cell) {
		final int left = Math.max(0, cell.x), top = Math.max(0, cell.y), right = Math.min(labels.getWidth(), cell.x + cell.width), bottom = Math.min(labels.getHeight(), cell.y + cell.height);
		final Set<Integer> seen = new HashSet<>();
		Roi largest = new Roi(cell.x, cell.y, cell.width, cell.height);
		int most = 0;
		for (int y = top; y < bottom; y++) {
			for (int x = left; x < right; x++) {
				if ((int) labels.getf(x, y) != cell.number || seen.contains(y * labels.getWidth() + x)) continue;
				final Wand wand = new Wand(labels);
				wand.autoOutline(x, y, cell.number, cell.number, Wand.EIGHT_CONNECTED);
				final Roi part = new PolygonRoi(wand.xpoints, wand.ypoints, wand.npoints, Roi.TRACED_ROI);
				final Rectangle bounds = part.getBounds();
				final ImageProcessor mask = part.getMask();
				int count = 0;
				for (int v = 0; v < bounds.height; v++) {
					for (int u = 0; u < bounds.width; u++) {
						if (mask != null && mask.get(u, v) == 0) continue;
						seen.add((bounds.y + v) * labels.getWidth() + bounds.x + u);
						if ((int) labels.getf(bounds.x + u, bounds.y + v) == cell.number) count++;
					}
				}
				seen.add(y * labels.getWidth() + x);
				if (count <= most) continue;
				most = count;
				largest = part;
			}
		}
		return largest;
	}

	/** ROIs as ImageJ's ROI manager saves them. */
	public static byte[] zip(final List<Roi> rois) {
		final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		final Set<String> names = new HashSet<>();
		try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
			for (final Roi roi : rois) {
				String name = roi.getName();
				for (int n = 1; !names.add(name); n++) name = roi.getName() + "-" + n;
				final ZipEntry entry = new ZipEntry(name + SUFFIX);
				// The same cells are the same file.
				entry.setTime(0);
				zip.putNextEntry(entry);
				new RoiEncoder(zip).write(roi);
			}
			// A zip without entries is none to older readers.
			zip.finish();
		}
		catch (final IOException e) {
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, "The ROIs cannot be written: " + e.getMessage(), e);
		}
		return bytes.toByteArray();
	}

	/** The ROIs in a zip or a .roi file. */
	static List<Roi> read(final String role, final File file) {
		final List<Roi> rois = new ArrayList<>();
		try {
			if (file.length() > MOST_BYTES) throw ClemRegException.badInput(role + ": " + file + " has " + (file.length() >> 20) + " MB, more than ROIs need. Is it another file?");
			final byte[] content = Files.readAllBytes(file.toPath());
			if (!file.getName().toLowerCase(Locale.ROOT).endsWith(".zip")) add(role, file, file.getName(), content, rois);
			else try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(content))) {
				for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
					if (!entry.getName().toLowerCase(Locale.ROOT).endsWith(SUFFIX)) continue;
					final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
					final byte[] part = new byte[8192];
					for (int n = zip.read(part); n > 0; n = zip.read(part)) bytes.write(part, 0, n);
					add(role, file, entry.getName(), bytes.toByteArray(), rois);
				}
			}
		}
		catch (final IOException e) {
			throw ClemRegException.badInput(role + ": " + file + " cannot be read: " + TiffWriter.reason(e) + ".", e);
		}
		return rois;
	}

	private static void add(final String role, final File file, final String entry, final byte[] bytes, final List<Roi> rois) {
		final String name = entry.substring(entry.lastIndexOf('/') + 1, entry.length() - SUFFIX.length());
		Roi roi = null;
		try {
			roi = RoiDecoder.openFromByteArray(bytes);
		}
		catch (final RuntimeException e) {
			// Told below.
		}
		if (roi == null) throw ClemRegException.badInput(role + ": " + file.getName() + ": " + entry + " is no ROI of ImageJ. Save the ROIs again (ROI Manager > More > Save).");
		roi.setName(name);
		rois.add(roi);
	}

	/** The slice, from 1, in which a ROI lies; where it says nothing, the first. */
	public static int slice(final Roi roi) {
		if (roi.getZPosition() > 0) return roi.getZPosition();
		if (roi.getPosition() > 0) return roi.getPosition();
		final Matcher matcher = STACK_NAME.matcher(roi.getName() == null ? "" : roi.getName());
		return matcher.matches() ? Math.max(1, Integer.parseInt(matcher.group(1))) : 1;
	}

	/** The table of boxes of ROIs, numbered from 1 in their order. */
	static String table(final List<Roi> rois) {
		final StringBuilder text = new StringBuilder("slice,x,y,width,height,score,cell\n");
		for (int i = 0; i < rois.size(); i++) {
			final Rectangle box = rois.get(i).getBounds();
			text.append(slice(rois.get(i))).append(',').append(box.x).append(',').append(box.y).append(',').append(Math.max(1, box.width)).append(',').append(Math.max(1, box.height)).append(',')
				.append(score(rois.get(i))).append(',').append(i + 1).append('\n');
		}
		return text.toString();
	}

	/** ROIs painted over an image's sections, numbered from 1 in their order; where they overlap, the smaller ones are on top. */
	static ImagePlus paint(final List<Roi> rois, final ImagePlus image) {
		final int width = image.getWidth(), height = image.getHeight(), slices = image.getNSlices();
		final ImageStack stack = new ImageStack(width, height);
		final List<Integer> order = new ArrayList<>();
		for (int i = 0; i < rois.size(); i++) order.add(i);
		order.sort((a, b) -> Long.compare(area(rois.get(b)), area(rois.get(a))));
		for (int z = 1; z <= slices; z++) {
			final ImageProcessor slice = rois.size() > LARGEST_SHORT ? new FloatProcessor(width, height) : new ShortProcessor(width, height);
			for (final int i : order) {
				if (slice(rois.get(i)) != z) continue;
				slice.setValue(i + 1);
				slice.fill(rois.get(i).isArea() ? rois.get(i) : new Roi(rois.get(i).getBounds()));
			}
			stack.addSlice(null, slice);
		}
		final ImagePlus painted = new ImagePlus("labels", stack);
		painted.setDimensions(1, slices, 1);
		return painted;
	}

	private static long area(final Roi roi) {
		return (long) roi.getBounds().width * roi.getBounds().height;
	}
}
