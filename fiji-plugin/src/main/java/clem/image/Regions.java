package clem.image;

import java.awt.GraphicsEnvironment;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

import clem.bridge.ClemRegException;
import clem.schema.Parameter;
import ij.gui.Roi;
import ij.io.RoiDecoder;
import ij.plugin.frame.RoiManager;
import ij.process.FloatPolygon;

/** Regions as the algorithms take them: the corners x,y of a polygon in pixels, several polygons separated by ";". */
public final class Regions {
	/** The parameters that are regions. */
	public static final String[] KEYS = { "roi_polygon", "roi_polygon_em" };

	private Regions() {}

	/**
	 * The polygons that a value means: corners stay as they are; a .roi file or a .zip of them, as the ROI manager saves it, and the name of a
	 * region in the open ROI manager become corners.
	 */
	public static String resolve(final String key, final String text) {
		if (text.matches("[-+0-9eE.,; \t]*")) return text;
		final List<Roi> rois = new ArrayList<>();
		final String lower = text.toLowerCase(Locale.ROOT);
		if (lower.endsWith(".roi") || lower.endsWith(".zip")) rois.addAll(read(key, new File(text)));
		else {
			final RoiManager manager = GraphicsEnvironment.isHeadless() ? null : RoiManager.getInstance2();
			if (manager != null) for (final Roi roi : manager.getRoisAsArray()) if (text.equals(roi.getName())) rois.add(roi);
			if (rois.isEmpty()) {
				throw ClemRegException.badInput(key + " = " + text + " is not allowed: it is neither corners (x,y x,y x,y), nor a .roi or .zip file, nor the name of a region in the ROI manager.");
			}
		}
		return polygons(rois);
	}

	/** The polygons of ROIs. */
	public static String polygons(final List<Roi> rois) {
		final StringBuilder text = new StringBuilder();
		for (final Roi roi : rois) text.append(text.length() == 0 ? "" : "; ").append(polygon(roi));
		return text.toString();
	}

	private static List<Roi> read(final String key, final File file) {
		if (!file.isFile()) throw ClemRegException.badInput(key + ": the file " + file + " does not exist.");
		final List<Roi> rois = new ArrayList<>();
		try {
			if (file.getName().toLowerCase(Locale.ROOT).endsWith(".roi")) rois.add(RoiDecoder.openFromByteArray(Files.readAllBytes(file.toPath())));
			else try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file.toPath()))) {
				for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
					if (entry.getName().toLowerCase(Locale.ROOT).endsWith(".roi")) rois.add(RoiDecoder.openFromByteArray(bytes(zip)));
				}
			}
		}
		catch (final IOException e) {
			throw ClemRegException.badInput(key + ": " + file + " cannot be read: " + TiffWriter.reason(e) + ".", e);
		}
		if (rois.isEmpty() || rois.contains(null)) throw ClemRegException.badInput(key + ": " + file + " holds no region that ImageJ can read. Save it with the ROI manager (More > Save).");
		return rois;
	}

	private static byte[] bytes(final InputStream in) throws IOException {
		final ByteArrayOutputStream out = new ByteArrayOutputStream();
		final byte[] buffer = new byte[1 << 13];
		for (int n = in.read(buffer); n > 0; n = in.read(buffer)) out.write(buffer, 0, n);
		return out.toByteArray();
	}

	private static String polygon(final Roi roi) {
		if (!roi.isArea()) {
			throw ClemRegException.badInput("The selection is a " + roi.getTypeAsString().toLowerCase(Locale.ROOT)
				+ "; a region is a rectangle, polygon, oval or freehand selection. Draw one, or remove it with Edit > Selection > Select None.");
		}
		if (roi.getType() == Roi.COMPOSITE) {
			throw ClemRegException.badInput("The selection has several parts or a hole; a region is one polygon. Draw one around them, or add each part to the ROI manager.");
		}
		final FloatPolygon corners = roi.getFloatPolygon();
		final StringBuilder text = new StringBuilder();
		for (int i = 0; i < corners.npoints; i++) {
			text.append(i == 0 ? "" : " ").append(Parameter.text((double) corners.xpoints[i])).append(',').append(Parameter.text((double) corners.ypoints[i]));
		}
		return text.toString();
	}
}
