package clem.cli;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import clem.bridge.Bridges;
import clem.image.ImageFiles;
import clem.image.Spacings;
import clem.json.Json;
import clem.models.FileServer;
import clem.models.ModelFolders;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.ReportTest;
import clem.test.Samples;
import clem.workflow.RegisterWorkflow;
import ij.ImagePlus;

/** The command line, against the fake bridge. */
public final class MainTest {
	private String out;
	private String messages;

	private int run(final String... args) throws Exception {
		final ByteArrayOutputStream o = new ByteArrayOutputStream(), m = new ByteArrayOutputStream();
		final int code = new Main(new PrintStream(o, true, "UTF-8"), new PrintStream(m, true, "UTF-8"), false, false).run(args);
		out = o.toString("UTF-8");
		messages = m.toString("UTF-8");
		Check.equal(0, ((FakeBridge) Bridges.get()).open());
		return code;
	}

	/** Runs with a fluorescence of two channels, an EM and its mask, and further arguments. */
	private int register(final File folder, final String... more) throws Exception {
		if (!new File(folder, "fm.tif").exists()) {
			Samples.save(Samples.image("fm", 16, 2, 4, 6, 7), folder, "fm.tif");
			Samples.save(Samples.image("em", 8, 1, 5, 8, 9), folder, "em.tif");
			Samples.save(Samples.image("mask", 16, 1, 5, 8, 9), folder, "mask.tif");
		}
		final List<String> args = new ArrayList<>(Arrays.asList("register", "--moving", folder + "/fm.tif#2", "--fixed", folder + "/em.tif", "--fixed-mask", folder + "/mask.tif",
			"--out", folder + "/out"));
		args.addAll(Arrays.asList(more));
		return run(args.toArray(new String[0]));
	}

	private void refused(final String... args) throws Exception {
		Check.equal(2, run(Arrays.copyOf(args, args.length - 1)));
		final String wanted = args[args.length - 1];
		Check.that(messages.contains(wanted), "the message lacks '" + wanted + "': " + messages);
		Check.that(messages.startsWith("clemreg: ") && messages.endsWith("\n") && messages.indexOf('\n') == messages.length() - 1 && !messages.contains("\tat "), "one line: " + messages);
	}

	public void helpIsMadeFromTheSchema() throws Exception {
		Check.equal(0, run("--help"));
		for (final String command : new String[] { "register", "transform-points", "segment-fluorescence", "sample-points", "register-points", "warp" }) {
			Check.that(out.contains("\n  " + command + "\n"), command);
			Check.equal(0, run(command, "--help"));
			Check.that(out.contains("--out"), out);
			run("--help");
		}
		run("register", "--help");
		for (final String word : new String[] { "log_sigma", "0.3 to 50", "voxels", "Default 3 voxels", "--moving-spacing", "fm_to_em, em_to_fm", "--moving-name", "run.json" }) {
			Check.that(out.contains(word), word);
		}
		Check.equal(0, run("--version"));
		Check.that(out.startsWith("clemreg 9.9.9"), out);
	}

	public void theSelfTestTellsWhatFailsAndGoesOn() throws Exception {
		Check.inFolder(folder -> {
			System.setProperty(ModelFolders.PROPERTY, folder.getPath());
			try {
				// The fake bridge simulates nothing of a given size.
				Check.equal(1, run("self-test"));
				Check.that(out.matches("(?s)CLEM-Reg self-test: \\d passed, \\d failed, \\d skipped, .*"), out);
				for (final String line : new String[] { "ok      algorithms: 9.9.9", "FAILED  registration: Unknown parameter 'em_size_z'", "skipped SciJava: ", "ok      recorder: ", "skipped model: none in ",
					"ok      folders: ", "Java: " + System.getProperty("java.version"), "models folders: [" + folder.getPath() }) Check.that(out.contains(line), line + " is not in " + out);
				Check.equal(0, run("about"));
				Check.that(out.startsWith("CLEM-Reg: 9.9.9"), out);
				refused("self-test", "--out", "'--out' is not expected");
			}
			finally {
				System.clearProperty(ModelFolders.PROPERTY);
			}
		});
	}

