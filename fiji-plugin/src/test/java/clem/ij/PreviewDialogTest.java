package clem.ij;

import java.awt.GraphicsEnvironment;
import java.awt.Window;
import java.io.File;
import java.util.Collections;
import java.util.Map;

import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JDialog;
import javax.swing.JSlider;
import javax.swing.JComboBox;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

import clem.bridge.Bridges;
import clem.ij.preview.ThresholdPreview;
import clem.schema.Operation;
import clem.schema.Schema;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import ij.ImagePlus;

/** The dialog of Segment EM with its preview, on a screen. */
public final class PreviewDialogTest {
	/** On which the preview runs its model. */
	private final FakeBridge bridge = (FakeBridge) Bridges.forModels();
	private final Schema schema = Schema.parse(bridge.schema());
	private final Operation segment = schema.operation("segment_em");

	private interface Use {
		void of(JDialog dialog) throws Exception;
	}

	private Map<String, String> ask(final boolean onEvents, final Use use) throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		final Throwable[] failure = new Throwable[1];
		final Thread robot = new Thread(() -> {
			try {
				use.of(Dialogs.await("clemreg.segment_em"));
			}
			catch (final Throwable e) {
				failure[0] = e;
				for (final Window window : Window.getWindows()) if (window instanceof JDialog) SwingUtilities.invokeLater(window::dispose);
			}
		});
		robot.start();
		final ParameterDialog dialog = new ParameterDialog(segment, Fields.of(segment), Collections.singletonList("em.tif"));
		dialog.preview("image", values -> new ThresholdPreview(schema.operation("model_probability"), values));
		final Object[] answer = new Object[1];
		if (onEvents) SwingUtilities.invokeAndWait(() -> answer[0] = dialog.ask());
		else answer[0] = dialog.ask();
		robot.join();
		if (failure[0] != null) throw new AssertionError(failure[0]);
		Check.equal(0, bridge.open());
		@SuppressWarnings("unchecked")
		final Map<String, String> values = (Map<String, String>) answer[0];
		return values;
	}

	/** Waits until the preview is drawn, with events going on. */
	private static void await(final ImagePlus image, final int size) throws Exception {
		for (int i = 0; i < 500; i++) {
			if ((image.getOverlay() == null ? 0 : image.getOverlay().size()) == size) return;
			Thread.sleep(10);
		}
		throw new AssertionError("the overlay does not get " + size + " elements");
	}

	private void used(final boolean onEvents) throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		final ImagePlus em = Samples.image("em.tif", 8, 1, 5, 30, 40);
		em.show();
		final File model = File.createTempFile("model", ".onnx");
		try {
			final Map<String, String> answer = ask(onEvents, dialog -> {
				Check.equal(false, dialog.isModal());
				SwingUtilities.invokeAndWait(() -> {
					Dialogs.part(dialog, JComboBox.class, "model").setSelectedItem(model.getPath());
					Dialogs.part(dialog, JCheckBox.class, "preview").doClick();
				});
				await(em, 1);
				SwingUtilities.invokeAndWait(() -> {
					Dialogs.part(dialog, JSlider.class, "preview_threshold").setValue(44);
					Check.equal("0.44", Dialogs.part(dialog, JTextField.class, "seg_thr").getText());
					Dialogs.part(dialog, JButton.class, "ok").doClick();
				});
			});
			Check.equal("0.44", answer.get("seg_thr"));
			Check.equal(model.getPath(), answer.get("model"));
			Check.equal(null, em.getOverlay());
		}
		finally {
			em.changes = false;
			em.close();
			Check.that(model.delete(), "the model is not in use");
		}
	}

	public void okGivesTheSlidersThreshold() throws Exception {
		used(false);
	}

	public void theSameOnTheEventThread() throws Exception {
		used(true);
	}

	public void theWindowsCloseButtonCancelsAndRestores() throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		final ImagePlus em = Samples.image("em.tif", 8, 1, 5, 30, 40);
		em.show();
		final File model = File.createTempFile("model", ".onnx");
		try {
			Check.equal(null, ask(false, dialog -> {
				SwingUtilities.invokeAndWait(() -> {
					Dialogs.part(dialog, JComboBox.class, "model").setSelectedItem(model.getPath());
					Dialogs.part(dialog, JCheckBox.class, "preview").doClick();
				});
				await(em, 1);
				SwingUtilities.invokeAndWait(() -> dialog.dispatchEvent(new java.awt.event.WindowEvent(dialog, java.awt.event.WindowEvent.WINDOW_CLOSING)));
			}));
			Check.equal(null, em.getOverlay());
		}
		finally {
			em.changes = false;
			em.close();
			Check.that(model.delete(), "the model is not in use");
		}
	}

	public void theImageMayBeClosedMeanwhile() throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		final ImagePlus em = Samples.image("em.tif", 8, 1, 5, 30, 40);
		em.show();
		final File model = File.createTempFile("model", ".onnx");
		try {
			final Map<String, String> answer = ask(false, dialog -> {
				SwingUtilities.invokeAndWait(() -> {
					Dialogs.part(dialog, JComboBox.class, "model").setSelectedItem(model.getPath());
					Dialogs.part(dialog, JCheckBox.class, "preview").doClick();
				});
				await(em, 1);
				em.changes = false;
				em.close();
				final javax.swing.JTextArea status = Dialogs.part(dialog, javax.swing.JTextArea.class, "preview_status");
				for (int i = 0; i < 300 && !status.getText().startsWith("Open an image"); i++) Thread.sleep(10);
				Check.that(status.getText().startsWith("Open an image"), status.getText());
				SwingUtilities.invokeAndWait(() -> {
					final String note = Dialogs.part(dialog, javax.swing.JLabel.class, "image.note").getText();
					Check.that(note.contains("'em.tif' is not open any more"), note);
					Dialogs.part(dialog, JButton.class, "cancel").doClick();
				});
			});
			Check.equal(null, answer);
		}
		finally {
			Check.that(model.delete(), "the model is not in use");
		}
	}

	public void imagesThatAreOpenedOrClosedMeanwhileAreInTheList() throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		final ImagePlus em = Samples.image("em.tif", 8, 1, 5, 30, 40), other = Samples.image("other.tif", 8, 1, 5, 30, 40);
		em.show();
		try {
			final Map<String, String> answer = ask(false, dialog -> {
				final JComboBox<?> images = Dialogs.part(dialog, JComboBox.class, "image");
				other.show();
				until(() -> images.getItemCount() == 2);
				Check.equal("em.tif", images.getSelectedItem());
				SwingUtilities.invokeAndWait(() -> images.setSelectedItem("other.tif"));
				em.changes = false;
				em.close();
				until(() -> images.getItemCount() == 1);
				// What is chosen stays, so that it is told as closed rather than replaced by another.
				other.changes = false;
				other.close();
				Thread.sleep(100);
				Check.equal("other.tif", images.getSelectedItem());
				SwingUtilities.invokeAndWait(() -> Dialogs.part(dialog, JButton.class, "cancel").doClick());
			});
			Check.equal(null, answer);
		}
		finally {
			for (final ImagePlus image : new ImagePlus[] { em, other }) {
				image.changes = false;
				image.close();
			}
		}
	}

	private static void until(final java.util.function.BooleanSupplier so) throws Exception {
		final boolean[] is = new boolean[1];
		for (int i = 0; i < 500 && !is[0]; i++) {
			SwingUtilities.invokeAndWait(() -> is[0] = so.getAsBoolean());
			if (!is[0]) Thread.sleep(10);
		}
		Check.that(is[0], "the list does not change");
	}
}
