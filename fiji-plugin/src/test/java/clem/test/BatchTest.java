package clem.test;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.json.Json;
import clem.models.ModelFolders;
import clem.workflow.FileRequest;
import clem.workflow.FileRunner;

/** Many registrations from a table or a folder, against the fake bridge. */
public final class BatchTest implements OperationListener {
	private final List<String> said = new ArrayList<>();
	private final List<Double> progress = new ArrayList<>();
	private final ByteArrayOutputStream unused = new ByteArrayOutputStream();
	private int cancelAfter = Integer.MAX_VALUE;

	private String run(final File folder, final String input, final String path, final String... parameters) {
		final FileRequest request = new FileRequest("batch");
		request.inputs.put(input, path);
		request.out = folder + "/out";
		for (final String parameter : parameters) {
			if (parameter.equals("overwrite")) request.overwrite = true;
			else request.parameters.put(parameter.substring(0, parameter.indexOf('=')), parameter.substring(parameter.indexOf('=') + 1));
		}
		said.clear();
		progress.clear();
		return new FileRunner(Bridges.get()).run(request, this);
	}

	private static void images(final File folder, final String prefix) throws Exception {
		folder.mkdirs();
		Samples.save(Samples.image("fm", 16, 1, 4, 6, 7), folder, prefix + "fm.tif");
		Samples.save(Samples.image("em", 8, 1, 5, 8, 9), folder, prefix + "em.tif");
		Samples.save(Samples.image("mask", 16, 1, 5, 8, 9), folder, prefix + "em_mask.tif");
	}

	private static String write(final File folder, final String name, final String text) throws Exception {
		final File file = new File(folder, name);
		Files.write(file.toPath(), text.getBytes(StandardCharsets.UTF_8));
		return file.getPath();
	}

	private static List<String> table(final File folder) throws Exception {
		return Files.readAllLines(new File(folder, "out/batch.csv").toPath(), StandardCharsets.UTF_8);
	}

	/** name:status of each row. */
	private static String states(final File folder) throws Exception {
		final List<String> states = new ArrayList<>();
		for (final String line : table(folder).subList(1, table(folder).size())) states.add(line.split(",")[0] + ":" + line.split(",")[1]);
		return String.join(" ", states);
	}

	public void aFailureDoesNotStopTheOthers() throws Exception {
		Check.inFolder(folder -> {
			images(new File(folder, "data"), "");
			final String csv = write(folder, "pairs.csv", "\uFEFFname,moving,Fixed,fixed_mask,log_sigma,moving-spacing\r\none,data/fm.tif,data/em.tif,data/em_mask.tif,,\r\n"
				+ "\"two\",data/none.tif,,data/em_mask.tif,,\r\n\r\nthree,data/fm.tif#1,,data/em_mask.tif,4.5,\"300,100\"\r\n");
			final String message = Check.failure(ClemRegException.Kind.INCOMPLETE, () -> run(folder, "pairs", csv, "seed=3"));
			Check.that(message.contains("3 pairs: 2 registered, 0 unchanged, 1 failed (two)") && message.contains("batch.csv"), message);
			Check.equal("one:registered two:failed three:registered", states(folder));
			Check.equal("name,status,seconds,moving_points,fixed_points,iterations,sigma_nm,verdict,predicted_error_nm,warnings,error", table(folder).get(0));
			Check.that(table(folder).get(1).matches("one,registered,[0-9.]+,3,4,7,,,,This is a fake.,"), table(folder).get(1));
			Check.that(table(folder).get(2).contains("line 3: moving: ") && table(folder).get(2).contains("none.tif does not exist"), table(folder).get(2));
			Check.equal("4.5 3", parameter(folder, "three", "log_sigma") + " " + parameter(folder, "three", "seed"));
			Check.that(said.contains("one (1 of 3): registered.") && said.contains("warning one: This is a fake."), said.toString());
			double last = 0;
			for (final double p : progress) {
				Check.that(p >= last && p <= 1, "progress " + p + " after " + last);
				last = p;
			}
			Check.that(last > 0.9, "progress ends at " + last);
			Check.equal(0, ((FakeBridge) Bridges.get()).open());
		});
	}

