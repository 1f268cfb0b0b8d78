package clem.ij;

import java.awt.BorderLayout;
import java.awt.FlowLayout;
import java.awt.Frame;
import java.awt.GridBagConstraints;
import java.awt.GridBagLayout;
import java.awt.Insets;
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import javax.swing.Box;
import javax.swing.DefaultComboBoxModel;
import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JComponent;
import javax.swing.JDialog;
import javax.swing.JFileChooser;
import javax.swing.JLabel;
import javax.swing.JOptionPane;
import javax.swing.JPanel;
import javax.swing.JTabbedPane;
import javax.swing.JTextField;
import javax.swing.SwingConstants;
import javax.swing.SwingUtilities;

import clem.bridge.ClemRegException;
import clem.ij.preview.DialogValues;
import clem.ij.preview.Preview;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.workflow.CellTable;
import clem.workflow.Commands;
import ij.IJ;
import ij.ImageListener;
import ij.ImagePlus;

/** Asks for an operation's images and parameters, one tab a group. Each component's name is its key. */
final class ParameterDialog {
	private static final String NONE = "(none)", PRESET = "preset";
	private static final int COLUMNS = 18;

	private final Operation operation;
	private final Fields fields;
	private final List<String> titles;
	private final Map<String, JComponent> inputs = new LinkedHashMap<>();
	/** At the side: so many tabs would stand in several rows above each other. */
	private final JTabbedPane tabs = new JTabbedPane(SwingConstants.LEFT);
	private JDialog dialog;
	private Map<String, String> answer;
	private Function<DialogValues, Preview> previews;
	private Preview preview;

	ParameterDialog(final Operation operation, final Fields fields, final List<String> titles) {
		this.operation = operation;
		this.fields = fields;
		this.titles = new ArrayList<>(titles);
	}

	/** Adds a preview. The image windows can then be used while the dialog is open. */
	void preview(final Function<DialogValues, Preview> made) {
		previews = made;
	}

	/** Shows the dialog and waits; null when it is cancelled. */
	Map<String, String> ask() {
		try {
			DialogWait.show(this::made);
			if (preview != null) preview.await();
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
			return null;
		}
		catch (final InvocationTargetException e) {
			if (e.getCause() instanceof RuntimeException) throw (RuntimeException) e.getCause();
			throw new IllegalStateException(e.getCause());
		}
		return answer;
	}

	private JDialog made() {
		dialog = new JDialog((Frame) IJ.getInstance(), "CLEM-Reg: " + operation.title, previews == null);
		dialog.setName("clemreg." + operation.name);
		for (final Map.Entry<String, List<Fields.Field>> group : fields.groups.entrySet()) tabs.addTab(group.getKey(), page(group.getValue()));
		final JPanel buttons = new JPanel(new FlowLayout(FlowLayout.RIGHT));
		buttons.add(button("Help", this::help));
		buttons.add(button("Defaults", this::reset));
		buttons.add(button("Cancel", dialog::dispose));
		final JButton ok = button("OK", this::accept);
		buttons.add(ok);
		dialog.getRootPane().setDefaultButton(ok);
		reset();
		if (inputs.get(PRESET) instanceof JComboBox) ((JComboBox<?>) inputs.get(PRESET)).addActionListener(e -> preset());
		for (final String role : new String[] { "moving", "fixed", "fixed_mask" }) {
			if (inputs.get(role) instanceof JComboBox) ((JComboBox<?>) inputs.get(role)).addActionListener(e -> region());
		}
		if (inputs.get(Fields.ROI_MANAGER) != null) ((JComboBox<?>) inputs.get("image")).addActionListener(e -> offerRois());
		if (inputs.containsKey(Fields.FIDUCIALS)) ((JComboBox<?>) inputs.get("image")).addActionListener(e -> points());
		dialog.add(tabs, BorderLayout.CENTER);
		final JPanel below = new JPanel(new BorderLayout());
		if (previews != null) {
			preview = previews.apply(new Values());
			below.add(preview.component(), BorderLayout.CENTER);
			final ImageListener openings = new Openings();
			ImagePlus.addImageListener(openings);
			dialog.addWindowListener(new WindowAdapter() {
				@Override
				public void windowClosed(final WindowEvent e) {
					ImagePlus.removeImageListener(openings);
					preview.close();
				}
			});
		}
		below.add(buttons, BorderLayout.SOUTH);
		dialog.add(below, BorderLayout.SOUTH);
		dialog.pack();
		dialog.setLocationRelativeTo(IJ.getInstance());
		return dialog;
	}

