package clem.ij.preview;

import clem.bridge.Bridges;
import clem.image.ResultImage;
import clem.json.Json;
import clem.schema.Operation;
import clem.workflow.Step;

/** One slice's probability while it is computed, and then. */
final class SliceRun extends PreviewRun {
	final SliceRequest request;
	private final Operation operation;
	private float[] probability;
	private double threshold;

	SliceRun(final SliceRequest request, final Operation operation) {
		this.request = request;
		this.operation = operation;
	}

	@Override
	protected void compute() {
		new Step(Bridges.forModels(), operation).run(request.inputs(), request.run(), this, results -> {
			final ResultImage image = results.image("probability");
			threshold = Json.asNumber(Json.asObject(results.report.get("model")).get("threshold"), 0.5);
			probability = (float[]) image.stack().getPixels(1);
		});
	}

	/** The slice's probabilities, x fastest; null after an error. */
	float[] probability() {
		return probability;
	}

	/** The threshold that holds where the user gives none. */
	double threshold() {
		return threshold;
	}
}
