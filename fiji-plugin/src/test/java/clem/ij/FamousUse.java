package clem.ij;

import java.awt.Component;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.Window;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.io.File;
import java.nio.file.Files;
import java.util.Arrays;

import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JDialog;
import javax.swing.JLabel;
import javax.swing.JList;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

import clem.bridge.Bridges;
import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.ImageCanvas;
import ij.plugin.frame.RoiManager;

/**
 * Uses a FAMOUS project as a person does, in an ImageJ with a screen: makes the project, draws boxes with the mouse in proposed slices, undoes, corrects, saves, exports the dataset, changes a file and sees what is out of
 * date. Takes screenshots. Arguments: the stack, a folder for the project, the folder for the screenshots. The last line is "USED" when all went as it should.
 */
public final class FamousUse {
	private static Robot robot;

	private FamousUse() {}

	public static void main(final String[] args) {
		Screen.use(args[2], () -> use(new File(args[0]), new File(args[1]), args[2]));
	}

	private static void use(final File stack, final File folder, final String shots) throws Exception {
		robot = new Robot();
		robot.setAutoDelay(40);
		new ImageJ();
		IJ.run("FAMOUS Project...", "project=" + folder + " action=new image=" + stack + " classes=mitochondria=#33cc4d,nucleus");
		// What a macro shows besides.
		for (final Window shown : Window.getWindows()) if (shown != IJ.getInstance() && shown.isShowing()) SwingUtilities.invokeAndWait(shown::dispose);
		final ProjectWindow window = ProjectWindow.open(Bridges.get(), folder);
		Screen.check("the window is there", window != null);
		final JDialog project = Dialogs.await(ProjectWindow.NAME);
		Screen.check("the stack is done: " + state(project, "stack"), state(project, "stack").equals("done"));
		Screen.check("nothing else is", state(project, "annotate").equals("missing") && state(project, "export_dataset").equals("missing") && state(project, "mesh").equals("missing"));
		final Component other = Dialogs.part(project, JButton.class, "step.compare");
		Screen.check("a step that this version cannot do is not offered", (other != null) == (clem.schema.Schema.parse(Bridges.get().schema()).find("compare_segmentations") != null));
		SwingUtilities.invokeAndWait(() -> project.setLocation(850, 40));
		Screen.shot(shots, "project-new");

		press(project, "step.annotate");
		final JDialog annotate = Dialogs.await(AnnotateWindow.NAME);
		final ImagePlus image = WindowManager.getCurrentImage();
		IJ.run(image, "In [+]", "");
		SwingUtilities.invokeAndWait(() -> {
			image.getWindow().setLocation(20, 140);
			annotate.setLocation(20 + image.getWindow().getWidth() + 8, 140);
		});
		final JList<?> classes = Dialogs.part(annotate, JList.class, "classes");
		Screen.check("the project's classes: " + classes.getModel().getSize(), classes.getModel().getSize() == 2 && classes.getSelectedIndex() == 0);
		press(annotate, "propose");
		Screen.wait("the question", () -> ask() != null);
		SwingUtilities.invokeAndWait(() -> Dialogs.part(ask(), JButton.class, "OK").doClick());
		Screen.wait("a proposed slice: " + text(annotate, "place"), () -> text(annotate, "place").contains("of 20 to look at"));
		final int first = image.getCurrentSlice();
		final RoiManager manager = RoiManager.getInstance2();
		SwingUtilities.invokeAndWait(() -> manager.setLocation(1100, 640));

		drag(image, 30, 40, 90, 80);
		Screen.wait("a box", () -> manager.getCount() == 1);
		Screen.check("of the first class: " + manager.getName(0), manager.getName(0).equals("mitochondria 1") && manager.getRoi(0).getPosition() == first);
		Screen.check("where it was drawn: " + manager.getRoi(0).getBounds(), near(manager.getRoi(0).getBounds(), 30, 40, 60, 40));
		Screen.check("the slice counts as annotated", Dialogs.part(annotate, JCheckBox.class, "annotated").isSelected());
		key(image, KeyEvent.VK_2);
		Screen.wait("the second class", () -> classes.getSelectedIndex() == 1);
		drag(image, 120, 100, 170, 180);
		Screen.wait("a second box", () -> manager.getCount() == 2 && manager.getName(1).equals("nucleus 1"));
		drag(image, 10, 150, 40, 180);
		Screen.wait("a third box", () -> manager.getCount() == 3);
		key(image, KeyEvent.VK_Z);
		Screen.wait("undone", () -> manager.getCount() == 2);
		// A slip of the hand is no box.
		drag(image, 100, 20, 101, 21);
		IJ.wait(300);
		Screen.check("a slip is no box", manager.getCount() == 2);
		image.deleteRoi();
		Screen.shot(shots, "annotate-boxes");
		Screen.shot(shots, "annotate", image.getWindow().getBounds().union(annotate.getBounds()));

		// A box gets another class, by key, and back.
		SwingUtilities.invokeAndWait(() -> manager.select(0));
		key(image, KeyEvent.VK_C);
		Screen.wait("another class", () -> manager.getName(0).startsWith("nucleus"));
		key(image, KeyEvent.VK_Z);
		Screen.wait("taken back", () -> manager.getName(0).equals("mitochondria 1"));

		key(image, KeyEvent.VK_N);
		Screen.wait("the next slice", () -> image.getCurrentSlice() > first);
		final int second = image.getCurrentSlice();
		key(image, KeyEvent.VK_P);
		Screen.wait("and back", () -> image.getCurrentSlice() == first);
		key(image, KeyEvent.VK_N);
		Screen.wait("and on", () -> image.getCurrentSlice() == second);
		drag(image, 50, 60, 100, 120);
		Screen.wait("a box there", () -> manager.getCount() == 3);
		SwingUtilities.invokeAndWait(() -> manager.select(2));
		key(image, KeyEvent.VK_DELETE);
		Screen.wait("removed", () -> manager.getCount() == 2);

		// What a network found is loaded, and corrected it is annotation.
		final File detected = new File(folder, "found.csv");
		Files.write(detected.toPath(), ("slice,class,name,x,y,width,height,score\n" + second + ",0,mitochondria,60,60,40,30,0.44\n").getBytes("UTF-8"));
		SwingUtilities.invokeAndWait(() -> new AnnotateUse(annotate).load(detected));
		press(annotate, "save");
		Screen.wait("saved: " + text(annotate, "status"), () -> new File(folder, "boxes/boxes.csv").isFile() && text(annotate, "status").startsWith("Saved"));
		final String table = new String(Files.readAllBytes(new File(folder, "boxes/boxes.csv").toPath()), "UTF-8");
		Screen.check("the boxes: " + table, table.split("\n").length == 4 && table.contains(second + ",0,mitochondria,60,60,40,30,0.44") && table.contains(first + ",0,mitochondria,") && table.contains(first + ",1,nucleus,"));
		final String slices = new String(Files.readAllBytes(new File(folder, "boxes/slices.csv").toPath()), "UTF-8");
		Screen.check("twenty slices, two of them annotated: " + slices, slices.split("\n").length == 21 && slices.split(",1\n", -1).length == 3);
		Screen.wait("the project knows: " + state(project, "annotate"), () -> state(project, "annotate").equals("done"));

		press(project, "step.export_dataset");
		final JDialog export = Dialogs.await("clemreg.export_dataset");
		Screen.check("the boxes are filled in", Dialogs.part(export, JTextField.class, "boxes").getText().equals(new File(folder, "boxes").getPath()));
		Screen.check("and the output", Dialogs.part(export, JTextField.class, "out").getText().equals(new File(folder, "dataset").getPath()));
		SwingUtilities.invokeAndWait(() -> Dialogs.part(export, JButton.class, "ok").doClick());
		Screen.wait("the dataset", () -> new File(folder, "dataset/dataset.yaml").isFile() && state(project, "export_dataset").equals("done"));

		// A box that is gone comes back from the dataset; the others are there already.
		final int count = manager.getCount();
		SwingUtilities.invokeAndWait(() -> manager.select(0));
		key(image, KeyEvent.VK_DELETE);
		Screen.wait("one box less", () -> manager.getCount() == count - 1);
		SwingUtilities.invokeAndWait(() -> new AnnotateUse(annotate).load(new File(folder, "dataset")));
		Screen.check("the dataset's box is added: " + text(annotate, "status"), manager.getCount() == count && text(annotate, "status").equals("1 box was added."));
		press(annotate, "undo");
		Screen.wait("undone", () -> manager.getCount() == count - 1);
		press(annotate, "undo");
		Screen.wait("and the box is back", () -> manager.getCount() == count);
		press(annotate, "save");
		Screen.wait("saved again: " + text(annotate, "status"), () -> text(annotate, "status").startsWith("Saved"));

		Files.write(new File(folder, "boxes/boxes.csv").toPath(), (table + first + ",0,mitochondria,1,2,30,40,1\n").getBytes("UTF-8"));
		press(project, "refresh");
		Screen.wait("the dataset is out of date", () -> state(project, "export_dataset").equals("out of date"));
		Screen.check("and why: " + text(project, "why.export_dataset"), text(project, "why.export_dataset").contains("boxes has changed since"));
		SwingUtilities.invokeAndWait(() -> project.toFront());
		Screen.shot(shots, "project-out-of-date");
		Screen.shot(shots, "project", project.getBounds());

		// Closing asks for nothing when all is saved.
		SwingUtilities.invokeAndWait(() -> annotate.dispatchEvent(new java.awt.event.WindowEvent(annotate, java.awt.event.WindowEvent.WINDOW_CLOSING)));
		Screen.wait("closed", () -> !annotate.isShowing());
		Screen.check("ImageJ has its keys back", Arrays.stream(image.getCanvas().getKeyListeners()).noneMatch(l -> l.getClass().getName().contains("Annotate")));

		// Opened by itself it lists the classes of the boxes that the ROI manager has, as Detect Objects leaves them there.
		SwingUtilities.invokeLater(() -> IJ.run("Annotate...", ""));
		final JDialog alone = Dialogs.await(AnnotateWindow.NAME);
		final JList<?> adopted = Dialogs.part(alone, JList.class, "classes");
		Screen.check("their classes: " + adopted.getModel().getSize(), adopted.getModel().getSize() == 2 && adopted.getModel().getElementAt(0).equals("mitochondria"));
		Screen.check("which are not saved yet: " + alone.getTitle(), alone.getTitle().endsWith("*"));
	}

