package clem.ij;

import clem.bridge.Bridges;
import clem.json.Json;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.gui.OvalRoi;
import ij.gui.Overlay;
import ij.gui.PointRoi;
import ij.gui.Roi;
import ij.macro.Interpreter;

/** Export Fields of View and Evaluate Detection as a macro calls them in an ImageJ without a screen, and the sample of cells. */
public final class FieldsTest {
	private static String call(final String argument, final String options, final ImagePlus... open) throws Exception {
		final String[] error = { "" };
		Interpreter.batchMode = true;
		for (final ImagePlus image : open) Interpreter.addBatchModeImage(image);
		final Thread thread = new Thread(() -> {
			Macro.setOptions(options);
			IJ.redirectErrorMessages(true);
			try {
				new ClemReg().run(argument);
			}
			catch (final RuntimeException e) {
				error[0] = e.getMessage();
			}
			final String shown = IJ.getErrorMessage();
			if (shown != null) error[0] = shown;
		}, "Run$_test");
		thread.start();
		thread.join();
		IJ.redirectErrorMessages(false);
		Check.equal(0, ((FakeBridge) Bridges.get()).open());
		return error[0];
	}

	private static void closeAll() {
		final int[] ids = WindowManager.getIDList();
		if (ids != null) for (final int id : ids) Interpreter.removeBatchModeImage(WindowManager.getImage(id));
		Interpreter.batchMode = false;
	}

	private static String sent(final String input) {
		return Json.asText(Json.asObject(Json.asObject(((FakeBridge) Bridges.get()).lastRequest.get("texts")).get(input)).get("text"), "");
	}

	public void fieldsLieOverTheImageInTheirSlices() throws Exception {
		final ImagePlus image = Samples.image("fl", 8, 1, 3, 30, 40);
		final Overlay overlay = new Overlay(new OvalRoi(2, 3, 8, 9));
		image.setOverlay(overlay);
		try {
			Check.equal("", call("export_fields", "boxes=[ROI Manager] image=fl", image));
			// Without a screen the image's overlay stands for the ROI manager.
			Check.that(sent("boxes").startsWith("slice,x,y,width,height,score,cell,mask\n1,2,3,8,9,1.0,0,"), sent("boxes"));
			Check.equal(1, sent("boxes").split("\n").length - 1);
			// The first field in two slices, the second, which is in all, once.
			Check.equal(4, image.getOverlay().size());
			Check.equal("field 1", image.getOverlay().get(1).getName());
			Check.equal(2, image.getOverlay().get(2).getPosition());
			Check.equal(0, image.getOverlay().get(3).getPosition());
			Check.equal(new java.awt.Rectangle(5, 6, 7, 8), image.getOverlay().get(3).getBounds());
			// Fields are no cells, and those of the next run take their place.
			Check.equal("", call("export_fields", "boxes=[roi manager] image=fl"));
			Check.equal(4, image.getOverlay().size());
			Check.equal(1, sent("boxes").split("\n").length - 1);
			image.setOverlay(null);
			Check.that(call("export_fields", "boxes=[ROI Manager] image=fl").contains("holds no ROIs of 'fl'"), "an empty manager");
			Check.that(call("export_fields", "boxes=[nothing.csv] image=fl").contains("there is no file"), "no file");
		}
		finally {
			closeAll();
		}
	}

	public void pointsOfTheImageAreFiducials() throws Exception {
		final ImagePlus image = Samples.image("fl", 8, 1, 2, 30, 40), labels = Samples.image("labels", 8, 1, 2, 3, 3);
		try {
			image.setRoi(new PointRoi(new int[] { 3, 20, 5 }, new int[] { 4, 6, 25 }, 3));
			Check.equal("3,4; 20,6; 5,25", Selection.points(image));
			Check.equal("", call("export_fields", "boxes=labels image=fl fiducial_stage=[0,0; 9,0; 0,9]", image, labels));
			Check.equal("3,4; 20,6; 5,25", Json.asObject(((FakeBridge) Bridges.get()).lastRequest.get("parameters")).get("fiducial_pixels"));
			// Nine labels in each of two slices: an open label image is a table of cells.
			Check.equal(19, sent("boxes").split("\n").length);
			// Points between pixels count from the first pixel's corner.
			image.setRoi(new PointRoi(new float[] { 3.5f, 20.25f }, new float[] { 4.5f, 6 }, 2));
			Check.equal("3,4; 19.75,5.5", Selection.points(image));
			image.setRoi(new Roi(1, 1, 3, 3));
			Check.equal("", Selection.points(image));
		}
		finally {
			closeAll();
		}
	}

	public void theSampleOfCellsIsShown() throws Exception {
		try {
			Check.equal("", call("simulate_cells", ""));
			Check.equal(3, WindowManager.getImage("sample-sections.tif").getNSlices());
			Check.near(0.178, WindowManager.getImage("sample-sections.tif").getCalibration().pixelWidth, 1e-9);
			Check.equal(20, WindowManager.getImage("sample-section-labels.tif").getHeight());
		}
		finally {
			closeAll();
		}
	}
}