	public void aModelThatIsNotThereFailsItsLineAlone() throws Exception {
		Check.inFolder(folder -> {
			images(new File(folder, "data"), "");
			System.setProperty(ModelFolders.PROPERTY, folder + "/models");
			try {
				final String csv = write(folder, "pairs.csv", "name,moving,fixed,fixed_mask,model\none,data/fm.tif,,data/em_mask.tif,\n\ntwo,data/fm.tif,data/em.tif,,mitonet\nthree,data/fm.tif,data/em.tif,,nets/none.onnx\nfour,data/fm.tif,,data/em_mask.tif,\n");
				Check.failure(ClemRegException.Kind.INCOMPLETE, () -> run(folder, "pairs", csv));
				Check.equal("one:registered two:failed three:failed four:registered", states(folder));
				Check.that(table(folder).get(2).contains("line 4: model: there is no file mitonet, and no such model in " + folder), table(folder).get(2));
				Check.that(table(folder).get(3).contains("line 5: model: there is no file " + new File(folder, "nets/none.onnx")), table(folder).get(3));
				// One for all pairs is told at once.
				final FileRequest all = new FileRequest("batch");
				all.inputs.put("pairs", csv);
				all.inputs.put("model", "mitonet");
				all.out = folder + "/other";
				Check.badInput(() -> new FileRunner(Bridges.get()).run(all, this), "model: there is no file mitonet");
				Check.that(!new File(folder, "other").exists(), "something has begun");
			}
			finally {
				System.clearProperty(ModelFolders.PROPERTY);
			}
		});
	}

	private static String parameter(final File folder, final String pair, final String key) {
		return Json.asText(Json.asObject(Json.parseObject(clem.workflow.RunRequest.readText("run", new File(folder, "out/" + pair + "/run.json"))).get("parameters")).get(key), "");
	}

	public void whatIsDoneAndUnchangedIsLeft() throws Exception {
		Check.inFolder(folder -> {
			images(new File(folder, "data"), "");
			final String csv = write(folder, "pairs.csv", "name;moving;fixed_mask\na;data/fm.tif;data/em_mask.tif\nb;data/fm.tif;data/em_mask.tif\n");
			Check.that(run(folder, "pairs", csv, "log_sigma=2").startsWith("2 pairs: 2 registered"), "first");
			final long then = new File(folder, "out/a/registered.tif").lastModified();
			Check.that(run(folder, "pairs", csv, "log_sigma=2").startsWith("2 pairs: 0 registered, 2 unchanged"), "second");
			Check.equal(then, new File(folder, "out/a/registered.tif").lastModified());
			Check.that(table(folder).get(1).matches("a,unchanged,[0-9.]+,3,4,7,,,,This is a fake.,"), table(folder).get(1));

			// Other parameters: nothing is overwritten unless that is allowed.
			String message = Check.failure(ClemRegException.Kind.INCOMPLETE, () -> run(folder, "pairs", csv, "log_sigma=3"));
			Check.that(message.contains("2 failed"), message);
			Check.that(table(folder).get(1).contains("log_sigma has changed") && table(folder).get(1).contains("--overwrite"), table(folder).get(1));
			Check.equal("2", parameter(folder, "a", "log_sigma"));
			Check.that(run(folder, "pairs", csv, "log_sigma=3", "overwrite").startsWith("2 pairs: 2 registered"), "overwrite");
			Check.equal("3", parameter(folder, "a", "log_sigma"));
			run(folder, "pairs", csv, "log_sigma=3", "verdict=check", "overwrite");
			Check.that(table(folder).get(1).matches("a,registered,[0-9.]+,3,4,7,,check,123.5,This is a fake.,"), table(folder).get(1));
			Check.that(run(folder, "pairs", csv, "log_sigma=3", "overwrite").startsWith("2 pairs: 2 registered"), "without a verdict again");

			// Other content of a file, a result that is gone, a new pair.
			Samples.save(Samples.image("mask", 16, 1, 5, 8, 10), new File(folder, "data"), "em_mask.tif");
			Check.failure(ClemRegException.Kind.INCOMPLETE, () -> run(folder, "pairs", csv, "log_sigma=3"));
			Check.that(table(folder).get(1).contains("fixed_mask has changed"), table(folder).get(1));
			Check.that(run(folder, "pairs", csv, "log_sigma=3", "overwrite").startsWith("2 pairs: 2 registered"), "new mask");
			Check.that(new File(folder, "out/b/transform.json").delete(), "cannot delete");
			Check.failure(ClemRegException.Kind.INCOMPLETE, () -> run(folder, "pairs", csv, "log_sigma=3"));
			Check.equal("a:unchanged b:failed", states(folder));
			Check.that(table(folder).get(2).contains("transform.json is gone"), table(folder).get(2));

			// A parameter file counts by its content.
			final FileRequest request = new FileRequest("batch");
			request.inputs.put("pairs", csv);
			request.out = folder + "/other";
			request.parametersFile = write(folder, "p.json", "{\"log_sigma\": 5}");
			Check.that(new FileRunner(Bridges.get()).run(request, this).contains("2 registered"), "with a file");
			write(folder, "p.json", "{ \"log_sigma\":5 }");
			Check.that(new FileRunner(Bridges.get()).run(request, this).contains("2 unchanged"), "the same in other words");
			write(folder, "p.json", "{\"log_sigma\": 6}");
			message = Check.failure(ClemRegException.Kind.INCOMPLETE, () -> new FileRunner(Bridges.get()).run(request, this));
			Check.that(message.contains("2 failed"), message);
		});
	}

