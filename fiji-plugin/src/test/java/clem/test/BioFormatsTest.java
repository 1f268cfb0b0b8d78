package clem.test;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

import clem.image.ImageFiles;
import ij.ImagePlus;

/**
 * The way to Bio-Formats, against a stand-in with its signatures. It runs in a Java of its own: with it on the class path all other
 * tests would read through it.
 */
public final class BioFormatsTest {
	public void readsSeriesAndChannel() throws Exception {
		final String repo = System.getProperty("clemreg.repo");
		final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
		if (repo == null || compiler == null) throw new Check.Skip("the stand-in for Bio-Formats needs -Dclemreg.repo and a JDK");
		Check.inFolder(folder -> {
			final File classes = new File(folder, "classes"), sources = new File(repo, "fiji-plugin/src/test-bioformats/loci/plugins");
			Check.that(classes.mkdir(), "mkdir");
			Check.equal(0, compiler.run(null, null, null, "-proc:none", "-cp", System.getProperty("java.class.path"), "-d", classes.getPath(), new File(sources, "BF.java").getPath(),
				new File(sources, "in/ImporterOptions.java").getPath()));
			final File czi = new File(folder, "a.czi");
			Files.write(czi.toPath(), "not really".getBytes(StandardCharsets.UTF_8));
			final File tiff = Samples.save(Samples.image("a", 8, 1, 3, 4, 4), folder, "a.tif");
			final Process process = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-Djava.awt.headless=true", "-cp",
				System.getProperty("java.class.path") + File.pathSeparator + classes, BioFormatsTest.class.getName(), czi.getPath() + "#2:3", tiff.getPath(), czi.getPath() + "#9:1")
				.redirectErrorStream(true).start();
			final StringBuilder output = new StringBuilder();
			try (BufferedReader in = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
				for (String line = in.readLine(); line != null; line = in.readLine()) output.append(line).append('|');
			}
			Check.equal("series 2 of a.czi, channel 3|a.tif, channel 0|moving: Bio-Formats cannot read " + czi + ", series 9: there is no such series.|", output.toString());
		});
	}

	/** Opens the files named and prints what came. */
	public static void main(final String[] args) {
		for (final String text : args) {
			final ImageFiles.Choice choice = ImageFiles.choice("moving", text);
			try {
				final ImagePlus image = ImageFiles.openImage("moving", choice);
				System.out.println(image.getTitle() + ", channel " + choice.channel);
			}
			catch (final clem.bridge.ClemRegException e) {
				System.out.println(e.getMessage());
			}
		}
	}
}