	public void modelsAreListedAndDownloaded() throws Exception {
		Check.inFolder(folder -> {
			System.setProperty(ModelFolders.PROPERTY, folder + "/models");
			try (FileServer server = new FileServer(5000)) {
				Check.equal(0, run("download-model", "--list"));
				Check.that(out.contains("mitonet") && out.contains("zenodo.org") && out.contains("Models that are there: none") && out.contains(folder + "/models"), out);
				Files.write(new File(folder, "models/models.json").toPath(), ("{ \"models\": [ { \"name\": \"ours\", \"url\": \"" + server.url("/file")
					+ "\", \"licence\": { \"name\": \"CC0\" }, \"citation\": \"Us (2026)\", \"convert\": { \"mean\": 0.25 } } ] }").getBytes(StandardCharsets.UTF_8));
				refused("download-model", "ours, mitonet");
				refused("download-model", "--name", "our", "Did you mean 'ours'?");
				refused("download-model", "--name", "ours", "CC0");
				refused("download-model", "--name", "ours", "--accept-licence", "accept_unchecked");
				refused("download-model", "--name", "ours", "--set", "accept_licence=yes", "accept_licence = yes");
				Check.equal(0, server.requests.size());
				server.content = "bad, not a .pth".getBytes(StandardCharsets.UTF_8);
				Check.equal(2, run("download-model", "--name", "ours", "--accept-licence", "--accept-unchecked"));
				Check.that(messages.contains("no .pth"), messages);
				server.content = "weights".getBytes(StandardCharsets.UTF_8);
				Check.equal(0, run("download-model", "--name", "ours", "--accept-licence", "--accept-unchecked", "--out", folder + "/report.json"));
				Check.that(out.contains("cite: Us (2026)"), out);
				Check.equal("onnx of mean 0.25:weights", new String(Files.readAllBytes(new File(folder, "models/ours.onnx").toPath()), StandardCharsets.UTF_8));
				Check.equal("ours", Json.parseObject(new String(Files.readAllBytes(new File(folder, "report.json").toPath()), StandardCharsets.UTF_8)).get("name"));
				Check.equal(0, run("download-model", "--list"));
				Check.that(out.contains("Models that are there: ours"), out);
				Samples.save(Samples.image("em", 8, 1, 5, 8, 9), folder, "em.tif");
				refused("segment-em", "--image", folder + "/em.tif", "--model", "our", "--out", folder + "/s", "Did you mean 'ours'?");
			}
			finally {
				System.clearProperty(ModelFolders.PROPERTY);
			}
		});
	}

	public void whatIsSimulatedIsTheKind() throws Exception {
		Check.inFolder(folder -> {
			run("--help");
			Check.that(out.contains("\n  simulate --kind clem\n") && out.contains("\n  simulate --kind cells\n"), out);
			Check.equal(0, run("simulate", "--help"));
			Check.that(out.contains("Usage: clemreg simulate --kind clem") && out.contains("--kind clem|cells") && out.contains("seed"), out);
			Check.equal(0, run("simulate", "--kind=cells", "--help"));
			Check.that(out.contains("Usage: clemreg simulate --kind cells") && out.contains("--pattern") && out.contains("sections.tif"), out);
			// Without a kind it is the first, as ever.
			Check.equal(0, run("simulate", "--out", folder + "/clem"));
			Check.that(new File(folder, "clem/fm.tif").isFile(), "no sample");
			Check.equal(0, run("simulate", "--pattern", "punctate", "--kind", "cells", "--out", folder + "/cells"));
			Check.equal("Cells.\n", out);
			Check.equal("[boxes.csv, labels.tif, sections.tif, truth.json]", new java.util.TreeSet<>(Arrays.asList(new File(folder, "cells").list())).toString());
			Check.near(0.178, ImageFiles.openImage("image", ImageFiles.choice("image", folder + "/cells/sections.tif")).getCalibration().pixelWidth, 1e-6);
		});
	}

	public void badCommandsAndOptions() throws Exception {
		refused("");
		refused("", "command");
		refused("regster", "'register'");
		refused("register", "--movin", "x", "'--moving'");
		refused("register", "--log-sigma", "3", "--set log_sigma=VALUE");
		refused("register", "--moving", "needs a value");
		refused("register", "--moving", "--out", "x", "--moving needs a value");
		refused("register", "--moving", "a", "--moving", "b", "--moving is given twice");
		refused("register", "--set", "log_sigma", "key=value");
		refused("register", "--set", "seed=1", "--seed", "2", "given twice");
		refused("register", "--threads", "-1", "--threads = -1");
		refused("register", "--overwrite=yes", "--overwrite takes no value");
		refused("register", "stray", "'stray'");
		refused("register", "moving is missing");
		refused("simulate", "--out", "x", "--kind", "cell", "--kind = cell is not allowed; allowed: clem, cells. Did you mean 'cells'?");
		refused("simulate", "--kind", "cells", "--kind=clem", "--out", "x", "--kind is given twice");
		refused("warp", "--kind", "cells", "'--kind'");
		refused("warp", "--out", "x", "source is missing");
	}