	public void aCancelledRunGoesOnWhereItStopped() throws Exception {
		Check.inFolder(folder -> {
			images(new File(folder, "data"), "");
			final String csv = write(folder, "pairs.csv", "name,moving,fixed_mask\na,data/fm.tif,data/em_mask.tif\nb,data/fm.tif,data/em_mask.tif\nc,data/fm.tif,data/em_mask.tif\n");
			cancelAfter = 1;
			Check.failure(ClemRegException.Kind.CANCELLED, () -> run(folder, "pairs", csv));
			Check.equal("a:registered b:cancelled c:waiting", states(folder));
			Check.equal("[a, batch.csv]", Arrays.toString(sorted(new File(folder, "out"))));
			cancelAfter = Integer.MAX_VALUE;
			Check.that(run(folder, "pairs", csv).startsWith("3 pairs: 2 registered, 1 unchanged"), "resumed");
			Check.equal("a:unchanged b:registered c:registered", states(folder));
		});
	}

	private static String[] sorted(final File folder) {
		final String[] names = folder.list();
		Arrays.sort(names);
		return names;
	}

	public void aFolderIsReadByNames() throws Exception {
		Check.inFolder(folder -> {
			images(new File(folder, "data/cell 1"), "");
			images(new File(folder, "data/cell-2"), "day1_");
			images(new File(folder, "data"), "cell.3_");
			write(new File(folder, "data/cell 1"), "parameters.json", "{\"log_sigma\": 2.5}");
			write(new File(folder, "data/cell 1"), "notes_em.txt", "not an image");
			new File(folder, "data/empty").mkdirs();
			Check.that(run(folder, "folder", folder + "/data").startsWith("3 pairs: 3 registered"), said.toString());
			Check.equal("cell 1:registered cell-2:registered cell.3:registered", states(folder));
			Check.equal("2.5", parameter(folder, "cell 1", "log_sigma"));
			Check.that(clem.workflow.RunRequest.readText("t", new File(folder, "out/cell-2/transform.json")).contains("day1_em.tif"), "the EM is not used");
			Samples.save(Samples.image("fm", 16, 1, 4, 6, 7), new File(folder, "data/cell-2"), "other_fm.tif");
			Check.badInput(() -> run(folder, "folder", folder + "/data"), "cell-2", "day1_fm.tif", "other_fm.tif", "moving");
			Check.that(new File(folder, "data/cell-2/other_fm.tif").delete() && new File(folder, "data/cell-2/day1_em_mask.tif").delete(), "cannot delete");
			Check.failure(ClemRegException.Kind.INCOMPLETE, () -> run(folder, "folder", folder + "/data"));
			Check.that(table(folder).get(2).contains("fixed_mask is missing"), table(folder).get(2));
			Check.badInput(() -> run(folder, "folder", folder + "/data/empty"), "no pairs", "em_mask.tif");
			Check.badInput(() -> run(folder, "folder", folder + "/nowhere"), "does not exist");
			Check.badInput(() -> run(folder, "folder", folder + "/out"), "is the folder of the pairs");
		});
	}

