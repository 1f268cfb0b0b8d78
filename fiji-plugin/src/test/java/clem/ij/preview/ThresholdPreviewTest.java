package clem.ij.preview;

import java.awt.Component;
import java.io.File;

import javax.swing.JCheckBox;
import javax.swing.JSlider;
import javax.swing.JTextArea;
import javax.swing.SwingUtilities;

import clem.bridge.Bridges;
import clem.schema.Schema;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import ij.ImagePlus;

/** The preview without its dialog. The fake model's probability is the brightness, its threshold 0.3. */
public final class ThresholdPreviewTest {
	/** On which operations with a model run, whoever asks for them. */
	private final FakeBridge bridge = (FakeBridge) Bridges.forModels();
	private ImagePlus image = Samples.image("em", 8, 1, 6, 20, 30);
	private final ShownPreview shown = new ShownPreview(() -> image);
	private ThresholdPreview preview;

	private interface Use {
		void of() throws Exception;
	}

	/** On the event thread, where a preview lives. */
	private static void events(final Use use) throws Exception {
		final Exception[] failure = new Exception[1];
		final Error[] error = new Error[1];
		SwingUtilities.invokeAndWait(() -> {
			try {
				use.of();
			}
			catch (final Exception e) {
				failure[0] = e;
			}
			catch (final Error e) {
				error[0] = e;
			}
		});
		if (failure[0] != null) throw failure[0];
		if (error[0] != null) throw error[0];
	}

	private void with(final Use use) throws Exception {
		final File model = File.createTempFile("model", ".onnx");
		bridge.previews.clear();
		shown.fields.put("image", "em");
		shown.fields.put("model", model.getPath());
		shown.fields.put("threads", "0");
		shown.fields.put("seg_thr", "0");
		shown.fields.put("em_tile", "0");
		shown.fields.put("fail", "");
		events(() -> preview = new ThresholdPreview(Schema.parse(bridge.schema()).operation("model_probability"), shown));
		try {
			use.of();
		}
		finally {
			events(preview::close);
			preview.await();
			Check.that(model.delete(), "the model is not in use");
		}
		if (image != null) Check.equal(null, image.getOverlay());
		Check.equal(0, bridge.open());
	}

	private <T extends Component> T part(final Class<T> type) {
		return ShownPreview.part(preview.component(), type);
	}

	private void click() throws Exception {
		events(() -> part(JCheckBox.class).doClick());
	}

	private String status() throws Exception {
		final String[] text = new String[1];
		events(() -> text[0] = part(JTextArea.class).getText());
		return text[0];
	}

	private void await(final String beginning) throws Exception {
		String text = "";
		for (int i = 0; i < 500; i++) {
			text = status();
			if (text.startsWith(beginning)) return;
			Thread.sleep(10);
		}
		throw new AssertionError("'" + text + "' does not become '" + beginning + "'");
	}

	public void theSliderNeedsNoMoreComputing() throws Exception {
		with(() -> {
			Check.equal(0, bridge.previews.size());
			image.setSlice(3);
			click();
			await("Slice 3, ");
			Check.equal("3", bridge.previews.get(0).get("first_slice").toString());
			Check.equal("3", bridge.previews.get(0).get("last_slice").toString());
			// The field says 0: as the model says.
			Check.that(status().endsWith("reach 0.3."), status());
			events(() -> {
				Check.equal(30, part(JSlider.class).getValue());
				Check.equal("0", shown.fields.get("seg_thr"));
				part(JSlider.class).setValue(62);
				Check.equal("0.62", shown.fields.get("seg_thr"));
			});
			Check.that(status().endsWith("reach 0.62."), status());
			Check.equal(1, image.getOverlay().size());
			Check.equal(1, bridge.previews.size());
			// What is typed moves the slider.
			events(() -> shown.fields.put("seg_thr", "0.25"));
			for (int i = 0; i < 100 && !status().endsWith("reach 0.25."); i++) Thread.sleep(20);
			events(() -> Check.equal(25, part(JSlider.class).getValue()));
			Check.equal(1, bridge.previews.size());
		});
	}

	public void anotherSliceOrParameterIsComputedAgain() throws Exception {
		with(() -> {
			click();
			await("Slice 1, ");
			events(() -> image.setSlice(5));
			await("Slice 5");
			events(() -> Check.that(image.getOverlay() == null || image.getOverlay().get(0).getPosition() == 5, "the old slice's mask is gone"));
			await("Slice 5, ");
			Check.equal(2, bridge.previews.size());
			events(() -> shown.fields.put("em_tile", "64"));
			for (int i = 0; i < 200 && bridge.previews.size() < 3; i++) Thread.sleep(10);
			Check.equal("64", bridge.previews.get(2).get("em_tile").toString());
			await("Slice 5, ");
		});
	}

	public void changedPixelsAndPixelSizesAreComputedAgain() throws Exception {
		with(() -> {
			click();
			await("Slice 1, ");
			// A look at the pixels, and none has changed.
			Thread.sleep(1700);
			Check.equal(1, bridge.previews.size());
			events(() -> image.getProcessor().set(3, 4, 77));
			computed(2);
			events(() -> image.getCalibration().pixelWidth *= 2);
			computed(3);
			events(() -> image.getCalibration().setUnit("nm"));
			computed(4);
		});
	}

	/** Waits until the preview was computed so often, and is shown. */
	private void computed(final int times) throws Exception {
		for (int i = 0; i < 500 && bridge.previews.size() < times; i++) Thread.sleep(10);
		await("Slice 1, ");
		Check.equal(times, bridge.previews.size());
	}

	public void whatIsComputedStopsWhenItIsNotWantedAnyMore() throws Exception {
		with(() -> {
			shown.fields.put("fail", "wait");
			click();
			await("Computing slice 1: ");
			events(() -> {
				shown.fields.put("fail", "");
				image.setSlice(2);
			});
			await("Slice 2, ");
			events(() -> shown.fields.put("fail", "wait"));
			await("Computing slice 2: ");
			click();
			await("Shows what");
			Check.equal(null, image.getOverlay());
			click();
			await("Computing slice 2: ");
			// Closing ends it too: see what with() asks at the end.
		});
	}

	public void errorsAreSaidAndLeaveNothing() throws Exception {
		with(() -> {
			shown.fields.put("fail", "MODEL");
			click();
			await("It fails as asked.");
			events(() -> Check.equal(false, part(JSlider.class).isEnabled()));
			events(() -> shown.fields.put("fail", "crash"));
			await("Unexpected error");
			final String model = shown.fields.get("model");
			events(() -> shown.fields.put("model", ""));
			await("Choose a model");
			events(() -> shown.fields.put("model", model + ".none"));
			await("model: there is no file");
			events(() -> {
				shown.fields.put("model", model);
				shown.fields.put("image_spacing", "nonsense");
			});
			await("image_spacing = nonsense");
			events(() -> {
				shown.fields.remove("image_spacing");
				shown.fields.put("threads", "many");
			});
			await("A number is wanted");
			events(() -> {
				shown.fields.put("threads", "0");
				shown.fields.put("fail", "");
			});
			await("Slice 1, ");
		});
	}

	public void anImageThatIsClosedMeanwhileBreaksNothing() throws Exception {
		with(() -> {
			click();
			await("Slice 1, ");
			final ImagePlus closed = image;
			events(() -> {
				image = null;
				closed.flush();
			});
			await("Open an image");
			image = Samples.image("other", 8, 1, 4, 10, 10);
			await("Slice 1, ");
		});
	}
}
