package clem.ij;

import java.awt.Component;
import java.awt.Menu;
import java.awt.MenuItem;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.Toolkit;
import java.awt.Window;
import java.awt.datatransfer.StringSelection;
import java.awt.event.ActionEvent;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import javax.swing.JButton;
import javax.swing.JComboBox;
import javax.swing.JDialog;
import javax.swing.JTabbedPane;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.Menus;
import ij.gui.ImageCanvas;
import ij.gui.MessageDialog;
import ij.gui.Overlay;
import ij.gui.PointRoi;
import ij.measure.ResultsTable;
import ij.plugin.frame.Recorder;

/**
 * Uses Export Fields of View and Evaluate Detection as a person does, in an ImageJ with a screen: clicks fiducials in the image, chooses the commands in the menu, writes into their dialogs and presses OK, with mouse and keys.
 * Takes screenshots. Arguments: a folder that simulate --kind cells made, a folder for the results, the folder for the screenshots. The last line is "USED" when all went as it should.
 */
public final class FieldsUse {
	private static final String EXPORT = "Export Fields of View...", EVALUATE = "Evaluate Detection...";
	private static Robot robot;

	private FieldsUse() {}

	public static void main(final String[] args) {
		Screen.use(args[2], () -> use(new File(args[0]), new File(args[1]), args[2]));
	}

	private static void use(final File sample, final File out, final String shots) throws Exception {
		robot = new Robot();
		robot.setAutoDelay(40);
		new ImageJ();
		new Recorder();
		Recorder.getInstance().setLocation(20, 800);
		final String boxes = new File(sample, "boxes.csv").getPath();
		final ImagePlus image = IJ.openImage(new File(sample, "sections.tif").getPath());
		image.show();
		image.getWindow().setLocation(20, 180);

		// Two fiducials are too few: the message says so, and nothing is saved.
		IJ.setTool("multipoint");
		click(image, 10, 10);
		click(image, 150, 12);
		Screen.wait("two points", () -> points(image) == 2);
		final File fields = new File(out, "fields");
		export(boxes, "0,0; 28,0", fields, null);
		Screen.wait("the message", () -> message() != null);
		Screen.shot(shots, "fields-refused");
		press(KeyEvent.VK_ENTER);
		Screen.wait("the message is closed", () -> message() == null);
		Screen.check("nothing is saved", !fields.exists() && image.getOverlay() == null);

		click(image, 20, 120);
		Screen.wait("three points", () -> points(image) == 3);
		export(boxes, "0,0; 28,0; 0,22", fields, shots);
		Screen.wait("the fields are saved", () -> new File(fields, "fields.csv").isFile() && image.getOverlay() != null);
		final List<String> rows = lines(fields, "fields.csv");
		final Set<String> shown = new HashSet<>();
		final Overlay overlay = image.getOverlay();
		for (int i = 0; i < overlay.size(); i++) shown.add(overlay.get(i).getName());
		Screen.check("each lies over the image: " + shown, rows.size() > 1 && shown.size() == rows.size() - 1 && shown.contains("field 1"));
		final ResultsTable table = ResultsTable.getResultsTable("Export fields of view: fields");
		Screen.check("and stands in a table", table != null && table.size() == rows.size() - 1);
		for (final String file : new String[] { "fields.json", "fields.txt", "overlay.png" }) Screen.check(file, new File(fields, file).length() > 0);
		final String[] row = rows.get(1).split(","), header = rows.get(0).split(",");
		Screen.check("the stage's micrometres are those of the fiducials: " + rows.get(1), near(value(header, row, "centre_x_um"), 0.2 * (value(header, row, "x") + (value(header, row, "width") - 1) / 2 - 10)));
		Screen.check("what was chosen is recorded: " + Recorder.getInstance().getText(), Recorder.getInstance().getText().contains("run(\"" + EXPORT + "\", \"boxes=") && Recorder.getInstance().getText().contains(" margin=1"));
		Screen.shot(shots, "fields-exported");

		final ImagePlus labels = IJ.openImage(new File(sample, "labels.tif").getPath());
		labels.show();
		labels.getWindow().setLocation(20, 480);
		final File evaluated = new File(out, "evaluated");
		choose(EVALUATE);
		final JDialog evaluate = Dialogs.await("clemreg.evaluate_detection");
		place(evaluate);
		write(evaluate, "detected", boxes);
		write(evaluate, "truth", labels.getTitle());
		write(evaluate, "fields", new File(fields, "fields.csv").getPath());
		SwingUtilities.invokeAndWait(() -> Dialogs.part(evaluate, JComboBox.class, "image").setSelectedItem(image.getTitle()));
		write(evaluate, "out", evaluated.getPath());
		Screen.shot(shots, "evaluate-dialog");
		click(Dialogs.part(evaluate, JButton.class, "ok"));
		Screen.wait("the report", () -> new File(evaluated, "report.json").isFile() && ResultsTable.getResultsTable("Evaluate detection: scores") != null);
		final String report = String.join("\n", lines(evaluated, "report.json"));
		Screen.check("the truth finds itself, by its pixels: " + report, report.contains("\"f1\": 1,") && report.contains("\"measured_by\": \"pixels\"") && report.contains("\"covered_share\": 1,"));
		Screen.check("a line for the one annotator", ResultsTable.getResultsTable("Evaluate detection: scores").size() == 1 && lines(evaluated, "scores.csv").size() == 2);
		Screen.check("and one for each box", lines(evaluated, "matches.csv").size() == 2 * Files.readAllLines(new File(boxes).toPath()).size() - 1);
		Screen.shot(shots, "evaluated");
	}

