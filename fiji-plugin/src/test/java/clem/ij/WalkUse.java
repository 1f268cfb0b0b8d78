package clem.ij;

import java.awt.Component;
import java.awt.Container;
import java.awt.Dialog;
import java.awt.Dimension;
import java.awt.Frame;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.swing.AbstractButton;
import javax.swing.JButton;
import javax.swing.JComboBox;
import javax.swing.JDialog;
import javax.swing.JFileChooser;
import javax.swing.JLabel;
import javax.swing.JOptionPane;
import javax.swing.JScrollBar;
import javax.swing.JScrollPane;
import javax.swing.JTabbedPane;
import javax.swing.JTextField;

import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.Menus;
import ij.Prefs;
import ij.WindowManager;
import ij.plugin.frame.Recorder;
import ij.plugin.frame.RoiManager;
import ij.text.TextWindow;

/**
 * Walks each workflow from the menu to the saved result as a person does, with the mouse and the keyboard alone, while ImageJ's Recorder is open, and opens each dialog of the menu. Arguments: a folder with dark.onnx and
 * yolo.onnx, a folder for what is saved, a folder for the screenshots, and which of cells, organelles, clem (with auto: as a newcomer registers, by the defaults; else rigid, which is faster), famous, dialogs to walk. What was recorded is recorded.ijm in the folder of what is saved. The last line is "USED" when all went as it should.
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
		Screen.use(args[2], () -> new WalkUse(args[0], args[1], args[2], Arrays.asList(args).subList(3, args.length)).walk());
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
		// A person works there, which no macro does again.
		if (parts.contains("famous")) famous();
		if (parts.contains("dialogs")) dialogs();
	}

	private void cells() throws Exception {
		run("sample-sections.tif", "Samples", "Open Sample (Cells)");
		shot("cells-sample");
		front("sample-sections.tif");
		use("detect_cells", "cells", "Detect cells: labels", dialog -> {}, "Detect Cells...");
		shot("cells-found");
		save("Detect cells: labels", new File(saved, "cells-labels.tif"));
		front("sample-sections.tif");
		use("track_cells", "tracks", "Track cells: labels", dialog -> {}, "Track Cells...");
		shot("cells-tracked");
		closeImages();
	}

	private void organelles() throws Exception {
		run("sample-organelles.tif", "Samples", "Open Sample (Organelles)");
		shot("organelles-sample");
		front("sample-organelles.tif");
		use("segment_organelles", "organelles", "Segment Organelles: labels", dialog -> {}, "Segment Organelles...");
		shot("organelles-segmented");
		save("Segment Organelles: labels", new File(saved, "organelle-labels.tif"));
		use("mesh", "meshes", null, dialog -> choose(dialog, "labels", "organelle-labels.tif"), "Steps", "Mesh and Measure Objects...");
		shot("organelles-meshed");
		closeImages();
	}

	private void clem() throws Exception {
		run("sample-fm.tif", "Samples", "Open Sample (CLEM)");
		shot("clem-sample");
		use("register", "registered", "Registered sample-fm.tif", parts.contains("auto") ? dialog -> {} : dialog -> choose(dialog, "registration_algorithm", "rigid"), "Register...");
		shot("clem-registered");
		save("Registered sample-fm.tif", new File(saved, "registered.tif"));
		use("warp", "warped.tif", null, dialog -> write(dialog, "transform", new File(saved, "registered/transform.json").getPath()), "Steps", "Warp...");
		shot("clem-warped");
		use("segment_em", "segmented", "sample-em.tif: objects", dialog -> {
			choose(dialog, "image", "sample-em.tif");
			model(dialog, "dark.onnx");
		}, "Steps", "Segment EM...");
		shot("em-segmented");
		use("detect_objects", "boxes", null, dialog -> {
			choose(dialog, "image", "sample-em.tif");
			model(dialog, "yolo.onnx");
		}, "Steps", "Detect Objects...");
		shot("objects-detected");
		closeImages();
	}

	/** A project from nothing to a dataset: its stack, its classes, two boxes drawn by hand, the files for training. Then the same window by its own command. */
	private void famous() throws Exception {
		run("sample-sections.tif", "Samples", "Open Sample (Cells)");
		// Apart from what the recorded macro gives again.
		final File own = new File(saved.getPath() + "-famous"), project = new File(own, "project"), stack = new File(own, "stack.tif");
		Screen.check("a folder", own.mkdir());
		save("sample-sections.tif", stack);
		closeImages();
		choose("FAMOUS Project...");
		answer(project);
		final JDialog steps = Dialogs.await(DIALOGS + "famous_project");
		press(steps, "step.stack");
		answer(stack);
		Screen.wait("the stack", () -> "done".equals(text(steps, "state.stack")));
		press(steps, "classes");
		Screen.wait("the question for the classes", () -> question() != null);
		hand.type("cell, nucleus");
		hand.key(KeyEvent.VK_ENTER);
		Screen.wait("the classes", () -> text(steps, "head").contains("nucleus"));
		press(steps, "step.annotate");
		final JDialog annotate = Dialogs.await(DIALOGS + "annotate");
		boxes(annotate, WindowManager.getImage("stack.tif"), 20);
		press(annotate, "save");
		Screen.wait("the boxes are noted", () -> "done".equals(text(steps, "state.annotate")));
		shot("famous-annotated");
		press(steps, "step.export_dataset");
		final JDialog export = dialog("export_dataset");
		Screen.check("a click on the steps does not hide the question", export.getOwner() == steps);
		finish(export, null);
		Screen.wait("the dataset", () -> new File(project, "dataset/dataset.yaml").isFile() && "done".equals(text(steps, "state.export_dataset")));
		shot("famous-exported");
		hand.front(annotate);
		hand.key(KeyEvent.VK_ALT, KeyEvent.VK_F4);
		Screen.wait("the end of Annotate", () -> !annotate.isShowing());
		press(steps, "close");

		front("stack.tif");
		choose("Tools", "Annotate...");
		final JDialog again = Dialogs.await(DIALOGS + "annotate");
		for (final String name : new String[] { "cell", "nucleus" }) {
			press(again, "add_class");
			Screen.wait("the question for a class", () -> question() != null);
			hand.type(name);
			hand.key(KeyEvent.VK_ENTER);
			Screen.wait("no question", () -> question() == null);
		}
		boxes(again, WindowManager.getImage("stack.tif"), 250);
		press(again, "save");
		answer(new File(own, "drawn"));
		Screen.wait("the boxes", () -> new File(own, "drawn/boxes.csv").isFile());
		closeImages();
		Screen.wait("the window goes with its image", () -> !again.isShowing());
	}

	/** Opens each dialog of the menu, looks at each of its tabs, and leaves it by Esc. */
	private void dialogs() throws Exception {
		for (final List<String> path : commands(menu())) {
			final String label = path.get(path.size() - 1);
			if (!label.endsWith("...") || OTHERS.contains(label)) continue;
			choose(path.toArray(new String[0]));
			Screen.wait("the dialog of " + label, () -> ours() != null);
			final Window dialog = ours();
			if (!Screen.soon(3, dialog::isFocused)) hand.front(dialog);
			final JTabbedPane tabs = Dialogs.part(dialog, JTabbedPane.class);
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
	private JDialog dialog(final String operation, final String... path) {
		choose(path);
		return dialog(operation);
	}

	/** The dialog of an operation once it is in front: a click that comes earlier falls on the window below. */
	private static JDialog dialog(final String operation) {
		final JDialog dialog = Dialogs.await(DIALOGS + operation);
		Screen.wait("the keyboard for " + operation, dialog::isFocused);
		return dialog;
	}

	/** What a person fills in before OK. */
	private interface Fill {
		void in(JDialog dialog) throws Exception;
	}

	/** A command by its dialog, with the output among what is saved; an image of that title (or null) comes of it. */
	private void use(final String operation, final String out, final String image, final Fill fill, final String... path) throws Exception {
		final JDialog dialog = dialog(operation, path);
		fill.in(dialog);
		write(dialog, "out", new File(saved, out).getPath());
		shot("asked-" + operation);
		finish(dialog, image);
	}

	private void write(final JDialog dialog, final String key, final String text) {
		final JTextField field = Dialogs.part(dialog, JTextField.class, key);
		hand.tabOf(field);
		hand.write(field, text);
		Screen.wait(text + " in " + key, () -> field.getText().equals(text));
	}

	private void choose(final JDialog dialog, final String key, final String item) throws Exception {
		final JComboBox<?> field = Dialogs.part(dialog, JComboBox.class, key);
		hand.tabOf(field);
		hand.choose(field, item);
	}

	private void model(final JDialog dialog, final String name) {
		final JComboBox<?> field = Dialogs.part(dialog, JComboBox.class, "model");
		hand.tabOf(field);
		final JTextField editor = (JTextField) field.getEditor().getEditorComponent();
		hand.write(editor, new File(models, name).getPath());
		Screen.wait("the model", () -> editor.getText().endsWith(name));
	}

	private void press(final JDialog dialog, final String button) {
		if (!dialog.isFocused()) hand.front(dialog);
		Screen.wait("the button " + button, () -> {
			final JButton there = Dialogs.part(dialog, JButton.class, button);
			return there != null && there.isEnabled();
		});
		// The window may just be made anew.
		IJ.wait(200);
		hand.click(Dialogs.part(dialog, JButton.class, button));
	}

	/** Draws a box from row y on, and another of the second class, in an image that is annotated. */
	private void boxes(final JDialog annotate, final ImagePlus image, final int y) {
		front(image.getTitle());
		final RoiManager manager = RoiManager.getInstance2();
		final int count = manager == null ? 0 : manager.getCount();
		hand.key(KeyEvent.VK_1);
		hand.drag(image, 20, y, 60, y + 30);
		hand.key(KeyEvent.VK_2);
		hand.drag(image, 90, y + 50, 130, y + 90);
		Screen.wait("two boxes more: " + text(annotate, "status"), () -> RoiManager.getInstance2() != null && RoiManager.getInstance2().getCount() == count + 2);
	}

	private static String text(final JDialog in, final String label) {
		final JLabel found = Dialogs.part(in, JLabel.class, label);
		return found == null ? "" : found.getText();
	}

	/** Clicks OK, and waits until the run is over, its progress window gone and what came of it shown. */
	private void finish(final JDialog dialog, final String image) {
		final Map<Window, Rectangle> before = windows();
		hand.click(Dialogs.part(dialog, JButton.class, "ok"));
		Screen.wait("the end of " + dialog.getTitle(), () -> !dialog.isShowing());
		idle();
		if (image != null) Screen.wait(image, () -> WindowManager.getImage(image) != null);
		Screen.check("the progress window is gone", Dialogs.shown(ProgressWindow.NAME) == null);
		seen(before);
	}

	private static Map<Window, Rectangle> windows() {
		final Map<Window, Rectangle> windows = new LinkedHashMap<>();
		for (final Frame frame : Frame.getFrames()) if (frame.isShowing()) windows.put(frame, frame.getBounds());
		return windows;
	}

	/** What a command has opened is on the screen, beside the picture where there is room, and hides neither ImageJ's window nor a table; what was open is where it was. */
	private static void seen(final Map<Window, Rectangle> before) {
		final Rectangle screen = new Rectangle(Toolkit.getDefaultToolkit().getScreenSize());
		final Window picture = WindowManager.getCurrentWindow();
		final Map<Window, Rectangle> now = windows(), fresh = new LinkedHashMap<>(now);
		before.forEach((window, bounds) -> Screen.check(title(window) + " is where it was", now.get(window) == null || now.get(window).equals(bounds)));
		fresh.keySet().removeAll(before.keySet());
		final Map<Window, Rectangle> wanted = new LinkedHashMap<>(fresh);
		for (final Window window : new Window[] { picture, IJ.getInstance() }) if (now.containsKey(window)) wanted.put(window, now.get(window));
		// Where these fill most of the screen they cannot all lie beside each other.
		final boolean crowded = wanted.values().stream().mapToDouble(bounds -> (double) bounds.width * bounds.height).sum() > 0.72 * screen.width * screen.height;
		fresh.forEach((window, bounds) -> {
			Screen.check(title(window) + " is on the screen: " + bounds, screen.contains(bounds));
			now.forEach((other, place) -> {
				final Rectangle both = bounds.intersection(place);
				// There is room if the window fits on one of the picture's sides; a table shrinks to do so.
				final boolean table = window instanceof TextWindow;
				final int width = table ? Math.min(bounds.width, (int) (Prefs.getGuiScale() * Tiles.LEAST_WIDTH)) : bounds.width, height = table ? Math.min(bounds.height, (int) (Prefs.getGuiScale() * Tiles.LEAST_HEIGHT)) : bounds.height;
				final boolean room = width <= Math.max(place.x, screen.width - place.x - place.width) || height <= Math.max(place.y, screen.height - place.y - place.height);
				if (other == window || both.isEmpty()) return;
				final double hidden = (double) both.width * both.height / (place.width * place.height);
				if (other == picture && room && hidden > 0.05 || other == IJ.getInstance() && hidden > 0.5 || !crowded && other instanceof TextWindow && fresh.containsKey(other) && hidden > 0.75) throw new AssertionError(title(window) + " lies over " + title(other) + ": " + bounds + ", " + place);
			});
		});
	}

	private static String title(final Window window) {
		return ((Frame) window).getTitle();
	}

	/** Waits until no command of ImageJ runs: each has a thread of its name. */
	private static void idle() {
		IJ.wait(300);
		Screen.wait("the end of the command", RUN_SECONDS, () -> Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> Menus.getCommands().containsKey(thread.getName())));
		IJ.wait(300);
	}

	/** Saves an image as a person does: S in its window, the path, Enter. */
	private void save(final String title, final File file) throws Exception {
		front(title);
		hand.key(KeyEvent.VK_S);
		answer(file);
		Screen.wait(file.toString(), file::isFile);
		idle();
	}

	/** Names a file or a folder that is asked for. */
	private void answer(final File file) throws Exception {
		Screen.wait("the file chooser", () -> chooser() != null);
		IJ.wait(300);
		shot("naming-" + file.getName());
		hand.key(KeyEvent.VK_CONTROL, KeyEvent.VK_A);
		hand.type(file.getPath());
		hand.key(KeyEvent.VK_ENTER);
		Screen.wait("the file chooser is gone", () -> chooser() == null);
	}

	/** A question of one line, or null. */
	private static Window question() {
		for (final Window window : Window.getWindows()) if (window.isShowing() && window instanceof Dialog && Dialogs.part(window, JOptionPane.class) != null) return window;
		return null;
	}

	private void front(final String title) {
		hand.front(WindowManager.getImage(title).getWindow());
	}

	private static Window chooser() {
		for (final Window window : Window.getWindows()) if (window.isShowing() && window instanceof Dialog && (window instanceof java.awt.FileDialog || Dialogs.part(window, JFileChooser.class) != null)) return window;
		return null;
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
