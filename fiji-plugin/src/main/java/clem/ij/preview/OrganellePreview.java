package clem.ij.preview;

import java.util.Locale;
import java.util.function.Supplier;

import clem.bridge.Bridge;
import clem.schema.Operation;

/** The part of a dialog that shows the organelle that a recipe finds in the rectangle that is drawn in the image. The image itself is not changed. On ImageJ's event thread only. */
public final class OrganellePreview extends LivePreview<OrganelleRequest, float[]> {
	private static final double INSIDE = 0.5, PERCENT = 100;

	private final Operation operation;
	private final Supplier<Bridge> bridge;
	private final DialogValues values;
	private MaskOverlay overlay;

	/**
	 * Prepares; nothing is computed before the user asks.
	 *
	 * @param operation segment_organelles
	 * @param bridge asked in the background
	 */
	public OrganellePreview(final Operation operation, final Supplier<Bridge> bridge, final DialogValues values) {
		super("Shows what the recipe finds in a rectangle: draw one round an organelle in the image.",
			"Draws the pixels that the recipe finds in the rectangle that is selected in the image. A recipe by class needs the rectangle's name (Edit > Selection > Properties...). The image itself is not changed.");
		this.operation = operation;
		this.bridge = bridge;
		this.values = values;
	}

	@Override
	protected OrganelleRequest request() {
		return new OrganelleRequest(values, operation, watch);
	}

	@Override
	protected PreviewRun<OrganelleRequest, float[]> work(final OrganelleRequest request) {
		return new PreviewRun<>(request, bridge, operation, results -> (float[]) results.image("labels").stack().getProcessor(1).convertToFloatProcessor().getPixels());
	}

	@Override
	protected void show(final PreviewRun<OrganelleRequest, float[]> finished) {
		overlay = new MaskOverlay(finished.request.image, finished.request.slice, finished.answer());
		final double part = overlay.show(INSIDE);
		say(part == 0 ? String.format(Locale.ROOT, "Slice %d: the recipe finds nothing in the rectangle.", finished.request.slice)
			: String.format(Locale.ROOT, "Slice %d, computed in %.1f s: %d pixels, %.2f %% of the slice.", finished.request.slice, finished.took(), Math.round(part * finished.answer().length), PERCENT * part));
	}

	@Override
	protected void hide() {
		if (overlay != null) overlay.remove();
		overlay = null;
	}
}
