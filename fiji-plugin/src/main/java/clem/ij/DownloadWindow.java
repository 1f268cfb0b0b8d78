package clem.ij;

import java.awt.BorderLayout;
import java.awt.Desktop;
import java.awt.Dialog;
import java.awt.Dimension;
import java.awt.FlowLayout;
import java.awt.Window;
import java.awt.event.KeyEvent;
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import javax.swing.BorderFactory;
import javax.swing.JButton;
import javax.swing.JComponent;
import javax.swing.JDialog;
import javax.swing.JEditorPane;
import javax.swing.JOptionPane;
import javax.swing.JPanel;
import javax.swing.JProgressBar;
import javax.swing.JScrollPane;
import javax.swing.JSplitPane;
import javax.swing.JTable;
import javax.swing.KeyStroke;
import javax.swing.ListSelectionModel;
import javax.swing.SwingUtilities;
import javax.swing.event.HyperlinkEvent;
import javax.swing.table.DefaultTableModel;

import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.models.ModelEntry;
import clem.models.ModelFolders;
import clem.models.ModelInstaller;
import clem.models.ModelList;
import clem.workflow.FileRunner;
import clem.workflow.ModelDownload;
import ij.IJ;
import ij.plugin.BrowserLauncher;

/** Offers the models of the list for download. Nothing is fetched before the user presses Download and accepts the licence. */
final class DownloadWindow {
	private static final String TITLE = "CLEM-Reg: Download Model";
	private static final int STEPS = 1000, WIDTH = 760;

	private final Window owner;
	private final List<ModelEntry> entries = new ArrayList<>();
	private final DefaultTableModel rows = new DefaultTableModel(new Object[] { "Model", "Size", "Licence", "In the models folder" }, 0) {
		private static final long serialVersionUID = 1L;

		@Override
		public boolean isCellEditable(final int row, final int column) {
			return false;
		}
	};
	private final JTable table = new JTable(rows);
	private final JEditorPane details = new JEditorPane("text/html", "");
	private final JProgressBar bar = new JProgressBar(0, STEPS);
	private JDialog dialog;
	private JButton download, cancel, edit;

	private volatile boolean cancelled;
	private boolean running;
	private boolean closing;
	private ModelEntry done;

	DownloadWindow(final Window owner) {
		this.owner = owner;
	}

	/** Shows the window and waits; gives the model that was downloaded last, or null. */
	ModelEntry open() {
		try {
			if (SwingUtilities.isEventDispatchThread()) show();
			else SwingUtilities.invokeAndWait(this::show);
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
		}
		catch (final InvocationTargetException e) {
			if (e.getCause() instanceof RuntimeException) throw (RuntimeException) e.getCause();
			throw new IllegalStateException(e.getCause());
		}
		return done;
	}

	private void show() {
		dialog = new JDialog(owner, TITLE, Dialog.ModalityType.APPLICATION_MODAL);
		dialog.setName("clemreg.download_model");
		dialog.setDefaultCloseOperation(JDialog.DO_NOTHING_ON_CLOSE);
		dialog.addWindowListener(new WindowAdapter() {
			@Override
			public void windowClosing(final WindowEvent e) {
				close();
			}
		});
		table.setName("models");
		table.setSelectionMode(ListSelectionModel.SINGLE_SELECTION);
		table.getSelectionModel().addListSelectionListener(e -> tell());
		table.setPreferredScrollableViewportSize(new Dimension(WIDTH, 6 * table.getRowHeight()));
		// Esc and Enter are the window's.
		for (final int key : new int[] { KeyEvent.VK_ESCAPE, KeyEvent.VK_ENTER }) table.getInputMap(JComponent.WHEN_ANCESTOR_OF_FOCUSED_COMPONENT).put(KeyStroke.getKeyStroke(key, 0), "none");
		details.setName("details");
		details.setEditable(false);
		details.putClientProperty(JEditorPane.HONOR_DISPLAY_PROPERTIES, true);
		details.addHyperlinkListener(e -> {
			if (e.getEventType() == HyperlinkEvent.EventType.ACTIVATED) browse(e.getDescription());
		});
		final JScrollPane below = new JScrollPane(details);
		below.setPreferredSize(new Dimension(WIDTH, 210));
		bar.setStringPainted(true);
		bar.setName("progress");
		final JPanel south = new JPanel(new BorderLayout(0, 6));
		south.setBorder(BorderFactory.createEmptyBorder(8, 8, 8, 8));
		south.add(bar, BorderLayout.NORTH);
		south.add(buttons(), BorderLayout.SOUTH);
		final JSplitPane split = new JSplitPane(JSplitPane.VERTICAL_SPLIT, new JScrollPane(table), below);
		split.setResizeWeight(0.3);
		dialog.add(split, BorderLayout.CENTER);
		dialog.add(south, BorderLayout.SOUTH);
		dialog.getRootPane().registerKeyboardAction(e -> {
			if (running) stop();
			else close();
		}, KeyStroke.getKeyStroke(KeyEvent.VK_ESCAPE, 0), JComponent.WHEN_IN_FOCUSED_WINDOW);
		reload(null);
		dialog.pack();
		for (int column = 0; column < 4; column++) table.getColumnModel().getColumn(column).setPreferredWidth(new int[] { 150, 80, 260, 260 }[column]);
		dialog.setLocationRelativeTo(owner);
		dialog.setVisible(true);
	}

