package clem.ij;

import java.awt.AWTException;
import java.awt.Menu;
import java.awt.MenuBar;
import java.awt.MenuComponent;
import java.awt.MenuItem;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.Window;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Objects;

import javax.swing.JComboBox;
import javax.swing.JComponent;
import javax.swing.JList;
import javax.swing.JScrollPane;
import javax.swing.JTabbedPane;
import javax.swing.SwingUtilities;
import javax.swing.plaf.basic.ComboPopup;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.ImageCanvas;
import ij.gui.ImageWindow;

/** The mouse and the keyboard of a person before the screen. It reads where things are, and changes nothing but by them. Java must open java.awt and sun.awt.X11 to it (--add-opens): there it reads which item of a menu is marked. */
final class Hand {
	private static final int DELAY_MILLIS = 10, TITLE_PARTS = 4, TRIES = 5, PATIENCE = 100, DRAG_STEPS = 4;

	private final Robot robot;

	Hand() throws AWTException {
		robot = new Robot();
		robot.setAutoDelay(DELAY_MILLIS);
	}

	/** Presses keys together, and lets them go. */
	void key(final int... codes) {
		for (final int code : codes) robot.keyPress(code);
		for (int i = codes.length - 1; i >= 0; i--) robot.keyRelease(codes[i]);
		robot.waitForIdle();
	}

	/** Types a text on an American keyboard. */
	void type(final String text) {
		for (final char c : text.toCharArray()) {
			final int shifted = "_:+(){}".indexOf(c);
			if (shifted >= 0) key(KeyEvent.VK_SHIFT, KeyEvent.getExtendedKeyCodeForChar("-;=90[]".charAt(shifted)));
			else if (Character.isUpperCase(c)) key(KeyEvent.VK_SHIFT, KeyEvent.getExtendedKeyCodeForChar(Character.toLowerCase(c)));
			else key(KeyEvent.getExtendedKeyCodeForChar(c));
		}
	}

