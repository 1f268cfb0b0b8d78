package clem.ij;

import java.awt.GraphicsEnvironment;
import java.io.File;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JDialog;
import javax.swing.JLabel;
import javax.swing.JProgressBar;
import javax.swing.JTabbedPane;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

import clem.bridge.ClemRegException;
import clem.schema.Operation;
import clem.schema.Schema;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.plugin.frame.RoiManager;

/** The dialog, on a screen; -Dclemreg.test.dialogs=only runs these tests alone, so that the others can run without one. */
public final class DialogTest {
	private final Operation register = Schema.parse(new FakeBridge().schema()).operation("register");
	private final List<String> titles = Arrays.asList("sample-em.tif", "sample-em-mask.tif", "sample-fm.tif");

	private interface Use {
		void of(JDialog dialog) throws Exception;
	}

	/** Asks as a user would who has never asked before. */
	private Map<String, String> ask(final Use use) throws Exception {
		DialogMemory.keep(register, Fields.of(register), defaults());
		return askAgain(use);
	}

	private Map<String, String> defaults() {
		final Map<String, String> values = new LinkedHashMap<>();
		for (final Fields.Field field : Fields.of(register).all()) values.put(field.key, field.standard);
		return values;
	}

	private Map<String, String> askAgain(final Use use) throws Exception {
		return ask(use, () -> {});
	}

	private interface Then {
		void run() throws Exception;
	}

