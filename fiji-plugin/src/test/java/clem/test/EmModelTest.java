package clem.test;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.image.FileHash;
import clem.image.ImageFiles;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.schema.Schema;
import clem.workflow.FileRequest;
import clem.workflow.FileRunner;
import clem.workflow.InputSource;
import clem.workflow.RegisterInput;
import clem.workflow.RegisterWorkflow;
import clem.workflow.RunRequest;
import clem.workflow.Stages;
import ij.ImagePlus;

/** The EM and a model in place of its mask, against the fake bridge, whose model takes all that is above 0. */
public final class EmModelTest {
	private String messages;

	private static FakeBridge fake() {
		return (FakeBridge) Bridges.get();
	}

	private static void prepare(final File folder) throws Exception {
		Samples.save(Samples.image("fm", 16, 1, 4, 6, 7), folder, "fm.tif");
		final ImagePlus em = Samples.image("em", 8, 1, 5, 8, 9);
		for (int z = 1; z <= 5; z++) for (int y = 0; y < 8; y++) em.getStack().getProcessor(z).set(3, y, 0);
		Samples.save(em, folder, "em.tif");
		write(folder, "net.onnx", "a network");
		fake().segmentations.clear();
	}

	private static File write(final File folder, final String name, final String text) throws Exception {
		final File file = new File(folder, name);
		Files.write(file.toPath(), text.getBytes(StandardCharsets.UTF_8));
		return file;
	}

	/** Registers with inputs and parameters (key=value) or overwrite; gives the exit code that the launcher would. */
	private int register(final File folder, final String... more) {
		final FileRequest request = new FileRequest("register");
		request.inputs.put("moving", folder + "/fm.tif");
		request.out = folder + "/out";
		for (int i = 0; i < more.length; i++) {
			if (more[i].equals("--overwrite")) request.overwrite = true;
			else if (more[i].equals("--set")) request.parameters.put(more[i + 1].split("=")[0], more[++i].split("=")[1]);
			else request.inputs.put(more[i].substring(2).replace('-', '_'), more[++i]);
		}
		final List<String> said = new ArrayList<>();
		try {
			new FileRunner(fake()).run(request, new Quiet() {
				@Override
				public void log(final String message) {
					said.add(message);
				}

				@Override
				public void warning(final String message) {
					said.add(message);
				}
			});
			return 0;
		}
		catch (final ClemRegException e) {
			said.add(e.getMessage());
			return e.kind == ClemRegException.Kind.BAD_INPUT ? 2 : 1;
		}
		finally {
			messages = String.join("\n", said);
			Check.equal(0, fake().open());
		}
	}

	private static Map<String, Object> run(final File folder) throws Exception {
		return Json.parseObject(RunRequest.readText("run.json", new File(folder, "out/run.json")));
	}

	public void theMaskIsFoundSavedAndToldOf() throws Exception {
		Check.inFolder(folder -> {
			prepare(folder);
			final String em = folder + "/em.tif", model = folder + "/net.onnx";
			Check.equal(0, register(folder, "--fixed", em, "--model", model, "--set", "seg_thr=0.4"));
			Check.that(messages.contains("The model warns."), messages);
			final ImagePlus mask = ImageFiles.openImage("x", ImageFiles.choice("x", folder + "/out/fixed_mask.tif"));
			Check.equal("0 255", mask.getStack().getProcessor(2).get(3, 5) + " " + mask.getStack().getProcessor(2).get(4, 5));
			Check.equal("0.4", String.valueOf(fake().segmentations.get(0).get("seg_thr")));
			final Map<String, Object> run = run(folder);
			Check.equal("{model={kind=slices, provider=cpu}, objects=2, voxels=5, fraction=0.1}", run.get("em_segmentation").toString());
			Check.that(run.get("stages").toString().contains("segment_em"), run.get("stages").toString());
			final Map<String, Object> inputs = Json.asObject(Json.parseObject(RunRequest.readText("t", new File(folder, "out/transform.json"))).get("inputs"));
			Check.equal(FileHash.sha256(new File(model)), Json.asObject(inputs.get("model")).get("sha256"));
			Check.that(!inputs.containsKey("fixed_mask") && !inputs.containsKey("model_card"), inputs.toString());
		});
	}

	public void itIsNotFoundAgainUnlessSomethingChanged() throws Exception {
		Check.inFolder(folder -> {
			prepare(folder);
			final String[] input = { "--fixed", folder + "/em.tif", "--model", folder + "/net.onnx", "--overwrite" };
			Check.equal(0, register(folder, input));
			Check.equal(0, register(folder, input));
			Check.equal(1, fake().segmentations.size());
			Check.that(messages.contains("used again: fixed_mask, moving_mask, moving_points, fixed_points, transform."), messages);
			Check.equal(2L, Json.asObject(run(folder).get("em_segmentation")).get("objects"));
			Check.that(run(folder).get("steps").toString().contains("fixed_mask={key="), run(folder).get("steps").toString());
			Check.that(!run(folder).get("steps").toString().contains("reused=false"), run(folder).get("steps").toString());
			final List<String> other = new ArrayList<>(Arrays.asList(input));
			other.addAll(Arrays.asList("--set", "seg_thr=0.6"));
			Check.equal(0, register(folder, other.toArray(new String[0])));
			Check.equal(2, fake().segmentations.size());
			Check.equal(0, register(folder, input));
			write(folder, "net.json", "{}");
			Check.equal(0, register(folder, input));
			Check.equal(4, fake().segmentations.size());
			write(folder, "net.onnx", "another network");
			Check.equal(0, register(folder, input));
			Check.equal(5, fake().segmentations.size());
			// A mask that somebody has changed is not ours any more.
			write(folder, "out/fixed_mask.tif", "");
			Check.equal(0, register(folder, input));
			Check.equal(6, fake().segmentations.size());
		});
	}

