package clem.ij;

import java.awt.BorderLayout;
import java.awt.FlowLayout;
import java.awt.Frame;
import java.awt.event.KeyEvent;
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;

import javax.swing.BorderFactory;
import javax.swing.JButton;
import javax.swing.JComponent;
import javax.swing.JDialog;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JProgressBar;
import javax.swing.KeyStroke;
import javax.swing.SwingUtilities;
import javax.swing.WindowConstants;

import ij.IJ;

/** How far a run is: stage, per cent, time left, and a button that cancels it. It appears when the run has taken a while, and blocks nothing. */
final class ProgressWindow implements AutoCloseable {
	static final String NAME = "clemreg.progress";
	private static final long DELAY_MILLIS = 1000;
	private static final int WIDTH = 420, PER_MILLE = 1000, PERCENT = 100, GAP = 10;

	private final String title;
	private final long begun = System.currentTimeMillis();
	private volatile boolean cancelled;
	private boolean closed;
	private JDialog window;
	private JProgressBar bar;
	private JLabel stage;
	private JButton cancel;

	ProgressWindow(final String title) {
		this.title = title;
	}

	/** Shows how far the run is; from any thread but the events'. */
	void at(final double fraction, final String words, final String left) {
		if (System.currentTimeMillis() - begun >= DELAY_MILLIS) SwingUtilities.invokeLater(() -> show(fraction, words, left));
	}

	/** Whether the user has cancelled. */
	boolean cancelled() {
		return cancelled;
	}

	@Override
	public void close() {
		SwingUtilities.invokeLater(() -> {
			closed = true;
			if (window != null) window.dispose();
		});
	}

	private void show(final double fraction, final String words, final String left) {
		if (closed) return;
		if (window == null) make();
		bar.setValue((int) (PER_MILLE * fraction));
		bar.setString(Math.round(PERCENT * fraction) + " %");
		if (!cancelled) stage.setText(words + (left.isEmpty() ? "" : ", " + left));
	}

	private void make() {
		window = new JDialog((Frame) IJ.getInstance(), "CLEM-Reg: " + title, false);
		window.setName(NAME);
		// It takes the keyboard from nobody.
		window.setAutoRequestFocus(false);
		bar = new JProgressBar(0, PER_MILLE);
		bar.setName("bar");
		bar.setStringPainted(true);
		stage = new JLabel(" ");
		stage.setName("stage");
		cancel = new JButton("Cancel");
		cancel.setName("cancel");
		cancel.addActionListener(e -> cancel());
		window.getRootPane().registerKeyboardAction(e -> cancel(), KeyStroke.getKeyStroke(KeyEvent.VK_ESCAPE, 0), JComponent.WHEN_IN_FOCUSED_WINDOW);
		window.setDefaultCloseOperation(WindowConstants.DO_NOTHING_ON_CLOSE);
		window.addWindowListener(new WindowAdapter() {
			@Override
			public void windowClosing(final WindowEvent e) {
				cancel();
			}
		});
		final JPanel all = new JPanel(new BorderLayout(GAP, GAP)), buttons = new JPanel(new FlowLayout(FlowLayout.RIGHT, 0, 0));
		all.setBorder(BorderFactory.createEmptyBorder(GAP, GAP, GAP, GAP));
		buttons.add(cancel);
		all.add(stage, BorderLayout.NORTH);
		all.add(bar, BorderLayout.CENTER);
		all.add(buttons, BorderLayout.SOUTH);
		window.add(all);
		Windows.pack(window);
		window.setSize(Math.max(window.getWidth(), Windows.scaled(WIDTH)), window.getHeight());
		window.setLocationRelativeTo(IJ.getInstance());
		// Below ImageJ's window, whose menus and tools stay in use.
		if (IJ.getInstance() != null) window.setLocation(window.getX(), IJ.getInstance().getY() + IJ.getInstance().getHeight());
		window.setVisible(true);
	}

	private void cancel() {
		cancelled = true;
		cancel.setEnabled(false);
		stage.setText("Cancelling ...");
	}
}
