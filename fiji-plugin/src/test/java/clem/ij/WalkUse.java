package clem.ij;

import java.awt.Component;
import java.awt.Container;
import java.awt.Dialog;
import java.awt.Dimension;
import java.awt.Menu;
import java.awt.MenuItem;
import java.awt.Rectangle;
import java.awt.Toolkit;
import java.awt.Window;
import java.awt.event.KeyEvent;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import javax.swing.AbstractButton;
import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JComponent;
import javax.swing.JDialog;
import javax.swing.JFileChooser;
import javax.swing.JLabel;
import javax.swing.JScrollBar;
import javax.swing.JScrollPane;
import javax.swing.JTabbedPane;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.Menus;
import ij.WindowManager;
import ij.plugin.frame.Recorder;

/**
 * Walks each workflow from the menu to the saved result as a person does, with the mouse and the keyboard alone, while ImageJ's Recorder is open, and opens each dialog of the menu. Arguments: a folder with dark.onnx and
 * yolo.onnx, a folder for what is saved, a folder for the screenshots, and which of cells, organelles, clem, dialogs to walk. What was recorded is recorded.ijm in the folder of what is saved. The last line is "USED" when all went as it should.
 */
public final class WalkUse {
	private static final String PLUGINS = "Plugins", OURS = "CLEM-Reg", DIALOGS = "clemreg.";
	/** What opens no dialog of ours, or something else, which other tests use. */
	private static final List<String> OTHERS = Arrays.asList("CLEM-Reg Help Contents...", "CLEM-Reg Examples...");

	private static final int RUN_SECONDS = 300;

	private final File models, saved;
	private final String shots;
	private final List<String> parts;
	private final Hand hand = new Hand();

	private WalkUse(final String models, final String saved, final String shots, final List<String> parts) throws Exception {
		this.parts = parts;
		this.models = new File(models);
		this.saved = new File(saved);
		this.shots = shots;
	}

	public static void main(final String[] args) {
		Screen.use(() -> new WalkUse(args[0], args[1], args[2], Arrays.asList(args).subList(3, args.length)).walk());
	}

	private void walk() throws Exception {
		new ImageJ();
		IJ.wait(500);
		hand.open(PLUGINS, OURS, "Register...");
		Screen.shot(shots, "menu");
		hand.key(KeyEvent.VK_ESCAPE);
		hand.key(KeyEvent.VK_ESCAPE);
		hand.key(KeyEvent.VK_ESCAPE);
		hand.menu(PLUGINS, "Macros", "Record...");
		Screen.wait("the Recorder", () -> Recorder.getInstance() != null && Recorder.getInstance().isShowing());

		if (parts.contains("cells")) cells();
		if (parts.contains("organelles")) organelles();
		if (parts.contains("clem")) clem();
		Files.write(new File(saved, "recorded.ijm").toPath(), Recorder.getInstance().getText().getBytes(StandardCharsets.UTF_8));
		if (parts.contains("dialogs")) dialogs();
	}

	private void cells() throws Exception {
		run("sample-sections.tif", "Samples", "Open Sample (Cells)");
		shot("cells-sample");
		hand.front(WindowManager.getImage("sample-sections.tif").getWindow());
		final JDialog detect = dialog("detect_cells", "Detect Cells...");
		out(detect, "cells");
		finish(detect, "Detect cells: labels");
		shot("cells-found");
		save("Detect cells: labels", "cells-labels.tif");
		hand.front(WindowManager.getImage("sample-sections.tif").getWindow());
		final JDialog track = dialog("track_cells", "Track Cells...");
		out(track, "tracks");
		finish(track, "Track cells: labels");
		shot("cells-tracked");
		closeImages();
	}

	private void organelles() throws Exception {
		run("sample-organelles.tif", "Samples", "Open Sample (Organelles)");
		shot("organelles-sample");
		hand.front(WindowManager.getImage("sample-organelles.tif").getWindow());
		final JDialog segment = dialog("segment_organelles", "Segment Organelles...");
		out(segment, "organelles");
		finish(segment, "Segment Organelles: labels");
		shot("organelles-segmented");
		save("Segment Organelles: labels", "organelle-labels.tif");
		final JDialog mesh = dialog("mesh", "Steps", "Mesh and Measure Objects...");
		hand.tab((JTabbedPane) SwingUtilities.getAncestorOfClass(JTabbedPane.class, Dialogs.part(mesh, JComboBox.class, "labels")), 0);
		hand.choose(Dialogs.part(mesh, JComboBox.class, "labels"), "organelle-labels.tif");
		out(mesh, "meshes");
		finish(mesh, null);
		shot("organelles-meshed");
		closeImages();
	}

