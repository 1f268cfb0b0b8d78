package clem.ij;

import clem.bridge.OperationListener;
import clem.workflow.TimeLeft;
import ij.IJ;

/** Shows progress in ImageJ's status bar: the stage, per cent, the time left. Esc cancels. */
final class ImageJListener implements OperationListener {
	private static final long REFRESH_MILLIS = 50;

	private final TimeLeft left = new TimeLeft();
	private long lastShown;

	ImageJListener() {
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
		return IJ.escapePressed();
	}
}
