package clem.ij;

import java.awt.Dialog;
import java.awt.Window;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

import javax.swing.JButton;
import javax.swing.JComboBox;
import javax.swing.JComponent;
import javax.swing.JDialog;
import javax.swing.JOptionPane;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.Roi;

/**
 * Gives the dialogs of the workflows, in an ImageJ with a screen and the plugin in its plugins folder, what they cannot use: the message says what to do, the dialog stays open, and ImageJ stays alive. Arguments: a folder for
 * its files, the folder for the screenshots. The last line is "USED" when all went as it should.
 */
public final class BadInputUse {
	private BadInputUse() {}

	public static void main(final String[] args) {
		Screen.use(args[1], () -> use(new File(args[0]), args[1]));
	}

	private static void use(final File folder, final String shots) throws Exception {
		new ImageJ();
		final ImagePlus colour = image("colour", "RGB black"), plain = image("plain", "8-bit black"), mask = image("mask", "8-bit black"), fm = image("fm", "16-bit black");
		plain.getCalibration().setUnit("pixel");
		final File boxes = new File(folder, "boxes.csv");
		Files.write(boxes.toPath(), "slice,name,x,y,width,height\n2,mitochondria,5,5,10,10\n".getBytes(StandardCharsets.UTF_8));
		final String register = "Register...";

		for (final String role : new String[] { "moving", "fixed", "fixed_mask" }) refused(register, "register", new String[] { "moving", "fm", "fixed", "(none)", "fixed_mask", "mask", role, "colour" }, role + ":", "RGB", "Split Channels");
		Screen.shot(shots, "bad-colour");
		refused("Detect Cells...", "detect_cells", new String[] { "image", "colour" }, "image:", "RGB");
		refused("Track Cells...", "track_cells", new String[] { "image", "colour" }, "image:", "RGB");
		refused("Segment Organelles...", "segment_organelles", new String[] { "image", "colour", "boxes", boxes.getPath() }, "image:", "RGB");
		refused("Mesh and Measure Objects...", "mesh", new String[] { "labels", "plain" }, "labels:", "voxel size", "labels_spacing");
		refused("Detect Cells...", "detect_cells", new String[] { "image", "plain", "image_spacing", "1 2 3 4" }, "image_spacing", "z,xy");
		refused(register, "register", new String[] { "moving", "fm", "fixed", "mask", "fixed_mask", "(none)" }, "fixed_mask is missing", "model");

		// Two of one title, and one that is gone when OK is clicked.
		final ImagePlus twin = image("fm", "8-bit black");
		refused(register, "register", new String[] { "moving", "fm", "fixed", "(none)", "fixed_mask", "mask" }, "several open images are called 'fm'", String.valueOf(twin.getID()));
		close(twin);
		final ImagePlus gone = image("gone", "8-bit black");
		final JDialog open = dialog(register, "register", "moving", "gone", "fixed", "(none)", "fixed_mask", "mask");
		close(gone);
		Screen.wait("the field says it", () -> Dialogs.part(open, javax.swing.JLabel.class, "moving.note").isVisible());
		refuses(open, "'gone' is not open any more");
		cancel(open);

		// An image of unknown voxel size: the message asks, the user answers in the same dialog, and the run begins. Its region was drawn on an image that is not a part of it.
		colour.setRoi(new Roi(3, 3, 10, 10));
		final JDialog asks = dialog(register, "register", "moving", "plain", "fixed", "(none)", "fixed_mask", "mask");
		refuses(asks, "moving:", "voxel size", "moving_spacing");
		set(asks, "moving_spacing", "100,50");
		click(asks, "ok");
		Screen.wait("the run finds nothing in black images", () -> message() != null);
		Screen.shot(shots, "bad-empty");
		Screen.check("it began with the size that was given", !asks.isShowing());
		dismiss();
		Screen.check("the selection on the wrong image is told: " + IJ.getLog(), IJ.getLog() != null && IJ.getLog().contains("the selection of colour is not used"));

		// A macro's misspelt key.
		final Thread macro = new Thread(() -> IJ.runMacro("run(\"Detect Cells...\", \"imag=fm\"); newImage(\"went on\", \"8-bit\", 9, 9, 1);"));
		macro.start();
		Screen.wait("the message", () -> message() != null);
		Screen.shot(shots, "bad-key");
		dismiss();
		macro.join();
		Screen.check("the macro ends there", WindowManager.getImage("went on") == null);

		// An image that is closed as soon as the run has begun.
		IJ.run("Open Sample (Cells)");
		final ImagePlus sections = WindowManager.getImage("sample-sections.tif");
		final JDialog cells = dialog("Detect Cells...", "detect_cells", "image", "sample-sections.tif");
		click(cells, "ok");
		Screen.wait("the run", () -> !cells.isShowing());
		close(sections);
		Screen.wait("the cells of the closed image", () -> WindowManager.getImage("Detect cells: labels") != null);
		Screen.check("no message", message() == null);

		IJ.run(mask, "Invert", "stack");
		Screen.check("ImageJ is alive", mask.getStack().getProcessor(2).get(3, 3) == 255);
	}