	public void aRigidResultDoesNotOutliveTheDeformedOneThatItStoodBeside() throws Exception {
		Check.inFolder(folder -> {
			Check.equal(0, register(folder, "--set", "verdict=worse"));
			Check.that(json(folder, "rigid_transform.json").containsKey("inputs"), "it does not say what it is of");
			Check.equal(0, register(folder, "--set", "verdict=worse", "--set", "report=false", "--overwrite"));
			Check.that(new File(folder, "out/rigid_transform.json").isFile(), "it is gone");
			Check.equal(0, register(folder, "--overwrite"));
			Check.that(!new File(folder, "out/rigid_transform.json").exists(), "it is still there");
			Check.that(!new File(folder, "out/error_map.tif").exists(), "an error map of another registration");
		});
	}

	public void registerLeavesTheFilesOfTheContract() throws Exception {
		Check.inFolder(folder -> {
			Check.equal(0, register(folder, "--set", "log_sigma=4.5", "--set", "verdict=worse", "--moving-name", "cell 3", "--threads", "2"));
			Check.equal("clemreg: warning: This is a fake.\n", messages);
			final String[] names = new File(folder, "out").list();
			final List<String> wanted = new ArrayList<>(RegisterWorkflow.files());
			Arrays.sort(names);
			java.util.Collections.sort(wanted);
			Check.equal(wanted, Arrays.asList(names));
			final ImagePlus fm = ImageFiles.openImage("x", ImageFiles.choice("x", folder + "/fm.tif"));
			final ImagePlus registered = ImageFiles.openImage("x", ImageFiles.choice("x", folder + "/out/registered.tif"));
			Check.equal(2, registered.getNChannels());
			Check.equal(5, registered.getNSlices());
			Check.equal(9, registered.getWidth());
			Check.equal(16, registered.getBitDepth());
			// The fake transform is the identity and the grids agree where they overlap.
			for (int c = 1; c <= 2; c++) for (int z = 1; z <= 4; z++) {
				Check.equal(fm.getStack().getProcessor(fm.getStackIndex(c, z, 1)).get(6, 5), registered.getStack().getProcessor(registered.getStackIndex(c, z, 1)).get(6, 5));
			}
			final Map<String, Object> run = json(folder, "run.json"), transform = json(folder, "transform.json");
			Check.that(run.toString().contains("loading") && run.toString().contains("saving") && run.toString().contains("warping") && run.toString().contains("segmentation"), run.toString());
			Check.equal(1.5, run.get("peak_memory_mb"));
			Check.equal("[This is a fake.]", run.get("warnings").toString());
			final Map<String, Object> moving = Json.asObject(Json.asObject(transform.get("inputs")).get("moving"));
			Check.equal("cell 3", moving.get("name"));
			Check.equal(2L, moving.get("channel"));
			Check.equal(clem.image.FileHash.sha256(new File(folder, "fm.tif")), moving.get("sha256"));
			final Map<String, Object> request = ((FakeBridge) Bridges.get()).lastRequest;
			Check.equal(2L, request.get("threads"));
		});
	}

