package clem.ij;

import clem.bridge.ClemRegException;
import clem.schema.Parameter;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.plugin.frame.RoiManager;
import ij.process.FloatPolygon;

/** The region that the user has drawn: the selection of the fluorescence image, else what the ROI manager holds. */
final class Selection {
	/** "x,y x,y ..." in pixels, or "". */
	final String polygon;
	/** The first and last slice from 1, or 0. */
	final int zMin;
	final int zMax;

	private Selection(final String polygon, final int zMin, final int zMax) {
		this.polygon = polygon;
		this.zMin = zMin;
		this.zMax = zMax;
	}

	/** The region for an image (or null). With several ROIs in the manager their slices give the z range. */
	static Selection of(final ImagePlus image) {
		// Without a screen there is no manager, and ImageJ throws when a macro in batch mode asks for one.
		final RoiManager manager = java.awt.GraphicsEnvironment.isHeadless() ? null : RoiManager.getInstance2();
		final Roi[] rois = manager == null ? new Roi[0] : manager.getSelectedRoisAsArray();
		final Roi drawn = image == null ? null : image.getRoi();
		final Roi roi = drawn != null ? drawn : rois.length > 0 ? rois[0] : null;
		int low = 0, high = 0;
		for (final Roi one : rois) {
			final int z = one.hasHyperStackPosition() ? one.getZPosition() : image != null && image.getNChannels() == 1 ? one.getPosition() : 0;
			if (z > 0 && rois.length > 1) {
				low = low == 0 ? z : Math.min(low, z);
				high = Math.max(high, z);
			}
		}
		return new Selection(roi == null ? "" : polygon(roi), low, high);
	}

	private static String polygon(final Roi roi) {
		if (!roi.isArea()) {
			throw ClemRegException.badInput("The selection is a " + roi.getTypeAsString().toLowerCase(java.util.Locale.ROOT)
				+ "; a region is a rectangle, polygon, oval or freehand selection. Draw one, or remove it with Edit > Selection > Select None.");
		}
		if (roi.getType() == Roi.COMPOSITE) {
			throw ClemRegException.badInput("The selection has several parts or a hole; a region is one polygon. Draw one around them.");
		}
		final FloatPolygon corners = roi.getFloatPolygon();
		final StringBuilder text = new StringBuilder();
		for (int i = 0; i < corners.npoints; i++) {
			text.append(i == 0 ? "" : " ").append(Parameter.text((double) corners.xpoints[i])).append(',').append(Parameter.text((double) corners.ypoints[i]));
		}
		return text.toString();
	}
}
