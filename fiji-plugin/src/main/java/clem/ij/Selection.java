package clem.ij;

import java.awt.GraphicsEnvironment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import clem.image.Regions;
import clem.schema.Parameter;
import ij.IJ;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.plugin.frame.RoiManager;
import ij.process.FloatPolygon;

/** The region that the user has drawn: the selection of an image, else what the ROI manager holds. */
final class Selection {
	/** The macro keys of the fluorescence's region and of the EM's. */
	static final String KEY = "roi_polygon", EM_KEY = "roi_polygon_em";

	/** Polygons as {@link Regions} writes them, or "". */
	final String polygon;
	/** The first and last slice from 1, or 0. */
	final int zMin;
	final int zMax;

	private Selection(final String polygon, final int zMin, final int zMax) {
		this.polygon = polygon;
		this.zMin = zMin;
		this.zMax = zMax;
	}

	/**
	 * The region for the fluorescence (or null): its selection, else the ROIs chosen in the manager, all when none is, but for cells and objects that were found or annotated. With several of them
	 * their slices give the z range.
	 */
	static Selection of(final ImagePlus image) {
		// Without a screen there is no manager, and ImageJ throws when a macro in batch mode asks for one.
		final RoiManager manager = GraphicsEnvironment.isHeadless() ? null : RoiManager.getInstance2();
		final List<Roi> rois = new ArrayList<>(manager == null ? Collections.emptyList() : Arrays.asList(manager.getSelectedRoisAsArray()));
		// Cells and boxes of objects are no regions.
		rois.removeIf(CellRoiManager::isFound);
		int low = 0, high = 0;
		for (final Roi one : rois) {
			final int z = one.hasHyperStackPosition() ? one.getZPosition() : image != null && image.getNChannels() == 1 ? one.getPosition() : 0;
			if (z > 0 && rois.size() > 1) {
				low = low == 0 ? z : Math.min(low, z);
				high = Math.max(high, z);
			}
		}
		final Roi drawn = image == null ? null : image.getRoi();
		return new Selection(Regions.polygons(drawn == null ? rois : Collections.singletonList(drawn)), low, high);
	}

	/** Says in the log, where a run that could have a region has none, which open images have a selection that does not count, since they are none of the run's: it may have been drawn on the wrong one. */
	static void tellUnused(final Map<String, String> values) {
		if (!values.getOrDefault(KEY, "").isEmpty() || !values.getOrDefault(EM_KEY, "").isEmpty()) return;
		for (final String title : Images.titles()) {
			final ImagePlus image = Images.open(title);
			final boolean drawn = image != null && image.getRoi() != null && image.getRoi().isArea();
			if (drawn && !values.containsValue(title) && !values.containsValue(String.valueOf(image.getID()))) IJ.log("CLEM-Reg: the selection of " + title + " is not used; a region is drawn on the fluorescence, or on the EM.");
		}
	}

	/** The points marked in an image (or null), x,y; x,y in pixels from the first one's centre; "" where the selection is none of points. */
	static String points(final ImagePlus image) {
		final Roi roi = image == null ? null : image.getRoi();
		if (roi == null || roi.getType() != Roi.POINT) return "";
		final FloatPolygon points = roi.getFloatPolygon();
		// Points on whole pixels are those pixels; between pixels ImageJ counts from the first one's corner.
		double corner = 0;
		for (int i = 0; i < points.npoints; i++) if (points.xpoints[i] != Math.rint(points.xpoints[i]) || points.ypoints[i] != Math.rint(points.ypoints[i])) corner = 0.5;
		final StringBuilder text = new StringBuilder();
		for (int i = 0; i < points.npoints; i++) {
			text.append(i == 0 ? "" : "; ").append(Parameter.text((double) points.xpoints[i] - corner)).append(',').append(Parameter.text((double) points.ypoints[i] - corner));
		}
		return text.toString();
	}

	/** The region drawn on the EM (or null): its selection only; the ROI manager is the fluorescence's. */
	static String onEm(final ImagePlus image) {
		return image == null || image.getRoi() == null ? "" : Regions.polygons(Collections.singletonList(image.getRoi()));
	}
}
