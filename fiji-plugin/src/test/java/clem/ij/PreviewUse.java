package clem.ij;

import java.awt.Point;

import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JDialog;
import javax.swing.JSlider;
import javax.swing.JTabbedPane;
import javax.swing.JTextArea;
import javax.swing.JComboBox;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.ImageRoi;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.plugin.frame.Recorder;
import ij.process.ImageProcessor;

/**
 * Uses Segment EM and Segment Fluorescence as a person does, in an ImageJ with a screen and the plugin in its plugins folder: preview, threshold, another slice, OK. Takes screenshots. Arguments: the EM, a
 * model, the folder for the screenshots, the fluorescence. The last line is "USED" when all went as it should. Of the plugin's classes it uses none: ImageJ loads them itself.
 */
public final class PreviewUse {
	private PreviewUse() {}

	public static void main(final String[] args) {
		Screen.use(args[2], () -> {
			use(args[0], args[1], args[2]);
			fluorescence(args[3], args[2]);
		});
	}

	private static void use(final String file, final String model, final String shots) throws Exception {
		new ImageJ();
		new Recorder();
		Recorder.getInstance().setLocation(20, 700);
		final ImagePlus em = IJ.openImage(file);
		final Overlay own = new Overlay(new Roi(2, 2, 5, 5));
		em.setOverlay(own);
		em.show();
		em.setSlice(em.getNSlices() / 2);
		em.getWindow().setLocation(20, 180);
		IJ.doCommand("Segment EM...");
		Screen.wait("the dialog", () -> Dialogs.shown("clemreg.segment_em") != null);
		final JDialog dialog = Dialogs.shown("clemreg.segment_em");
		SwingUtilities.invokeAndWait(() -> {
			dialog.setLocation(new Point(436, 180));
			Dialogs.part(dialog, JComboBox.class, "model").setSelectedItem(model);
			Dialogs.part(dialog, JCheckBox.class, "preview").doClick();
			// Where the threshold's field is.
			final JTabbedPane tabs = (JTabbedPane) SwingUtilities.getAncestorOfClass(JTabbedPane.class, Dialogs.part(dialog, JTextField.class, "seg_thr"));
			tabs.setSelectedIndex(tabs.indexOfTab("Objects"));
		});
		Screen.wait("the preview: " + status(dialog), () -> status(dialog).contains(" reach ") && em.getOverlay().size() == 2);
		Screen.shot(shots, "preview");
		final int before = drawn(status(dialog));
		SwingUtilities.invokeAndWait(() -> Dialogs.part(dialog, JSlider.class, "preview_threshold").setValue(90));
		Screen.check("the slider sets the field", Dialogs.part(dialog, JTextField.class, "seg_thr").getText().equals("0.9"));
		Screen.check("less reaches 0.9: " + status(dialog), drawn(status(dialog)) < before);
		// As a person scrolls: another command while the dialog is open.
		final int slice = em.getCurrentSlice();
		IJ.doCommand("Next Slice [>]");
		Screen.wait("the next slice", () -> em.getCurrentSlice() == slice + 1);
		Screen.wait("its preview", () -> status(dialog).startsWith("Slice " + (slice + 1) + ", "));
		Screen.check("the threshold stays: " + status(dialog), status(dialog).endsWith("reach 0.9."));
		Screen.shot(shots, "preview-0.9");
		SwingUtilities.invokeAndWait(() -> Dialogs.part(dialog, JSlider.class, "preview_threshold").setValue(40));
		SwingUtilities.invokeAndWait(() -> Dialogs.part(dialog, JButton.class, "ok").doClick());
		Screen.wait("the result", () -> WindowManager.getImage(em.getTitle() + ": objects") != null);
		Screen.check("the overlay is the user's again", em.getOverlay() == own && own.size() == 1);
		Screen.check("labels and mask are shown", WindowManager.getImage("Segment EM: labels") != null && WindowManager.getImage("Segment EM: mask") != null);
		Screen.wait("what was recorded", () -> Recorder.getInstance().getText().contains("run(\"Segment EM...\", \"image=" + em.getTitle() + " model="));
		Screen.check("with its threshold: " + Recorder.getInstance().getText(), Recorder.getInstance().getText().contains("seg_thr=0.4 "));
		IJ.wait(1000);
		Screen.shot(shots, "segmented");
		// The EM may go while the result is looked at.
		em.changes = false;
		em.close();
		final ImagePlus result = WindowManager.getImage("em.tif: objects");
		result.setPosition(1, 3, 1);
		Screen.check("the hyperstack shows the EM still", result.getProcessor().getStatistics().max > 0);
	}

	/** What the preview shows of a slice is what the whole stack's mask has there. */
	private static void fluorescence(final String file, final String shots) throws Exception {
		WindowManager.closeAllWindows();
		final ImagePlus fm = IJ.openImage(file);
		fm.show();
		final int slice = fm.getNSlices() / 2;
		fm.setPosition(1, slice, 1);
		fm.getWindow().setLocation(20, 180);
		IJ.doCommand("Segment Fluorescence...");
		Screen.wait("the dialog", () -> Dialogs.shown("clemreg.segment_fluorescence") != null);
		final JDialog dialog = Dialogs.shown("clemreg.segment_fluorescence");
		SwingUtilities.invokeAndWait(() -> {
			Dialogs.part(dialog, JCheckBox.class, "preview").doClick();
			final JTabbedPane tabs = (JTabbedPane) SwingUtilities.getAncestorOfClass(JTabbedPane.class, Dialogs.part(dialog, JTextField.class, "log_threshold"));
			tabs.setSelectedIndex(tabs.indexOfTab("Fluorescence segmentation"));
		});
		Screen.wait("the preview: " + status(dialog), () -> status(dialog).contains(" are found."));
		Screen.shot(shots, "fluorescence-preview");
		final int before = drawn(status(dialog));
		SwingUtilities.invokeAndWait(() -> Dialogs.part(dialog, JTextField.class, "log_threshold").setText("1.5"));
		Screen.wait("less reaches 1.5: " + status(dialog), () -> status(dialog).contains(" are found.") && drawn(status(dialog)) < before);
		final ImageProcessor shown = ((ImageRoi) fm.getOverlay().get(0)).getProcessor();
		SwingUtilities.invokeAndWait(() -> Dialogs.part(dialog, JButton.class, "ok").doClick());
		Screen.wait("the mask", () -> WindowManager.getImage("Segment fluorescence: mask") != null);
		Screen.check("the overlay is gone", fm.getOverlay() == null);
		final ImageProcessor mask = WindowManager.getImage("Segment fluorescence: mask").getStack().getProcessor(slice);
		int found = 0, different = 0;
		for (int i = 0; i < mask.getPixelCount(); i++) {
			final boolean in = mask.get(i) > 0;
			if (in) found++;
			if (in != ((shown.get(i) & 0xffffff) != 0)) different++;
		}
		Screen.check("the mask's slice is as the preview showed it: " + different + " of " + found + " differ", found > 100 && different == 0);
	}

	private static String status(final JDialog dialog) {
		return Dialogs.part(dialog, JTextArea.class, "preview_status").getText();
	}

	/** Tenths of a per cent that reach the threshold. */
	private static int drawn(final String status) {
		return (int) Math.round(10 * Double.parseDouble(status.replaceAll(".*: ([0-9.]+) %.*", "$1")));
	}
}
