package clem.ij.preview;

import java.util.Arrays;

import clem.bridge.ClemRegException;
import clem.schema.Operation;
import clem.workflow.InputSource;
import clem.workflow.RunRequest;

/** What a slice's probability depends on: besides what all previews do, the model. */
final class SliceRequest extends PreviewRequest {
	private static final String MODEL = "model", FIRST = "first_slice", LAST = "last_slice";

	private final String model;

	/** The request that the dialog stands for now. */
	SliceRequest(final DialogValues values, final Operation probability, final PixelWatch watch) {
		super(IMAGE, values, probability, Arrays.asList(FIRST, LAST), watch, values.get(MODEL));
		model = values.get(MODEL);
		if (model.isEmpty()) throw ClemRegException.badInput("Choose a model above.");
	}

	@Override
	RunRequest run() {
		final RunRequest run = super.run();
		run.parameters.put(FIRST, String.valueOf(slice));
		run.parameters.put(LAST, String.valueOf(slice));
		return run;
	}

	@Override
	InputSource inputs() {
		return inputs(image, 0, model);
	}
}