	public void theReportHoldsPicturesInputsAndParametersAndCopesWithoutAVerdict() throws Exception {
		Check.inFolder(folder -> {
			Check.equal(0, register(folder, "--set", "log_sigma=4.5", "--moving-name", "cell <3>"));
			final String page = page(folder);
			ReportTest.selfContained(page);
			Check.that(page.contains("<title>cell &lt;3&gt; registered onto "), "the title");
			Check.that(page.contains("No verdict is made for this algorithm."), "the sentence without a verdict");
			final Map<String, Object> data = ReportTest.data(page);
			Check.equal("[This is a fake.]", Json.asObject(data.get("run")).get("warnings").toString());
			Check.equal(Json.asObject(data.get("run")), json(folder, "run.json"));
			final List<Object> views = Json.asList(data.get("views"));
			Check.equal(6, views.size());
			for (int i = 0; i < 6; i++) {
				final Map<String, Object> view = Json.asObject(views.get(i));
				Check.equal(i < 3, view.containsKey("before"));
				for (final String layer : new String[] { "em", "outline", "after" }) {
					final String uri = Json.asText(view.get(layer), "");
					Check.that(uri.startsWith(layer.equals("outline") ? "data:image/png;base64," : "data:image/jpeg;base64,"), uri);
					final java.awt.image.BufferedImage image = javax.imageio.ImageIO.read(new java.io.ByteArrayInputStream(java.util.Base64.getDecoder().decode(uri.substring(uri.indexOf(',') + 1))));
					Check.equal(12 - i, image.getWidth());
					Check.equal(3, image.getHeight());
				}
			}
			boolean sigma = false;
			for (final Object item : Json.asList(data.get("parameters"))) {
				final Map<String, Object> parameter = Json.asObject(item);
				if (!"log_sigma".equals(parameter.get("name"))) Check.equal(Boolean.FALSE, parameter.get("changed"));
				else sigma = "4.5".equals(parameter.get("value")) && "3".equals(parameter.get("default")) && Boolean.TRUE.equals(parameter.get("changed"));
			}
			Check.that(sigma, "log_sigma is not marked");
			final Map<String, Object> moving = Json.asObject(Json.asList(data.get("inputs")).get(0));
			Check.equal("cell <3>", moving.get("name"));
			Check.equal(clem.image.FileHash.sha256(new File(folder, "fm.tif")), moving.get("sha256"));
			// Channel 2 is registered; nothing corrects channel 1.
			Check.equal("[cell <3>, channel 1]", data.get("uncorrected").toString());
			Check.that(!data.containsKey("error_map"), "there is none");
			Check.that(out.contains("Report: " + new File(folder, "out/report.html").getAbsolutePath()), out);
		});
	}

	public void theReportShowsAVerdictAndAnErrorMap() throws Exception {
		Check.inFolder(folder -> {
			Check.equal(0, register(folder, "--set", "verdict=check"));
			final String page = page(folder);
			Check.that(page.contains("Verdict: check."), "the sentence");
			Check.that(out.contains("Verdict: check, predicted error"), out);
			final Map<String, Object> data = ReportTest.data(page), map = Json.asObject(data.get("error_map"));
			Check.equal("check", Json.asObject(data.get("run")).get("verdict"));
			Check.equal("[[7.5, null, 0.0, 0.0]]", map(map));
			Check.equal("[80.0, 400.0, 400.0]", map.get("spacing").toString());
		});
	}

	private static String map(final Map<String, Object> map) {
		final List<Object> slices = new ArrayList<>();
		for (final Object slice : Json.asList(map.get("slices"))) slices.add(Json.asObject(slice).get("nm"));
		return slices.toString();
	}

	public void noReportIsWrittenWhereNoneIsWanted() throws Exception {
		Check.inFolder(folder -> {
			Check.equal(0, register(folder, "--set", "report=false"));
			Check.that(!new File(folder, "out/report.html").exists(), "it is there");
			Check.that(!out.contains("Report:"), out);
		});
	}

	private static String page(final File folder) throws Exception {
		return new String(Files.readAllBytes(new File(folder, "out/report.html").toPath()), StandardCharsets.UTF_8);
	}

	private static Map<String, Object> json(final File folder, final String name) throws Exception {
		return Json.parseObject(new String(Files.readAllBytes(new File(folder, "out/" + name).toPath()), StandardCharsets.UTF_8));
	}

	public void theOtherDirectionWarpsTheEm() throws Exception {
		Check.inFolder(folder -> {
			Check.equal(0, register(folder, "--set", "registration_direction=em_to_fm"));
			final ImagePlus registered = ImageFiles.openImage("x", ImageFiles.choice("x", folder + "/out/registered.tif"));
			Check.equal(8, registered.getBitDepth());
			Check.equal(4, registered.getNSlices());
			Check.equal(7, registered.getWidth());
			Check.equal(1, registered.getNChannels());
		});
	}

