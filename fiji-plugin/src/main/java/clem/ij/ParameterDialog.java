package clem.ij;

import java.awt.BorderLayout;
import java.awt.Color;
import java.awt.Dialog;
import java.awt.Dimension;
import java.awt.FlowLayout;
import java.awt.GridBagConstraints;
import java.awt.GridBagLayout;
import java.awt.GridLayout;
import java.awt.Insets;
import java.awt.Rectangle;
import java.awt.Window;
import java.awt.event.KeyEvent;
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

import javax.swing.BorderFactory;
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
import javax.swing.JScrollPane;
import javax.swing.JTabbedPane;
import javax.swing.JTextField;
import javax.swing.KeyStroke;
import javax.swing.Scrollable;
import javax.swing.SwingConstants;
import javax.swing.SwingUtilities;
import javax.swing.event.DocumentEvent;
import javax.swing.event.DocumentListener;

import clem.bridge.ClemRegException;
import clem.ij.preview.DialogValues;
import clem.ij.preview.Preview;
import clem.schema.Operation;
import clem.workflow.CellTable;
import clem.workflow.Commands;
import ij.IJ;
import ij.ImageListener;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.gui.RoiListener;

/** Asks for an operation's images and parameters, one tab a group. Each component's name is its key. */
final class ParameterDialog {
	private static final String NONE = "(none)", PRESET = "preset";
	private static final int COLUMNS = 18, LEAST_WIDTH = 60, TIP_WIDTH = 360, NOTE_WIDTH = 300, GAP = 8;
	private static final Color WRONG = new Color(0xB00020);

	private final Operation operation;
	private final Fields fields;
	private final List<String> titles;
	private final Map<String, JComponent> inputs = new LinkedHashMap<>();
	/** Beside each field, what is wrong with its value. */
	private final Map<String, JLabel> notes = new LinkedHashMap<>();
	/** What was filled in from a selection: it follows the selection until the user writes something else. */
	private final Map<String, String> followed = new LinkedHashMap<>();
	private final JLabel remembered = new JLabel("As last time; Restore Defaults undoes it."), estimate = new JLabel(" ");
	/** At the side: so many tabs would stand in several rows above each other. */
	private final JTabbedPane tabs = new JTabbedPane(SwingConstants.LEFT);
	private Window owner = IJ.getInstance();
	private JDialog dialog;
	private Map<String, String> answer;
	private Map<String, String> filledIn = Collections.emptyMap();
	private Consumer<Map<String, String>> whole = values -> {};
	private String previewed;
	private Function<DialogValues, Preview> previews;
	private Preview preview;

	ParameterDialog(final Operation operation, final Fields fields, final List<String> titles) {
		this.operation = operation;
		this.fields = fields;
		this.titles = new ArrayList<>(titles);
	}

	/** The window's name. */
	String name() {
		return "clemreg." + operation.name;
	}

	/** Adds a preview on the image of a key. */
	void preview(final String image, final Function<DialogValues, Preview> made) {
		previewed = image;
		previews = made;
	}

	/** Adds a look at all values together when the user goes on: what is wrong with them is thrown. */
	void check(final Consumer<Map<String, String>> together) {
		whole = together;
	}

	/** The window that the dialog stays in front of, and goes with; ImageJ's if none is named. */
	void over(final Window window) {
		owner = window;
	}