	private JComponent buttons() {
		final JPanel left = new JPanel(new FlowLayout(FlowLayout.LEFT, 4, 0)), right = new JPanel(new FlowLayout(FlowLayout.RIGHT, 4, 0));
		left.add(button("Open models folder", "folder", this::openFolder));
		edit = button("Edit models.json...", "edit", this::edit);
		left.add(edit);
		download = button("Download", "download", this::start);
		cancel = button("Cancel", "cancel", this::stop);
		right.add(download);
		right.add(cancel);
		right.add(button("Close", "close", this::close));
		dialog.getRootPane().setDefaultButton(download);
		final JPanel all = new JPanel(new BorderLayout());
		all.add(left, BorderLayout.WEST);
		all.add(right, BorderLayout.EAST);
		return all;
	}

	private static JButton button(final String text, final String name, final Runnable action) {
		final JButton button = new JButton(text);
		button.setName(name);
		button.addActionListener(e -> action.run());
		return button;
	}

	/** Reads the list anew and chooses a model in it. */
	private void reload(final String chosen) {
		entries.clear();
		rows.setRowCount(0);
		try {
			entries.addAll(new ModelList().entries());
		}
		catch (final ClemRegException e) {
			details.setText("<html><b>The list of models cannot be read.</b><p>" + escaped(e.getMessage()) + "</p></html>");
		}
		int row = 0;
		for (final ModelEntry entry : entries) {
			final File file = ModelFolders.installed(entry.name);
			rows.addRow(new Object[] { entry.title, entry.size < 0 ? "" : entry.sizeText(), entry.licence, file == null ? "" : file.getName() });
			if (entry.name.equals(chosen)) row = rows.getRowCount() - 1;
		}
		if (!entries.isEmpty()) table.setRowSelectionInterval(row, row);
		enable();
	}

	private void enable() {
		download.setEnabled(!running && selected() != null);
		cancel.setEnabled(running);
		edit.setEnabled(!running);
		table.setEnabled(!running);
		if (!running) bar.setString(selected() == null ? "" : ModelFolders.installed(selected().name) != null ? selected().name + " is in the models folder" : " ");
	}

	private ModelEntry selected() {
		final int row = table.getSelectedRow();
		return row < 0 || row >= entries.size() ? null : entries.get(row);
	}

	private void tell() {
		final ModelEntry entry = selected();
		if (entry != null) {
			final StringBuilder text = new StringBuilder("<html><b>" + escaped(entry.title) + "</b> (" + escaped(entry.name) + ")");
			paragraph(text, "", entry.description);
			for (final String url : entry.urls) paragraph(text, "From: ", url);
			paragraph(text, "Licence: ", entry.licenceText());
			paragraph(text, "SHA-256: ", entry.sha256 == null ? "not in the list, so what comes cannot be checked; it is shown to you after the download" : entry.sha256);
			paragraph(text, "Please cite: ", entry.citation);
			paragraph(text, "", entry.note);
			details.setText(text + "</html>");
			details.setCaretPosition(0);
		}
		if (download != null) enable();
	}

	private static void paragraph(final StringBuilder text, final String heading, final String words) {
		if (!words.isEmpty()) text.append("<br><br>").append(heading).append(escaped(words).replaceAll("(https?://[^\\s)]+)", "<a href=\"$1\">$1</a>"));
	}

	private static String escaped(final String text) {
		return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
	}

	private void start() {
		final ModelEntry entry = selected();
		if (entry == null || running) return;
		final boolean there = ModelFolders.installed(entry.name) != null;
		if (there && choose(entry.name + " is in the models folder already.", "Download it again", "Keep it") != 0) return;
		running = true;
		cancelled = false;
		bar.setValue(0);
		bar.setString("connecting");
		enable();
		// A button that is switched off would keep the keys to itself.
		cancel.requestFocusInWindow();
		new Thread(() -> work(entry, there), "CLEM-Reg model download").start();
	}

	private void work(final ModelEntry entry, final boolean again) {
		String failure = null;
		File model = null;
		try {
			model = new ModelDownload(new FileRunner(Bridges.get())).install(entry, again, new Asking(), new Shown());
		}
		catch (final ClemRegException e) {
			failure = e.kind == ClemRegException.Kind.CANCELLED ? "" : e.getMessage();
		}
		catch (final RuntimeException | Error e) {
			failure = "Unexpected error: " + e + ".";
		}
		final String problem = failure;
		final File file = model;
		SwingUtilities.invokeLater(() -> end(entry, file, problem));
	}

