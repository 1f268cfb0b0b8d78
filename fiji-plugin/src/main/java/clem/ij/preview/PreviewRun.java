package clem.ij.preview;

import java.util.function.Function;
import java.util.function.Supplier;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.schema.Operation;
import clem.workflow.Step;

/**
 * A preview of one slice while it is computed, and then.
 *
 * @param <Q> what it depends on
 * @param <A> what comes of it
 */
final class PreviewRun<Q extends PreviewRequest, A> implements OperationListener {
	final Q request;
	private final Supplier<Bridge> bridge;
	private final Operation operation;
	private final Function<Step.Results, A> read;
	private final long start = System.nanoTime();
	private volatile boolean cancelled;
	private volatile double part;
	private double took;
	private String error = "";
	private A answer;

	/**
	 * Prepares.
	 *
	 * @param bridge asked in the background
	 * @param read takes from the results what is shown; they are gone afterwards
	 */
	PreviewRun(final Q request, final Supplier<Bridge> bridge, final Operation operation, final Function<Step.Results, A> read) {
		this.request = request;
		this.bridge = bridge;
		this.operation = operation;
		this.read = read;
	}

	/** Computes; an error is kept to be shown. */
	void run() {
		try {
			if (!cancelled) new Step(bridge.get(), operation).run(request.inputs(), request.run(), this, results -> answer = read.apply(results));
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

	void cancel() {
		cancelled = true;
	}

	/** Seconds since the beginning, while it runs. */
	double seconds() {
		return (System.nanoTime() - start) / 1e9;
	}

	/** Seconds that it took. */
	double took() {
		return took;
	}

	/** The part done, 0 to 1, while it runs. */
	double part() {
		return part;
	}

	/** What came of it; null after an error. */
	A answer() {
		return answer;
	}

	/** What went wrong, or "". */
	String error() {
		return error;
	}

	@Override
	public void progress(final double fraction, final String stage) {
		part = fraction;
	}

	@Override
	public void log(final String message) {}

	@Override
	public void warning(final String message) {}

	@Override
	public boolean cancelled() {
		return cancelled;
	}
}