	/** Values that stand in the fields at first, in place of the defaults and of what the user last chose. */
	void fillIn(final Map<String, String> values) {
		filledIn = values;
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
		dialog = new JDialog(owner, "CLEM-Reg: " + operation.title, Dialog.ModalityType.MODELESS);
		dialog.setName(name());
		for (final Map.Entry<String, List<Fields.Field>> group : fields.groups.entrySet()) tabs.addTab(group.getKey(), scrolled(page(group.getValue())));
		final JPanel buttons = new JPanel(new FlowLayout(FlowLayout.RIGHT));
		buttons.add(button("Help", this::help));
		final JButton defaults = button("Restore Defaults", this::reset);
		defaults.setName("defaults");
		buttons.add(defaults);
		buttons.add(button("Cancel", dialog::dispose));
		final JButton ok = button("OK", this::accept);
		buttons.add(ok);
		dialog.getRootPane().setDefaultButton(ok);
		dialog.getRootPane().registerKeyboardAction(e -> dialog.dispose(), KeyStroke.getKeyStroke(KeyEvent.VK_ESCAPE, 0), JComponent.WHEN_IN_FOCUSED_WINDOW);
		reset();
		// What is filled in, as from a project, goes before what the user chose elsewhere.
		final Map<String, String> kept = filledIn.isEmpty() ? DialogMemory.of(operation, fields) : Collections.emptyMap();
		kept.forEach((key, value) -> set(inputs.get(key), value));
		filledIn.forEach((key, value) -> {
			if (inputs.containsKey(key)) set(inputs.get(key), value);
		});
		remembered.setVisible(!kept.isEmpty());
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
		}
		final JPanel last = new JPanel(new BorderLayout()), words = new JPanel(new GridLayout(0, 1));
		words.setBorder(BorderFactory.createEmptyBorder(0, GAP, 0, GAP));
		remembered.setName("remembered");
		words.add(estimate);
		words.add(remembered);
		last.add(words, BorderLayout.CENTER);
		last.add(buttons, BorderLayout.SOUTH);
		below.add(last, BorderLayout.SOUTH);
		dialog.add(below, BorderLayout.SOUTH);
		fields.all().forEach(this::watch);
		check();
		listen();
		Windows.pack(dialog);
		// On a narrow screen, or at a large scale, lists and texts give way, not the labels and buttons.
		inputs.values().forEach(input -> input.setMinimumSize(new Dimension(Windows.scaled(LEAST_WIDTH), input.getPreferredSize().height)));
		dialog.validate();
		Windows.enlarge(dialog, () -> tabs.getTabRunCount() > 1);
		dialog.setLocationRelativeTo(owner);
		final ImagePlus shown = preview == null ? null : chosen(previewed);
		if (shown != null && shown.getWindow() != null) Tiles.beside(dialog, shown.getWindow());
		return dialog;
	}

	/** The image windows can be used while the dialog is open: it follows the images that come and go and what is drawn on them. */
	private void listen() {
		final ImageListener openings = new Openings();
		final RoiListener drawings = (image, id) -> SwingUtilities.invokeLater(this::follow);
		ImagePlus.addImageListener(openings);
		Roi.addRoiListener(drawings);
		dialog.addWindowListener(new WindowAdapter() {
			@Override
			public void windowActivated(final WindowEvent e) {
				// The ROI manager tells nobody that it has changed.
				follow();
			}

			@Override
			public void windowClosed(final WindowEvent e) {
				ImagePlus.removeImageListener(openings);
				Roi.removeRoiListener(drawings);
				if (preview != null) preview.close();
			}
		});
	}

	/** Checks a field whenever it changes. */
	private void watch(final Fields.Field field) {
		final JComponent input = inputs.get(field.key);
		if (input instanceof JTextField) ((JTextField) input).getDocument().addDocumentListener(new DocumentListener() {
			@Override
			public void insertUpdate(final DocumentEvent e) {
				check(field);
			}

			@Override
			public void removeUpdate(final DocumentEvent e) {
				check(field);
			}

			@Override
			public void changedUpdate(final DocumentEvent e) {
				check(field);
			}
		});
		else if (input instanceof JComboBox) ((JComboBox<?>) input).addActionListener(e -> {
			check(field);
			estimate();
		});
	}

	private void check() {
		fields.all().forEach(this::check);
		estimate();
	}

	/** Says beside the field what is wrong with it. An image, a file or a model that is still missing is said when the user goes on without it. */
	private void check(final Fields.Field field) {
		final String value = value(inputs.get(field.key)), reason = value.isEmpty() && field.kind != Fields.Kind.NUMBER ? null : FieldCheck.reason(field, value, titles);
		final JLabel note = notes.get(field.key);
		note.setText(reason == null ? "" : "<html><p width=" + Windows.scaled(NOTE_WIDTH) + ">" + escaped(reason) + "</p></html>");
		note.setVisible(reason != null);
	}

	/** Says what the run will take, as far as earlier ones tell. */
	private void estimate() {
		final Map<String, String> values = new LinkedHashMap<>();
		inputs.forEach((key, input) -> values.put(key, value(input)));
		final String words = RunTimes.estimate(operation.name, ClemReg.voxels(fields, values));
		estimate.setText(words);
		estimate.setVisible(!words.isEmpty());
	}

	/** Takes the width that there is, as long as all fits into it. */
	private static final class Page extends JPanel implements Scrollable {
		private static final long serialVersionUID = 1L;
		private static final int UNIT = 16;

		Page() {
			super(new GridBagLayout());
		}

		@Override
		public boolean getScrollableTracksViewportWidth() {
			return getParent().getWidth() >= getMinimumSize().width;
		}

		@Override
		public boolean getScrollableTracksViewportHeight() {
			return getParent().getHeight() >= getPreferredSize().height;
		}

		@Override
		public Dimension getPreferredScrollableViewportSize() {
			return getPreferredSize();
		}

		@Override
		public int getScrollableUnitIncrement(final Rectangle visible, final int orientation, final int direction) {
			return Windows.scaled(UNIT);
		}

		@Override
		public int getScrollableBlockIncrement(final Rectangle visible, final int orientation, final int direction) {
			return orientation == SwingConstants.VERTICAL ? visible.height : visible.width;
		}
	}

	private static JComponent scrolled(final JComponent page) {
		final JScrollPane pane = new JScrollPane(page);
		pane.setBorder(BorderFactory.createEmptyBorder());
		return pane;
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
		check();
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
		final JPanel page = new Page();
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
			final JLabel note = new JLabel();
			note.setName(field.key + ".note");
			note.setForeground(WRONG);
			note.setVisible(false);
			notes.put(field.key, note);
			at.gridy = at.gridy < 0 ? 1 : at.gridy + 1;
			at.gridx = 1;
			at.gridwidth = 2;
			page.add(note, at);
			at.gridwidth = 1;
			at.gridy++;
		}
		at.weighty = 1;
		page.add(Box.createGlue(), at);
		return page;
	}

	private JComponent input(final Fields.Field field) {
		switch (field.kind) {
			case IMAGE: return images();
			case OPTIONAL_IMAGE:
				final JComboBox<String> images = images();
				images.insertItemAt(NONE, 0);
				return images;
			case CHOICE: return new JComboBox<>(field.parameter.choices.toArray(new String[0]));
			case FLAG: return new JCheckBox();
			case MODEL: return new ModelField(true);
			case OPTIONAL_MODEL: return new ModelField(false);
			default: return new JTextField(COLUMNS);
		}
	}

	private JComboBox<String> images() {
		final JComboBox<String> images = new JComboBox<>(titles.toArray(new String[0]));
		// A long title must not widen the dialog.
		images.setPrototypeDisplayValue(ModelField.WIDEST);
		return images;
	}

	private static String tip(final Fields.Field field) {
		return "<html><p width=" + Windows.scaled(TIP_WIDTH) + ">" + escaped(field.help) + "<br>Macro key: " + field.key + "</p></html>";
	}

	private static String escaped(final String text) {
		return text.replace("&", "&amp;").replace("<", "&lt;");
	}

	private void browse(final Fields.Field field, final JTextField target) {
		final JFileChooser chooser = new JFileChooser(target.getText());
		final boolean folder = field.kind == Fields.Kind.OUTPUT && field.label.endsWith("folder");
		chooser.setFileSelectionMode(field.kind == Fields.Kind.FOLDER ? JFileChooser.DIRECTORIES_ONLY : folder || fields.groups.getOrDefault("Boxes", Collections.emptyList()).contains(field) ? JFileChooser.FILES_AND_DIRECTORIES : JFileChooser.FILES_ONLY);
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
		offerBoxes();
		remembered.setVisible(false);
	}

	/** Cells that are in the ROI manager are those that a field for cells most likely means, and the image is the one that they are drawn on. */
	private void offerCells() {
		final Commands.FileInput cells = Commands.inputs(operation).stream().filter(Commands.FileInput::isCells).findFirst().orElse(null);
		if (cells == null) return;
		if (CellRoiManager.any()) set(inputs.get(cells.name), CellTable.MANAGER);
		if (inputs.get("image") != null && !titles.isEmpty()) ((JComboBox<?>) inputs.get("image")).setSelectedItem(Images.current(titles));
		points();
	}

	/** Boxes of objects that are in the ROI manager are those of the chosen image, as Annotate and the sample have put them there. */
	private void offerBoxes() {
		for (final Commands.FileInput input : Commands.inputs(operation)) if (input.isBoxes() && CellRoiManager.hasObjects(chosen("image"))) set(inputs.get(input.name), CellTable.MANAGER);
	}

	/** Shows the points that are marked in the chosen image: fiducials. */
	private void points() {
		fill(Fields.FIDUCIALS, Selection.points(chosen("image")));
	}

	/** Fills in what a selection says. */
	private void fill(final String key, final String value) {
		if (!inputs.containsKey(key)) return;
		set(inputs.get(key), value);
		followed.put(key, value);
	}

	/** Follows the selections where the user has not written something else. */
	private void follow() {
		final Map<String, String> own = new LinkedHashMap<>();
		for (final Map.Entry<String, String> entry : followed.entrySet()) {
			final String value = value(inputs.get(entry.getKey()));
			if (!value.equals(entry.getValue())) own.put(entry.getKey(), value);
		}
		final Map<String, String> before = new LinkedHashMap<>(followed);
		try {
			if (inputs.containsKey(Selection.KEY)) region(Selection.of(chosen("moving")));
		}
		catch (final ClemRegException e) {
			// A drawing that is no region, or not yet one: the last one stays.
		}
		if (inputs.containsKey(Fields.FIDUCIALS)) points();
		own.forEach((key, value) -> {
			set(inputs.get(key), value);
			followed.put(key, before.get(key));
		});
	}

	/** The labels of cells and of organelles are given on purpose only. An evaluation has no use for labels without a registered image, nor for any other image in its place. */
	private boolean unlikely(final Fields.Field field, final List<String> taken) {
		return operation.findsCells() || operation.composesOrganelles() || operation.name.equals("evaluate") && (field.key.equals("registered") ? titles.stream().noneMatch(title -> title.toLowerCase(java.util.Locale.ROOT).contains("registered")) : taken.contains(NONE));
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
		try {
			region(Selection.of(chosen("moving")));
		}
		catch (final ClemRegException e) {
			for (final String key : new String[] { Selection.KEY, Selection.EM_KEY }) fill(key, "");
			for (final String key : new String[] { "z_min", "z_max" }) fill(key, "0");
			IJ.log("CLEM-Reg: " + e.getMessage());
		}
	}

	private void region(final Selection selection) {
		final ImagePlus mask = chosen("fixed_mask");
		final String onEm = Selection.onEm(mask != null ? mask : chosen("fixed"));
		fill(Selection.KEY, selection.polygon);
		fill("z_min", String.valueOf(selection.zMin));
		fill("z_max", String.valueOf(selection.zMax));
		fill(Selection.EM_KEY, onEm);
	}

	private ImagePlus chosen(final String role) {
		final Object title = inputs.get(role) instanceof JComboBox ? ((JComboBox<?>) inputs.get(role)).getSelectedItem() : null;
		return title == null ? null : Images.open(title.toString());
	}

	private void accept() {
		final Map<String, String> values = new LinkedHashMap<>();
		for (final Fields.Field field : fields.all()) {
			final String value = value(inputs.get(field.key));
			final String problem = FieldCheck.problem(field, value, titles);
			if (problem != null) {
				refuse(field, problem);
				return;
			}
			values.put(field.key, value);
		}
		try {
			whole.accept(values);
		}
		catch (final ClemRegException e) {
			// Messages begin with the input that they are about.
			refuse(fields.all().stream().filter(field -> e.getMessage().matches(field.key + "\\b(?s).*")).findFirst().orElse(null), e.getMessage());
			return;
		}
		DialogMemory.keep(operation, fields, values);
		answer = values;
		dialog.dispose();
	}

	/** Says what is wrong, and leads to the field (or null). */
	private void refuse(final Fields.Field field, final String problem) {
		if (field != null) tabs.setSelectedIndex(new ArrayList<>(fields.groups.values()).indexOf(fields.groups.values().stream().filter(group -> group.contains(field)).findFirst().get()));
		JOptionPane.showMessageDialog(dialog, ClemReg.wrapped(problem), "CLEM-Reg", JOptionPane.ERROR_MESSAGE);
		if (field != null) inputs.get(field.key).requestFocusInWindow();
	}

	private static String value(final JComponent input) {
		if (input instanceof JCheckBox) return String.valueOf(((JCheckBox) input).isSelected());
		if (input instanceof JTextField) return ((JTextField) input).getText().trim();
		if (input instanceof ModelField) return ((ModelField) input).model();
		final Object item = ((JComboBox<?>) input).getSelectedItem();
		return item == null || item.equals(NONE) ? "" : item.toString();
	}

	/** The page of the command, at the parameters of the tab that is shown. */
	private void help() {
		HelpPages.show(dialog, "commands/" + operation.name + ".html", HelpPages.sections(tabs.getTitleAt(tabs.getSelectedIndex())));
	}
}
