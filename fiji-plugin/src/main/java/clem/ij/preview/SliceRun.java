package clem.ij.preview;

import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.image.ResultImage;
import clem.json.Json;
import clem.schema.Operation;
import clem.workflow.Step;

/** One slice's probability while it is computed, and then. */
final class SliceRun implements OperationListener {
	final SliceRequest request;
	private final long start = System.nanoTime();
	private volatile boolean cancelled;
	private volatile double part;
	private double seconds;
	private float[] probability;
	private double threshold;
	private String error = "";

	SliceRun(final SliceRequest request) {
		this.request = request;
	}

	/** Computes; an error is kept to be shown. */
	void run(final Operation operation) {
		try {
			if (!cancelled) new Step(Bridges.forModels(), operation).run(request.inputs(), request.run(), this, results -> {
				final ResultImage image = results.image("probability");
				threshold = Json.asNumber(Json.asObject(results.report.get("model")).get("threshold"), 0.5);
				probability = (float[]) image.stack().getPixels(1);
			});
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
		seconds = seconds();
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
		return seconds;
	}

	/** The part done, 0 to 1, while it runs. */
	double part() {
		return part;
	}

	/** The slice's probabilities, x fastest; null after an error. */
	float[] probability() {
		return probability;
	}

	/** The threshold that holds where the user gives none. */
	double threshold() {
		return threshold;
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
