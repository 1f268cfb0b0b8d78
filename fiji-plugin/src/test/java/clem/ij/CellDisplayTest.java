package clem.ij;

import clem.bridge.Bridges;
import clem.json.Json;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;

/** What Detect Cells and Track Cells show without a screen, where the overlay stands for the ROI manager. The fake finds two cells a section. */
public final class CellDisplayTest {
	private static String call(final String operation, final String options) throws Exception {
		final String[] error = new String[1];
		final Thread thread = new Thread(() -> {
			Macro.setOptions(options);
			ij.IJ.redirectErrorMessages(true);
			try {
				new ClemReg().run(operation);
			}
			catch (final RuntimeException e) {
				error[0] = e.getMessage();
			}
			final String shown = ij.IJ.getErrorMessage();
			if (shown != null) error[0] = shown;
		}, "Run$_test");
		thread.start();
		thread.join();
		ij.IJ.redirectErrorMessages(false);
		Check.equal(0, ((FakeBridge) Bridges.get()).open());
		return error[0];
	}

	private static void with(final Check.Piece use) throws Exception {
		Interpreter.batchMode = true;
		final ImagePlus image = Samples.image("fl", 8, 1, 3, 20, 24);
		Interpreter.addBatchModeImage(image);
		final String before = Samples.content(image);
		try {
			use.run();
			Check.equal(before, Samples.content(image));
		}
		finally {
			final int[] ids = WindowManager.getIDList();
			if (ids != null) for (final int id : ids) Interpreter.removeBatchModeImage(WindowManager.getImage(id));
			Interpreter.batchMode = false;
		}
	}

	private static Overlay overlay() {
		return WindowManager.getImage("fl").getOverlay();
	}

	private static String names() {
		final StringBuilder names = new StringBuilder();
		for (final Roi roi : overlay().toArray()) names.append(roi.getName()).append("; ");
		return names.toString();
	}

	public void cellsLieOverTheImageInColoursAndInATable() throws Exception {
		with(() -> {
			Check.equal(null, call("detect_cells", "image=fl"));
			Check.equal("cell 1 (0.83); cell 2 (0.40); cell 3 (0.83); cell 4 (0.40); cell 5 (0.83); cell 6 (0.40); ", names());
			Check.equal(2, overlay().get(3).getPosition());
			final ImagePlus labels = WindowManager.getImage("Detect cells: labels");
			Check.equal(6, labels.getStack().getProcessor(3).get(10, 3));
			Check.that(labels.getProcessor().getColorModel().getRGB(200) != 0xffc8c8c8, "labels have colours");
			final ResultsTable table = ResultsTable.getResultsTable("Detect cells: cells");
			// Without a screen ImageJ keeps no table.
			if (table != null) Check.equal(6, table.size());
		});
	}

	public void whatTheUserDrewOrChangedStays() throws Exception {
		with(() -> {
			final ImagePlus image = WindowManager.getImage("fl");
			final Roi own = new Roi(15, 12, 4, 4);
			own.setName("mine");
			image.setOverlay(new Overlay(own));
			Check.equal(null, call("detect_cells", "image=fl"));
			Check.equal(7, overlay().size());
			Check.equal("mine", overlay().get(0).getName());
			// One is moved, one is deleted: the next run brings back what is not there, beside the moved one.
			overlay().get(1).setLocation(3, 2);
			overlay().remove(2);
			Check.equal(null, call("detect_cells", "image=fl"));
			Check.equal("mine; cell 1 (0.83); cell 1 (0.83); cell 2 (0.40); cell 3 (0.83); cell 4 (0.40); cell 5 (0.83); cell 6 (0.40); ", names());
			Check.equal(3, overlay().get(1).getBounds().x);
		});
	}

	public void correctedCellsAreFollowedAndRenamed() throws Exception {
		with(() -> {
			Check.equal(null, call("detect_cells", "image=fl"));
			final Roi own = new Roi(15, 12, 4, 4);
			own.setPosition(2);
			overlay().remove(1);
			overlay().add(own);
			Check.equal(null, call("track_cells", "image=fl roi_manager"));
			final FakeBridge fake = (FakeBridge) Bridges.get();
			final Object text = Json.asObject(Json.asObject(fake.cellRequests.get(fake.cellRequests.size() - 1).get("texts")).get("boxes")).get("text");
			Check.that(text.toString().endsWith("\n2,15,12,4,4,1.0,6\n"), text.toString());
			Check.equal("cell 102 s1 (0.83); cell 102 s2 (0.83); cell 109 s2 (0.40); cell 102 s3 (0.83); cell 109 s3 (0.40); cell 115 s2 (1.00); ", names());
			Check.equal(overlay().get(0).getStrokeColor(), overlay().get(1).getStrokeColor());
			Check.that(!overlay().get(0).getStrokeColor().equals(overlay().get(2).getStrokeColor()), "a track has a colour");
			// Found anew, the cells replace those that were not changed; the user's stays.
			Check.equal(null, call("track_cells", "image=fl"));
			Check.that(names().startsWith("cell 115 s2 (1.00); "), names());
			Check.equal(7, overlay().size());
		});
	}

	public void withoutCellsThereIsNothingToFollow() throws Exception {
		with(() -> {
			final String error = call("track_cells", "image=fl roi_manager");
			Check.that(error != null && error.contains("roi_manager") && error.contains("holds no ROIs"), error);
			Check.that(call("track_cells", "image=fl roi_manager=maybe").contains("roi_manager = maybe"), "a value that it has not");
		});
	}
}
