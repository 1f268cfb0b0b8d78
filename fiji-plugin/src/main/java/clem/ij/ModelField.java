package clem.ij;

import java.awt.FlowLayout;
import java.util.ArrayList;
import java.util.List;

import javax.swing.DefaultComboBoxModel;
import javax.swing.JButton;
import javax.swing.JComboBox;
import javax.swing.JComponent;
import javax.swing.JFileChooser;
import javax.swing.JPanel;
import javax.swing.SwingUtilities;
import javax.swing.filechooser.FileNameExtensionFilter;

import clem.bridge.ClemRegException;
import clem.models.ModelEntry;
import clem.models.ModelFolders;

/** Chooses a model: one of those in the models folder, by its name, or any ONNX file. */
final class ModelField extends JComboBox<String> {
	private static final long serialVersionUID = 1L;
	/** What fits into a list of models or images, whatever stands in it. */
	static final String WIDEST = "a name of a usual length.onnx";
	private static final String NONE = "(none)";

	private final boolean needed;

	/** A field for a model that is needed, or one that may be left out. */
	ModelField(final boolean needed) {
		this.needed = needed;
		setEditable(true);
		// A long path must not widen the dialog.
		setPrototypeDisplayValue(WIDEST);
		refresh();
	}

	/** What is typed or chosen. */
	String model() {
		// An editable list takes over what is typed only when it loses the focus.
		final Object item = getEditor().getItem();
		final String text = item == null ? "" : item.toString().trim();
		return text.equals(NONE) ? "" : text;
	}

	/** Sets the model; without one the first that is there, or none where none is needed. */
	void choose(final String model) {
		setSelectedItem(model.isEmpty() && getItemCount() > 0 ? getItemAt(0) : model);
	}

	private void refresh() {
		final String before = model();
		final List<String> names = new ArrayList<>(ModelFolders.names());
		if (!needed) names.add(0, NONE);
		setModel(new DefaultComboBoxModel<>(names.toArray(new String[0])));
		setSelectedItem(before.isEmpty() && !needed ? NONE : before);
	}

	/** What is wrong with a model's name or path, or null. */
	static String problem(final String model) {
		if (model.isEmpty()) return "choose one, or an ONNX file with Browse..., or get one with Download...";
		try {
			ModelFolders.find("Model", model);
			return null;
		}
		catch (final ClemRegException e) {
			return e.getMessage();
		}
	}

	/** Browse... and Download..., to stand beside it. */
	JComponent buttons() {
		final JPanel panel = new JPanel(new FlowLayout(FlowLayout.LEADING, 0, 0));
		panel.add(button("Browse...", "browse", this::browse));
		panel.add(button("Download...", "download", this::download));
		return panel;
	}

	private static JButton button(final String text, final String name, final Runnable action) {
		final JButton button = new JButton(text);
		button.setName("model_" + name);
		button.addActionListener(e -> action.run());
		return button;
	}

	private void browse() {
		final JFileChooser chooser = new JFileChooser(model());
		chooser.setFileFilter(new FileNameExtensionFilter("Models (ONNX)", "onnx"));
		if (chooser.showOpenDialog(this) == JFileChooser.APPROVE_OPTION) setSelectedItem(chooser.getSelectedFile().getPath());
	}

	private void download() {
		final ModelEntry entry = new DownloadWindow(SwingUtilities.getWindowAncestor(this)).open();
		refresh();
		if (entry != null) setSelectedItem(entry.name);
	}
}
