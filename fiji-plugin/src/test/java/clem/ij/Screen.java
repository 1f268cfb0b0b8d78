package clem.ij;

import java.awt.AWTException;
import java.awt.Dialog;
import java.awt.Frame;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.Toolkit;
import java.awt.Window;
import java.io.File;
import java.io.IOException;
import java.util.function.BooleanSupplier;

import javax.imageio.ImageIO;
import javax.swing.JDialog;
import javax.swing.JOptionPane;

import ij.IJ;

/** What programs share that use the plugin as a person does, on a screen. */
final class Screen {
	private static final int PATIENCE_SECONDS = 90;

	/** What a person does. */
	interface Use {
		void go() throws Exception;
	}

	private Screen() {}

	/** Ends the program, after "USED" when all went as it should; else the screen as it is then is in failed.png, in the folder of the screenshots. */
	static void use(final String shots, final Use use) {
		try {
			use.go();
			System.out.println("USED");
			System.exit(0);
		}
		catch (final Throwable e) {
			e.printStackTrace(System.out);
			try {
				shot(shots, "failed");
			}
			catch (final AWTException | IOException none) {
				System.out.println(none);
			}
			System.exit(1);
		}
	}

	static void check(final String what, final boolean so) {
		if (!so) throw new AssertionError(what);
	}

	static void wait(final String what, final BooleanSupplier so) {
		wait(what, PATIENCE_SECONDS, so);
	}

	static void wait(final String what, final int seconds, final BooleanSupplier so) {
		if (!soon(seconds, so)) throw new AssertionError("waited in vain for " + what + "; open are " + windows());
	}

	/** The windows on the screen, which of them has the keyboard, and what questions and messages say. */
	private static String windows() {
		final StringBuilder told = new StringBuilder();
		for (final Window window : Window.getWindows()) {
			if (!window.isShowing()) continue;
			final JOptionPane says = window instanceof JDialog ? Dialogs.part(window, JOptionPane.class) : null;
			final String title = window instanceof Frame ? ((Frame) window).getTitle() : window instanceof Dialog ? ((Dialog) window).getTitle() : window.getName();
			told.append(System.lineSeparator()).append("  ").append(title).append(' ').append(window.getBounds()).append(window.isFocused() ? ", with the keyboard" : "").append(says == null ? "" : ": " + says.getMessage());
		}
		return told.toString();
	}

	/** Whether it comes to be so. */
	static boolean soon(final int seconds, final BooleanSupplier so) {
		final long end = System.nanoTime() + seconds * 1_000_000_000L;
		for (int i = 0; !so.getAsBoolean(); i++) {
			if (System.nanoTime() > end) return false;
			// Most things take a few milliseconds.
			IJ.wait(i < 10 ? 5 : 50);
		}
		return true;
	}

	/** Leaves a screenshot in a folder. */
	static void shot(final String folder, final String name) throws AWTException, IOException {
		IJ.wait(500);
		shot(folder, name, new Rectangle(Toolkit.getDefaultToolkit().getScreenSize()));
	}

	/** Leaves a picture of a part of the screen. */
	static void shot(final String folder, final String name, final Rectangle part) throws AWTException, IOException {
		ImageIO.write(new Robot().createScreenCapture(part), "png", new File(folder, name + ".png"));
	}
}
