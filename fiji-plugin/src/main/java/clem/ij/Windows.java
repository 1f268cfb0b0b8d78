package clem.ij;

import java.awt.Component;
import java.awt.Container;
import java.awt.Font;
import java.awt.GraphicsEnvironment;
import java.awt.Rectangle;
import java.awt.Window;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

import ij.Prefs;

/** What all windows of ours do: ImageJ's scale of fonts (Edit > Options > Appearance), no larger than the screen, one of each. */
final class Windows {
	private static final int STEP = 10;

	private Windows() {}

	/** A length in pixels at the user's scale. */
	static int scaled(final int pixels) {
		return (int) Math.round(pixels * Prefs.getGuiScale());
	}

	/** Gives a window the user's scale of fonts and its size, at most the screen's. */
	static void pack(final Window window) {
		scale(window);
		window.pack();
		final Rectangle screen = GraphicsEnvironment.getLocalGraphicsEnvironment().getMaximumWindowBounds();
		window.setSize(Math.min(window.getWidth(), screen.width), Math.min(window.getHeight(), screen.height));
	}

	/** Makes a window higher as long as it is needed, at most as high as the screen. */
	static void enlarge(final Window window, final BooleanSupplier needed) {
		final int most = GraphicsEnvironment.getLocalGraphicsEnvironment().getMaximumWindowBounds().height;
		while (needed.getAsBoolean() && window.getHeight() < most) {
			window.setSize(window.getWidth(), Math.min(most, window.getHeight() + scaled(STEP)));
			window.validate();
		}
	}

	/** Gives parts that were made later the user's scale of fonts. */
	static void scale(final Container parts) {
		if (Prefs.getGuiScale() != 1) enlarge(parts, (float) Prefs.getGuiScale());
	}

	/** The window of that name if it is shown, in front then; else null. */
	static Window front(final String name) {
		for (final Window window : Window.getWindows()) {
			if (!window.isShowing() || !name.equals(window.getName())) continue;
			window.toFront();
			return window;
		}
		return null;
	}

	private static void enlarge(final Container in, final float scale) {
		// Some parts hand their new font on to their own parts: what each had is looked up first.
		final Map<Component, Font> fonts = new LinkedHashMap<>();
		collect(in, fonts);
		fonts.forEach((part, font) -> part.setFont(font.deriveFont(font.getSize2D() * scale)));
	}

	private static void collect(final Container in, final Map<Component, Font> fonts) {
		for (final Component part : in.getComponents()) {
			// A part without a font of its own has its parent's.
			if (part.isFontSet()) fonts.put(part, part.getFont());
			if (part instanceof Container) collect((Container) part, fonts);
		}
	}
}
