package clem.ij;

import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JDialog;
import javax.swing.JTabbedPane;
import javax.swing.JTextArea;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.OvalRoi;
import ij.gui.Roi;
import ij.measure.ResultsTable;
import ij.plugin.frame.Recorder;
import ij.plugin.frame.RoiManager;

/**
 * Uses Detect Cells and Track Cells as a person does, in an ImageJ with a screen and the plugin in its plugins folder: preview, another threshold, OK; corrects the cells in the ROI
 * manager, and has them followed. Takes screenshots. Arguments: sections, the folder for the screenshots. The last line is "USED" when all went as it should.
 */
public final class CellUse {
	private CellUse() {}

	public static void main(final String[] args) {
		Screen.use(args[1], () -> use(args[0], args[1]));
	}

	private static void use(final String file, final String shots) throws Exception {
		new ImageJ();
		new Recorder();
		Recorder.getInstance().setLocation(20, 800);
		final ImagePlus image = IJ.openImage(file);
		image.show();
		image.setSlice(2);
		image.getWindow().setLocation(20, 180);
		final RoiManager manager = new RoiManager();
		manager.setLocation(1300, 180);
		final Roi own = new Roi(5, 5, 20, 10);
		own.setName("a ruler");
		manager.addRoi(own);

		IJ.doCommand("Detect Cells...");
		Screen.wait("the dialog", () -> Dialogs.shown("clemreg.detect_cells") != null);
		final JDialog dialog = Dialogs.shown("clemreg.detect_cells");
		SwingUtilities.invokeAndWait(() -> {
			dialog.setLocation(440, 180);
			show(dialog, "cell_score", "Cells");
			Dialogs.part(dialog, JCheckBox.class, "preview").doClick();
		});
		Screen.wait("the preview: " + status(dialog), () -> status(dialog).startsWith("Slice 2, computed"));
		final int before = image.getOverlay().size();
		Screen.shot(shots, "cells-preview");
		SwingUtilities.invokeAndWait(() -> Dialogs.part(dialog, JTextField.class, "cell_score").setText("0.52"));
		Screen.wait("fewer cells at a higher score", () -> status(dialog).startsWith("Slice 2, computed") && image.getOverlay() != null && image.getOverlay().size() < before);
		// As a person scrolls while the dialog is open.
		IJ.doCommand("Next Slice [>]");
		Screen.wait("the next slice's preview", () -> status(dialog).startsWith("Slice 3, computed"));
		SwingUtilities.invokeAndWait(() -> {
			Dialogs.part(dialog, JTextField.class, "cell_score").setText("0.25");
			Dialogs.part(dialog, JButton.class, "ok").doClick();
		});
		Screen.wait("the result", () -> WindowManager.getImage("Detect cells: labels") != null && manager.getCount() > 1);
		final int found = manager.getCount() - 1;
		Screen.check("the image's overlay is as before", image.getOverlay() == null);
		Screen.check("the user's ROI stays", manager.getRoi(0).getName().equals("a ruler"));
		Screen.check("cells have names with scores: " + manager.getName(1), manager.getName(1).matches("cell 1 \\(0\\.\\d\\d\\)"));
		Screen.check("and lie in their slices", manager.getRoi(1).getPosition() == 1 && manager.getRoi(found).getPosition() == 4);
		final ResultsTable table = ResultsTable.getResultsTable("Detect cells: cells");
		Screen.check("a table with a line a cell", table != null && table.size() == found && table.columnExists("diameter_um"));
		Screen.wait("what was recorded", () -> Recorder.getInstance().getText().contains("run(\"Detect Cells...\", \"image=" + image.getTitle() + " "));
		Screen.check("with its score: " + Recorder.getInstance().getText(), Recorder.getInstance().getText().contains("cell_score=0.25 "));
		leaf(image, "Detect cells: labels");
		Screen.shot(shots, "cells-found");

		// The user takes the first cell out and draws one more.
		final String gone = manager.getName(1);
		manager.select(1);
		manager.runCommand("Delete");
		final Roi drawn = new OvalRoi(250, 20, 30, 30);
		drawn.setPosition(2);
		image.setSlice(2);
		manager.addRoi(drawn);
		Screen.check("corrected", manager.getCount() == found + 1);
		IJ.selectWindow(image.getID());
		IJ.doCommand("Track Cells...");
		Screen.wait("the dialog", () -> Dialogs.shown("clemreg.track_cells") != null);
		final JDialog tracking = Dialogs.shown("clemreg.track_cells");
		Screen.check("the ROI manager's cells are offered", Dialogs.part(tracking, JCheckBox.class, "roi_manager").isSelected());
		SwingUtilities.invokeAndWait(() -> Dialogs.part(tracking, JButton.class, "ok").doClick());
		Screen.wait("the tracks", () -> WindowManager.getImage("Track cells: labels") != null && manager.getName(1).matches("cell \\d+ s\\d .*"));
		Screen.check("nothing is added or lost: " + manager.getCount(), manager.getCount() == found + 1);
		final ImagePlus labels = WindowManager.getImage("Track cells: labels");
		Screen.check("the drawn cell is there", labels.getStack().getProcessor(2).get(265, 35) > 0);
		final int followed = ResultsTable.getResultsTable("Track cells: cells").size();
		Screen.check("the deleted one is not: " + gone + ", " + followed + " of " + manager.getCount(), followed == manager.getCount());
		Screen.check("tracks have a table", ResultsTable.getResultsTable("Track cells: tracks") != null);
		leaf(image, "Track cells: labels");
		Screen.shot(shots, "cells-tracked");
	}

	/** The same slice of both. */
	private static void leaf(final ImagePlus image, final String labels) throws Exception {
		SwingUtilities.invokeAndWait(() -> {
			WindowManager.getImage(labels).setSlice(2);
			image.setSlice(2);
		});
		IJ.wait(1000);
	}

	private static void show(final JDialog dialog, final String key, final String tab) {
		final JTabbedPane tabs = (JTabbedPane) SwingUtilities.getAncestorOfClass(JTabbedPane.class, Dialogs.part(dialog, JTextField.class, key));
		tabs.setSelectedIndex(tabs.indexOfTab(tab));
	}

	private static String status(final JDialog dialog) {
		return Dialogs.part(dialog, JTextArea.class, "preview_status").getText();
	}
}
