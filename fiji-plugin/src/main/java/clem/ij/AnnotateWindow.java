package clem.ij;

import java.awt.BorderLayout;
import java.awt.Color;
import java.awt.Component;
import java.awt.Dimension;
import java.awt.FlowLayout;
import java.awt.Frame;
import java.awt.GridLayout;
import java.awt.event.KeyAdapter;
import java.awt.event.KeyEvent;
import java.awt.event.KeyListener;
import java.awt.event.MouseAdapter;
import java.awt.event.MouseEvent;
import java.awt.event.MouseListener;
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;
import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;

import javax.swing.BorderFactory;
import javax.swing.Box;
import javax.swing.BoxLayout;
import javax.swing.DefaultListCellRenderer;
import javax.swing.DefaultListModel;
import javax.swing.Icon;
import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JColorChooser;
import javax.swing.JComponent;
import javax.swing.JDialog;
import javax.swing.JFileChooser;
import javax.swing.JLabel;
import javax.swing.JList;
import javax.swing.JOptionPane;
import javax.swing.JPanel;
import javax.swing.JScrollPane;
import javax.swing.ListSelectionModel;
import javax.swing.SwingUtilities;

import clem.bridge.ClemRegException;
import clem.workflow.BoxesFolder;
import ij.IJ;
import ij.ImageListener;
import ij.ImagePlus;
import ij.gui.ImageCanvas;
import ij.gui.ImageWindow;
import ij.gui.Toolbar;
import ij.plugin.frame.RoiManager;

/** A small window beside an image in whose slices boxes are drawn: classes, slices, undo, load and save. The image's window can be used meanwhile, and understands the same keys. */
final class AnnotateWindow {
	static final String NAME = "clemreg.annotate";
	private static final int SWATCH = 14, WIDTH = 330, CLASS_ROWS = 6;
	private static final String KEYS = "<html><p width=300>Draw a rectangle round each object.<br>Keys in the image: <b>1-9</b> class, <b>N</b> next slice, <b>P</b> previous, <b>Z</b> undo, <b>Delete</b> removes, <b>C</b> gives the selected box the chosen class.</p></html>";

	private final Annotations boxes;
	private final ProposedSlices proposals;
	private final Function<File, BoxesFolder> reader;
	private final DefaultListModel<String> names = new DefaultListModel<>();
	private final JList<String> classes = new JList<>(names);
	private final JLabel place = new JLabel(" "), status = new JLabel(" ");
	private final JCheckBox done = new JCheckBox("All objects of this slice are boxed");
	private final JDialog dialog;
	private final Consumer<File> afterSave;
	private final MouseListener mouse = new Drawing();
	private final KeyListener keys = new Keys();
	private final ImageListener images = new Closing();
	private File folder;

	/** How slices are proposed: count, way (random or evenly), seed to slices from 1. */
	interface ProposedSlices {
		List<Integer> of(int count, String way, int seed);
	}

	/**
	 * Makes the window; it is shown by {@link #open}.
	 *
	 * @param reader reads boxes and datasets
	 * @param folder where boxes are saved, or null: asked for
	 * @param afterSave hears of each folder that was saved
	 */
	AnnotateWindow(final Annotations boxes, final ProposedSlices proposals, final Function<File, BoxesFolder> reader, final File folder, final Consumer<File> afterSave) {
		this.boxes = boxes;
		this.proposals = proposals;
		this.reader = reader;
		this.folder = folder;
		this.afterSave = afterSave;
		dialog = new JDialog((Frame) IJ.getInstance(), "CLEM-Reg: Annotate " + boxes.image.getTitle(), false);
		dialog.setName(NAME);
		dialog.getRootPane().putClientProperty(NAME, this);
		dialog.setDefaultCloseOperation(JDialog.DO_NOTHING_ON_CLOSE);
		dialog.addWindowListener(new WindowAdapter() {
			@Override
			public void windowClosing(final WindowEvent e) {
				close();
			}
		});
		final JPanel all = new JPanel();
		all.setLayout(new BoxLayout(all, BoxLayout.Y_AXIS));
		all.setBorder(BorderFactory.createEmptyBorder(8, 8, 8, 8));
		all.add(classPart());
		all.add(Box.createVerticalStrut(6));
		all.add(slicePart());
		all.add(Box.createVerticalStrut(6));
		final JPanel files = new JPanel(new GridLayout(2, 2, 4, 4));
		files.add(button("Undo (Z)", "undo", this::undo));
		files.add(button("Delete (Del)", "delete", this::delete));
		files.add(button("Load boxes...", "load", this::load));
		files.add(button("Save", "save", this::save));
		all.add(files);
		all.add(Box.createVerticalStrut(6));
		final JLabel help = new JLabel(KEYS);
		help.setFont(help.getFont().deriveFont(java.awt.Font.PLAIN));
		all.add(help);
		status.setName("status");
		all.add(Box.createVerticalStrut(6));
		all.add(status);
		for (final Component part : all.getComponents()) ((JComponent) part).setAlignmentX(Component.LEFT_ALIGNMENT);
		dialog.add(all, BorderLayout.CENTER);
	}