	private void end(final ModelEntry entry, final File model, final String problem) {
		running = false;
		reload(entry.name);
		table.requestFocusInWindow();
		if (model != null) {
			done = entry;
			bar.setValue(STEPS);
			bar.setString(entry.name + " is ready: " + ModelEntry.bytes(model.length()));
			IJ.log("CLEM-Reg: " + entry.title + ": " + model + (entry.citation.isEmpty() ? "" : "\nPlease cite: " + entry.citation));
		}
		else {
			bar.setValue(0);
			bar.setString(problem.isEmpty() ? "cancelled; what has come is kept for the next time" : "not downloaded");
			if (!problem.isEmpty() && !closing) JOptionPane.showMessageDialog(dialog, ClemReg.wrapped(problem), "CLEM-Reg", JOptionPane.ERROR_MESSAGE);
		}
		if (closing) dialog.dispose();
	}

	private void stop() {
		if (!running) return;
		cancelled = true;
		bar.setString("cancelling");
	}

	private void close() {
		if (!running) dialog.dispose();
		else {
			closing = true;
			stop();
		}
	}

	private void edit() {
		try {
			if (new ModelListEditor(dialog).open()) reload(selected() == null ? null : selected().name);
		}
		catch (final ClemRegException e) {
			JOptionPane.showMessageDialog(dialog, ClemReg.wrapped(e.getMessage()), "CLEM-Reg", JOptionPane.ERROR_MESSAGE);
		}
	}

	private void openFolder() {
		String folder = ModelFolders.all().get(0).getPath();
		try {
			folder = ModelFolders.writable().getPath();
			if (Desktop.isDesktopSupported() && Desktop.getDesktop().isSupported(Desktop.Action.OPEN)) {
				Desktop.getDesktop().open(new File(folder));
				return;
			}
		}
		catch (final IOException | ClemRegException e) {
			// Its path is told in place of it.
		}
		JOptionPane.showInputDialog(dialog, "The models folder:", "CLEM-Reg", JOptionPane.PLAIN_MESSAGE, null, null, folder);
	}

	private static void browse(final String url) {
		try {
			BrowserLauncher.openURL(url);
		}
		catch (final IOException e) {
			IJ.log("CLEM-Reg: no browser opens " + url);
		}
	}

	private int choose(final String question, final String... answers) {
		return JOptionPane.showOptionDialog(dialog, question, "CLEM-Reg", JOptionPane.DEFAULT_OPTION, JOptionPane.QUESTION_MESSAGE, null, answers, answers[answers.length - 1]);
	}

	/** Asks the user, on Swing's thread, while the download waits. */
	private final class Asking implements ModelInstaller.Consent {
		@Override
		public void licence(final ModelEntry entry) {
			if (!entry.licence.isEmpty() && !agreed(entry.title + " is published under this licence:\n" + entry.licence + "\n" + entry.licenceUrl + "\n\nRead it there. Do you accept it?", "I accept the licence", "Cancel")) throw ClemRegException.cancelled();
		}

		@Override
		public void unchecked(final ModelEntry entry, final String sha256) {
			final boolean keep = agreed("models.json has no SHA-256 for " + entry.name + ", so this program cannot say whether what came is what was published.\nThe SHA-256 of what came is\n" + sha256
				+ "\n\nCompare it with what the publisher gives, if it does. Keep the file?", "Keep it", "Remove it");
			if (!keep) throw ClemRegException.badInput(entry.name + ": what came is removed.");
		}

		private boolean agreed(final String question, final String yes, final String no) {
			final int[] answer = { -1 };
			try {
				SwingUtilities.invokeAndWait(() -> answer[0] = choose(question, yes, no));
			}
			catch (final InterruptedException e) {
				Thread.currentThread().interrupt();
			}
			catch (final InvocationTargetException e) {
				throw new IllegalStateException(e.getCause());
			}
			return answer[0] == 0;
		}
	}

	/** Shows the progress in the bar. */
	private final class Shown implements OperationListener {
		@Override
		public void progress(final double fraction, final String stage) {
			SwingUtilities.invokeLater(() -> {
				if (!running || cancelled) return;
				bar.setValue((int) (fraction * STEPS));
				bar.setString(stage.substring(0, 1).toUpperCase(Locale.ROOT) + stage.substring(1));
			});
		}

		@Override
		public void log(final String message) {
			IJ.log("CLEM-Reg: " + message);
		}

		@Override
		public void warning(final String message) {
			IJ.log("CLEM-Reg warning: " + message);
		}

		@Override
		public boolean cancelled() {
			return cancelled;
		}
	}
}
