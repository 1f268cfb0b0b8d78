package clem.ij.preview;

import java.awt.BorderLayout;
import java.util.Locale;

import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JSlider;

import clem.bridge.Bridges;
import clem.json.Json;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.workflow.Step;

/**
 * The part of a dialog that shows what a model finds in the image's current slice. The slice's probability is computed beside ImageJ; a slider moves the
 * threshold, which needs no more computing. On ImageJ's event thread only.
 */
public final class ThresholdPreview extends LivePreview<SliceRequest, ThresholdPreview.Probability> {
	static final String THRESHOLD = "seg_thr";
	static final int LEAST = 5, MOST = 95;

	private static final double PERCENT = 100;

	private final Operation probability;
	private final DialogValues values;
	private final JSlider slider = new JSlider(LEAST, MOST, LEAST);
	private PreviewRun<SliceRequest, Probability> shown;
	private MaskOverlay overlay;
	private String shownThreshold = "";
	private boolean adjusting;

	/** One slice's probabilities, x fastest, and the threshold that holds where the user gives none. */
	static final class Probability {
		private final float[] values;
		private final double threshold;

		Probability(final Step.Results results) {
			values = (float[]) results.image("probability").stack().getPixels(1);
			threshold = Json.asNumber(Json.asObject(results.report.get("model")).get("threshold"), 0.5);
		}
	}

	/**
	 * Prepares; nothing is computed before the user asks.
	 *
	 * @param probability the operation model_probability
	 */
	public ThresholdPreview(final Operation probability, final DialogValues values) {
		super("Shows what the model finds in the image's current slice, from the threshold on.",
			"Computes the probability of the current slice and draws what reaches the threshold over the image. The image itself is not changed.");
		this.probability = probability;
		this.values = values;
		slider.setName("preview_threshold");
		slider.setToolTipText("The threshold (macro key " + THRESHOLD + "), " + LEAST / PERCENT + " to " + MOST / PERCENT + ".");
		slider.setEnabled(false);
		final JPanel threshold = new JPanel(new BorderLayout());
		threshold.add(new JLabel("Threshold "), BorderLayout.WEST);
		threshold.add(slider, BorderLayout.CENTER);
		panel.add(threshold, BorderLayout.CENTER);
		slider.addChangeListener(e -> slid());
	}

	@Override
	protected SliceRequest request() {
		return new SliceRequest(values, probability, watch);
	}

	@Override
	protected PreviewRun<SliceRequest, Probability> work(final SliceRequest request) {
		return new PreviewRun<>(request, Bridges::forModels, probability, Probability::new);
	}

	@Override
	protected void show(final PreviewRun<SliceRequest, Probability> finished) {
		shown = finished;
		overlay = new MaskOverlay(finished.request.image, finished.request.slice, finished.answer().values);
		slider.setEnabled(true);
		draw();
	}

	@Override
	protected void hide() {
		if (overlay != null) overlay.remove();
		overlay = null;
		slider.setEnabled(false);
	}

	@Override
	protected void look(final PreviewRun<SliceRequest, Probability> finished) {
		if (!values.get(THRESHOLD).equals(shownThreshold)) draw();
	}

	/** Draws with the field's threshold; where that is 0 or no number, with the model's own. */
	private void draw() {
		shownThreshold = values.get(THRESHOLD);
		double threshold = 0;
		try {
			threshold = Double.parseDouble(shownThreshold);
		}
		catch (final NumberFormatException e) {
			// While it is being typed.
		}
		if (!(threshold > 0)) threshold = shown.answer().threshold;
		adjusting = true;
		slider.setValue((int) Math.round(PERCENT * threshold));
		adjusting = false;
		final double part = overlay.show(threshold);
		say(String.format(Locale.ROOT, "Slice %d, computed in %.1f s: %.1f %% of its pixels reach %s.", shown.request.slice, shown.took(), PERCENT * part, text(threshold)));
	}

	private void slid() {
		if (adjusting || overlay == null) return;
		values.set(THRESHOLD, text(slider.getValue() / PERCENT));
		draw();
	}

	private static String text(final double threshold) {
		return Parameter.text(threshold);
	}
}