	private JComponent classPart() {
		final JPanel part = new JPanel(new BorderLayout(4, 4));
		part.setBorder(BorderFactory.createTitledBorder("Class"));
		classes.setName("classes");
		classes.setSelectionMode(ListSelectionModel.SINGLE_SELECTION);
		classes.setVisibleRowCount(CLASS_ROWS);
		classes.setCellRenderer(new Swatches());
		part.add(new JScrollPane(classes), BorderLayout.CENTER);
		final JPanel buttons = new JPanel(new FlowLayout(FlowLayout.LEFT, 4, 0));
		buttons.add(button("Add class...", "add_class", () -> {
			final String name = JOptionPane.showInputDialog(dialog, "Name of the class:", "CLEM-Reg", JOptionPane.PLAIN_MESSAGE);
			if (name != null && !name.trim().isEmpty()) addClass(name.trim());
		}));
		buttons.add(button("Colour...", "colour", () -> {
			final String name = classes.getSelectedValue();
			final Color colour = name == null ? null : JColorChooser.showDialog(dialog, "Colour of " + name, boxes.colour(name));
			if (colour != null) boxes.addClass(name, colour);
			refresh();
		}));
		part.add(buttons, BorderLayout.SOUTH);
		return part;
	}

	private JComponent slicePart() {
		final JPanel part = new JPanel(new GridLayout(0, 1, 4, 4));
		part.setBorder(BorderFactory.createTitledBorder("Slices"));
		place.setName("place");
		part.add(place);
		final JPanel go = new JPanel(new GridLayout(1, 3, 4, 0));
		go.add(button("< (P)", "previous", () -> go(false)));
		go.add(button("Next > (N)", "next", () -> go(true)));
		go.add(button("Propose...", "propose", this::propose));
		part.add(go);
		done.setName("annotated");
		done.addActionListener(e -> {
			boxes.mark(boxes.slice(), done.isSelected());
			refresh();
		});
		part.add(done);
		return part;
	}

	/** Shows the window. */
	void open() {
		// Those of ImageJ come after ours: a key that we understand is not its.
		final ImageWindow window = boxes.image.getWindow();
		final ImageCanvas canvas = boxes.image.getCanvas();
		canvas.addMouseListener(mouse);
		for (final Component part : new Component[] { window, canvas }) {
			final KeyListener[] others = part.getKeyListeners();
			for (final KeyListener other : others) part.removeKeyListener(other);
			part.addKeyListener(keys);
			for (final KeyListener other : others) part.addKeyListener(other);
		}
		ImagePlus.addImageListener(images);
		Toolbar.getInstance().setTool(Toolbar.RECTANGLE);
		boxes.show();
		refresh();
		if (names.getSize() > 0) classes.setSelectedIndex(0);
		Windows.pack(dialog);
		dialog.setSize(Math.max(Windows.scaled(WIDTH), dialog.getWidth()), dialog.getHeight());
		final Dimension screen = IJ.getScreenSize();
		dialog.setLocation(Math.min(screen.width - dialog.getWidth(), window.getX() + window.getWidth() + 4), window.getY());
		clear(RoiManager.getInstance2(), screen);
		dialog.setVisible(true);
	}

	/** Moves the ROI manager to the side where it would lie over the window: to its right, or left of the image. */
	private void clear(final RoiManager manager, final Dimension screen) {
		if (manager == null || !manager.getBounds().intersects(dialog.getBounds())) return;
		final int right = dialog.getX() + dialog.getWidth() + 4;
		manager.setLocation(right + manager.getWidth() <= screen.width ? right : Math.max(0, boxes.image.getWindow().getX() - manager.getWidth() - 4), dialog.getY());
	}

	void addClass(final String name) {
		boxes.addClass(name, null);
		refresh();
		classes.setSelectedValue(name, true);
	}

	private void go(final boolean next) {
		say(" ");
		final int here = boxes.slice();
		// Who goes on has looked at the slice.
		if (next && boxes.slices().containsKey(here)) boxes.mark(here, true);
		final int there = boxes.neighbour(here, next);
		if (there > 0) show(there);
		else say(boxes.slices().isEmpty() ? "No slices are proposed yet: press Propose..." : next ? "This is the last of the slices." : "This is the first of the slices.");
		refresh();
	}