	/** Clicks on a place of the screen. */
	void click(final int x, final int y) {
		robot.mouseMove(x, y);
		robot.mousePress(InputEvent.BUTTON1_DOWN_MASK);
		robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK);
		robot.waitForIdle();
	}

	/** Draws over an image, from one pixel to another. */
	void drag(final ImagePlus image, final int x1, final int y1, final int x2, final int y2) {
		final ImageCanvas canvas = image.getCanvas();
		final Point corner = canvas.getLocationOnScreen();
		robot.mouseMove(corner.x + canvas.screenX(x1), corner.y + canvas.screenY(y1));
		robot.mousePress(InputEvent.BUTTON1_DOWN_MASK);
		for (int i = 1; i <= DRAG_STEPS; i++) robot.mouseMove(corner.x + canvas.screenX(x1 + (x2 - x1) * i / DRAG_STEPS), corner.y + canvas.screenY(y1 + (y2 - y1) * i / DRAG_STEPS));
		robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK);
		robot.waitForIdle();
	}

	/** Clicks in the middle of what is shown of a part; turns the wheel to it first where it is outside its page. */
	void click(final JComponent part) {
		scrollTo(part);
		final Rectangle seen = part.getVisibleRect();
		final Point corner = part.getLocationOnScreen();
		click(corner.x + seen.x + seen.width / 2, corner.y + seen.y + seen.height / 2);
	}

	/** Takes a window by its title bar, at the left, in the middle or at the right where others lie over it; or by ImageJ's menu of windows. */
	void front(final Window window) {
		for (int i = 1; i < TITLE_PARTS && !window.isFocused(); i++) {
			final Point corner = window.getLocationOnScreen();
			click(corner.x + window.getWidth() * (TITLE_PARTS - i) / TITLE_PARTS, corner.y + Math.max(1, window.getInsets().top / 2));
			IJ.wait(150);
		}
		if (!window.isFocused() && window instanceof ImageWindow) menu("Window", windowItem(((ImageWindow) window).getTitle()));
		Screen.wait("the window '" + window.getName() + "' in front", window::isFocused);
	}

	/** ImageJ's menu of windows tells the size of images besides. */
	private static String windowItem(final String title) {
		final Menu windows = menu(IJ.getInstance().getMenuBar(), "Window");
		for (int i = 0; i < windows.getItemCount(); i++) if (windows.getItem(i).getLabel().startsWith(title)) return windows.getItem(i).getLabel();
		throw new AssertionError("the menu of windows has no " + title);
	}

	/** Replaces what a field holds. */
	void write(final JComponent field, final String text) {
		click(field);
		key(KeyEvent.VK_CONTROL, KeyEvent.VK_A);
		type(text);
	}

	/** Chooses an item of a list that opens. */
	void choose(final JComboBox<?> box, final String item) throws Exception {
		click(box);
		Screen.wait("the list of " + box.getName(), box::isPopupVisible);
		final JList<?> list = ((ComboPopup) box.getUI().getAccessibleChild(box, 0)).getList();
		for (int i = 0; i < list.getModel().getSize(); i++) {
			if (!item.equals(list.getModel().getElementAt(i))) continue;
			final int index = i;
			SwingUtilities.invokeAndWait(() -> list.ensureIndexIsVisible(index));
			final Rectangle cell = list.getCellBounds(i, i);
			final Point corner = list.getLocationOnScreen();
			click(corner.x + cell.x + cell.width / 2, corner.y + cell.y + cell.height / 2);
			Screen.wait(item + " in " + box.getName(), () -> item.equals(box.getSelectedItem()));
			return;
		}
		throw new AssertionError(box.getName() + " has no " + item);
	}

	/** Opens a tab of a dialog. */
	void tab(final JTabbedPane tabs, final int index) {
		if (tabs.getSelectedIndex() == index) return;
		final Rectangle tab = tabs.getBoundsAt(index);
		final Point corner = tabs.getLocationOnScreen();
		click(corner.x + tab.x + tab.width / 2, corner.y + tab.y + tab.height / 2);
		Screen.wait("the tab " + tabs.getTitleAt(index), () -> tabs.getSelectedIndex() == index);
	}

	/** Opens the tab on which a part is. */
	void tabOf(final JComponent part) {
		final JTabbedPane tabs = (JTabbedPane) SwingUtilities.getAncestorOfClass(JTabbedPane.class, part);
		for (int i = 0; i < tabs.getTabCount(); i++) if (SwingUtilities.isDescendingFrom(part, tabs.getComponentAt(i))) tab(tabs, i);
	}

	/** Goes through ImageJ's menu by keys: F10, then the arrows, with Enter last. */
	void menu(final String... path) {
		open(path);
		key(KeyEvent.VK_ENTER);
	}

	/** Opens ImageJ's menu down to a command, and leaves it open. */
	void open(final String... path) {
		final MenuBar bar = IJ.getInstance().getMenuBar();
		// A window that opens just now takes the key.
		for (int i = 0; i < TRIES && selected(bar) == null; i++) {
			front(IJ.getInstance());
			key(KeyEvent.VK_F10);
			Screen.soon(2, () -> selected(bar) != null);
		}
		Screen.check("the menu is open", selected(bar) != null);
		// To the right lies what the first menu's first item opens.
		go(bar, path[0], KeyEvent.VK_LEFT);
		MenuComponent menu = menu(bar, path[0]);
		for (int level = 1; level < path.length; level++) {
			if (level > 1) {
				key(KeyEvent.VK_RIGHT);
				final MenuComponent in = menu;
				Screen.wait("the list of " + path[level - 1], () -> selected(in) != null);
			}
			go(menu, path[level], KeyEvent.VK_DOWN);
			final MenuItem item = item((Menu) menu, path[level]);
			if (item instanceof Menu) menu = item;
		}
	}

	/** Presses an arrow until the item is marked. */
	private void go(final MenuComponent menu, final String label, final int arrow) {
		for (int i = 0; i < PATIENCE; i++) {
			final String before = selected(menu);
			if (label.equals(before)) return;
			key(arrow);
			Screen.soon(2, () -> !Objects.equals(before, selected(menu)));
		}
		throw new AssertionError("no " + label + " in the menu");
	}

	/** The label of the marked item, or null. AWT tells nobody, so its own window is asked. */
	private static String selected(final MenuComponent menu) {
		try {
			final Field field = MenuComponent.class.getDeclaredField("peer");
			field.setAccessible(true);
			final Object peer = field.get(menu), window = menu instanceof Menu ? call(peer, "getMenuWindow") : peer, item = window == null ? null : call(window, "getSelectedItem");
			return item == null ? null : (String) call(item, "getTargetLabel");
		}
		catch (final ReflectiveOperationException e) {
			throw new AssertionError(e);
		}
	}

	private static Object call(final Object of, final String method) throws ReflectiveOperationException {
		for (Class<?> type = of.getClass(); type != null; type = type.getSuperclass()) {
			for (final Method candidate : type.getDeclaredMethods()) {
				if (!candidate.getName().equals(method) || candidate.getParameterCount() > 0) continue;
				candidate.setAccessible(true);
				return candidate.invoke(of);
			}
		}
		throw new NoSuchMethodException(method);
	}

	private static Menu menu(final MenuBar bar, final String label) {
		for (int i = 0; i < bar.getMenuCount(); i++) if (bar.getMenu(i).getLabel().equals(label)) return bar.getMenu(i);
		throw new AssertionError("no menu " + label);
	}

	private static MenuItem item(final Menu menu, final String label) {
		for (int i = 0; i < menu.getItemCount(); i++) if (menu.getItem(i).getLabel().equals(label)) return menu.getItem(i);
		throw new AssertionError("the menu " + menu.getLabel() + " has no " + label);
	}

	/** Turns the mouse's wheel over a page that is longer than its window until the part is seen. */
	private void scrollTo(final JComponent part) {
		final JScrollPane pane = (JScrollPane) SwingUtilities.getAncestorOfClass(JScrollPane.class, part);
		if (pane == null) return;
		final Point corner = pane.getLocationOnScreen();
		for (int i = 0; i < PATIENCE && part.getVisibleRect().height < part.getHeight(); i++) {
			robot.mouseMove(corner.x + 2, corner.y + pane.getHeight() / 2);
			robot.mouseWheel(part.getLocationOnScreen().y < corner.y ? -1 : 1);
			robot.waitForIdle();
		}
	}
}
