package clem.ij.preview;

import java.util.Arrays;

import clem.bridge.ClemRegException;
import clem.image.SliceRange;
import clem.schema.Operation;
import clem.workflow.InputSource;
import clem.workflow.RunRequest;

/**
 * What the mask of a fluorescence slice depends on: besides what all previews do, the channel and the slices above and below, as far as the filter sees them. Within these the threshold of a
 * slice is its own, so that the slice is segmented as it will be in the whole stack.
 */
final class FluorescenceRequest extends PreviewRequest {
	static final String MOVING = "moving";

	private static final String CHANNEL = MOVING + "_channel", SIGMA = "log_sigma", GRID = "segmentation_grid", RAW = "raw", FILTER = "filter_segmentation", FIRST = "z_min", LAST = "z_max";
	/** The wider of the two Gaussians in parts of log_sigma, and how far a Gaussian is computed, in standard deviations. */
	private static final double WIDER = 1.6, REACH = 4;

	/** The first slice that the filter sees, from 1. */
	final int first;
	/** Whether objects will be taken away by their size, which one slice does not tell. */
	final boolean filtered;
	private final int last;
	private final int channel;

	/** The request that the dialog stands for now. */
	FluorescenceRequest(final DialogValues values, final Operation segmentation, final PixelWatch watch) {
		super(MOVING, values, segmentation, Arrays.asList(FIRST, LAST), watch, Arrays.asList(values.get(CHANNEL), values.get(FIRST), values.get(LAST)));
		if (!values.get(GRID).equals(RAW)) throw ClemRegException.badInput("The preview knows " + GRID + "=" + RAW + " only, the image's own voxels: " + values.get(GRID) + " makes others, of which a slice is none of the image's.");
		final int from = Integer.parseInt(values.get(FIRST)), to = Integer.parseInt(values.get(LAST));
		if (slice < from || to > 0 && slice > to) throw ClemRegException.badInput("Slice " + slice + " is outside of the slices that are used (" + FIRST + " = " + from + ", " + LAST + " = " + to + ").");
		channel = Integer.parseInt(values.get(CHANNEL));
		filtered = Boolean.parseBoolean(values.get(FILTER));
		final int radius = (int) (REACH * WIDER * Double.parseDouble(values.get(SIGMA)) + 0.5);
		first = Math.max(1, slice - radius);
		last = Math.min(image.getNSlices(), slice + radius);
	}

	@Override
	RunRequest run() {
		final RunRequest run = super.run();
		run.parameters.put(FILTER, "false");
		return run;
	}

	@Override
	InputSource inputs() {
		return inputs(SliceRange.of(image, channel, first, last), 1, null);
	}
}