	private void show(final int slice) {
		boxes.image.deleteRoi();
		if (boxes.image.isHyperStack()) boxes.image.setPosition(boxes.image.getC(), slice, boxes.image.getT());
		else boxes.image.setSlice(slice);
	}

	private void propose() {
		final javax.swing.JSpinner count = new javax.swing.JSpinner(new javax.swing.SpinnerNumberModel(Math.min(20, boxes.image.getNSlices()), 1, Math.max(1, boxes.image.getNSlices()), 1)), seed = new javax.swing.JSpinner(new javax.swing.SpinnerNumberModel(1, 0, Integer.MAX_VALUE, 1));
		final javax.swing.JComboBox<String> way = new javax.swing.JComboBox<>(new String[] { "random", "evenly" });
		final JPanel asked = new JPanel(new GridLayout(0, 2, 4, 4));
		for (final Object[] row : new Object[][] { { "Slices", count }, { "Choice", way }, { "Seed", seed } }) {
			asked.add(new JLabel((String) row[0]));
			asked.add((Component) row[1]);
		}
		if (JOptionPane.showConfirmDialog(dialog, asked, "CLEM-Reg: propose slices", JOptionPane.OK_CANCEL_OPTION, JOptionPane.PLAIN_MESSAGE) == JOptionPane.OK_OPTION) {
			propose((Integer) count.getValue(), (String) way.getSelectedItem(), (Integer) seed.getValue());
		}
	}

	void propose(final int count, final String way, final int seed) {
		tell(() -> {
			boxes.propose(proposals.of(count, way, seed));
			if (!boxes.slices().containsKey(boxes.slice())) show(boxes.slices().keySet().iterator().next());
		});
	}

	private void undo() {
		say(" ");
		if (!boxes.undo()) say("There is nothing to undo.");
		refresh();
	}

	private void delete() {
		say(" ");
		if (!boxes.delete()) say("Select a box first: click its number.");
		refresh();
	}

	private void load() {
		final JFileChooser chooser = new JFileChooser(folder);
		chooser.setFileSelectionMode(JFileChooser.FILES_AND_DIRECTORIES);
		chooser.setDialogTitle("Boxes: a folder, a dataset of Darknet or Ultralytics, boxes.csv or a zip of ROIs");
		if (chooser.showOpenDialog(dialog) == JFileChooser.APPROVE_OPTION) load(chooser.getSelectedFile());
	}

	/** Adds the boxes of a folder, such as those that a network found: corrected, they are annotation. */
	void load(final File file) {
		tell(() -> {
			final int added = boxes.load(reader.apply(file));
			say(added == 1 ? "1 box was added." : added + " boxes were added.");
		});
	}

	private boolean save() {
		if (folder == null) {
			final JFileChooser chooser = new JFileChooser();
			chooser.setFileSelectionMode(JFileChooser.DIRECTORIES_ONLY);
			chooser.setDialogTitle("The folder for the boxes");
			if (chooser.showSaveDialog(dialog) != JFileChooser.APPROVE_OPTION) return false;
			folder = chooser.getSelectedFile();
		}
		return tell(() -> {
			boxes.save(folder);
			if (afterSave != null) afterSave.accept(folder);
			say("Saved in " + folder.getName() + ".");
		});
	}

	/** Does something, and shows what prevents it. */
	private boolean tell(final Runnable work) {
		try {
			say(" ");
			work.run();
			refresh();
			return true;
		}
		catch (final ClemRegException e) {
			JOptionPane.showMessageDialog(dialog, ClemReg.wrapped(e.getMessage()), "CLEM-Reg", JOptionPane.ERROR_MESSAGE);
			return false;
		}
	}

	private void say(final String text) {
		status.setText(text);
	}

	/** Brings what is shown up to date. */
	void refresh() {
		final String chosen = classes.getSelectedValue();
		if (!boxes.classes().equals(Arrays.asList(names.toArray()))) {
			names.clear();
			boxes.classes().forEach(names::addElement);
			classes.setSelectedValue(chosen, false);
			if (classes.getSelectedIndex() < 0 && names.getSize() > 0) classes.setSelectedIndex(0);
		}
		classes.repaint();
		final int slice = boxes.slice(), looked = (int) boxes.slices().values().stream().filter(a -> a).count();
		final int at = new java.util.ArrayList<>(boxes.slices().keySet()).indexOf(slice);
		place.setText("Slice " + slice + (at >= 0 ? ", " + (at + 1) + " of " + boxes.slices().size() + " to look at" : "") + "; " + looked + " annotated");
		done.setSelected(boxes.annotated(slice));
		if (status.getText().trim().isEmpty()) say(boxes.boxes().size() + " boxes" + (boxes.saved() ? "" : ", not saved yet"));
		dialog.setTitle("CLEM-Reg: Annotate " + boxes.image.getTitle() + (boxes.saved() ? "" : " *"));
	}