	/** The command with these answers; the dialog is in a screenshot where there is a folder for it. */
	private static void export(final String boxes, final String stage, final File out, final String shots) throws Exception {
		choose(EXPORT);
		final JDialog dialog = Dialogs.await("clemreg.export_fields");
		place(dialog);
		Screen.check("the image is chosen", "sections.tif".equals(Dialogs.part(dialog, JComboBox.class, "image").getSelectedItem()));
		final String[] pixels = Dialogs.part(dialog, JTextField.class, "fiducial_pixels").getText().split(";"), first = pixels[0].split(",");
		Screen.check("the points are filled in: " + String.join(";", pixels), pixels.length == stage.split(";").length && near(Double.parseDouble(first[0]), 10) && near(Double.parseDouble(first[1]), 10));
		write(dialog, "boxes", boxes);
		write(dialog, "fiducial_stage", stage);
		write(dialog, "margin", "1");
		write(dialog, "out", out.getPath());
		if (shots != null) Screen.shot(shots, "fields-dialog");
		click(Dialogs.part(dialog, JButton.class, "ok"));
		Screen.wait("the dialog is closed", () -> !dialog.isShowing());
	}

	/** A click is a pixel, or half of one beside. */
	private static boolean near(final double value, final double expected) {
		return Math.abs(value - expected) < 1.1;
	}

	private static double value(final String[] header, final String[] row, final String column) {
		for (int i = 0; i < header.length; i++) if (header[i].equals(column)) return Double.parseDouble(row[i]);
		throw new AssertionError("there is no column " + column);
	}

	private static List<String> lines(final File folder, final String name) throws IOException {
		return Files.readAllLines(new File(folder, name).toPath());
	}

	private static int points(final ImagePlus image) {
		return image.getRoi() instanceof PointRoi ? image.getRoi().getContainedPoints().length : 0;
	}

	private static Window message() {
		for (final Window window : Window.getWindows()) if (window.isShowing() && window instanceof MessageDialog) return window;
		return null;
	}

	/** Chooses a command of Plugins > CLEM-Reg. */
	private static void choose(final String command) {
		for (int i = 0; i < Menus.getMenuBar().getMenuCount(); i++) {
			final MenuItem item = item(Menus.getMenuBar().getMenu(i), command);
			if (item == null) continue;
			Toolkit.getDefaultToolkit().getSystemEventQueue().postEvent(new ActionEvent(item, ActionEvent.ACTION_PERFORMED, command));
			return;
		}
		throw new AssertionError("the menu has no " + command);
	}

	private static MenuItem item(final Menu menu, final String label) {
		for (int i = 0; i < menu.getItemCount(); i++) {
			final MenuItem item = menu.getItem(i);
			if (item.getLabel().equals(label)) return item;
			final MenuItem inside = item instanceof Menu ? item((Menu) item, label) : null;
			if (inside != null) return inside;
		}
		return null;
	}

	private static void place(final JDialog dialog) throws Exception {
		SwingUtilities.invokeAndWait(() -> dialog.setLocation(640, 120));
		robot.waitForIdle();
	}

	/** Puts a text into a field, as a person pastes it. */
	private static void write(final JDialog dialog, final String key, final String text) throws Exception {
		final JTextField field = Dialogs.part(dialog, JTextField.class, key);
		final JTabbedPane tabs = (JTabbedPane) SwingUtilities.getAncestorOfClass(JTabbedPane.class, field);
		for (int i = 0; i < tabs.getTabCount(); i++) {
			if (!SwingUtilities.isDescendingFrom(field, tabs.getComponentAt(i)) || tabs.getSelectedIndex() == i) continue;
			final Rectangle tab = tabs.getBoundsAt(i);
			final Point corner = tabs.getLocationOnScreen();
			click(corner.x + tab.x + tab.width / 2, corner.y + tab.y + tab.height / 2);
		}
		Screen.wait("the tab of " + key, field::isShowing);
		SwingUtilities.invokeAndWait(() -> field.scrollRectToVisible(new Rectangle(field.getSize())));
		click(field);
		Screen.wait("the cursor in " + key, field::isFocusOwner);
		Toolkit.getDefaultToolkit().getSystemClipboard().setContents(new StringSelection(text), null);
		for (final int letter : new int[] { KeyEvent.VK_A, KeyEvent.VK_V }) {
			robot.keyPress(KeyEvent.VK_CONTROL);
			press(letter);
			robot.keyRelease(KeyEvent.VK_CONTROL);
		}
		Screen.wait(key + " = " + text, () -> field.getText().equals(text));
	}

	private static void press(final int key) {
		robot.keyPress(key);
		robot.keyRelease(key);
		robot.waitForIdle();
	}

	private static void click(final Component component) {
		final Point corner = component.getLocationOnScreen();
		click(corner.x + component.getWidth() / 2, corner.y + component.getHeight() / 2);
	}

	private static void click(final ImagePlus image, final int x, final int y) throws Exception {
		final ImageCanvas canvas = image.getCanvas();
		SwingUtilities.invokeAndWait(() -> image.getWindow().toFront());
		robot.waitForIdle();
		final Point corner = canvas.getLocationOnScreen();
		click(corner.x + canvas.screenX(x), corner.y + canvas.screenY(y));
	}

	private static void click(final int x, final int y) {
		robot.mouseMove(x, y);
		robot.mousePress(InputEvent.BUTTON1_DOWN_MASK);
		robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK);
		robot.waitForIdle();
	}
}
