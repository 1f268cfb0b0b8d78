package clem.ij;

import java.awt.BorderLayout;
import java.awt.Dialog;
import java.awt.FlowLayout;
import java.awt.Font;
import java.awt.Window;
import java.io.File;

import javax.swing.JButton;
import javax.swing.JDialog;
import javax.swing.JOptionPane;
import javax.swing.JPanel;
import javax.swing.JScrollPane;
import javax.swing.JTextArea;

import clem.bridge.ClemRegException;
import clem.models.ModelList;
import clem.workflow.RunRequest;

/** Edits models.json as text; what cannot be read is not saved. */
final class ModelListEditor {
	private static final int ROWS = 30, COLUMNS = 110, FONT_SIZE = 12;

	private final JDialog dialog;
	private final JTextArea text;
	private final File file = ModelList.file();
	private boolean saved;

	ModelListEditor(final Window owner) {
		dialog = new JDialog(owner, file.getPath(), Dialog.ModalityType.APPLICATION_MODAL);
		dialog.setName("clemreg.models.editor");
		text = new JTextArea(RunRequest.readText("models", file), ROWS, COLUMNS);
		text.setName("text");
		text.setFont(new Font(Font.MONOSPACED, Font.PLAIN, FONT_SIZE));
		text.setLineWrap(true);
		text.setWrapStyleWord(true);
		text.setCaretPosition(0);
		final JPanel buttons = new JPanel(new FlowLayout(FlowLayout.RIGHT));
		buttons.add(button("Cancel", dialog::dispose));
		buttons.add(button("Save", this::save));
		dialog.add(new JScrollPane(text), BorderLayout.CENTER);
		dialog.add(buttons, BorderLayout.SOUTH);
		dialog.pack();
		dialog.setLocationRelativeTo(owner);
	}

	/** Shows the editor and waits; true when the file was saved. */
	boolean open() {
		dialog.setVisible(true);
		return saved;
	}

	private static JButton button(final String label, final Runnable action) {
		final JButton button = new JButton(label);
		button.setName(label.toLowerCase(java.util.Locale.ROOT));
		button.addActionListener(e -> action.run());
		return button;
	}

	private void save() {
		try {
			ModelList.parse(text.getText(), file.getName());
			ModelList.save(file, text.getText());
			saved = true;
			dialog.dispose();
		}
		catch (final ClemRegException e) {
			JOptionPane.showMessageDialog(dialog, ClemReg.wrapped(e.getMessage()), "CLEM-Reg", JOptionPane.ERROR_MESSAGE);
		}
	}
}