	private void close() {
		if (!boxes.saved()) {
			final String[] answers = { "Save", "Discard", "Cancel" };
			final int answer = JOptionPane.showOptionDialog(dialog, "The boxes are not saved.", "CLEM-Reg", JOptionPane.DEFAULT_OPTION, JOptionPane.QUESTION_MESSAGE, null, answers, answers[0]);
			if (answer != 1 && (answer != 0 || !save())) return;
		}
		end();
	}

	private void end() {
		ImagePlus.removeImageListener(images);
		for (final Component part : new Component[] { boxes.image.getWindow(), boxes.image.getCanvas() }) {
			if (part == null) continue;
			part.removeKeyListener(keys);
			part.removeMouseListener(mouse);
		}
		dialog.dispose();
	}

	private static JButton button(final String label, final String name, final Runnable action) {
		final JButton button = new JButton(label);
		button.setName(name);
		button.setMargin(new java.awt.Insets(2, 6, 2, 6));
		button.addActionListener(e -> action.run());
		return button;
	}

	/** What is drawn becomes a box when the mouse is let go. */
	private final class Drawing extends MouseAdapter {
		@Override
		public void mouseReleased(final MouseEvent e) {
			// After ImageJ has taken the drawing over.
			SwingUtilities.invokeLater(() -> {
				if (boxes.take(classes.getSelectedValue())) say(" ");
				else if (classes.getSelectedValue() == null && boxes.image.getRoi() != null && Annotations.objectClass(boxes.image.getRoi()) == null) say("Add a class first.");
				refresh();
			});
		}
	}

	private final class Keys extends KeyAdapter {
		@Override
		public void keyPressed(final KeyEvent e) {
			if (e.isConsumed() || e.isAltDown() || e.isMetaDown() || e.isControlDown() && e.getKeyCode() != KeyEvent.VK_Z) return;
			final int digit = e.getKeyChar() - '1';
			if (digit >= 0 && digit < 9) {
				if (digit < names.getSize()) classes.setSelectedIndex(digit);
			}
			else switch (e.getKeyCode()) {
				case KeyEvent.VK_N: go(true); break;
				case KeyEvent.VK_P: go(false); break;
				case KeyEvent.VK_Z: undo(); break;
				case KeyEvent.VK_DELETE: case KeyEvent.VK_BACK_SPACE: delete(); break;
				case KeyEvent.VK_C:
					say(" ");
					if (classes.getSelectedValue() == null || !boxes.reclass(classes.getSelectedValue())) say("Select a box first: click its number.");
					refresh();
					break;
				default: return;
			}
			e.consume();
		}
	}

	private final class Closing implements ImageListener {
		@Override
		public void imageOpened(final ImagePlus image) {}

		@Override
		public void imageClosed(final ImagePlus image) {
			// The boxes are in the ROI manager still; the window asks about them.
			if (image == boxes.image) SwingUtilities.invokeLater(AnnotateWindow.this::close);
		}

		@Override
		public void imageUpdated(final ImagePlus image) {
			if (image == boxes.image) SwingUtilities.invokeLater(AnnotateWindow.this::refresh);
		}
	}

	/** A class with its key, colour and the number of its boxes. */
	private final class Swatches extends DefaultListCellRenderer {
		private static final long serialVersionUID = 1L;

		@Override
		public Component getListCellRendererComponent(final JList<?> list, final Object value, final int index, final boolean selected, final boolean focus) {
			final String name = String.valueOf(value);
			super.getListCellRendererComponent(list, (index < 9 ? index + 1 + "  " : "") + name + String.format(Locale.ROOT, "  (%d)", boxes.count(name)), index, selected, focus);
			setIcon(new Icon() {
				@Override
				public int getIconWidth() {
					return SWATCH;
				}

				@Override
				public int getIconHeight() {
					return SWATCH;
				}

				@Override
				public void paintIcon(final Component on, final java.awt.Graphics g, final int x, final int y) {
					g.setColor(boxes.colour(name));
					g.fillRect(x, y, SWATCH, SWATCH);
				}
			});
			return this;
		}
	}
}
