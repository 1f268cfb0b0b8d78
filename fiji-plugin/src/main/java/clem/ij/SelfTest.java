package clem.ij;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import clem.bridge.Bridge;
import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.bridge.VoxelKind;
import clem.image.FileHash;
import clem.json.Json;
import clem.models.ModelFolders;
import clem.schema.Operation;
import clem.schema.Schema;
import clem.workflow.Commands;
import clem.workflow.FileRequest;
import clem.workflow.FileRunner;
import clem.workflow.Quiet;
import clem.workflow.SystemReport;
import ij.Menus;
import ij.plugin.frame.Recorder;

/**
 * Tries in a minute whether CLEM-Reg works here: the algorithms, a registration whose truth is known, the menu, the recorder, models, folders. Its text is one
 * block to be pasted into a bug report.
 */
public final class SelfTest {
	/** The sample's mean error must be below this many nm afterwards; it is about 10, and 2300 before. */
	private static final double LARGEST_ERROR_NM = 60;
	private static final Pattern MENU_LINE = Pattern.compile("([^#,]+), \"([^\"]+)\", ([\\w.]+)\\(\"(\\w+)\"\\)");

	/** One thing to be tried; gives what was found. */
	private interface Trial {
		String run() throws IOException, ReflectiveOperationException;
	}

	/** Says that something is not there to be tried. */
	private static final class Absent extends RuntimeException {
		private static final long serialVersionUID = 1L;

		Absent(final String what) {
			super(what);
		}
	}

	private final OperationListener listener;
	private final StringBuilder lines = new StringBuilder();
	private final String text;
	private int passed, failed, skipped, done;

	/** Runs it. The listener hears how it goes on and may cancel. */
	public SelfTest(final OperationListener listener) {
		this.listener = listener;
		final long start = System.nanoTime();
		Path folder = null;
		try {
			folder = Files.createTempDirectory("clemreg-self-test");
			final File work = folder.toFile();
			attempt("algorithms", SelfTest::algorithms);
			attempt("registration", () -> registration(work));
			attempt("menu", SelfTest::menu);
			attempt("SciJava", SelfTest::scijava);
			attempt("recorder", SelfTest::recorder);
			attempt("models", () -> SystemReport.providers(listener));
			attempt("model", () -> model(work));
			attempt("folders", SelfTest::folders);
		}
		catch (final IOException e) {
			line("FAILED ", "temporary folder", e.toString());
			failed++;
		}
		finally {
			delete(folder);
		}
		text = "CLEM-Reg self-test: " + passed + " passed, " + failed + " failed, " + skipped + " skipped, " + Math.round((System.nanoTime() - start) / 1e9) + " s\n" + lines + SystemReport.text(listener);
	}

	/** The block. */
	public String text() {
		return text;
	}

	/** Whether nothing failed. */
	public boolean passed() {
		return failed == 0;
	}

	private void attempt(final String name, final Trial trial) {
		if (listener.cancelled()) throw ClemRegException.cancelled();
		listener.progress(done++ / 8.0, "self-test, " + name);
		try {
			line("ok     ", name, trial.run());
			passed++;
		}
		catch (final Absent e) {
			line("skipped", name, e.getMessage());
			skipped++;
		}
		catch (final ClemRegException e) {
			if (e.kind == ClemRegException.Kind.CANCELLED) throw e;
			line("FAILED ", name, e.getMessage());
			failed++;
		}
		catch (final IOException | ReflectiveOperationException | RuntimeException | Error e) {
			line("FAILED ", name, e.toString());
			failed++;
		}
	}

	private void line(final String verdict, final String name, final String words) {
		lines.append(verdict).append(' ').append(name).append(": ").append(words).append('\n');
	}

	private static void require(final boolean condition, final String otherwise) {
		if (!condition) throw new ClemRegException(ClemRegException.Kind.INTERNAL, otherwise);
	}

