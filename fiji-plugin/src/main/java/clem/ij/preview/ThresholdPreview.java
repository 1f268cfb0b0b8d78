package clem.ij.preview;

import java.awt.BorderLayout;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import javax.swing.BorderFactory;
import javax.swing.JCheckBox;
import javax.swing.JComponent;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JSlider;
import javax.swing.JTextArea;
import javax.swing.SwingUtilities;
import javax.swing.Timer;
import javax.swing.UIManager;

import clem.bridge.ClemRegException;
import clem.schema.Operation;
import clem.schema.Parameter;

/**
 * The part of a dialog that shows what a model finds in the image's current slice. The slice's probability is computed beside ImageJ; a slider moves the
 * threshold, which needs no more computing. Whatever changes (the slice, its pixels, the image or its calibration, the model, a parameter) is noticed by looking ten times a second, and
 * computed after a short rest. On ImageJ's event thread only.
 */
public final class ThresholdPreview {
	static final String THRESHOLD = "seg_thr";
	static final int LEAST = 5, MOST = 95;

	private static final int LOOK_MILLIS = 100, REST_MILLIS = 400, PATIENCE_SECONDS = 10;
	private static final double PERCENT = 100;
	private static final String IDLE = "Shows what the model finds in the image's current slice, from the threshold on.";

	private final Operation probability;
	private final DialogValues values;
	private final PixelWatch watch = new PixelWatch();
	private final JCheckBox box = new JCheckBox("Preview");
	private final JSlider slider = new JSlider(LEAST, MOST, LEAST);
	private final JTextArea status = new JTextArea(IDLE, 2, 1);
	private final JPanel panel = new JPanel(new BorderLayout(8, 2));
	private final Timer timer = new Timer(LOOK_MILLIS, e -> look());
	private final ExecutorService worker = Executors.newSingleThreadExecutor(work -> {
		final Thread thread = new Thread(work, "CLEM-Reg preview");
		thread.setDaemon(true);
		return thread;
	});
	/** What the dialog stood for when it was last looked at, and since when. */
	private SliceRequest seen;
	private long since;
	private SliceRun run;
	private boolean done;
	private MaskOverlay overlay;
	private String shownThreshold = "";
	private boolean adjusting;

	/**
	 * Prepares; nothing is computed before the user asks.
	 *
	 * @param probability the operation model_probability
	 */
	public ThresholdPreview(final Operation probability, final DialogValues values) {
		this.probability = probability;
		this.values = values;
		box.setName("preview");
		box.setToolTipText("Computes the probability of the current slice and draws what reaches the threshold over the image. The image itself is not changed.");
		slider.setName("preview_threshold");
		slider.setToolTipText("The threshold (macro key " + THRESHOLD + "), " + LEAST / PERCENT + " to " + MOST / PERCENT + ".");
		slider.setEnabled(false);
		status.setName("preview_status");
		status.setEditable(false);
		status.setFocusable(false);
		status.setLineWrap(true);
		status.setWrapStyleWord(true);
		status.setOpaque(false);
		status.setFont(UIManager.getFont("Label.font"));
		panel.setBorder(BorderFactory.createEmptyBorder(6, 8, 0, 8));
		panel.add(box, BorderLayout.WEST);
		final JPanel threshold = new JPanel(new BorderLayout());
		threshold.add(new JLabel("Threshold "), BorderLayout.WEST);
		threshold.add(slider, BorderLayout.CENTER);
		panel.add(threshold, BorderLayout.CENTER);
		panel.add(status, BorderLayout.SOUTH);
		box.addActionListener(e -> {
			if (box.isSelected()) begin();
			else stop();
		});
		slider.addChangeListener(e -> slid());
	}

	/** The component for the dialog. */
	public JComponent component() {
		return panel;
	}

	/** Ends the preview: the image looks as before, and what is being computed stops. */
	public void close() {
		stop();
		worker.shutdown();
	}

	/** Waits for what was being computed when the preview was closed, so that its memory is free again. */
	public void await() {
		try {
			worker.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
		}
	}

	private void begin() {
		seen = null;
		timer.start();
		look();
	}

	private void stop() {
		timer.stop();
		watch.forget();
		forget();
		box.setSelected(false);
		status.setText(IDLE);
	}

	/** Drops what is shown and computed. */
	private void forget() {
		if (run != null) run.cancel();
		run = null;
		done = false;
		if (overlay != null) overlay.remove();
		overlay = null;
		slider.setEnabled(false);
	}

	private void look() {
		SliceRequest now = null;
		String problem = "Open an image and choose it above.";
		try {
			now = SliceRequest.of(values, probability, watch);
			if (now != null && !now.hasModel()) {
				now = null;
				problem = "Choose a model above.";
			}
		}
		catch (final ClemRegException e) {
			problem = e.getMessage();
		}
		catch (final NumberFormatException e) {
			problem = "A number is wanted: " + e.getMessage();
		}
		if (now == null) {
			forget();
			seen = null;
			status.setText(problem);
			return;
		}
		final long time = System.currentTimeMillis();
		if (!now.equals(seen)) {
			forget();
			// The first time nothing is waited for.
			since = seen == null ? time - REST_MILLIS : time;
			seen = now;
			status.setText("Slice " + now.slice + " ...");
		}
		if (run == null && time - since >= REST_MILLIS) compute();
		if (run != null && !done) status.setText(String.format(Locale.ROOT, "Computing slice %d: %d %%, %.0f s", seen.slice, Math.round(PERCENT * run.part()), run.seconds()));
		if (overlay != null && !values.get(THRESHOLD).equals(shownThreshold)) draw();
	}

	private void compute() {
		final SliceRun started = new SliceRun(seen);
		run = started;
		worker.execute(() -> {
			started.run(probability);
			SwingUtilities.invokeLater(() -> computed(started));
		});
	}

	private void computed(final SliceRun finished) {
		if (finished != run) return;
		done = true;
		if (finished.probability() == null) {
			status.setText(finished.error());
			return;
		}
		overlay = new MaskOverlay(finished.request.image, finished.request.slice, finished.probability());
		slider.setEnabled(true);
		draw();
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
		if (!(threshold > 0)) threshold = run.threshold();
		adjusting = true;
		slider.setValue((int) Math.round(PERCENT * threshold));
		adjusting = false;
		final double part = overlay.show(threshold);
		status.setText(String.format(Locale.ROOT, "Slice %d, computed in %.1f s: %.1f %% of its pixels reach %s.", run.request.slice, run.took(), PERCENT * part, text(threshold)));
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