	/** The fields as a preview sees them. */
	private final class Values implements DialogValues {
		@Override
		public String get(final String key) {
			return inputs.containsKey(key) ? value(inputs.get(key)) : "";
		}

		@Override
		public void set(final String key, final String value) {
			ParameterDialog.set(inputs.get(key), value);
		}

		@Override
		public ImagePlus image(final String key) {
			return chosen(key);
		}
	}

	/** Images that are opened or closed while the dialog is open enter its lists, or leave them, unless they are chosen. */
	private final class Openings implements ImageListener {
		@Override
		public void imageOpened(final ImagePlus image) {
			SwingUtilities.invokeLater(ParameterDialog.this::relist);
		}

		@Override
		public void imageClosed(final ImagePlus image) {
			SwingUtilities.invokeLater(ParameterDialog.this::relist);
		}

		@Override
		public void imageUpdated(final ImagePlus image) {}
	}

	private void relist() {
		final List<String> open = Images.titles();
		if (open.equals(titles)) return;
		titles.clear();
		titles.addAll(open);
		for (final Fields.Field field : fields.all()) {
			if (field.kind != Fields.Kind.IMAGE && field.kind != Fields.Kind.OPTIONAL_IMAGE) continue;
			@SuppressWarnings("unchecked")
			final JComboBox<String> images = (JComboBox<String>) inputs.get(field.key);
			final Object chosen = images.getSelectedItem();
			final List<String> items = new ArrayList<>(titles);
			if (field.kind == Fields.Kind.OPTIONAL_IMAGE) items.add(0, NONE);
			if (chosen != null && !items.contains(chosen)) items.add(chosen.toString());
			images.setModel(new DefaultComboBoxModel<>(items.toArray(new String[0])));
			if (chosen != null) images.setSelectedItem(chosen);
		}
	}

	/** Cells that are in the ROI manager already are followed unless the user says otherwise. */
	private void offerRois() {
		set(inputs.get(Fields.ROI_MANAGER), String.valueOf(CellRoiManager.hasCells(chosen("image"))));
	}

	private static JButton button(final String text, final Runnable action) {
		final JButton button = new JButton(text);
		button.setName(text.toLowerCase(java.util.Locale.ROOT));
		button.addActionListener(e -> action.run());
		return button;
	}

	private JComponent page(final List<Fields.Field> list) {
		final JPanel page = new JPanel(new GridBagLayout());
		final GridBagConstraints at = new GridBagConstraints();
		at.insets = new Insets(3, 6, 3, 6);
		at.anchor = GridBagConstraints.WEST;
		at.fill = GridBagConstraints.HORIZONTAL;
		for (final Fields.Field field : list) {
			final JLabel label = new JLabel(field.label);
			final JComponent input = input(field);
			label.setToolTipText(tip(field));
			input.setToolTipText(tip(field));
			input.setName(field.key);
			inputs.put(field.key, input);
			at.gridx = 0;
			at.weightx = 0;
			page.add(label, at);
			at.gridx = 1;
			at.weightx = 1;
			page.add(input, at);
			if (Fields.isPath(field)) {
				at.gridx = 2;
				at.weightx = 0;
				page.add(input instanceof ModelField ? ((ModelField) input).buttons() : button("Browse...", () -> browse(field, (JTextField) input)), at);
			}
			at.gridy = at.gridy < 0 ? 1 : at.gridy + 1;
		}
		at.weighty = 1;
		page.add(Box.createGlue(), at);
		return page;
	}

	private JComponent input(final Fields.Field field) {
		switch (field.kind) {
			case IMAGE: return new JComboBox<>(titles.toArray(new String[0]));
			case OPTIONAL_IMAGE:
				final JComboBox<String> images = new JComboBox<>(titles.toArray(new String[0]));
				images.insertItemAt(NONE, 0);
				return images;
			case CHOICE: return new JComboBox<>(field.parameter.choices.toArray(new String[0]));
			case FLAG: return new JCheckBox();
			case MODEL: return new ModelField(true);
			case OPTIONAL_MODEL: return new ModelField(false);
			default: return new JTextField(COLUMNS);
		}
	}