	private void clem() throws Exception {
		run("sample-fm.tif", "Samples", "Open Sample (CLEM)");
		shot("clem-sample");
		final JDialog register = dialog("register", "Register...");
		final JComboBox<?> algorithm = Dialogs.part(register, JComboBox.class, "registration_algorithm");
		hand.tabOf(algorithm);
		hand.choose(algorithm, "rigid");
		out(register, "registered");
		finish(register, "Registered sample-fm.tif");
		shot("clem-registered");
		save("Registered sample-fm.tif", "registered.tif");

		final JDialog warp = dialog("warp", "Steps", "Warp...");
		write(warp, "transform", new File(saved, "registered/transform.json").getPath());
		out(warp, "warped.tif");
		finish(warp, null);
		shot("clem-warped");

		final JDialog em = dialog("segment_em", "Steps", "Segment EM...");
		hand.choose(Dialogs.part(em, JComboBox.class, "image"), "sample-em.tif");
		model(em, "dark.onnx");
		out(em, "segmented");
		finish(em, "sample-em.tif: objects");
		shot("em-segmented");

		final JDialog detect = dialog("detect_objects", "Steps", "Detect Objects...");
		hand.choose(Dialogs.part(detect, JComboBox.class, "image"), "sample-em.tif");
		model(detect, "yolo.onnx");
		out(detect, "boxes");
		finish(detect, null);
		shot("objects-detected");
	}

	/** Opens each dialog of the menu, looks at each of its tabs, and leaves it by Esc. */
	private void dialogs() throws Exception {
		for (final List<String> path : commands(menu())) {
			final String label = path.get(path.size() - 1);
			if (!label.endsWith("...") || OTHERS.contains(label)) continue;
			final List<String> all = new ArrayList<>(Arrays.asList(PLUGINS, OURS));
			all.addAll(path);
			hand.menu(all.toArray(new String[0]));
			Screen.wait("the dialog of " + label, () -> ours() != null);
			final Window dialog = ours();
			if (!Screen.soon(3, dialog::isFocused)) hand.front(dialog);
			final JTabbedPane tabs = tabs(dialog);
			final String name = "dialog-" + label.replaceAll("[^A-Za-z]+", "-").toLowerCase(java.util.Locale.ROOT);
			for (int i = 0; i < (tabs == null ? 1 : tabs.getTabCount()); i++) {
				if (tabs != null) hand.tab(tabs, i);
				IJ.wait(100);
				Screen.shot(shots, name + (i + 1), dialog.getBounds());
				fits(label + (tabs == null ? "" : ", " + tabs.getTitleAt(i)), dialog);
			}
			hand.key(KeyEvent.VK_ESCAPE);
			// In the window of Annotate the keys are for drawing.
			if (label.equals("Annotate...") && !Screen.soon(1, () -> !dialog.isShowing())) hand.key(KeyEvent.VK_ALT, KeyEvent.VK_F4);
			Screen.wait("Esc closes " + label, () -> !dialog.isShowing());
		}
	}

	/** A dialog is on the screen, and what it says is not cut off. */
	private static void fits(final String what, final Window dialog) {
		final Dimension screen = Toolkit.getDefaultToolkit().getScreenSize();
		if (!new Rectangle(screen).contains(dialog.getBounds())) System.out.println("CUT " + what + ": " + dialog.getBounds() + " is not on the screen of " + screen.width + " x " + screen.height);
		fits(what, (Container) dialog);
	}

	private static void fits(final String what, final Container in) {
		for (final Component part : in.getComponents()) {
			if (!part.isShowing() || part instanceof JScrollBar) continue;
			final boolean words = part instanceof JLabel || part instanceof AbstractButton;
			if (words && part.getWidth() < part.getPreferredSize().width) System.out.println("CUT " + what + ": " + (part instanceof JLabel ? ((JLabel) part).getText() : ((AbstractButton) part).getText()) + " " + part.getSize() + " of " + part.getPreferredSize());
			if (part instanceof JTabbedPane && ((JTabbedPane) part).getTabRunCount() > 1) System.out.println("CUT " + what + ": the tabs stand in several columns");
			if (part instanceof JScrollPane && ((JScrollPane) part).getHorizontalScrollBar().isShowing()) System.out.println("CUT " + what + ": a page is wider than the dialog");
			if (part instanceof Container) fits(what, (Container) part);
		}
	}

	private static Menu menu() {
		final java.awt.MenuBar bar = IJ.getInstance().getMenuBar();
		for (int i = 0; i < bar.getMenuCount(); i++) {
			if (!bar.getMenu(i).getLabel().equals(PLUGINS)) continue;
			for (int j = 0; j < bar.getMenu(i).getItemCount(); j++) if (bar.getMenu(i).getItem(j).getLabel().equals(OURS)) return (Menu) bar.getMenu(i).getItem(j);
		}
		throw new AssertionError("no menu " + OURS);
	}

