package clem.ij.preview;

import java.awt.BorderLayout;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import javax.swing.BorderFactory;
import javax.swing.JCheckBox;
import javax.swing.JComponent;
import javax.swing.JPanel;
import javax.swing.JTextArea;
import javax.swing.SwingUtilities;
import javax.swing.Timer;
import javax.swing.UIManager;

import clem.bridge.ClemRegException;

/**
 * The frame of a preview: a check box and a line about how it stands. A slice is computed beside ImageJ. Whatever changes (the slice, its pixels, the image or its calibration, a parameter) is noticed by looking
 * ten times a second, and computed after a short rest. On ImageJ's event thread only.
 *
 * @param <Q> what a slice's preview depends on; equal ones have equal answers
 * @param <A> the answer that is shown
 */
abstract class LivePreview<Q extends PreviewRequest, A> implements Preview {
	private static final int LOOK_MILLIS = 100, REST_MILLIS = 400, PATIENCE_SECONDS = 10;
	private static final double PERCENT = 100;

	/** Where a subclass adds controls of its own. */
	protected final JPanel panel = new JPanel(new BorderLayout(8, 2));
	/** Knows the pixels of the slice, which are a part of what a preview depends on. */
	protected final PixelWatch watch = new PixelWatch();
	private final String idle;
	private final JCheckBox box = new JCheckBox("Preview");
	private final JTextArea status;
	private final Timer timer = new Timer(LOOK_MILLIS, e -> look());
	private final ExecutorService worker = Executors.newSingleThreadExecutor(work -> {
		final Thread thread = new Thread(work, "CLEM-Reg preview");
		thread.setDaemon(true);
		return thread;
	});
	/** What the dialog stood for when it was last looked at, and since when. */
	private Q seen;
	private long since;
	private PreviewRun<Q, A> run;
	private boolean done;

	/**
	 * Prepares; nothing is computed before the user asks.
	 *
	 * @param idle what the line says while the preview is off
	 */
	LivePreview(final String idle, final String tip) {
		this.idle = idle;
		status = new JTextArea(idle, 2, 1);
		box.setName("preview");
		box.setToolTipText(tip);
		status.setName("preview_status");
		status.setEditable(false);
		status.setFocusable(false);
		status.setLineWrap(true);
		status.setWrapStyleWord(true);
		status.setOpaque(false);
		status.setFont(UIManager.getFont("Label.font"));
		panel.setBorder(BorderFactory.createEmptyBorder(6, 8, 0, 8));
		panel.add(box, BorderLayout.WEST);
		panel.add(status, BorderLayout.SOUTH);
		box.addActionListener(e -> {
			if (box.isSelected()) begin();
			else stop();
		});
	}

	/** What the dialog stands for now; what prevents a preview is thrown. */
	protected abstract Q request();

	/** The work for a request. */
	protected abstract PreviewRun<Q, A> work(Q request);

	/** Shows what has been computed. */
	protected abstract void show(PreviewRun<Q, A> finished);

	/** Takes away what is shown. */
	protected abstract void hide();

	/** Called at each look while something is shown. */
	protected void look(final PreviewRun<Q, A> shown) {}

	@Override
	public final JComponent component() {
		return panel;
	}

	@Override
	public final void close() {
		stop();
		worker.shutdown();
	}

	@Override
	public final void await() {
		try {
			worker.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
		}
	}

	/** Says how it stands. */
	protected final void say(final String text) {
		status.setText(text);
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
		say(idle);
	}

	/** Drops what is shown and computed. */
	private void forget() {
		if (run != null) run.cancel();
		run = null;
		done = false;
		hide();
	}

	private void look() {
		final Q now;
		try {
			now = request();
		}
		catch (final ClemRegException e) {
			prevented(e.getMessage());
			return;
		}
		catch (final NumberFormatException e) {
			prevented("A number is wanted: " + e.getMessage());
			return;
		}
		final long time = System.currentTimeMillis();
		if (!now.equals(seen)) {
			forget();
			// The first time nothing is waited for.
			since = seen == null ? time - REST_MILLIS : time;
			seen = now;
			say("Slice " + now.slice + " ...");
		}
		if (run == null && time - since >= REST_MILLIS) compute();
		if (run != null && !done) say(String.format(Locale.ROOT, "Computing slice %d: %d %%, %.0f s", seen.slice, Math.round(PERCENT * run.part()), run.seconds()));
		if (run != null && done && run.error().isEmpty()) look(run);
	}

	private void prevented(final String problem) {
		forget();
		seen = null;
		say(problem);
	}

	private void compute() {
		final PreviewRun<Q, A> started = work(seen);
		run = started;
		worker.execute(() -> {
			started.run();
			SwingUtilities.invokeLater(() -> computed(started));
		});
	}

	private void computed(final PreviewRun<Q, A> finished) {
		if (finished != run) return;
		done = true;
		if (finished.error().isEmpty()) show(finished);
		else say(finished.error());
	}
}