	/** Voxels and points go there and come back. */
	private static String algorithms() {
		final Bridge bridge = Bridges.get();
		final byte[] there = new byte[40 * 50], back = new byte[40 * 50];
		for (int i = 0; i < there.length; i++) there[i] = (byte) (31 * i);
		final long volume = bridge.createVolume(VoxelKind.UINT8, new int[] { 3, 40, 50 }, new double[] { 20, 10, 10 }, new double[3]);
		try {
			bridge.writeSlice(volume, 2, there);
			bridge.readSlice(volume, 2, back);
		}
		finally {
			bridge.release(volume);
		}
		require(Arrays.equals(there, back), "a slice comes back changed");
		return SystemReport.algorithms(bridge);
	}

	/** Simulates a small sample, registers it, and compares with the truth. */
	private String registration(final File work) throws IOException {
		final FileRunner runner = new FileRunner(Bridges.get());
		final String sample = new File(work, "sample").getPath(), registered = new File(work, "registered").getPath(), error = new File(work, "error.json").getPath();
		final FileRequest simulate = new FileRequest("simulate_clem");
		simulate.out = sample;
		simulate.parameters.put("em_size_z", "50");
		simulate.parameters.put("em_size_y", "300");
		simulate.parameters.put("em_size_x", "300");
		runner.run(simulate, quiet());
		final FileRequest register = new FileRequest("register");
		register.inputs.put("moving", sample + "/fm.tif");
		register.inputs.put("fixed", sample + "/em.tif");
		register.inputs.put("fixed_mask", sample + "/em_labels.tif");
		register.out = registered;
		final long start = System.nanoTime();
		runner.run(register, quiet());
		final double seconds = (System.nanoTime() - start) / 1e9;
		final FileRequest evaluate = new FileRequest("evaluate_tre");
		evaluate.inputs.put("transform", registered + "/transform.json");
		evaluate.inputs.put("labels", sample + "/em_labels.tif");
		evaluate.inputs.put("truth", sample + "/truth.json");
		evaluate.out = error;
		runner.run(evaluate, quiet());
		final Map<String, Object> tre = Json.parseObject(new String(Files.readAllBytes(new File(error).toPath()), StandardCharsets.UTF_8));
		final double before = mean(tre, "before"), after = mean(tre, "after");
		final String words = String.format(Locale.ROOT, "mean error %.0f nm before, %.0f nm after, in %.1f s", before, after, seconds);
		require(after < LARGEST_ERROR_NM && after < before, words + "; at most " + Math.round(LARGEST_ERROR_NM) + " is right");
		return words;
	}

	private static double mean(final Map<String, Object> tre, final String when) {
		return Json.asNumber(Json.asObject(tre.get(when)).get("mean_nm"), Double.NaN);
	}

	/** Each line of our menu leads to a command that exists, and in ImageJ each label leads to us. */
	private static String menu() throws IOException, ReflectiveOperationException {
		final Schema schema = Schema.parse(Bridges.get().schema());
		final Hashtable<?, ?> commands = Menus.getCommands();
		int entries = 0;
		try (InputStream in = SelfTest.class.getResourceAsStream("/plugins.config")) {
			require(in != null, "the jar has no plugins.config");
			final BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
			for (String line = reader.readLine(); line != null; line = reader.readLine()) {
				final Matcher entry = MENU_LINE.matcher(line);
				if (!entry.matches()) continue;
				entries++;
				final String label = entry.group(2), argument = entry.group(4);
				Class.forName(entry.group(3));
				if (!Commands.OWN.containsKey(argument)) schema.operation(argument);
				if (commands == null) continue;
				final String owner = String.valueOf(commands.get(label));
				require(owner.startsWith(entry.group(3)), "'" + label + "' leads to " + (commands.get(label) == null ? "nothing" : owner) + " in ImageJ's menu. Is CLEM-Reg there twice, or another plugin of that label?");
			}
		}
		require(entries > 0, "plugins.config has no commands");
		return entries + " commands" + (commands == null ? " (there is no ImageJ menu here to find them in)" : ", all in ImageJ's menu");
	}