	public void existingFoldersAndOverwrite() throws Exception {
		Check.inFolder(folder -> {
			Check.equal(0, register(folder));
			Files.write(new File(folder, "out/mine.txt").toPath(), new byte[] { 1 });
			Check.equal(2, register(folder));
			Check.that(messages.contains("--overwrite"), messages);
			Check.equal(0, register(folder, "--overwrite"));
			Check.that(new File(folder, "out/mine.txt").exists(), "a foreign file was removed");
		});
	}

	public void unchangedStepsAreUsedAgain() throws Exception {
		Check.inFolder(folder -> {
			Check.equal(0, register(folder));
			Check.that(json(folder, "run.json").get("steps").toString().contains("reused=false"), "no keys");
			Check.equal(0, register(folder, "--overwrite"));
			Check.that(messages.contains("used again: moving_mask, moving_points, fixed_points, transform."), messages);
			Check.that(!json(folder, "run.json").get("steps").toString().contains("reused=false"), json(folder, "run.json").get("steps").toString());
			Check.equal(7L, Json.asObject(json(folder, "run.json").get("registration")).get("iterations"));
			Check.equal(0, register(folder, "--overwrite", "--set", "log_sigma=5"));
			Check.that(!messages.contains("used again"), messages);
			// A result that somebody has changed is not ours any more.
			Files.write(new File(folder, "out/fixed_points.csv").toPath(), "z,y,x\n1,2,3\n".getBytes(StandardCharsets.UTF_8));
			Check.equal(0, register(folder, "--overwrite", "--set", "log_sigma=5"));
			Check.that(messages.contains("used again: moving_mask, moving_points, transform."), messages);
		});
	}

	public void linkedImagesAndTimePointsFollow() throws Exception {
		Check.inFolder(folder -> {
			final ImagePlus series = Samples.image("series", 16, 2, 8, 6, 7);
			series.setDimensions(2, 4, 2);
			Samples.save(series, folder, "series.tif");
			Check.equal(2, register(folder, "--linked", folder + "/series.tif"));
			Check.that(messages.contains("linked_1") && messages.contains("2 time points"), messages);
			final String[] input = { "register", "--fixed-mask", folder + "/mask.tif", "--out", folder + "/out", "--moving", folder + "/series.tif#2", "--set", "moving_frame=2",
				"--linked", folder + "/series.tif", "--linked", folder + "/series.tif#1" };
			Check.equal(0, run(input));
			for (final String name : new String[] { "registered", "linked_1", "linked_2" }) {
				final ImagePlus image = ImageFiles.openImage("x", ImageFiles.choice("x", folder + "/out/" + name + ".tif"));
				Check.equal("2 channels, 5 slices, 2 frames", image.getNChannels() + " channels, " + image.getNSlices() + " slices, " + image.getNFrames() + " frames");
				for (int t = 1; t <= 2; t++) for (int c = 1; c <= 2; c++) for (int z = 1; z <= 4; z++) {
					Check.equal(series.getStack().getProcessor(series.getStackIndex(c, z, t)).get(6, 5), image.getStack().getProcessor(image.getStackIndex(c, z, t)).get(6, 5));
				}
			}
			Check.equal(2L, Json.asObject(Json.asObject(json(folder, "transform.json").get("inputs")).get("moving")).get("frame"));
			input[4] = folder + "/other";
			input[8] = "moving_frame=3";
			Check.equal(2, run(input));
			Check.that(messages.contains("no time point 3"), messages);
		});
	}

	public void aLinkedImageHasAnInterpolationOrderOfItsOwn() throws Exception {
		Check.inFolder(folder -> {
			Samples.save(Samples.image("labels", 16, 1, 4, 6, 7), folder, "labels.tif");
			final List<Map<String, Object>> warps = ((FakeBridge) Bridges.get()).warps;
			warps.clear();
			Check.equal(0, register(folder, "--linked", folder + "/labels.tif#order=0", "--linked", folder + "/labels.tif"));
			final List<String> seen = new ArrayList<>();
			for (final Map<String, Object> warp : warps) {
				seen.add(warp.get("chromatic_channel") + " " + warp.get("warping_interpolation_order") + " " + warp.get("warping_detect_labels"));
			}
			Check.equal("[1 null false, 2 null false, 3 0 false, 4 null null]", seen.toString());
			Check.equal(2, register(folder, "--overwrite", "--linked", folder + "/labels.tif#order=6"));
			Check.that(messages.contains("linked_1") && messages.contains("#order=0"), messages);
		});
	}

