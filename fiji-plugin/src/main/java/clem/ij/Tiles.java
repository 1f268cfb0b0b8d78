package clem.ij;

import java.awt.Dialog;
import java.awt.Dimension;
import java.awt.EventQueue;
import java.awt.Frame;
import java.awt.GraphicsEnvironment;
import java.awt.Insets;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Toolkit;
import java.awt.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import ij.IJ;
import ij.WindowManager;
import ij.macro.Interpreter;
import ij.text.TextWindow;

/** Puts the windows that a command has opened beside each other: first the picture, then the tables, which shrink where there is little room, then the other images. What was open before stays where it is. */
final class Tiles {
	/** What lying over a pixel costs: over ImageJ's own window, which is small and needed, over the picture that is looked at, over another result or an open dialog, over a window that the user had open. */
	private static final int IMAGEJ = 4000, PICTURE = 400, RESULT = 20, OTHER = 1;

	/** What each pixel costs that a table loses where it shrinks, and in how many steps it does. */
	private static final int SHRUNK = 5, STEPS = 4;

	/** The least size of a table at a scale of 100 %: some rows. */
	static final int LEAST_WIDTH = 250, LEAST_HEIGHT = 180;

	private static final int CORNERS = 4;

	private static final int LOOKS = 20, LOOK_MILLIS = 100;

	private final List<Window> before = shown();

	/** The windows of images, tables and tools that are on the screen, in the order in which they were made. */
	private static List<Window> shown() {
		final List<Window> shown = new ArrayList<>();
		if (!GraphicsEnvironment.isHeadless()) for (final Frame frame : Frame.getFrames()) if (frame.isShowing() && (frame.getExtendedState() & Frame.ICONIFIED) == 0) shown.add(frame);
		return shown;
	}

	/** Places the windows that have come since. */
	void place() {
		if (Interpreter.isBatchMode()) return;
		final List<Window> fresh = shown();
		fresh.removeAll(before);
		if (fresh.isEmpty()) return;
		settle(fresh);
		final Window picture = WindowManager.getCurrentWindow();
		// Tables before the images beside the picture.
		fresh.sort((a, b) -> Integer.compare(rank(a, picture), rank(b, picture)));
		final Rectangle screen = screen(picture == null ? fresh.get(0) : picture);
		final Map<Rectangle, Integer> taken = new LinkedHashMap<>();
		// What was found stands in the log.
		final Window log = WindowManager.getWindow("Log");
		for (final Window window : before) if (window.isShowing()) taken.merge(window.getBounds(), window == picture ? PICTURE : window == IJ.getInstance() ? IMAGEJ : window == log ? RESULT : OTHER, Math::max);
		// Dialogs that stay open, as that of a project, are in use.
		for (final Window window : Window.getWindows()) if (window instanceof Dialog && window.isShowing() && !ProgressWindow.NAME.equals(window.getName())) taken.merge(window.getBounds(), RESULT, Math::max);
		Arrangement best = arrange(fresh, picture, screen, taken, (picture == null ? fresh.get(0) : picture).getLocation());
		// A new picture may lie in a corner where its place leaves the others no room.
		if (fresh.contains(picture)) {
			for (int corner = 0; corner < CORNERS; corner++) {
				final Arrangement other = arrange(fresh, picture, screen, taken, new Point(screen.x + corner % 2 * screen.width, screen.y + corner / 2 * screen.height));
				if (other.cost < best.cost) best = other;
			}
		}
		for (int i = 0; i < fresh.size(); i++) {
			final Window window = fresh.get(i);
			window.setBounds(best.places.get(i));
			window.validate();
			// What was drawn before the move would stay, and a table would show its end.
			window.repaint();
			if (window instanceof TextWindow && ((TextWindow) window).getTextPanel().getResultsTable() != null) ((TextWindow) window).getTextPanel().scrollToTop();
		}
		// Where they lie over each other the first table is seen before the later ones, and the picture before all.
		for (int i = fresh.size() - 1; i >= 0; i--) if (fresh.get(i) instanceof TextWindow) fresh.get(i).toFront();
		if (log != null) log.toFront();
		if (picture != null) picture.toFront();
	}

	/** Where a window would lie, and what that costs: what it lies over, and what it loses of its size. */
	static final class Place {
		final Rectangle bounds;
		final long cost;

		Place(final Rectangle bounds, final long cost) {
			this.bounds = bounds;
			this.cost = cost;
		}
	}

	/** Where windows would lie, and what that costs. */
	private static final class Arrangement {
		final List<Rectangle> places = new ArrayList<>();
		long cost;
	}

