package clem.test;

import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** scripts/clemreg itself, in a process of its own: exit codes, streams, and a signal as Ctrl-C sends it. */
public final class LauncherTest {
	private static Process start(final File error, final String... arguments) throws Exception {
		final String repo = System.getProperty("clemreg.repo");
		if (repo == null) throw new Check.Skip("-Dclemreg.repo does not say where the launcher is");
		final List<String> command = new ArrayList<>(Arrays.asList(repo + "/scripts/clemreg"));
		command.addAll(Arrays.asList(arguments));
		final ProcessBuilder builder = new ProcessBuilder(command);
		// The launcher takes its classes from one jar; those of the tests, with the fake bridge, come before them in this way.
		final String classes = System.getProperty("java.class.path");
		builder.environment().put("CLEMREG_JAVA_OPTS", "-Dclemreg.bridge=" + FakeBridge.class.getName() + " -Xbootclasspath/a:" + classes);
		builder.environment().put("CLEMREG_JAVA", System.getProperty("java.home") + "/bin/java");
		builder.environment().put("CLEMREG_JAR", new File(ij.IJ.class.getProtectionDomain().getCodeSource().getLocation().toURI()).getPath());
		builder.environment().put("CLEMREG_IJ_JAR", builder.environment().get("CLEMREG_JAR"));
		builder.environment().remove("CLEMREG_DEBUG");
		builder.redirectError(error);
		return builder.start();
	}

	private static String text(final InputStream in) throws Exception {
		final StringBuilder text = new StringBuilder();
		for (int c = in.read(); c >= 0; c = in.read()) text.append((char) c);
		return text.toString();
	}

	private static String text(final File file) throws Exception {
		return new String(java.nio.file.Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8);
	}

	private static String sorted(final File folder) {
		final String[] names = folder.list();
		Arrays.sort(names);
		return Arrays.toString(names);
	}

	public void exitCodesAndStreams() throws Exception {
		Check.inFolder(folder -> {
			final File error = new File(folder, "error.txt"), out = new File(folder, "sample");
			Process process = start(error, "simulate", "--kind", "clem", "--out", out.getPath());
			Check.that(text(process.getInputStream()).startsWith("Simulate"), "a summary on stdout");
			Check.equal(0, process.waitFor());
			Check.equal("", text(error));
			Check.equal("[em.tif, em_labels.tif, fm.tif, truth.json]", sorted(out));
			process = start(error, "register", "--moving", "nothing.tif", "--fixed-mask", "x.tif", "--out", new File(folder, "r").getPath());
			Check.equal("", text(process.getInputStream()));
			Check.equal(2, process.waitFor());
			Check.equal("clemreg: moving: the file nothing.tif does not exist.\n", text(error));
		});
	}

	public void aSignalCancelsAndCleansUp() throws Exception {
		Check.inFolder(folder -> {
			final File error = new File(folder, "error.txt"), out = new File(folder, "out");
			start(error, "simulate", "--kind", "clem", "--out", new File(folder, "s").getPath()).waitFor();
			final Process process = start(error, "register", "--moving", folder + "/s/fm.tif#1", "--fixed-mask", folder + "/s/em_labels.tif", "--out", out.getPath(), "--set", "fail=wait");
			// Before the folder is there Java may not yet listen to signals; on a busy machine that takes its time.
			while (process.isAlive() && Arrays.stream(folder.list()).noneMatch(name -> name.startsWith(".out"))) Thread.sleep(50);
			process.destroy();
			Check.that(process.waitFor(180, TimeUnit.SECONDS), "it does not end");
			Check.equal("clemreg: Cancelled.\n", text(error));
			Check.equal(3, process.exitValue());
			Check.equal("[error.txt, s]", sorted(folder));
		});
	}
}