	private static String tip(final Fields.Field field) {
		return "<html><p width=360>" + field.help.replace("&", "&amp;").replace("<", "&lt;") + "<br>Macro key: " + field.key + "</p></html>";
	}

	private void browse(final Fields.Field field, final JTextField target) {
		final JFileChooser chooser = new JFileChooser(target.getText());
		final boolean folder = field.kind == Fields.Kind.OUTPUT && field.label.endsWith("folder");
		chooser.setFileSelectionMode(field.kind == Fields.Kind.FOLDER ? JFileChooser.DIRECTORIES_ONLY : folder ? JFileChooser.FILES_AND_DIRECTORIES : JFileChooser.FILES_ONLY);
		chooser.setDialogTitle(field.label);
		final int choice = field.kind == Fields.Kind.OUTPUT ? chooser.showSaveDialog(dialog) : chooser.showOpenDialog(dialog);
		if (choice == JFileChooser.APPROVE_OPTION) target.setText(chooser.getSelectedFile().getPath());
	}

	private void reset() {
		final List<String> taken = new ArrayList<>();
		for (final Fields.Field field : fields.all()) {
			final JComponent input = inputs.get(field.key);
			if (field.kind == Fields.Kind.IMAGE || field.kind == Fields.Kind.OPTIONAL_IMAGE) {
				final List<String> left = new ArrayList<>(titles);
				left.removeAll(taken);
				// A mask of the fluorescence is rarer than a mask of the EM: it is left to the user.
				final String guess = field.kind == Fields.Kind.OPTIONAL_IMAGE && (left.isEmpty() || field.key.equals("moving_mask") || unlikely(field, taken)) ? NONE : operation.findsCells() && field.kind == Fields.Kind.IMAGE ? Images.current(left) : Images.guess(operation.name.equals("clean_mask") ? "fixed_mask" : field.key, left);
				((JComboBox<?>) input).setSelectedItem(guess);
				taken.add(guess);
			}
			else set(input, field.standard);
		}
		region();
		if (inputs.get(Fields.ROI_MANAGER) != null) offerRois();
		offerCells();
	}

	/** Cells that are in the ROI manager are those that a field for cells most likely means, and the image is the one that they are drawn on. */
	private void offerCells() {
		final Commands.FileInput cells = Commands.inputs(operation).stream().filter(Commands.FileInput::isCells).findFirst().orElse(null);
		if (cells == null) return;
		if (CellRoiManager.any()) set(inputs.get(cells.name), CellTable.MANAGER);
		if (inputs.get("image") != null && !titles.isEmpty()) ((JComboBox<?>) inputs.get("image")).setSelectedItem(Images.current(titles));
		points();
	}

	/** Shows the points that are marked in the chosen image: fiducials. */
	private void points() {
		if (inputs.containsKey(Fields.FIDUCIALS)) set(inputs.get(Fields.FIDUCIALS), Selection.points(chosen("image")));
	}

	/** The labels of cells are given on purpose only. An evaluation has no use for labels without a registered image, nor for any other image in its place. */
	private boolean unlikely(final Fields.Field field, final List<String> taken) {
		return operation.findsCells() || operation.name.equals("evaluate") && (field.key.equals("registered") ? titles.stream().noneMatch(title -> title.toLowerCase(java.util.Locale.ROOT).contains("registered")) : taken.contains(NONE));
	}

	private static void set(final JComponent input, final String value) {
		if (input instanceof ModelField) ((ModelField) input).choose(value);
		else if (input instanceof JComboBox) ((JComboBox<?>) input).setSelectedItem(value);
		else if (input instanceof JCheckBox) ((JCheckBox) input).setSelected(Boolean.parseBoolean(value));
		else ((JTextField) input).setText(value);
	}

