package clem.ij;

import java.awt.GraphicsEnvironment;

import javax.swing.SwingUtilities;

import clem.bridge.OperationListener;
import clem.workflow.TimeLeft;
import ij.IJ;

/** Shows progress in ImageJ's status bar, and in a window of its own where a user has started the run: the stage, per cent, the time left. Esc cancels. */
final class ImageJListener implements OperationListener, AutoCloseable {
	private static final long REFRESH_MILLIS = 50;

	private final TimeLeft left = new TimeLeft();
	private final ProgressWindow window;
	private long lastShown;

	/** @param title the window's, or null: there is none */
	ImageJListener(final String title) {
		// On the thread of events a window would stay empty.
		window = title == null || GraphicsEnvironment.isHeadless() || SwingUtilities.isEventDispatchThread() ? null : new ProgressWindow(title);
		IJ.resetEscape();
	}

	@Override
	public void progress(final double fraction, final String stage) {
		final long now = System.currentTimeMillis();
		if (now - lastShown < REFRESH_MILLIS) return;
		lastShown = now;
		final String time = left.at(fraction);
		IJ.showStatus("CLEM-Reg: " + stage + ", " + Math.round(100 * fraction) + " %" + (time.isEmpty() ? "" : ", " + time) + " (Esc cancels)");
		IJ.showProgress(Math.min(0.999, fraction));
		if (window != null) window.at(fraction, stage, time);
	}

	@Override
	public void log(final String message) {
		IJ.log(message);
	}

	@Override
	public void warning(final String message) {
		IJ.log("CLEM-Reg warning: " + message);
	}

	@Override
	public boolean cancelled() {
		return IJ.escapePressed() || window != null && window.cancelled();
	}

	@Override
	public void close() {
		if (window != null) window.close();
	}
}