	public void aBadListIsToldBeforeAnythingBegins() throws Exception {
		Check.inFolder(folder -> {
			images(new File(folder, "data"), "");
			final String row = ",data/fm.tif,data/em_mask.tif";
			bad(folder, "name,moving\na,data/fm.tif\n", "line 1", "fixed_mask");
			bad(folder, "name,moving,fixed_mask,log_sgima\na" + row + ",3\n", "line 1", "log_sgima", "'log_sigma'");
			bad(folder, "name,moving,fixed_mask,moving\na" + row + ",\n", "twice");
			bad(folder, "name,moving,fixed_mask\n", "no pairs");
			bad(folder, "name,moving,fixed_mask\na" + row + "\nA" + row + "\n", "line 3", "line 2");
			bad(folder, "name,moving,fixed_mask\n../a" + row + "\n", "line 2", "../a");
			bad(folder, "name,moving,fixed_mask\n" + row + "\n", "line 2", "no name");
			bad(folder, "name,moving,fixed_mask\na,data/fm.tif\n", "line 2", "fixed_mask is missing");
			bad(folder, "name,moving,fixed_mask,moving_spacing\na" + row + ",300,100\n", "line 2", "5 values", "quotes");
			bad(folder, "name,moving,fixed_mask,parameters\na" + row + ",none.json\n", "a: ", "none.json");
			bad(folder, "name,moving,fixed_mask,fail\na" + row + ",\nb" + row + ",BAD_INPUT\n", "line 3: b: It fails as asked");
			Check.that(!new File(folder, "out").exists(), "something has begun");
			final FileRequest none = new FileRequest("batch");
			none.out = folder + "/out";
			Check.badInput(() -> new FileRunner(Bridges.get()).run(none, this), "pairs is missing", "folder");
			new File(folder, "out").mkdirs();
			write(folder, "out/batch.csv", "somebody's\n");
			bad(folder, "name,moving,fixed_mask\na" + row + "\n", "batch.csv", "--overwrite");
		});
	}

	private void bad(final File folder, final String text, final String... words) throws Exception {
		final String csv = write(folder, "bad.csv", text);
		Check.badInput(() -> run(folder, "pairs", csv), words);
	}

	public void theCommandLineHasItsExitCodes() throws Exception {
		Check.inFolder(folder -> {
			images(new File(folder, "data/a"), "");
			final String[] args = { "batch", "--folder", folder + "/data", "--out", folder + "/out" };
			Check.equal(0, clem.cli.Launch.run(new PrintStream(unused, true, "UTF-8"), args));
			Check.equal(1, clem.cli.Launch.run(new PrintStream(unused, true, "UTF-8"), "batch", "--folder", folder + "/data", "--out", folder + "/fail", "--set", "fail=INTERNAL"));
			Check.equal(3, clem.cli.Launch.run(new PrintStream(unused, true, "UTF-8"), "batch", "--folder", folder + "/data", "--out", folder + "/cancel", "--set", "fail=CANCELLED"));
			Check.equal(2, clem.cli.Launch.run(new PrintStream(unused, true, "UTF-8"), "batch", "--out", folder + "/none"));
			Check.equal(2, clem.cli.Launch.run(new PrintStream(unused, true, "UTF-8"), "batch", "--folder", folder + "/data", "--out", folder + "/none", "--moving", "x"));
			Check.equal(0, clem.cli.Launch.run(new PrintStream(unused, true, "UTF-8"), "batch", "--help"));
			final String text = unused.toString("UTF-8");
			Check.that(text.contains("--folder DIR") && text.contains("--pairs FILE") && text.contains("batch.csv") && text.contains("log_sigma"), text);
		});
	}

	@Override
	public void progress(final double fraction, final String stage) {
		progress.add(fraction);
	}

	@Override
	public void log(final String message) {
		said.add(message);
	}

	@Override
	public void warning(final String message) {
		said.add("warning " + message);
	}

	@Override
	public boolean cancelled() {
		return said.stream().filter(line -> line.contains(" of ") && line.endsWith("registered.")).count() >= cancelAfter;
	}
}
