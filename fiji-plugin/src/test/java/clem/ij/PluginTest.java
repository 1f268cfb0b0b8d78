package clem.ij;

import java.io.File;

import clem.bridge.Bridges;
import clem.models.FileServer;
import clem.models.ModelFolders;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.macro.Interpreter;

/** The menu's commands as a macro calls them in a plain ImageJ without a screen. */
public final class PluginTest {
	/** Calls a command as ImageJ does for a macro, with images open in batch mode, and gives the error that it ended with. */
	static String call(final String argument, final String options, final ImagePlus... open) throws Exception {
		final String[] error = { "" };
		Interpreter.batchMode = true;
		for (final ImagePlus image : open) Interpreter.addBatchModeImage(image);
		final Thread thread = new Thread(() -> {
			Macro.setOptions(options);
			ij.IJ.redirectErrorMessages(true);
			try {
				new ClemReg().run(argument);
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

	static void closeAll() {
		final int[] ids = WindowManager.getIDList();
		if (ids != null) for (final int id : ids) Interpreter.removeBatchModeImage(WindowManager.getImage(id));
		Interpreter.batchMode = false;
	}

	public void registerShowsACompositeAndKeepsTheInputs() throws Exception {
		final ImagePlus fm = Samples.image("my fm", 16, 2, 4, 6, 7), em = Samples.image("em", 8, 1, 5, 8, 9), mask = Samples.image("em mask", 8, 1, 5, 8, 9);
		final String before = Samples.content(fm) + Samples.content(em) + Samples.content(mask);
		try {
			Check.equal("", call("register", "moving=[my fm] moving_channel=2 fixed=em fixed_mask=[em mask] log_sigma=2 filter_segmentation roi_polygon=[1,1 5,1 5,4] ", fm, em, mask));
			Check.equal(before, Samples.content(fm) + Samples.content(em) + Samples.content(mask));
			final ImagePlus result = WindowManager.getImage("Registered my fm");
			Check.equal(3, result.getNChannels());
			Check.equal(5, result.getNSlices());
			Check.equal(16, result.getBitDepth());
			Check.near(0.3, result.getCalibration().pixelDepth, 1e-9);
			Check.equal(em.getStack().getProcessor(2).get(3, 3), result.getStack().getProcessor(result.getStackIndex(1, 2, 1)).get(3, 3));
			Check.equal(fm.getStack().getProcessor(fm.getStackIndex(2, 2, 1)).get(3, 3), result.getStack().getProcessor(result.getStackIndex(3, 2, 1)).get(3, 3));
			final ImagePlus points = WindowManager.getImage("Mask and points of my fm");
			Check.that(points.getOverlay().size() > 0, "no points");
		}
		finally {
			closeAll();
		}
	}

	/** The images are closed as soon as the registration has begun. */
	public void imagesMayBeClosedMeanwhile() throws Exception {
		final FakeBridge bridge = (FakeBridge) Bridges.get();
		final ImagePlus[] open = { Samples.image("fm", 16, 2, 4, 6, 7), Samples.image("em", 8, 1, 5, 8, 9), Samples.image("mask", 8, 1, 5, 8, 9) };
		final short[] fluorescence = ((short[]) open[0].getStack().getPixels(open[0].getStackIndex(2, 2, 1))).clone();
		final byte[] em = ((byte[]) open[1].getStack().getPixels(2)).clone();
		bridge.first = (operation, request) -> {
			if (operation.equals("register")) for (final ImagePlus image : open) {
				Interpreter.removeBatchModeImage(image);
				image.flush();
			}
			return null;
		};
		try {
			Check.equal("", call("register", "moving=fm moving_channel=2 fixed=em fixed_mask=mask", open));
			final ImagePlus result = WindowManager.getImage("Registered fm");
			Check.equal(em[30] & 0xff, result.getStack().getProcessor(result.getStackIndex(1, 2, 1)).get(30));
			Check.equal(fluorescence[24] & 0xffff, result.getStack().getProcessor(result.getStackIndex(3, 2, 1)).get(3, 3));
		}
		finally {
			bridge.first = null;
			closeAll();
		}
	}

	public void aBugReportAsksWhatHappened() {
		final String report = ReportWindow.bugReport("CLEM-Reg: 1\nJava: 17\n");
		for (final String part : new String[] { "What I did:", "What happened", "```\nCLEM-Reg: 1\nJava: 17\n```" }) Check.that(report.contains(part), report);
	}

	public void theSelectionIsTheRegion() throws Exception {
		final ImagePlus fm = Samples.image("fm", 8, 1, 4, 6, 7), mask = Samples.image("mask", 8, 1, 5, 8, 9);
		fm.setRoi(new Roi(1, 2, 3, 3));
		Check.equal("1,2 4,2 4,5 1,5", Selection.of(fm).polygon);
		fm.setRoi(new PolygonRoi(new float[] { 1, 4.5f, 2 }, new float[] { 1, 2, 5 }, Roi.POLYGON));
		Check.equal("1,1 4.5,2 2,5", Selection.of(fm).polygon);
		try {
			Check.equal("", call("register", "moving=fm fixed_mask=mask", fm, mask));
			final String error = call("register", "moving=fm fixed_mask=mask roi_polygon=[]");
			Check.equal("", error);
		}
		finally {
			closeAll();
		}
		fm.setRoi(new ij.gui.Line(0, 0, 3, 3));
		Check.badInput(() -> Selection.of(fm), "straight line", "rectangle");
	}

	public void theEmAndAModelStandForItsMask() throws Exception {
		Check.inFolder(folder -> {
			final java.io.File model = new java.io.File(folder, "net.onnx");
			java.nio.file.Files.write(model.toPath(), new byte[] { 1 });
			final ImagePlus fm = Samples.image("fm", 16, 1, 4, 6, 7), em = Samples.image("em", 8, 1, 5, 8, 9);
			try {
				Check.equal("", call("register", "moving=fm fixed=em model=[" + model + "] seg_thr=0.4 show_intermediates=false", fm, em));
				Check.equal("0.4", String.valueOf(((FakeBridge) Bridges.get()).registerRequest.get("parameters")).replaceAll(".*seg_thr=([^,}]*).*", "$1"));
				Check.that(call("register", "moving=fm fixed=em").contains("fixed and model"), "neither");
			}
			finally {
				closeAll();
			}
		});
	}

	public void errorsEndTheMacroWithTheirMessage() throws Exception {
		final ImagePlus fm = Samples.image("fm", 8, 1, 4, 6, 7), mask = Samples.image("mask", 8, 1, 5, 8, 9);
		try {
			Check.that(call("register", "moving=fm fixed_mask=mask log_sigmo=3", fm, mask).contains("'log_sigma'"), "nearest key");
			Check.that(call("register", "moving=gm fixed_mask=mask").contains("gm"), "unknown image");
			Check.that(call("register", "fixed_mask=mask").contains("moving is missing"), "no image");
			Check.that(call("register", "moving=fm fixed_mask=mask overwrite=perhaps").contains("overwrite = perhaps"), "flag");
			Check.that(call("register", "moving=fm fixed_mask=mask fail=BAD_INPUT").contains("fails as asked"), "the algorithms' own");
			Check.that(call("register", "moving=fm fixed_mask=mask fail=crash").contains("Unexpected error"), "a fault");
		}
		finally {
			closeAll();
		}
	}

	public void stepsOnOpenImagesAreUsedAgainUntilAVoxelChanges() throws Exception {
		final ImagePlus fm = Samples.image("fm", 16, 1, 4, 6, 7), mask = Samples.image("mask", 8, 1, 5, 8, 9);
		try {
			Check.inFolder(folder -> {
				final String options = "moving=fm fixed_mask=mask overwrite out=[" + folder + "/out]";
				for (final String reused : new String[] { "false", "true", "false", "true" }) {
					Check.equal("", call("register", options, fm, mask));
					final String run = clem.workflow.RunRequest.readText("run", new File(folder, "out/run.json"));
					Check.that(run.contains("\"reused\": " + reused) && !run.contains("\"reused\": " + !Boolean.parseBoolean(reused)), reused + ": " + run);
					if (reused.equals("true")) fm.getStack().getProcessor(3).set(2, 2, 4711);
				}
			});
		}
		finally {
			closeAll();
		}
	}

	public void aMacroLeavesToThePresetWhatItDoesNotName() throws Exception {
		final ImagePlus fm = Samples.image("fm", 8, 1, 4, 6, 7), mask = Samples.image("mask", 8, 1, 5, 8, 9);
		try {
			Check.equal("", call("register", "moving=fm fixed_mask=mask preset=paper log_sigma=3", fm, mask));
			final java.util.Map<String, Object> parameters = clem.json.Json.asObject(((FakeBridge) Bridges.get()).registerRequest.get("parameters"));
			Check.equal("[log_sigma, preset]", new java.util.TreeSet<>(parameters.keySet()).toString());
		}
		finally {
			closeAll();
		}
	}

	public void escCancels() throws Exception {
		final ImagePlus fm = Samples.image("fm", 8, 1, 4, 6, 7), mask = Samples.image("mask", 8, 1, 5, 8, 9);
		final ImageJListener listener = new ImageJListener(null);
		Check.that(!listener.cancelled(), "cancelled before Esc");
		ij.IJ.setKeyDown(java.awt.event.KeyEvent.VK_ESCAPE);
		Check.that(listener.cancelled(), "Esc is not seen");
		Check.that(!new ImageJListener(null).cancelled(), "an old Esc cancels the next run");
		try {
			call("register", "moving=fm fixed_mask=mask fail=CANCELLED", fm, mask);
			Check.equal(null, WindowManager.getImage("Registered fm"));
		}
		finally {
			closeAll();
		}
	}

	public void pointsComeFromFilesAndTables() throws Exception {
		Check.inFolder(folder -> {
			final File csv = new File(folder, "p.csv");
			clem.workflow.PointsFile.write(new double[] { 1, 2, 3, 4, 5, 6 }, csv);
			final File out = new File(folder, "out");
			Check.equal("", call("register_points", "moving_points=[" + csv + "] fixed_points=[" + csv + "] out=[" + out + "]"));
			final String transform = clem.workflow.RunRequest.readText("transform", new File(out, "transform.json"));
			Check.that(transform.contains(clem.image.FileHash.sha256(csv)), transform);
			Check.that(call("register_points", "moving_points=[no such table] fixed_points=[" + csv + "]").contains("no such table"), "unknown table");
		});
	}

	public void evaluationShowsTables() throws Exception {
		final ImagePlus registered = Samples.image("registered", 16, 2, 5, 8, 9), labels = Samples.image("labels", 8, 1, 5, 8, 9);
		try {
			Check.equal("", call("evaluate", "registered=registered registered_channel=2 labels=labels label_components", registered, labels));
			final java.util.Map<String, Object> request = ((FakeBridge) Bridges.get()).lastRequest;
			Check.equal("true", clem.json.Json.asObject(request.get("parameters")).get("label_components"));
			Check.that(call("evaluate", "registered=registered registered_channel=3 labels=labels").contains("channel 3"), "channel");
			Check.inFolder(folder -> {
				Check.equal("", call("evaluate", "registered=registered labels=labels out=[" + folder + "/e]"));
				Check.that(new File(folder, "e/report.json").exists(), "no report");
			});
		}
		finally {
			closeAll();
		}
	}

	public void batchFromAMacro() throws Exception {
		Check.inFolder(folder -> {
			final File pair = new File(folder, "data/one");
			Check.that(pair.mkdirs(), "no folder");
			Samples.save(Samples.image("fm", 16, 1, 4, 6, 7), pair, "fm.tif");
			Samples.save(Samples.image("mask", 8, 1, 5, 8, 9), pair, "mask.tif");
			Check.equal("", call("batch", "folder=[" + folder + "/data] out=[" + folder + "/out] log_sigma=2"));
			Check.that(new File(folder, "out/one/registered.tif").exists(), "nothing registered");
			final String error = call("batch", "folder=[" + folder + "/data] out=[" + folder + "/out] log_sigma=3");
			Check.that(error.contains("1 failed (one)"), error);
			Check.that(call("batch", "out=[" + folder + "/out]").contains("pairs is missing"), "no list");
		});
	}

	public void aModelIsDownloadedFromAMacro() throws Exception {
		Check.inFolder(folder -> {
			System.setProperty(ModelFolders.PROPERTY, folder.getPath());
			try (FileServer server = new FileServer(5000)) {
				java.nio.file.Files.write(new File(folder, "models.json").toPath(), ("{ \"models\": [ { \"name\": \"ours\", \"url\": \"" + server.url("/file") + "\", \"licence\": { \"name\": \"CC0\" } } ] }").getBytes("UTF-8"));
				Check.that(call("download_model", "name=ours").contains("accept_licence"), "the licence");
				Check.that(call("download_model", "nam=ours").contains("'name'"), "a misspelt key");
				Check.equal("", call("download_model", "list"));
				Check.equal(0, server.requests.size());
				Check.equal("", call("download_model", "name=ours accept_licence accept_unchecked"));
				Check.equal(5000L, new File(folder, "ours.onnx").length());
				Check.equal(null, ModelField.problem("ours"));
				Check.that(ModelField.problem("").contains("Download...") && ModelField.problem("our").contains("'ours'"), "what the dialog says");
				final ImagePlus em = Samples.image("em", 8, 1, 5, 8, 9);
				Check.that(call("segment_em", "image=em model=our", em).contains("Did you mean 'ours'?"), "a model that is not there");
			}
			finally {
				System.clearProperty(ModelFolders.PROPERTY);
				closeAll();
			}
		});
	}

	public void filesInAndOut() throws Exception {
		Check.inFolder(folder -> {
			Samples.save(Samples.image("fm", 16, 1, 4, 6, 7), folder, "fm.tif");
			Samples.save(Samples.image("mask", 8, 1, 5, 8, 9), folder, "mask.tif");
			final File out = new File(folder, "out");
			try {
				Check.equal("", call("register", "moving=[" + folder + "/fm.tif] fixed_mask=[" + folder + "/mask.tif] out=[" + out + "] show_intermediates=false"));
				Check.that(new File(out, "registered.tif").exists(), "nothing saved");
				Check.that(WindowManager.getImage("Mask and points of fm.tif") == null, "intermediates shown");
				Check.that(call("register", "moving=[" + folder + "/fm.tif] fixed_mask=[" + folder + "/mask.tif] out=[" + out + "]").contains("exists"), "overwritten");
				Check.equal("", call("segment_fluorescence", "moving=[" + folder + "/fm.tif] out=[" + folder + "/m.tif]"));
				Check.that(new File(folder, "m.tif").exists(), "no mask");
				Check.equal("", call("simulate_clem", ""));
				Check.equal(2, WindowManager.getImage("sample-fm.tif").getNChannels());
			}
			finally {
				closeAll();
			}
		});
	}
}