	private static Arrangement arrange(final List<Window> fresh, final Window picture, final Rectangle screen, final Map<Rectangle, Integer> before, final Point near) {
		final Arrangement all = new Arrangement();
		final Map<Rectangle, Integer> taken = new LinkedHashMap<>(before);
		for (final Window window : fresh) {
			final Dimension least = window instanceof TextWindow ? new Dimension(Windows.scaled(LEAST_WIDTH), Windows.scaled(LEAST_HEIGHT)) : window.getSize();
			final Place place = place(window.getSize(), least, screen, taken, near);
			all.places.add(place.bounds);
			all.cost += place.cost;
			taken.merge(place.bounds, window == picture ? PICTURE : RESULT, Math::max);
		}
		return all;
	}

	/** The place and size of a window that may shrink down to a least size where it would lie over others. */
	static Place place(final Dimension size, final Dimension least, final Rectangle screen, final Map<Rectangle, Integer> taken, final Point near) {
		final int width = Math.max(0, size.width - least.width), height = Math.max(0, size.height - least.height);
		Place best = null;
		for (int w = 0; w <= (width > 0 ? STEPS : 0); w++) {
			for (int h = 0; h <= (height > 0 ? STEPS : 0); h++) {
				final Dimension smaller = new Dimension(size.width - width * w / STEPS, size.height - height * h / STEPS);
				final Place place = place(smaller, screen, taken, near);
				final long cost = place.cost + SHRUNK * ((long) size.width * size.height - (long) smaller.width * smaller.height);
				if (best == null || cost < best.cost) best = new Place(place.bounds, cost);
			}
		}
		return best;
	}

	/** What lying there costs. */
	static long cost(final Rectangle bounds, final Map<Rectangle, Integer> taken) {
		long cost = 0;
		for (final Map.Entry<Rectangle, Integer> other : taken.entrySet()) {
			final Rectangle both = bounds.intersection(other.getKey());
			if (!both.isEmpty()) cost += (long) other.getValue() * both.width * both.height;
		}
		return cost;
	}

	/** Moves a window that is about to open off the picture that it belongs to. */
	static void beside(final Window window, final Window picture) {
		final Map<Rectangle, Integer> taken = new LinkedHashMap<>();
		for (final Window other : shown()) taken.merge(other.getBounds(), other == picture ? PICTURE : OTHER, Math::max);
		window.setLocation(place(window.getSize(), screen(picture), taken, window.getLocation()).bounds.getLocation());
	}

	/** Waits, for two seconds at most, until the system has given new windows their frames: without, they are smaller. */
	private static void settle(final List<Window> fresh) {
		List<Rectangle> last = null;
		for (int i = 0; i < LOOKS && !EventQueue.isDispatchThread(); i++) {
			IJ.wait(LOOK_MILLIS);
			final List<Rectangle> now = fresh.stream().map(Window::getBounds).collect(Collectors.toList());
			if (now.equals(last) && fresh.stream().allMatch(window -> window.getInsets().top > 0)) return;
			last = now;
		}
	}

	private static int rank(final Window window, final Window picture) {
		return window == picture ? 0 : window instanceof ij.gui.ImageWindow ? 2 : 1;
	}

	/** The screen on which a window is, without the system's bars. */
	private static Rectangle screen(final Window window) {
		final Rectangle screen = window.getGraphicsConfiguration().getBounds();
		final Insets bars = Toolkit.getDefaultToolkit().getScreenInsets(window.getGraphicsConfiguration());
		return new Rectangle(screen.x + bars.left, screen.y + bars.top, screen.width - bars.left - bars.right, screen.height - bars.top - bars.bottom);
	}

	/**
	 * Where a window lies over least: at an edge of the screen or of a window that is there; of equal places the nearest one.
	 *
	 * @param taken the windows that are there, with what lying over a pixel of them costs
	 * @param near where it would best be
	 */
	static Place place(final Dimension window, final Rectangle screen, final Map<Rectangle, Integer> taken, final Point near) {
		final List<Integer> columns = new ArrayList<>(Arrays.asList(near.x, screen.x, screen.x + screen.width - window.width));
		final List<Integer> rows = new ArrayList<>(Arrays.asList(near.y, screen.y, screen.y + screen.height - window.height));
		for (final Rectangle other : taken.keySet()) {
			columns.addAll(Arrays.asList(other.x, other.x + other.width, other.x - window.width));
			rows.addAll(Arrays.asList(other.y, other.y + other.height, other.y - window.height));
		}
		Rectangle best = null;
		long least = Long.MAX_VALUE;
		double nearest = 0;
		for (final int x : columns) {
			for (final int y : rows) {
				final Rectangle bounds = new Rectangle(x, y, window.width, window.height);
				if (!screen.contains(bounds)) continue;
				final long cost = cost(bounds, taken);
				final double distance = near.distance(x, y);
				if (cost > least || cost == least && distance >= nearest) continue;
				best = bounds;
				least = cost;
				nearest = distance;
			}
		}
		if (best != null) return new Place(best, least);
		// What is larger than the screen begins at its corner.
		final Rectangle corner = new Rectangle(screen.getLocation(), window);
		return new Place(corner, cost(corner, taken));
	}
}