	public void linkedImagesFollowTheEmWhereItIsWarped() throws Exception {
		Check.inFolder(folder -> {
			Check.equal(2, register(folder, "--linked", folder + "/em.tif"));
			Check.that(messages.contains("linked_1") && messages.contains("em_to_fm"), messages);
			Check.equal(0, register(folder, "--set", "registration_direction=em_to_fm", "--linked", folder + "/mask.tif#order=0"));
			final ImagePlus image = ImageFiles.openImage("x", ImageFiles.choice("x", folder + "/out/linked_1.tif"));
			Check.equal("4 6 7", image.getNSlices() + " " + image.getHeight() + " " + image.getWidth());
			Check.that(Json.asObject(json(folder, "run.json").get("linked")).containsKey("linked_1"), "run.json names it");
		});
	}

	public void errorsHaveTheirCodesAndLeaveNothing() throws Exception {
		Check.inFolder(folder -> {
			for (final String[] one : new String[][] { { "BAD_INPUT", "2" }, { "NOT_FOUND", "2" }, { "CANCELLED", "3" }, { "INTERNAL", "1" }, { "OUT_OF_MEMORY", "1" }, { "crash", "1" } }) {
				Check.equal(Integer.valueOf(one[1]), register(folder, "--set", "fail=" + one[0]));
				Check.equal(4, folder.list().length + 1);
			}
			Check.equal(2, register(folder, "--set", "log_sgima=3"));
			Check.that(messages.contains("'log_sigma'"), messages);
			Files.write(new File(folder, "p.json").toPath(), "{\"log_sigma\": 3,\n}".getBytes(StandardCharsets.UTF_8));
			Check.equal(2, register(folder, "--parameters", folder + "/p.json"));
			Check.that(messages.contains("p.json") && messages.contains("line 2"), messages);
			Check.equal(2, register(folder, "--moving-spacing", "300,-1"));
			Check.that(messages.contains("moving_spacing"), messages);
			Check.equal(2, register(folder, "--moving-mask", folder + "/mask.tif"));
			Check.that(messages.contains("moving_mask") && messages.contains("9 x 8 x 5") && messages.contains("7 x 6 x 4"), messages);
		});
	}

	public void stepsOnFiles() throws Exception {
		Check.inFolder(folder -> {
			register(folder);
			final String d = folder.getPath();
			Check.equal(0, run("segment-fluorescence", "--moving", d + "/fm.tif", "--out", d + "/m.tif", "--set", "log_sigma=2"));
			Check.equal(0, run("segment-fluorescence", "--moving", d + "/fm.tif", "--spacing", "300,100", "--out", d + "/m.tif", "--overwrite"));
			Check.equal("300,100,100", Spacings.text(Spacings.of(ImageFiles.openImage("x", ImageFiles.choice("x", d + "/m.tif")), "x", "m.tif")));
			refused("segment-fluorescence", "--moving", d + "/fm.tif", "--spacing", "300,100", "--moving-spacing", "300,100", "--out", d + "/s.tif", "twice");
			refused("register", "--spacing", "300,100", "Unknown option '--spacing'");
			Check.equal(0, run("sample-points", "--mask", d + "/m.tif", "--out", d + "/p.csv"));
			Check.equal(0, run("register-points", "--moving-points", d + "/p.csv", "--fixed-points", d + "/p.csv", "--out", d + "/r"));
			Check.equal("[inverse_transform.json, registered_points.csv, transform.json]", sorted(new File(folder, "r")));
			Check.equal(0, run("transform-points", "--points", d + "/p.csv", "--transform", d + "/r/transform.json", "--out", d + "/q.csv"));
			Check.equal(Files.readAllLines(new File(folder, "p.csv").toPath()), Files.readAllLines(new File(folder, "q.csv").toPath()));
			Check.equal(0, run("warp", "--source", d + "/fm.tif", "--transform", d + "/r/transform.json", "--target", d + "/em.tif", "--out", d + "/w.tif"));
			final ImagePlus warped = ImageFiles.openImage("x", ImageFiles.choice("x", d + "/w.tif"));
			Check.equal(2, warped.getNChannels());
			Check.equal(9, warped.getWidth());
			for (final String[] turned : new String[][] { { "fm.tif", "mask.tif", "" }, { "mask.tif", "fm.tif", "transform.json maps 'fm.tif' to 'mask.tif', but source is 'mask.tif'" } }) {
				Check.equal(0, run("warp", "--source", d + "/" + turned[0], "--transform", d + "/out/transform.json", "--target", d + "/" + turned[1], "--out", d + "/w.tif", "--overwrite"));
				Check.that(turned[2].isEmpty() ? !messages.contains("maps") : messages.contains(turned[2]), messages);
			}
			refused("transform-points", "--points", d + "/p.csv", "--transform", d + "/p.csv", "--out", d + "/x.csv", "no transform");
			refused("transform-points", "--points", d + "/p.csv", "--transform", d + "/r/transform.json", "--out", d + "/q.csv", "exists");
			Check.that(!new File(folder, "x.csv").exists(), "left behind");
		});
	}

