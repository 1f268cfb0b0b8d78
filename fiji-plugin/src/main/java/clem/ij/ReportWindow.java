package clem.ij;

import java.awt.BorderLayout;
import java.awt.FlowLayout;
import java.awt.Font;
import java.awt.GraphicsEnvironment;
import java.awt.Toolkit;
import java.awt.datatransfer.StringSelection;
import java.awt.event.ActionListener;
import java.awt.event.KeyEvent;

import javax.swing.BorderFactory;
import javax.swing.JButton;
import javax.swing.JComponent;
import javax.swing.JFrame;
import javax.swing.JPanel;
import javax.swing.JScrollPane;
import javax.swing.JTextArea;
import javax.swing.KeyStroke;
import javax.swing.SwingUtilities;

import ij.IJ;

/** Shows a text about this system with a button that copies it for a bug report; without a screen it goes to the log. */
final class ReportWindow {
	private static final int COLUMNS = 100, MOST_ROWS = 26, LOG_LINES = 40;

	private ReportWindow() {}

	static void show(final String title, final String text) {
		if (GraphicsEnvironment.isHeadless()) IJ.log(text);
		else SwingUtilities.invokeLater(() -> frame(title, text).setVisible(true));
	}

	private static JFrame frame(final String title, final String text) {
		final JFrame frame = new JFrame(title);
		frame.setName("clemreg.report");
		frame.setDefaultCloseOperation(JFrame.DISPOSE_ON_CLOSE);
		final JTextArea area = new JTextArea(text.trim(), 0, COLUMNS);
		area.setName("text");
		area.setEditable(false);
		area.setLineWrap(true);
		area.setWrapStyleWord(true);
		area.setFont(new Font(Font.MONOSPACED, Font.PLAIN, area.getFont().getSize()));
		area.setBorder(BorderFactory.createEmptyBorder(6, 8, 6, 8));
		area.setRows(rows(text));
		area.setCaretPosition(0);
		final JPanel buttons = new JPanel(new FlowLayout(FlowLayout.RIGHT));
		buttons.add(button("Copy for a bug report", e -> Toolkit.getDefaultToolkit().getSystemClipboard().setContents(new StringSelection(bugReport(text)), null)));
		final JButton close = button("Close", e -> frame.dispose());
		buttons.add(close);
		frame.add(new JScrollPane(area), BorderLayout.CENTER);
		frame.add(buttons, BorderLayout.SOUTH);
		frame.getRootPane().setDefaultButton(close);
		frame.getRootPane().registerKeyboardAction(e -> frame.dispose(), KeyStroke.getKeyStroke(KeyEvent.VK_ESCAPE, 0), JComponent.WHEN_IN_FOCUSED_WINDOW);
		frame.pack();
		frame.setLocationRelativeTo(null);
		return frame;
	}

	private static JButton button(final String label, final ActionListener action) {
		final JButton button = new JButton(label);
		button.setName(label);
		button.addActionListener(action);
		return button;
	}

	/** How many rows the text takes once its lines are broken. */
	private static int rows(final String text) {
		int rows = 1;
		// Words and long paths are not broken where it would be best.
		for (final String line : text.trim().split("\n")) rows += 1 + line.length() * 3 / (2 * COLUMNS);
		return Math.min(MOST_ROWS, rows);
	}

	/** The text, what the log said last, and the two questions that a report should answer. */
	static String bugReport(final String text) {
		final String log = IJ.getLog();
		final StringBuilder report = new StringBuilder("What I did:\n\nWhat happened, and what I expected:\n\n```\n").append(text.trim()).append("\n```\n");
		if (log != null && !log.trim().isEmpty()) {
			final String[] lines = log.trim().split("\n");
			report.append("\nThe Log window, its last lines:\n\n```\n");
			for (int i = Math.max(0, lines.length - LOG_LINES); i < lines.length; i++) report.append(lines[i]).append('\n');
			report.append("```\n");
		}
		return report.toString();
	}
}