	private static ImagePlus image(final String title, final String type) {
		final ImagePlus image = IJ.createImage(title, type, 40, 30, 5);
		image.getCalibration().setUnit("nm");
		image.getCalibration().pixelWidth = image.getCalibration().pixelHeight = 50;
		image.getCalibration().pixelDepth = 100;
		image.show();
		return image;
	}

	private static void close(final ImagePlus image) {
		image.changes = false;
		image.close();
	}

	/** A command's dialog with these keys and values in turns. */
	private static JDialog dialog(final String command, final String operation, final String... values) throws Exception {
		IJ.doCommand(command);
		final JDialog dialog = Dialogs.await("clemreg." + operation);
		for (int i = 0; i < values.length; i += 2) set(dialog, values[i], values[i + 1]);
		return dialog;
	}

	private static void set(final JDialog dialog, final String key, final String value) throws Exception {
		SwingUtilities.invokeAndWait(() -> {
			final JComponent field = Dialogs.part(dialog, JComponent.class, key);
			if (field instanceof JComboBox) ((JComboBox<?>) field).setSelectedItem(value);
			else ((JTextField) field).setText(value);
		});
	}

	private static void refused(final String command, final String operation, final String[] values, final String... words) throws Exception {
		final JDialog dialog = dialog(command, operation, values);
		refuses(dialog, words);
		cancel(dialog);
	}

	/** OK brings a message with these words, and the dialog is there still. */
	private static void refuses(final JDialog dialog, final String... words) throws Exception {
		click(dialog, "ok");
		Screen.wait("the refusal: " + String.join(", ", words), () -> refusal() != null);
		final JOptionPane refusal = refusal();
		final String text = String.valueOf(refusal.getMessage()).replace('\n', ' ');
		for (final String word : words) Screen.check("the message lacks '" + word + "': " + text, text.contains(word));
		SwingUtilities.invokeAndWait(() -> refusal.setValue(JOptionPane.OK_OPTION));
		Screen.wait("the refusal is gone", () -> refusal() == null);
		Screen.check("the dialog stays", dialog.isShowing());
	}

	private static void cancel(final JDialog dialog) {
		click(dialog, "cancel");
		Screen.wait("the dialog is gone", () -> !dialog.isShowing());
	}

	private static void click(final JDialog dialog, final String button) {
		SwingUtilities.invokeLater(() -> Dialogs.part(dialog, JButton.class, button).doClick());
	}

	private static JOptionPane refusal() {
		for (final Window window : Window.getWindows()) {
			final JOptionPane pane = window.isShowing() ? Dialogs.part(window, JOptionPane.class) : null;
			if (pane != null) return pane;
		}
		return null;
	}

	/** ImageJ's message, or that of a macro's error; null if there is none. */
	private static Window message() {
		for (final Window window : Window.getWindows()) if (window.isShowing() && window instanceof Dialog && !(window instanceof JDialog)) return window;
		return null;
	}

	private static void dismiss() {
		message().dispose();
		Screen.wait("the message is gone", () -> message() == null);
	}
}