	/** What the window's button for loading does, without the file chooser. */
	private static final class AnnotateUse {
		private final JDialog dialog;

		AnnotateUse(final JDialog dialog) {
			this.dialog = dialog;
		}

		void load(final File file) {
			((AnnotateWindow) dialog.getRootPane().getClientProperty(AnnotateWindow.NAME)).load(file);
		}
	}

	private static boolean near(final Rectangle box, final int x, final int y, final int width, final int height) {
		return Math.abs(box.x - x) < 3 && Math.abs(box.y - y) < 3 && Math.abs(box.width - width) < 4 && Math.abs(box.height - height) < 4;
	}

	private static void drag(final ImagePlus image, final int x1, final int y1, final int x2, final int y2) throws Exception {
		final ImageCanvas canvas = image.getCanvas();
		SwingUtilities.invokeAndWait(() -> image.getWindow().toFront());
		final Point corner = canvas.getLocationOnScreen();
		robot.mouseMove(corner.x + canvas.screenX(x1), corner.y + canvas.screenY(y1));
		robot.mousePress(InputEvent.BUTTON1_DOWN_MASK);
		for (int i = 1; i <= 4; i++) robot.mouseMove(corner.x + canvas.screenX(x1 + (x2 - x1) * i / 4), corner.y + canvas.screenY(y1 + (y2 - y1) * i / 4));
		robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK);
		robot.waitForIdle();
	}

	private static void key(final ImagePlus image, final int code) throws Exception {
		SwingUtilities.invokeAndWait(() -> {
			image.getWindow().toFront();
			image.getCanvas().requestFocus();
		});
		IJ.wait(150);
		robot.keyPress(code);
		robot.keyRelease(code);
		robot.waitForIdle();
	}

	private static JDialog ask() {
		for (final Window window : Window.getWindows()) if (window.isShowing() && window instanceof JDialog && Dialogs.part((JDialog) window, JButton.class, "OK") != null && ((JDialog) window).getTitle().contains("propose")) return (JDialog) window;
		return null;
	}

	private static void press(final JDialog in, final String button) {
		SwingUtilities.invokeLater(() -> Dialogs.part(in, JButton.class, button).doClick());
		IJ.wait(100);
	}

	private static String state(final JDialog project, final String step) {
		return text(project, "state." + step);
	}

	private static String text(final JDialog in, final String label) {
		final JLabel found = Dialogs.part(in, JLabel.class, label);
		return found == null ? "" : found.getText();
	}
}
