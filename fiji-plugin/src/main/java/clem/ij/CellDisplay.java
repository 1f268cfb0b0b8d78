package clem.ij;

import java.awt.GraphicsEnvironment;
import java.util.List;

import clem.workflow.CellResults;
import ij.IJ;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.macro.Interpreter;

/** Shows the cells that were found: in the ROI manager and over the image, as labels. The tables are shown as those of any operation. */
final class CellDisplay {
	private CellDisplay() {}

	/**
	 * Shows them.
	 *
	 * @param given the ROIs that were followed, or null where the cells were found here
	 */
	static void show(final CellResults cells, final List<Roi> given) {
		final ImagePlus image = cells.image().open();
		Display.room(cells.labelBytes());
		final ImagePlus labels = cells.labels(cells.title() + ": labels", true);
		if (labels.getStackSize() == image.getStackSize()) labels.setSlice(image.getCurrentSlice());
		Display.show(labels);
		if (GraphicsEnvironment.isHeadless() && !Interpreter.isBatchMode()) {
			IJ.log("CLEM-Reg: without a screen the cells are shown nowhere; give an output (out) to save them.");
			return;
		}
		// An image that came from a file is not open yet.
		if (image.getWindow() == null && !Interpreter.isBatchMode()) image.show();
		if (given == null) CellRoiManager.add(cells, image);
		else CellRoiManager.rename(cells, given, image);
		// The outlines are what a user looks at first; the labels lie below.
		Display.front(image);
	}
}