	/** The commands for SciJava, where it is there. */
	private static String scijava() throws ReflectiveOperationException {
		try {
			Class.forName("org.scijava.command.Command");
		}
		catch (final ClassNotFoundException e) {
			throw new Absent("not in this ImageJ");
		}
		final List<String> names = new ArrayList<>();
		for (final Operation operation : Commands.of(Schema.parse(Bridges.get().schema()))) {
			final StringBuilder name = new StringBuilder("clem.scijava.");
			for (final String word : operation.name.split("_")) name.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
			names.add(Class.forName(name.append("Command").toString()).getDeclaredConstructor().newInstance().getClass().getSimpleName());
		}
		return names.size() + " commands";
	}

	/** What each dialog records is what its macro call reads. */
	private static String recorder() {
		int keys = 0;
		try {
			for (final Operation operation : Commands.of(Schema.parse(Bridges.get().schema()))) {
				final Fields fields = Fields.of(operation);
				final Map<String, String> values = new LinkedHashMap<>();
				for (final Fields.Field field : fields.all()) values.put(field.key, field.kind == Fields.Kind.FLAG ? "true" : field.standard.isEmpty() ? "a b [c] d" : field.standard);
				Recorder.resetCommandOptions();
				ClemReg.recordOptions(fields, values);
				final String options = Recorder.getCommandOptions();
				final Map<String, String> read = MacroOptions.parse(options == null ? "" : options, fields.keys());
				require(read.equals(values), operation.title + " records '" + options + "' and reads " + read);
				keys += values.size();
			}
		}
		finally {
			Recorder.resetCommandOptions();
		}
		return keys + " keys";
	}

	/** The hash of a model and one slice through it. */
	private String model(final File work) throws IOException {
		final List<String> names = ModelFolders.names();
		if (names.isEmpty()) throw new Absent("none in " + ModelFolders.all() + "; Download Model gets one");
		final String name = names.contains("mitonet") ? "mitonet" : names.get(0);
		final File file = ModelFolders.installed(name);
		final String what = name + ", " + (file.length() >> 20) + " MB, SHA-256 " + FileHash.sha256(file);
		final File em = new File(work, "sample/em.tif");
		if (!em.exists()) throw new Absent(what + "; not run, as there is no sample");
		final FileRequest request = new FileRequest("model_probability");
		request.inputs.put("image", em.getPath());
		request.inputs.put("model", name);
		request.parameters.put("first_slice", "1");
		request.parameters.put("last_slice", "1");
		request.out = new File(work, "probability").getPath();
		final long start = System.nanoTime();
		try {
			new FileRunner(Bridges.get()).run(request, quiet());
		}
		catch (final ClemRegException e) {
			if (e.kind == ClemRegException.Kind.BAD_INPUT) throw new Absent(what + "; not run: " + e.getMessage());
			throw e;
		}
		return String.format(Locale.ROOT, "%s; a slice of 300 x 300 in %.1f s", what, (System.nanoTime() - start) / 1e9);
	}

	/** Where files must be written. */
	private static String folders() throws IOException {
		final List<String> words = new ArrayList<>();
		Files.delete(Files.createTempFile("clemreg", null));
		words.add("temporary files go to " + System.getProperty("java.io.tmpdir"));
		words.add("models to " + ModelFolders.writable());
		return String.join(", ", words);
	}

	/** Lets only the progress be heard: what a trial says is in its line. */
	private OperationListener quiet() {
		return new Quiet(listener) {
			@Override
			public void progress(final double fraction, final String stage) {
				listener.progress((done - 1 + fraction) / 8.0, "self-test, " + stage);
			}
		};
	}

	private static void delete(final Path folder) {
		if (folder == null) return;
		try (Stream<Path> files = Files.walk(folder)) {
			files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
		}
		catch (final IOException e) {
			// It is the system's folder for temporary files, which empties itself.
		}
	}
}