	public void textsGoInAndOut() throws Exception {
		Check.inFolder(folder -> {
			final String d = folder.getPath();
			final File text = new File(folder, "t.json"), out = new File(folder, "o.txt");
			Files.write(text.toPath(), "content".getBytes(StandardCharsets.UTF_8));
			Check.equal(0, run("export-transform", "--transform", d + "/t.json", "--format", "one", "--turned", "--moving-spacing", "300,100", "--out", out.getPath()));
			Check.equal("the text", new String(Files.readAllBytes(out.toPath()), StandardCharsets.UTF_8));
			final Map<String, Object> request = ((FakeBridge) Bridges.get()).lastRequest, parameters = Json.asObject(request.get("parameters"));
			Check.equal("{transform={file=t.json, text=content}}", request.get("texts").toString());
			Check.equal("{moving=[300.0, 100.0, 100.0]}", request.get("spacings").toString());
			Check.equal("one true", parameters.get("format") + " " + parameters.get("turned"));
			refused("export-transform", "--transform", d + "/t.json", "--out", out.getPath(), "exists");
			refused("export-transform", "--transform", d + "/t.json", "--format=folder", "--out", out.getPath(), "--overwrite", "is a file");
			Check.equal(0, run("export-transform", "--transform", d + "/t.json", "--format=folder", "--turned=false", "--out", d + "/f"));
			Check.equal(0, run("export-transform", "--transform", d + "/t.json", "--format=folder", "--out", d + "/f", "--overwrite"));
			Check.equal("[a.json, deep]", sorted(new File(folder, "f")));
			Check.equal("[0, 1, 2]", Arrays.toString(Files.readAllBytes(new File(folder, "f/deep/er/b").toPath())));
			refused("export-transform", "--transform", d + "/t.json", "--format", "one", "--format", "folder", "--out", d + "/g", "given twice");
			refused("export-transform", "--transform", d + "/none.json", "--out", d + "/g", "none.json");
			refused("export-transform", "--out", d + "/g", "transform is missing");
			Check.equal("[f, o.txt, t.json]", sorted(folder));
			run("export-transform", "--help");
			Check.that(this.out.contains("--format VALUE, --turned"), this.out);
		});
	}

	public void evaluationWritesAFolderAndSaysTheFigures() throws Exception {
		Check.inFolder(folder -> {
			register(folder);
			final String d = folder.getPath();
			Check.equal(0, run("evaluate", "--registered", d + "/fm.tif#2", "--labels", d + "/mask.tif", "--label-components", "--out", d + "/e"));
			Check.equal("So good.\n", out);
			Check.equal("[report.json, structures.csv]", sorted(new File(folder, "e")));
			Check.equal("true", Json.asObject(((FakeBridge) Bridges.get()).lastRequest.get("parameters")).get("label_components"));
			refused("evaluate", "--registered", d + "/fm.tif", "--labels", d + "/mask.tif", "--out", d + "/e", "exists");
			refused("evaluate", "--transform", d + "/none.json", "--landmarks", d + "/none.csv", "--out", d + "/f", "none.json");
			refused("evaluate", "--registered", d + "/fm.tif", "--labels", d + "/mask.tif", "out is missing");
			run("evaluate", "--help");
			Check.that(out.contains("[--transform FILE]") && out.contains("--out DIR") && out.contains("classes.csv"), out);
		});
	}

	private static String sorted(final File folder) {
		final String[] names = folder.list();
		Arrays.sort(names);
		return Arrays.toString(names);
	}
}