	private static List<List<String>> commands(final Menu menu) {
		final List<List<String>> all = new ArrayList<>();
		for (int i = 0; i < menu.getItemCount(); i++) {
			final MenuItem item = menu.getItem(i);
			if (!(item instanceof Menu)) all.add(Arrays.asList(item.getLabel()));
			else for (final List<String> inside : commands((Menu) item)) {
				final List<String> path = new ArrayList<>(inside);
				path.add(0, item.getLabel());
				all.add(path);
			}
		}
		return all;
	}

	/** The window in front that a command of ours has opened, or null. */
	private static Window ours() {
		for (final Window window : Window.getWindows()) {
			if (!window.isShowing() || window == IJ.getInstance()) continue;
			if (window.getName() != null && window.getName().startsWith(DIALOGS) || window instanceof Dialog) return window;
		}
		return null;
	}

	private static JTabbedPane tabs(final Container in) {
		for (final Component part : in.getComponents()) {
			if (part instanceof JTabbedPane) return (JTabbedPane) part;
			final JTabbedPane inside = part instanceof Container ? tabs((Container) part) : null;
			if (inside != null) return inside;
		}
		return null;
	}

	/** A command of the menu that asks nothing. */
	private void run(final String image, final String... path) {
		choose(path);
		Screen.wait(image, () -> WindowManager.getImage(image) != null);
		idle();
	}

	private void choose(final String... path) {
		final List<String> all = new ArrayList<>(Arrays.asList(PLUGINS, OURS));
		all.addAll(Arrays.asList(path));
		hand.menu(all.toArray(new String[0]));
	}

	/** Opens a dialog by the menu. */
	private JDialog dialog(final String operation, final String... path) throws Exception {
		choose(path);
		final JDialog dialog = Dialogs.await(DIALOGS + operation);
		Screen.wait("the keyboard for " + operation, dialog::isFocused);
		return dialog;
	}

	private void write(final JDialog dialog, final String key, final String text) {
		final JTextField field = Dialogs.part(dialog, JTextField.class, key);
		hand.tabOf(field);
		hand.write(field, text);
		Screen.wait(text + " in " + key, () -> field.getText().equals(text));
	}

	private void model(final JDialog dialog, final String name) {
		final JComboBox<?> field = Dialogs.part(dialog, JComboBox.class, "model");
		hand.tabOf(field);
		final JTextField editor = (JTextField) field.getEditor().getEditorComponent();
		hand.write(editor, new File(models, name).getPath());
		Screen.wait("the model", () -> editor.getText().endsWith(name));
	}

	private void out(final JDialog dialog, final String name) throws Exception {
		write(dialog, "out", new File(saved, name).getPath());
		Screen.shot(shots, "asked-" + dialog.getName().substring(DIALOGS.length()));
	}

	/** Presses Enter, and waits until the run is over and its progress window gone. */
	private void finish(final JDialog dialog, final String image) {
		hand.click(Dialogs.part(dialog, JButton.class, "ok"));
		Screen.wait("the end of " + dialog.getTitle(), () -> !dialog.isShowing());
		idle();
		if (image != null) Screen.wait(image, () -> WindowManager.getImage(image) != null);
		Screen.check("the progress window is gone", Dialogs.shown(ProgressWindow.NAME) == null);
	}

	/** Waits until no command of ImageJ runs: each has a thread of its name. */
	private static void idle() {
		IJ.wait(300);
		Screen.wait("the end of the command", RUN_SECONDS, () -> Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> Menus.getCommands().containsKey(thread.getName())));
		IJ.wait(300);
	}

	/** Saves an image as a person does: S in its window, the path, Enter. */
	private void save(final String title, final String name) throws Exception {
		final ImagePlus image = WindowManager.getImage(title);
		hand.front(image.getWindow());
		hand.key(KeyEvent.VK_S);
		Screen.wait("the file chooser", () -> chooser() != null);
		IJ.wait(300);
		Screen.shot(shots, "saving-" + name);
		final File file = new File(saved, name);
		hand.key(KeyEvent.VK_CONTROL, KeyEvent.VK_A);
		hand.type(file.getPath());
		hand.key(KeyEvent.VK_ENTER);
		Screen.wait(file.toString(), () -> file.isFile() && chooser() == null);
		idle();
	}

	private static Window chooser() {
		for (final Window window : Window.getWindows()) if (window.isShowing() && window instanceof Dialog && (window instanceof java.awt.FileDialog || has((Container) window, JFileChooser.class))) return window;
		return null;
	}

	private static boolean has(final Container in, final Class<?> type) {
		for (final Component part : in.getComponents()) if (type.isInstance(part) || part instanceof Container && has((Container) part, type)) return true;
		return false;
	}

	private void closeImages() {
		hand.menu("File", "Close All");
		Screen.wait("no image", () -> WindowManager.getImageCount() == 0);
		idle();
	}

	private void shot(final String name) throws Exception {
		Screen.shot(shots, name);
	}
}