	/** @param then what goes on outside the dialog while it is open */
	private Map<String, String> ask(final Use use, final Then then) throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		final Throwable[] failure = new Throwable[1];
		final Thread robot = new Thread(() -> {
			try {
				final JDialog dialog = Dialogs.await("clemreg.register");
				SwingUtilities.invokeAndWait(() -> {
					try {
						use.of(dialog);
					}
					catch (final Throwable e) {
						failure[0] = e;
						dialog.dispose();
					}
				});
				then.run();
			}
			catch (final Throwable e) {
				failure[0] = e;
				for (final java.awt.Window window : java.awt.Window.getWindows()) if (window instanceof JDialog) SwingUtilities.invokeLater(window::dispose);
			}
		});
		robot.start();
		final Map<String, String> answer = new ParameterDialog(register, Fields.of(register), titles).ask();
		robot.join();
		if (failure[0] != null) throw new AssertionError(failure[0]);
		return answer;
	}

	public void okGivesEveryKey() throws Exception {
		final Map<String, String> answer = ask(dialog -> {
			Dialogs.part(dialog, JTextField.class, "log_sigma").setText("4.5");
			Dialogs.part(dialog, JCheckBox.class, "filter_segmentation").setSelected(true);
			Dialogs.part(dialog, JComboBox.class, "registration_direction").setSelectedItem("em_to_fm");
			Dialogs.part(dialog, JButton.class, "ok").doClick();
		});
		Check.equal(Fields.of(register).keys(), new java.util.ArrayList<>(answer.keySet()));
		Check.equal("4.5", answer.get("log_sigma"));
		Check.equal("true", answer.get("filter_segmentation"));
		Check.equal("em_to_fm", answer.get("registration_direction"));
		Check.equal("sample-fm.tif", answer.get("moving"));
		Check.equal("sample-em.tif", answer.get("fixed"));
		Check.equal("sample-em-mask.tif", answer.get("fixed_mask"));
		Check.equal("", answer.get("moving_mask"));
		Check.equal("", answer.get("model"));
	}

	public void anInstalledModelIsNotTakenWhereNoneIsNeeded() throws Exception {
		final File folder = Files.createTempDirectory("models").toFile(), model = new File(folder, "ours.onnx");
		final String before = System.getProperty("clemreg.models.folder");
		Check.that(model.createNewFile(), "a model");
		System.setProperty("clemreg.models.folder", folder.getPath());
		try {
			Check.equal("", ask(dialog -> Dialogs.part(dialog, JButton.class, "ok").doClick()).get("model"));
			Check.equal("ours", ask(dialog -> {
				Dialogs.part(dialog, JComboBox.class, "model").setSelectedItem("ours");
				Dialogs.part(dialog, JButton.class, "ok").doClick();
			}).get("model"));
		}
		finally {
			if (before == null) System.clearProperty("clemreg.models.folder");
			else System.setProperty("clemreg.models.folder", before);
			model.delete();
			folder.delete();
		}
	}

	public void aPresetFillsInItsValues() throws Exception {
		ask(dialog -> {
			final JComboBox<?> preset = Dialogs.part(dialog, JComboBox.class, "preset");
			Dialogs.part(dialog, JTextField.class, "log_sigma").setText("17");
			preset.setSelectedItem("paper");
			Check.equal("7", Dialogs.part(dialog, JTextField.class, "seed").getText());
			Check.that(Dialogs.part(dialog, JCheckBox.class, "filter_segmentation").isSelected(), "paper filters");
			preset.setSelectedItem("default");
			Check.equal("1", Dialogs.part(dialog, JTextField.class, "seed").getText());
			Check.equal("17", Dialogs.part(dialog, JTextField.class, "log_sigma").getText());
			Dialogs.part(dialog, JButton.class, "cancel").doClick();
		});
	}

	public void defaultsAndCancel() throws Exception {
		Check.equal(null, ask(dialog -> {
			Dialogs.part(dialog, JTextField.class, "log_sigma").setText("17");
			Dialogs.part(dialog, JButton.class, "defaults").doClick();
			Check.equal("3", Dialogs.part(dialog, JTextField.class, "log_sigma").getText());
			Dialogs.part(dialog, JButton.class, "cancel").doClick();
		}));
	}

	/** The region and the slices come from the selection and the ROI manager; Defaults brings them back, another image brings its own. */
	public void theRegionFollowsTheImage() throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		final ImagePlus fm = Samples.image("sample-fm.tif", 8, 1, 9, 20, 20), other = Samples.image("sample-em.tif", 8, 1, 9, 20, 20);
		final RoiManager manager = new RoiManager();
		try {
			fm.show();
			other.show();
			for (final int z : new int[] { 3, 7 }) {
				final Roi roi = new Roi(2, 3, 10, 8);
				roi.setPosition(z);
				manager.addRoi(roi);
			}
			fm.setRoi(new Roi(1, 2, 3, 3));
			ask(dialog -> {
				final JTextField polygon = Dialogs.part(dialog, JTextField.class, "roi_polygon"), low = Dialogs.part(dialog, JTextField.class, "z_min"), high = Dialogs.part(dialog, JTextField.class, "z_max");
				Check.equal("1,2 4,2 4,5 1,5", polygon.getText());
				Check.equal("3 7", low.getText() + " " + high.getText());
				polygon.setText("");
				Dialogs.part(dialog, JButton.class, "defaults").doClick();
				Check.equal("1,2 4,2 4,5 1,5", polygon.getText());
				Check.equal("3 7", low.getText() + " " + high.getText());
				manager.reset();
				Dialogs.part(dialog, JComboBox.class, "moving").setSelectedItem("sample-em.tif");
				Check.equal("", polygon.getText());
				Check.equal("0 0", low.getText() + " " + high.getText());
				Dialogs.part(dialog, JButton.class, "cancel").doClick();
			});
		}
		finally {
			manager.close();
			fm.changes = other.changes = false;
			fm.close();
			other.close();
		}
	}

	/** What was chosen is there again in the next dialog, images, files and regions apart; Restore Defaults takes it back, Cancel keeps nothing. */
	public void choicesAreRemembered() throws Exception {
		ask(dialog -> {
			Check.that(!remembered(dialog).isVisible(), "nothing to remember");
			Dialogs.part(dialog, JTextField.class, "log_sigma").setText("4.5");
			Dialogs.part(dialog, JCheckBox.class, "filter_segmentation").setSelected(true);
			Dialogs.part(dialog, JTextField.class, "z_min").setText("3");
			Dialogs.part(dialog, JTextField.class, "out").setText("somewhere");
			Dialogs.part(dialog, JButton.class, "ok").doClick();
		});
		askAgain(dialog -> {
			Check.that(remembered(dialog).isVisible(), "said");
			Check.equal("4.5", Dialogs.part(dialog, JTextField.class, "log_sigma").getText());
			Check.that(Dialogs.part(dialog, JCheckBox.class, "filter_segmentation").isSelected(), "remembered");
			Check.equal("0", Dialogs.part(dialog, JTextField.class, "z_min").getText());
			Check.equal("", Dialogs.part(dialog, JTextField.class, "out").getText());
			Dialogs.part(dialog, JTextField.class, "log_sigma").setText("9");
			Dialogs.part(dialog, JButton.class, "cancel").doClick();
		});
		askAgain(dialog -> {
			Check.equal("4.5", Dialogs.part(dialog, JTextField.class, "log_sigma").getText());
			Dialogs.part(dialog, JButton.class, "defaults").doClick();
			Check.equal("3", Dialogs.part(dialog, JTextField.class, "log_sigma").getText());
			Dialogs.part(dialog, JButton.class, "ok").doClick();
		});
		Check.equal(Collections.emptyMap(), DialogMemory.of(register, Fields.of(register)));
		// What an older version allowed does not come back.
		ij.Prefs.set("clemreg.register.log_sigma", "5000");
		Check.equal(Collections.emptyMap(), DialogMemory.of(register, Fields.of(register)));
	}

	private static JLabel remembered(final JDialog dialog) {
		return Dialogs.part(dialog, JLabel.class, "remembered");
	}

	/** What is typed is checked at once, beside the field; OK leads to the field. */
	public void aWrongValueIsSaidBesideItsField() throws Exception {
		ask(dialog -> {
			Check.equal(false, dialog.isModal());
			final JTextField sigma = Dialogs.part(dialog, JTextField.class, "log_sigma");
			final JLabel note = Dialogs.part(dialog, JLabel.class, "log_sigma.note");
			Check.that(!note.isVisible(), "the default is right");
			sigma.setText("51");
			Check.that(note.isVisible() && note.getText().contains("51 is not allowed; it must be a number, 0.3 to 50"), note.getText());
			sigma.setText("5");
			Check.that(!note.isVisible(), "right again");
			final JTextField spacing = Dialogs.part(dialog, JTextField.class, "fixed_spacing");
			spacing.setText("20,x");
			Check.that(Dialogs.part(dialog, JLabel.class, "fixed_spacing.note").getText().contains("fixed_spacing = 20,x is not allowed"), "spacing");
			Dialogs.part(dialog, JButton.class, "cancel").doClick();
		});
		for (final Fields.Field field : Fields.of(register).all()) {
			if (!field.key.equals("moving")) continue;
			Check.equal(null, FieldCheck.reason(field, "sample-fm.tif", titles));
			Check.that(FieldCheck.reason(field, "gone.tif", titles).contains("'gone.tif' is not open any more"), "closed");
		}
	}

	public void oneTitleOfTwoImagesIsNotGuessed() throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		final ImagePlus one = Samples.image("twin", 8, 1, 2, 9, 9), two = Samples.image("twin", 8, 1, 2, 9, 9);
		try {
			one.show();
			two.show();
			try {
				Images.find("moving", "twin", 0);
				throw new AssertionError("one of two was taken");
			}
			catch (final ClemRegException e) {
				Check.that(e.getMessage().contains("moving: several open images are called 'twin'. Rename all but one") && e.getMessage().contains(String.valueOf(one.getID())), e.getMessage());
			}
			Check.that(Images.find("moving", String.valueOf(two.getID()), 0).volume(new double[] { 1, 1, 1 }).open() == two, "by its ID");
		}
		finally {
			one.changes = two.changes = false;
			one.close();
			two.close();
		}
	}

	/** What will be drawn while the dialog is open counts, unless the user wrote a region. */
	public void theRegionFollowsTheDrawing() throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		final ImagePlus fm = Samples.image("sample-fm.tif", 8, 1, 9, 20, 20);
		fm.show();
		try {
			final JDialog[] shown = new JDialog[1];
			ask(dialog -> shown[0] = dialog, () -> {
				fm.setRoi(new Roi(1, 2, 3, 3));
				SwingUtilities.invokeAndWait(() -> Check.equal("1,2 4,2 4,5 1,5", Dialogs.part(shown[0], JTextField.class, "roi_polygon").getText()));
				SwingUtilities.invokeAndWait(() -> Dialogs.part(shown[0], JTextField.class, "roi_polygon").setText("0,0 9,0 9,9"));
				fm.setRoi(new Roi(5, 5, 3, 3));
				SwingUtilities.invokeAndWait(() -> {
					Check.equal("0,0 9,0 9,9", Dialogs.part(shown[0], JTextField.class, "roi_polygon").getText());
					Dialogs.part(shown[0], JButton.class, "cancel").doClick();
				});
			});
		}
		finally {
			fm.changes = false;
			fm.close();
		}
	}

	public void aRunsTimeIsToldFromTheLastOne() {
		Check.equal("", RunTimes.estimate("never run", 1000));
		RunTimes.keep("some run", 2_000_000, 10, 512);
		Check.equal("About 30 s, going by the last run (10 s for 2 million voxels; ImageJ had up to 0.5 GB).", RunTimes.estimate("some run", 6_000_000));
		Check.that(RunTimes.estimate("some run", 100_000_000).startsWith("About 8 min"), RunTimes.estimate("some run", 100_000_000));
		Check.equal("", RunTimes.estimate("some run", 1_000_000_000L));
		Check.equal("", RunTimes.estimate("some run", 0));
		ij.Prefs.set("clemreg.run.some run", "x y z");
		Check.equal("", RunTimes.estimate("some run", 10));
	}

	/** At twice the font's size everything is there, larger, and the window stays on the screen. */
	public void theUsersFontScaleCounts() throws Exception {
		final double before = ij.Prefs.getGuiScale();
		final int[] sizes = new int[2];
		try {
			for (int i = 0; i < 2; i++) {
				final int at = i;
				ij.Prefs.setGuiScale(i + 1);
				ask(dialog -> {
					sizes[at] = Dialogs.part(dialog, JTextField.class, "moving_spacing").getFont().getSize();
					Check.that(dialog.getHeight() <= java.awt.GraphicsEnvironment.getLocalGraphicsEnvironment().getMaximumWindowBounds().height, "on the screen");
					Dialogs.part(dialog, JButton.class, "cancel").doClick();
				});
			}
		}
		finally {
			ij.Prefs.setGuiScale(before);
		}
		Check.equal(2 * sizes[0], sizes[1]);
	}

	public void aRunsWindowShowsProgressAndCancels() throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		try (ProgressWindow window = new ProgressWindow("Register")) {
			window.at(0.1, "loading", "");
			Check.equal(null, Dialogs.shown(ProgressWindow.NAME));
			Thread.sleep(1100);
			window.at(0.25, "searching", "about 20 s left");
			final JDialog dialog = Dialogs.await(ProgressWindow.NAME);
			SwingUtilities.invokeAndWait(() -> {
				Check.equal("25 %", Dialogs.part(dialog, JProgressBar.class, "bar").getString());
				Check.equal("searching, about 20 s left", Dialogs.part(dialog, JLabel.class, "stage").getText());
				Check.that(!window.cancelled(), "not yet");
				Dialogs.part(dialog, JButton.class, "cancel").doClick();
			});
			Check.that(window.cancelled(), "cancelled");
		}
		SwingUtilities.invokeAndWait(() -> Check.equal(null, Dialogs.shown(ProgressWindow.NAME)));
	}

	public void valuesOutOfRangeAreSaid() {
		for (final Fields.Field field : Fields.of(register).all()) {
			if (!field.key.equals("log_sigma")) continue;
			Check.equal(null, FieldCheck.problem(field, "0.3", titles));
			for (final String bad : new String[] { "", "abc", "0.2", "51", "NaN" }) Check.that(FieldCheck.problem(field, bad, titles).contains("0.3 to 50"), bad);
		}
	}

	/** With a browser that only writes down what it is given: tests/plugin/test-help.sh. */
	public void helpOpensThePageAtTheTab() throws Exception {
		final String browser = System.getenv("CLEMREG_TEST_BROWSER");
		if (browser == null) throw new Check.Skip("there is no browser that writes down what it opens");
		ask(dialog -> {
			final JTabbedPane tabs = (JTabbedPane) SwingUtilities.getAncestorOfClass(JTabbedPane.class, Dialogs.part(dialog, JTextField.class, "moving_frame"));
			tabs.setSelectedIndex(tabs.indexOfTab("General"));
			Dialogs.part(dialog, JButton.class, "help").doClick();
			Dialogs.part(dialog, JButton.class, "cancel").doClick();
		});
		final File opened = new File(browser);
		for (int i = 0; i < 100 && opened.length() == 0; i++) Thread.sleep(100);
		final String address = new String(Files.readAllBytes(opened.toPath())).trim();
		final String page = new String(Files.readAllBytes(new File(java.net.URI.create(address)).toPath()));
		Check.that(page.contains("url=commands/register.html#general\""), address + ": " + page);
	}
}
