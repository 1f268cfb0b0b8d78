package clem.ij;

import java.io.File;

import clem.bridge.Bridges;
import clem.image.LabelColours;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import ij.CompositeImage;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.macro.Interpreter;

/** What Segment EM and Model Probability show. The fake finds all that is not 0: label 20001 in the left half, 20002 in the right one. */
public final class SegmentEmDisplayTest {
	private static void call(final String operation, final String options, final ImagePlus open) throws Exception {
		Interpreter.batchMode = true;
		Interpreter.addBatchModeImage(open);
		final Thread thread = new Thread(() -> {
			Macro.setOptions(options);
			ij.IJ.redirectErrorMessages(true);
			new ClemReg().run(operation);
		}, "Run$_test");
		thread.start();
		thread.join();
		ij.IJ.redirectErrorMessages(false);
		final String error = ij.IJ.getErrorMessage();
		Check.equal(null, error);
		Check.equal(0, ((FakeBridge) Bridges.get()).open());
	}

	private static void closeAll() {
		final int[] ids = WindowManager.getIDList();
		if (ids != null) for (final int id : ids) Interpreter.removeBatchModeImage(WindowManager.getImage(id));
		Interpreter.batchMode = false;
	}

	private static void segmented(final int depth, final Check.Piece look) throws Exception {
		final ImagePlus em = Samples.image("em", depth, 1, 4, 12, 16);
		for (int z = 1; z <= 4; z++) for (int i = 0; i < 16; i++) em.getStack().getProcessor(z).setf(i, 0);
		final String before = Samples.content(em);
		final File model = File.createTempFile("model", ".onnx");
		try {
			call("segment_em", "image=em model=[" + model + "]", em);
			Check.equal(before, Samples.content(em));
			Check.equal(null, em.getOverlay());
			look.run();
		}
		finally {
			closeAll();
			Check.that(model.delete(), "the model is not in use");
		}
	}

	public void labelsHaveColoursAndTheEmShowsTheObjects() throws Exception {
		for (final int depth : new int[] { 8, 16, 32 }) {
			segmented(depth, () -> {
				final ImagePlus labels = WindowManager.getImage("Segment EM: labels"), over = WindowManager.getImage("em: objects"), em = WindowManager.getImage("em");
				Check.equal(20001, labels.getStack().getProcessor(2).get(3, 3));
				Check.near(0.3, labels.getCalibration().pixelDepth, 1e-9);
				labels.setSlice(2);
				Check.equal(LabelColours.colour(0).getRGB() & 0xffffff, rgb(labels, 3, 3));
				Check.equal(LabelColours.colour(1).getRGB() & 0xffffff, rgb(labels, 12, 3));
				Check.equal(0, rgb(labels, 3, 0));
				Check.that(WindowManager.getImage("Segment EM: mask") != null, "the mask");

				Check.equal(2, over.getNChannels());
				Check.equal(4, over.getNSlices());
				Check.equal(8, over.getBitDepth());
				Check.that(((CompositeImage) over).getMode() == CompositeImage.COMPOSITE, "both at once");
				Check.near(0.13, over.getCalibration().pixelWidth, 1e-9);
				// The EM as it is shown, and of the objects edge and inside.
				final double value = em.getStack().getProcessor(2).getf(5, 5), low = em.getDisplayRangeMin(), high = em.getDisplayRangeMax();
				Check.near(255 * Math.max(0, Math.min(1, (value - low) / (high - low))), over.getStack().getProcessor(3).get(5, 5), 1);
				if (depth == 8) Check.equal((int) value, over.getStack().getProcessor(3).get(5, 5));
				final int edge = over.getStack().getProcessor(4).get(7, 5), inside = over.getStack().getProcessor(4).get(4, 5);
				Check.equal((20001 - 1) % 127 + 1, edge);
				Check.equal(edge + 127, inside);
				Check.equal(edge + 1, over.getStack().getProcessor(4).get(8, 5));
				Check.equal(0, over.getStack().getProcessor(4).get(4, 0));
			});
		}
	}

	private static int rgb(final ImagePlus image, final int x, final int y) {
		return image.getProcessor().convertToRGB().get(x, y) & 0xffffff;
	}

	public void theHyperstackOutlivesItsImages() throws Exception {
		segmented(8, () -> {
			final ImagePlus labels = WindowManager.getImage("Segment EM: labels"), over = WindowManager.getImage("em: objects"), em = WindowManager.getImage("em");
			final int grey = over.getStack().getProcessor(5).get(6, 6), object = over.getStack().getProcessor(6).get(6, 6);
			em.flush();
			labels.flush();
			Check.equal(grey, over.getStack().getProcessor(5).get(6, 6));
			Check.equal(object, over.getStack().getProcessor(6).get(6, 6));
		});
	}

	public void probabilitiesAreShownFromNoughtToOne() throws Exception {
		final ImagePlus em = Samples.image("em", 8, 1, 4, 12, 16);
		final File model = File.createTempFile("model", ".onnx");
		try {
			call("model_probability", "image=em first_slice=2 last_slice=2 model=[" + model + "]", em);
			final ImagePlus shown = WindowManager.getImage("Model Probability: probability");
			Check.equal(32, shown.getBitDepth());
			Check.near(0, shown.getDisplayRangeMin(), 0);
			Check.near(1, shown.getDisplayRangeMax(), 0);
		}
		finally {
			closeAll();
			Check.that(model.delete(), "the model is not in use");
		}
	}
}