	public void whatIsMissingOrTooMuchIsNamed() throws Exception {
		Check.inFolder(folder -> {
			prepare(folder);
			final String em = folder + "/em.tif", model = folder + "/net.onnx";
			Check.equal(2, register(folder, "--fixed", em));
			Check.that(messages.contains("fixed_mask is missing") && messages.contains("fixed and model"), messages);
			Check.equal(2, register(folder, "--fixed", em, "--fixed-mask", em, "--model", model));
			Check.that(messages.contains("fixed_mask and model are both given"), messages);
			Check.equal(2, register(folder, "--model", model));
			Check.that(messages.contains("fixed is missing"), messages);
			Check.equal(2, register(folder, "--fixed", em, "--model", folder + "/none.onnx"));
			Check.that(messages.contains("there is no file") && messages.contains("none.onnx"), messages);
			Check.equal(2, register(folder, "--fixed", em, "--model", folder.getPath()));
			Check.that(messages.contains("is a folder"), messages);
			Check.equal(2, register(folder, "--fixed", em, "--model", model, "--set", "seg_thr=1"));
			Check.that(messages.contains("net.onnx finds nothing") && messages.contains("seg_thr"), messages);
			Check.that(!new File(folder, "out").exists(), "something is left");
		});
	}

	public void theModelMayRunOnAnotherBridge() throws Exception {
		Check.inFolder(folder -> {
			prepare(folder);
			// Each would refuse the other's handles.
			final FakeBridge bridge = new FakeBridge(), models = new FakeBridge(1_000_000);
			final Map<String, String> files = new LinkedHashMap<>();
			files.put("moving", folder + "/fm.tif");
			files.put("fixed", folder + "/em.tif");
			files.put("model", folder + "/net.onnx");
			final RunRequest request = new RunRequest();
			final RegisterInput input = RegisterInput.of(new InputSource() {
				@Override
				public VolumeImage.Opened image(final String role) {
					return files.containsKey(role) ? ImageFiles.open(role, files.get(role)) : null;
				}

				@Override
				public VolumeImage.Opened open(final String role, final String image) {
					return ImageFiles.open(role, image);
				}

				@Override
				public String text(final String role) {
					return files.get(role);
				}

				@Override
				public double[] points(final String role, final String file) {
					return new double[0];
				}

				@Override
				public double[] spacing(final String role) {
					return null;
				}
			}, request);
			final int[] shown = new int[1];
			new RegisterWorkflow(bridge, () -> models, Schema.parse(bridge.schema())).run(input, request, new Quiet(), new Stages(), results -> {
				Check.equal(255, results.fixedMask().stack().getProcessor(2).get(4, 5));
				Check.equal(0, models.open());
				shown[0]++;
			});
			Check.equal(1, shown[0]);
			Check.equal("1 0 0", models.segmentations.size() + " " + bridge.segmentations.size() + " " + bridge.open());
		});
	}

	public void batchTakesAModelForEachPairOrForAll() throws Exception {
		Check.inFolder(folder -> {
			prepare(folder);
			final File table = write(folder, "pairs.csv", "name,moving,fixed,fixed_mask,model\na,fm.tif,em.tif,,net.onnx\nb,fm.tif,em.tif,em.tif,\n");
			final FileRequest batch = new FileRequest("batch");
			batch.inputs.put("pairs", table.getPath());
			batch.out = folder + "/results";
			Check.that(new FileRunner(fake()).run(batch, new Quiet()).startsWith("2 pairs: 2 registered"), "a column");
			Check.equal(1, fake().segmentations.size());
			write(folder, "net.json", "{}");
			Check.failure(ClemRegException.Kind.INCOMPLETE, () -> new FileRunner(fake()).run(batch, new Quiet()));
			Check.that(RunRequest.readText("t", new File(batch.out, "batch.csv")).contains("model_card has changed"), "the card counts");
			write(folder, "pairs.csv", "name,moving,fixed,fixed_mask\na,fm.tif,em.tif,\nb,fm.tif,em.tif,em.tif\n");
			Check.badInput(() -> new FileRunner(fake()).run(batch, new Quiet()), "line 2", "fixed_mask is missing", "fixed and model");
			batch.inputs.put("model", folder + "/net.onnx");
			batch.overwrite = true;
			Check.that(new FileRunner(fake()).run(batch, new Quiet()).startsWith("2 pairs: 2 registered"), "for all");

			// In a folder: a model beside the images, or one for all.
			final File pair = new File(folder, "pairs/cell");
			Check.that(pair.mkdirs(), "no folder");
			for (final String name : new String[] { "fm.tif", "em.tif" }) Files.copy(new File(folder, name).toPath(), new File(pair, name).toPath());
			batch.inputs.remove("pairs");
			batch.inputs.put("folder", folder + "/pairs");
			batch.out = folder + "/more";
			Check.that(new FileRunner(fake()).run(batch, new Quiet()).startsWith("1 pairs: 1 registered"), "of a folder");
			batch.inputs.remove("model");
			Check.failure(ClemRegException.Kind.INCOMPLETE, () -> new FileRunner(fake()).run(batch, new Quiet()));
			write(pair, "model.onnx", "a network");
			Check.that(new FileRunner(fake()).run(batch, new Quiet()).startsWith("1 pairs: 1 registered"), "beside the images");
		});
	}
}
