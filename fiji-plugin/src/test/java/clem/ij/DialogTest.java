package clem.ij;

import java.awt.GraphicsEnvironment;
import java.io.File;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JDialog;
import javax.swing.JPanel;
import javax.swing.JTabbedPane;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

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

	private Map<String, String> ask(final Use use) throws Exception {
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
			}
			catch (final Exception e) {
				failure[0] = e;
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

	public void valuesOutOfRangeAreSaid() {
		for (final Fields.Field field : Fields.of(register).all()) {
			if (!field.key.equals("log_sigma")) continue;
			Check.equal(null, ParameterDialog.problem(field, "0.3"));
			for (final String bad : new String[] { "", "abc", "0.2", "51", "NaN" }) Check.that(ParameterDialog.problem(field, bad).contains("0.3 to 50"), bad);
		}
	}

	/** With a browser that only writes down what it is given: tests/plugin/test-help.sh. */
	public void helpOpensThePageAtTheTab() throws Exception {
		final String browser = System.getenv("CLEMREG_TEST_BROWSER");
		if (browser == null) throw new Check.Skip("there is no browser that writes down what it opens");
		final String[] section = new String[1];
		ask(dialog -> {
			final JTabbedPane tabs = (JTabbedPane) SwingUtilities.getAncestorOfClass(JTabbedPane.class, Dialogs.part(dialog, JTextField.class, "moving_frame"));
			tabs.setSelectedComponent(SwingUtilities.getAncestorOfClass(JPanel.class, Dialogs.part(dialog, JTextField.class, "moving_frame")));
			section[0] = HelpPages.section(tabs.getTitleAt(tabs.getSelectedIndex()));
			Dialogs.part(dialog, JButton.class, "help").doClick();
			Dialogs.part(dialog, JButton.class, "cancel").doClick();
		});
		final File opened = new File(browser);
		for (int i = 0; i < 100 && opened.length() == 0; i++) Thread.sleep(100);
		final String address = new String(Files.readAllBytes(opened.toPath())).trim();
		final String page = new String(Files.readAllBytes(new File(java.net.URI.create(address)).toPath()));
		Check.that(page.contains("url=commands/register.html#" + section[0] + "\""), address + ": " + page);
	}
}