	/** Fills in the chosen preset: whatever any preset sets gets this one's value or the default. */
	private void preset() {
		final Map<String, String> chosen = operation.presets.get(value(inputs.get(PRESET)));
		if (chosen == null) return;
		for (final Fields.Field field : fields.all()) {
			boolean any = false;
			for (final Map<String, String> values : operation.presets.values()) any |= values.containsKey(field.key);
			if (any) set(inputs.get(field.key), chosen.getOrDefault(field.key, field.standard));
		}
	}

	/** Shows the regions that are drawn on the chosen images. */
	private void region() {
		final ImagePlus moving = chosen("moving"), mask = chosen("fixed_mask"), em = mask != null ? mask : chosen("fixed");
		try {
			final Selection selection = Selection.of(moving);
			region(selection.polygon, selection.zMin, selection.zMax, Selection.onEm(em));
		}
		catch (final ClemRegException e) {
			region("", 0, 0, "");
			IJ.log("CLEM-Reg: " + e.getMessage());
		}
	}

	private ImagePlus chosen(final String role) {
		final Object title = inputs.get(role) instanceof JComboBox ? ((JComboBox<?>) inputs.get(role)).getSelectedItem() : null;
		return title == null ? null : Images.open(title.toString());
	}

	private void region(final String polygon, final int zMin, final int zMax, final String onEm) {
		if (!inputs.containsKey("roi_polygon")) return;
		set(inputs.get("roi_polygon"), polygon);
		set(inputs.get("z_min"), String.valueOf(zMin));
		set(inputs.get("z_max"), String.valueOf(zMax));
		if (inputs.containsKey("roi_polygon_em")) set(inputs.get("roi_polygon_em"), onEm);
	}

	private void accept() {
		final Map<String, String> values = new LinkedHashMap<>();
		for (final Fields.Field field : fields.all()) {
			final String value = value(inputs.get(field.key));
			final String problem = problem(field, value);
			if (problem != null) {
				JOptionPane.showMessageDialog(dialog, problem, "CLEM-Reg", JOptionPane.ERROR_MESSAGE);
				inputs.get(field.key).requestFocusInWindow();
				return;
			}
			values.put(field.key, value);
		}
		answer = values;
		dialog.dispose();
	}

	private static String value(final JComponent input) {
		if (input instanceof JCheckBox) return String.valueOf(((JCheckBox) input).isSelected());
		if (input instanceof JTextField) return ((JTextField) input).getText().trim();
		if (input instanceof ModelField) return ((ModelField) input).model();
		final Object item = ((JComboBox<?>) input).getSelectedItem();
		return item == null || item.equals(NONE) ? "" : item.toString();
	}

	/** What is wrong with a value, or null. The algorithms check again. */
	static String problem(final Fields.Field field, final String value) {
		if (field.kind == Fields.Kind.IMAGE && value.isEmpty()) return field.label + ": no image is open. Open one, or try Plugins > CLEM-Reg > Open Sample (CLEM).";
		if (field.kind == Fields.Kind.FILE && value.isEmpty()) return field.label + ": a file is needed.";
		if (field.kind == Fields.Kind.MODEL || field.kind == Fields.Kind.OPTIONAL_MODEL && !value.isEmpty()) return ModelField.problem(value);
		if (field.kind != Fields.Kind.NUMBER) return null;
		final String allowed = field.parameter == null ? "a whole number, 0 or more" : field.parameter.allowed();
		final boolean whole = field.parameter == null || field.parameter.type == Parameter.Type.INTEGER;
		try {
			final double number = Double.parseDouble(value);
			final double low = field.parameter == null ? 0 : field.parameter.minimum, high = field.parameter == null ? Double.NaN : field.parameter.maximum;
			if (!(number < low) && !(number > high) && !Double.isNaN(number) && (!whole || number == Math.rint(number))) return null;
		}
		catch (final NumberFormatException e) {
			// Told below, as values out of range are.
		}
		return field.label + ": " + (value.isEmpty() ? "(empty)" : value) + " is not allowed; it must be " + allowed + ".";
	}

	/** The page of the command, at the parameters of the tab that is shown. */
	private void help() {
		HelpPages.show(dialog, "commands/" + operation.name + ".html", HelpPages.section(tabs.getTitleAt(tabs.getSelectedIndex())));
	}
}
