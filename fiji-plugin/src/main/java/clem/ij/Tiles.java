package clem.ij;

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

/** Puts the windows that a command has opened beside each other: first the picture, then the tables, then the other images. What was open before stays where it is. */
final class Tiles {
	/** What lying over a pixel costs: over ImageJ's own window, which is small and needed, over the picture that is looked at, over another result, over a window that the user had open. */
	private static final int IMAGEJ = 4000, PICTURE = 400, RESULT = 20, OTHER = 1;

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
		for (final Window window : before) if (window.isShowing()) taken.merge(window.getBounds(), window == picture ? PICTURE : window == IJ.getInstance() ? IMAGEJ : OTHER, Math::max);
		for (final Window window : fresh) {
			final Point place = place(window.getSize(), screen, taken, picture == null || window == picture ? window.getLocation() : picture.getLocation());
			window.setLocation(place);
			taken.merge(new Rectangle(place, window.getSize()), window == picture ? PICTURE : RESULT, Math::max);
		}
		// Over what finds no room beside it.
		if (picture != null) picture.toFront();
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
	static Point place(final Dimension window, final Rectangle screen, final Map<Rectangle, Integer> taken, final Point near) {
		final List<Integer> columns = new ArrayList<>(Arrays.asList(near.x, screen.x, screen.x + screen.width - window.width));
		final List<Integer> rows = new ArrayList<>(Arrays.asList(near.y, screen.y, screen.y + screen.height - window.height));
		for (final Rectangle other : taken.keySet()) {
			columns.addAll(Arrays.asList(other.x, other.x + other.width, other.x - window.width));
			rows.addAll(Arrays.asList(other.y, other.y + other.height, other.y - window.height));
		}
		Point best = new Point(screen.x, screen.y);
		long least = Long.MAX_VALUE;
		double nearest = 0;
		for (final int x : columns) {
			for (final int y : rows) {
				final Rectangle place = new Rectangle(x, y, window.width, window.height);
				if (!screen.contains(place)) continue;
				long cost = 0;
				for (final Map.Entry<Rectangle, Integer> other : taken.entrySet()) {
					final Rectangle both = place.intersection(other.getKey());
					if (!both.isEmpty()) cost += (long) other.getValue() * both.width * both.height;
				}
				final double distance = near.distance(x, y);
				if (cost > least || cost == least && distance >= nearest) continue;
				best = new Point(x, y);
				least = cost;
				nearest = distance;
			}
		}
		return best;
	}
}
