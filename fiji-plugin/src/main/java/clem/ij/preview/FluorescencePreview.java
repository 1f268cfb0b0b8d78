package clem.ij.preview;

import java.util.Locale;
import java.util.function.Supplier;

import clem.bridge.Bridge;
import clem.schema.Operation;
import clem.workflow.Step;

/** The part of a dialog that shows what is found in the current slice of a fluorescence stack. The image itself is not changed. On ImageJ's event thread only. */
public final class FluorescencePreview extends LivePreview<FluorescenceRequest, float[]> {
	private static final double INSIDE = 0.5, PERCENT = 100;

	private final Operation segmentation;
	private final Supplier<Bridge> bridge;
	private final DialogValues values;
	private MaskOverlay overlay;

	/**
	 * Prepares; nothing is computed before the user asks.
	 *
	 * @param segmentation the operation segment_fluorescence
	 * @param bridge asked in the background
	 */
	public FluorescencePreview(final Operation segmentation, final Supplier<Bridge> bridge, final DialogValues values) {
		super("Shows what is found in the image's current slice.",
			"Segments the current slice, with the slices above and below that the filter sees, and draws what is found over the image. The image itself is not changed.");
		this.segmentation = segmentation;
		this.bridge = bridge;
		this.values = values;
	}

	@Override
	protected FluorescenceRequest request() {
		return new FluorescenceRequest(values, segmentation, watch);
	}

	@Override
	protected PreviewRun<FluorescenceRequest, float[]> work(final FluorescenceRequest request) {
		return new PreviewRun<>(request, bridge, segmentation, results -> slice(results, request.slice - request.first + 1));
	}

	private static float[] slice(final Step.Results results, final int slice) {
		return (float[]) results.image("mask").stack().getProcessor(slice).convertToFloatProcessor().getPixels();
	}

	@Override
	protected void show(final PreviewRun<FluorescenceRequest, float[]> finished) {
		overlay = new MaskOverlay(finished.request.image, finished.request.slice, finished.answer());
		final double part = overlay.show(INSIDE);
		say(String.format(Locale.ROOT, "Slice %d, computed in %.1f s: %.1f %% of its pixels are found.%s", finished.request.slice, finished.took(), PERCENT * part,
			finished.request.filtered ? " The filter by size, which looks at whole objects, comes after this." : ""));
	}

	@Override
	protected void hide() {
		if (overlay != null) overlay.remove();
		overlay = null;
	}
}
