package clem.build;

import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import clem.bridge.Bridges;
import clem.schema.Operation;
import clem.schema.Schema;
import clem.test.Check;
import clem.workflow.Commands;

/** The menu that the build makes, and what the pages say about it. */
public final class MenuTest {
	private static final Pattern LINE = Pattern.compile("Plugins>([^,]+), \"([^\"]+)\"(, clem\\.ij\\.ClemReg\\(\"(\\w+)\"\\))?");
	private static final Pattern PATH = Pattern.compile("Plugins > (CLEM-Reg > [^*\n]*?(?:…|\\)|Self-Test))");

	private static List<Matcher> lines(final String config) {
		final List<Matcher> lines = new ArrayList<>();
		for (final String line : config.split("\n")) {
			if (line.startsWith("#")) continue;
			final Matcher matcher = LINE.matcher(line);
			Check.that(matcher.matches(), line);
			lines.add(matcher);
		}
		return lines;
	}

	public void eachOperationHasOnePlace() {
		final Schema schema = Schema.parse(Bridges.get().schema());
		final Set<String> labels = new HashSet<>(), names = new HashSet<>();
		for (final Matcher line : lines(Menu.config(schema))) {
			if (line.group(2).equals("-")) continue;
			Check.that(labels.add(line.group(2).toLowerCase(Locale.ROOT)), line.group(2) + " is there twice");
			Check.that(names.add(line.group(4)), line.group(4) + " is there twice");
		}
		for (final Operation operation : Commands.of(schema)) Check.that(names.contains(operation.name), operation.name + " is not in the menu");
		Check.that(names.contains("about") && names.contains("self_test"), names.toString());
	}

	public void groupsComeInOrderAndWorkflowsTogether() {
		final Schema schema = Schema.parse("{'version':'1','operations':[{'name':'simulate_new_kind','title':'X'},{'name':'import_thing','title':'Import a thing of ours'},{'name':'evaluate','title':'Evaluate it'},{'name':'sharpen','title':'Sharpen an Image'},{'name':'detect_cells','title':'Detect cells'},{'name':'register','title':'Register fluorescence onto EM'}]}"
			.replace('\'', '"'));
		final StringBuilder menu = new StringBuilder();
		for (final Matcher line : lines(Menu.config(schema))) menu.append(line.group(1)).append(": ").append(line.group(2)).append('\n');
		Check.equal("CLEM-Reg>Help: CLEM-Reg Help Contents...\nCLEM-Reg>Help: CLEM-Reg Examples...\nCLEM-Reg>Help: CLEM-Reg Self-Test\nCLEM-Reg>Help: About CLEM-Reg...\nCLEM-Reg>Import and Export: Import a Thing of Ours...\n"
			+ "CLEM-Reg>Samples: Open Sample (New Kind)\nCLEM-Reg>Steps: Sharpen an Image...\nCLEM-Reg>Tools: Evaluate It...\nCLEM-Reg>Tools: Annotate...\n"
			+ "CLEM-Reg: -\nCLEM-Reg: Register...\nCLEM-Reg: Batch Register...\nCLEM-Reg: Detect Cells...\n", menu.toString());
	}

	/** What a page tells people to choose is there, in the jar that was built. */
	public void thePagesNameWhatIsThere() throws Exception {
		final String repo = System.getProperty("clemreg.repo");
		if (repo == null) throw new Check.Skip("-Dclemreg.repo does not say where the pages are");
		final Set<String> paths = new HashSet<>();
		try (InputStream in = MenuTest.class.getResourceAsStream("/plugins.config")) {
			if (in == null) throw new Check.Skip("the plugin's jar is not on the class path");
			final byte[] bytes = new byte[1 << 16];
			int length = 0;
			for (int n = in.read(bytes); n > 0; n = in.read(bytes, length, bytes.length - length)) length += n;
			for (final Matcher line : lines(new String(bytes, 0, length, StandardCharsets.UTF_8))) {
				final String group = line.group(1).replace(">", " > ");
				paths.add(group);
				paths.add(group + " > " + line.group(2).replace("...", "…"));
			}
		}
		int found = 0;
		for (final String page : new String[] { "README.md", "docs/user-guide.md" }) {
			final Matcher path = PATH.matcher(new String(Files.readAllBytes(new File(repo, page).toPath()), StandardCharsets.UTF_8));
			while (path.find()) {
				found++;
				Check.that(paths.contains(path.group(1)), page + " names '" + path.group(1) + "', which the menu lacks: " + Arrays.toString(paths.toArray()));
			}
		}
		Check.that(found > 4, "only " + found + " paths were found in the pages");
	}
}
