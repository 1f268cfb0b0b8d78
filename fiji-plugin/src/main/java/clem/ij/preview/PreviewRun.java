package clem.ij.preview;

import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;

/** A preview of one slice while it is computed, and then. */
abstract class PreviewRun implements OperationListener {
	private final long start = System.nanoTime();
	private volatile boolean cancelled;
	private volatile double part;
	private double took;
	private String error = "";

	/** Computes and keeps what comes of it. */
	protected abstract void compute();

	/** Computes; an error is kept to be shown. */
	final void run() {
		try {
			if (!cancelled) compute();
		}
		catch (final ClemRegException e) {
			error = e.getMessage();
		}
		catch (final OutOfMemoryError e) {
			error = "Java's memory is too small for a preview. Close other images, or raise it in Edit > Options > Memory & Threads.";
		}
		catch (final RuntimeException | Error e) {
			error = "Unexpected error: " + e;
		}
		took = seconds();
	}

	final void cancel() {
		cancelled = true;
	}

	/** Seconds since the beginning, while it runs. */
	final double seconds() {
		return (System.nanoTime() - start) / 1e9;
	}

	/** Seconds that it took. */
	final double took() {
		return took;
	}

	/** The part done, 0 to 1, while it runs. */
	final double part() {
		return part;
	}

	/** What went wrong, or "". */
	final String error() {
		return error;
	}

	@Override
	public final void progress(final double fraction, final String stage) {
		part = fraction;
	}

	@Override
	public void log(final String message) {}

	@Override
	public void warning(final String message) {}

	@Override
	public final boolean cancelled() {
		return cancelled;
	}
}
