package clem.build;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import clem.schema.Operation;
import clem.schema.Parameter;
import clem.schema.Schema;
import clem.workflow.Commands;

/**
 * Writes, from the schema of the algorithms, what SciJava wants as source code: a command class for each operation with a field for each
 * parameter, and the index by which SciJava finds them; ImageJ's menu; the reference of all parameters for people, and the page of each command. Runs while the jar is built.
 */
public final class GenerateCommands {
	private static final String PACKAGE = "clem.scijava";

	private final Schema schema;

	private GenerateCommands(final Schema schema) {
		this.schema = schema;
	}

	/** Arguments: schema.json, folder for sources, folder for resources, file of the parameter reference, folder for the pages of the commands. Prints the version. */
	public static void main(final String[] args) throws IOException {
		final Path sources = Paths.get(args[1]).resolve(PACKAGE.replace('.', '/')), index = Paths.get(args[2]).resolve("META-INF/json/org.scijava.plugin.Plugin");
		final GenerateCommands generator = new GenerateCommands(Schema.parse(new String(Files.readAllBytes(Paths.get(args[0])), StandardCharsets.UTF_8)));
		Files.createDirectories(sources);
		Files.createDirectories(index.getParent());
		for (final Operation operation : Commands.of(generator.schema)) {
			write(sources.resolve(className(operation) + ".java"), generator.source(operation));
			if (isSearched(operation)) write(sources.resolve(entryName(operation) + ".java"), entry(operation));
		}
		write(index, generator.index());
		final String menu = Menu.config(generator.schema);
		write(Paths.get(args[2]).resolve("plugins.config"), menu);
		write(Paths.get(args[3]), generator.reference());
		generator.pages(Paths.get(args[4]), menu);
		System.out.println(generator.schema.version);
	}

	private void pages(final Path folder, final String menu) throws IOException {
		Files.createDirectories(folder);
		for (final Operation operation : Commands.of(schema)) {
			final Matcher label = Pattern.compile("\"([^\"]+)\", *[\\w.]+\\(\"" + operation.name + "\"\\)").matcher(menu);
			write(folder.resolve(operation.name + ".md"), CommandPages.page(operation, label.find() ? label.group(1) : null, PACKAGE + "." + className(operation)));
		}
	}

	private static void write(final Path file, final String text) throws IOException {
		Files.write(file, text.getBytes(StandardCharsets.UTF_8));
	}

	private static String className(final Operation operation) {
		final StringBuilder name = new StringBuilder();
		for (final String word : operation.name.split("_")) name.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
		return name.append("Command").toString();
	}

	private static boolean isSearched(final Operation operation) {
		return SearchTerms.ALL.containsKey(operation.name);
	}

	/** The class that opens an operation's dialog from Fiji's search bar. */
	private static String entryName(final Operation operation) {
		return "Find" + className(operation).replaceAll("Command$", "");
	}

	/** What the search bar shows: without a menu path the entry is in no menu. */
	private static String entryLabel(final Operation operation) {
		return "CLEM-Reg " + Menu.label(operation).replace("...", "") + ": " + SearchTerms.ALL.get(operation.name);
	}

	private static String entry(final Operation operation) {
		return "package " + PACKAGE + ";\n\nimport org.scijava.command.Command;\nimport org.scijava.plugin.Plugin;\n\n/** Opens the dialog of " + escapedComment(operation.title)
			+ ". Generated for Fiji's search bar. */\n@Plugin(type = Command.class, label = " + quoted(entryLabel(operation)) + ")\npublic class " + entryName(operation)
			+ " extends MenuEntry {\n\t/** Called by SciJava. */\n\tpublic " + entryName(operation) + "() {\n\t\tsuper(" + quoted(Menu.label(operation)) + ");\n\t}\n}\n";
	}

	/** Its own menu and its own words: a SciJava command hides an ImageJ command of the same label. */
	private static String menuPath(final Operation operation) {
		return "Plugins>CLEM-Reg>Files>CLEM-Reg " + operation.title.replace(">", "-") + " (Files)...";
	}

	private String source(final Operation operation) {
		final StringBuilder fields = new StringBuilder(), body = new StringBuilder();
		for (final Commands.FileInput input : Commands.inputs(operation)) {
			if (input.isSeveral()) {
				field(fields, "String", input.name, null, "label = " + quoted(input.name.replace('_', ' ')) + ", description = " + quoted(input.help) + ", required = false");
				body.append("\t\tput(request.inputs, ").append(quoted(input.name)).append(", ").append(input.name).append(");\n");
				continue;
			}
			field(fields, "File", input.name, null, "label = " + quoted(input.name.replace('_', ' ')) + ", description = " + quoted(input.help)
				+ (input.isFolder() ? ", style = \"directory\"" : "") + (input.required ? "" : ", required = false"));
			if (input.isImage()) {
				choice(fields, input.name, "series");
				choice(fields, input.name, "channel");
			}
			body.append("\t\tput(request.inputs, ").append(quoted(input.name)).append(", ").append(input.name)
				.append(input.isImage() ? ", " + input.name + "_series, " + input.name + "_channel" : "").append(");\n");
		}
		for (final String key : Commands.spacings(operation)) {
			field(fields, "String", key, null, "label = " + quoted(key.replace('_', ' ') + " (nm; z,xy)") + ", required = false");
			body.append("\t\tput(request.spacings, ").append(quoted(key)).append(", ").append(key).append(");\n");
		}
		if (operation.name.equals("register")) {
			field(fields, "String", "moving_name", null, "label = \"moving name\", required = false");
			body.append("\t\tif (moving_name != null && !moving_name.isEmpty()) request.movingName = moving_name;\n");
		}
		for (final Parameter parameter : operation.parameters) parameter(fields, body, parameter);
		field(fields, "File", "parameters_file", null, "label = \"parameter file (JSON)\", description = \"Sets the parameters that are not given here; in the dialog, those at their defaults.\", required = false");
		field(fields, "File", "out", null, "label = " + quoted(Commands.givesFolder(operation) ? "output folder" : "output file") + ", style = "
			+ quoted(Commands.givesFolder(operation) ? "directory" : "save") + (Commands.givesFiles(operation) ? "" : ", required = false"));
		field(fields, "Boolean", "overwrite", "false", "label = \"overwrite\"");
		field(fields, "Integer", "threads", "0", "label = \"threads (0: all)\", min = \"0\"");
		return "package " + PACKAGE + ";\n\nimport java.io.File;\n\nimport org.scijava.command.Command;\nimport org.scijava.plugin.Parameter;\nimport org.scijava.plugin.Plugin;\n\n"
			+ "import clem.workflow.FileRequest;\n\n/** " + escapedComment(operation.title) + ", on files. Generated from the schema of the algorithms. */\n"
			+ "@Plugin(type = Command.class, menuPath = " + quoted(menuPath(operation)) + ", headless = true)\npublic class " + className(operation) + " extends FileCommand {\n"
			+ fields + "\t@Override\n\tprotected FileRequest request() {\n\t\tfinal FileRequest request = new FileRequest(" + quoted(operation.name) + ");\n" + body
			+ "\t\tif (parameters_file != null) request.parametersFile = parameters_file.getPath();\n\t\tif (out != null) request.out = out.getPath();\n"
			+ "\t\trequest.overwrite = Boolean.TRUE.equals(overwrite);\n\t\tif (threads != null) request.threads = threads;\n\t\treturn request;\n\t}\n}\n";
	}

	private static void choice(final StringBuilder fields, final String input, final String what) {
		field(fields, "Integer", input + "_" + what, "0", "label = " + quoted(input.replace('_', ' ') + " " + what) + ", description = "
			+ quoted("The " + what + " of the file, from 1; 0: the first.") + ", min = \"0\"");
	}

	private static void parameter(final StringBuilder fields, final StringBuilder body, final Parameter parameter) {
		final StringBuilder attributes = new StringBuilder("label = " + quoted(parameter.labelWithUnit()) + ", description = " + quoted(parameter.help));
		final String type, standard;
		switch (parameter.type) {
			case NUMBER:
				type = "Double";
				standard = String.valueOf(((Number) parameter.defaultValue).doubleValue());
				break;
			case INTEGER:
				type = "Integer";
				standard = parameter.defaultText();
				break;
			case BOOLEAN:
				type = "Boolean";
				standard = parameter.defaultText();
				break;
			default:
				type = "String";
				standard = quoted(parameter.defaultText());
		}
		if (!Double.isNaN(parameter.minimum)) attributes.append(", min = ").append(quoted(Parameter.text(parameter.minimum)));
		if (!Double.isNaN(parameter.maximum)) attributes.append(", max = ").append(quoted(Parameter.text(parameter.maximum)));
		if (!parameter.choices.isEmpty()) {
			attributes.append(", choices = {");
			for (int i = 0; i < parameter.choices.size(); i++) attributes.append(i == 0 ? "" : ", ").append(quoted(parameter.choices.get(i)));
			attributes.append("}");
		}
		if (type.equals("String")) attributes.append(", required = false");
		field(fields, type, parameter.name, standard, attributes.toString());
		body.append("\t\tput(request.parameters, ").append(quoted(parameter.name)).append(", ").append(parameter.name).append(", ").append(standard).append(");\n");
	}

	/** SciJava remembers values between runs unless told not to: a batch run must not depend on the last one. */
	private static void field(final StringBuilder out, final String type, final String name, final String standard, final String attributes) {
		out.append("\t@Parameter(").append(attributes).append(", persist = false)\n\tprivate ").append(type).append(' ').append(name)
			.append(standard == null ? "" : " = " + standard).append(";\n\n");
	}

	/** The index in the narrow format that SciJava's parser reads: one object after the other, no space after '{' and ',', ASCII only. */
	private String index() {
		final StringBuilder out = new StringBuilder();
		for (final Operation operation : Commands.of(schema)) {
			out.append("{\"class\":").append(quoted(PACKAGE + "." + className(operation))).append(",\"values\":{\"headless\":true,\"menuPath\":")
				.append(quoted(menuPath(operation))).append(",\"type\":\"org.scijava.command.Command\"}}\n");
			if (isSearched(operation)) {
				out.append("{\"class\":").append(quoted(PACKAGE + "." + entryName(operation))).append(",\"values\":{\"label\":").append(quoted(entryLabel(operation))).append(",\"type\":\"org.scijava.command.Command\"}}\n");
			}
		}
		out.append("{\"class\":").append(quoted(PACKAGE + ".GivenInputs")).append(",\"values\":{\"type\":\"org.scijava.module.process.PreprocessorPlugin\"}}\n");
		return out.toString();
	}

	private String reference() {
		final StringBuilder out = new StringBuilder("# Parameters\n\nMade from the definitions in the code by scripts/build-jar.sh; do not edit. The names are the keys of macros, of JSON files, of"
			+ " `--set key=value` and of the SciJava commands. An unknown key or a value that is not allowed is an error.\n");
		for (final Operation operation : Commands.of(schema)) {
			out.append("\n## ").append(operation.title).append("\n\n").append(operation.help).append("\n\n`clemreg ").append(Commands.call(operation)).append("`, SciJava command `")
				.append(PACKAGE).append('.').append(className(operation)).append("`\n");
			if (!Commands.inputs(operation).isEmpty()) out.append("\n| input | kind | |\n|---|---|---|\n");
			for (final Commands.FileInput input : Commands.inputs(operation)) {
				out.append("| `").append(input.name).append("` | ").append(input.kind).append(input.required ? "" : ", optional").append(" | ").append(cell(input.help)).append(" |\n");
			}
			if (operation.name.equals("batch")) {
				out.append("\nThe parameters are those of `register`.\n");
				continue;
			}
			for (final Map.Entry<String, List<Parameter>> group : operation.groups().entrySet()) {
				if (!group.getKey().isEmpty()) out.append("\n### ").append(group.getKey()).append("\n");
				out.append("\n| key | default | unit | allowed | meaning |\n|---|---|---|---|---|\n");
				for (final Parameter parameter : group.getValue()) {
					out.append("| `").append(parameter.name).append("` | ").append(cell(parameter.defaultText())).append(" | ").append(cell(parameter.unit)).append(" | ")
						.append(cell(parameter.allowed())).append(" | ").append(cell(parameter.help)).append(" |\n");
				}
			}
		}
		return out.toString();
	}

	static String cell(final String text) {
		return text.replace("|", "\\|").replace("\n", " ");
	}

	private static String escapedComment(final String text) {
		return text.replace("*/", "* /");
	}

	/** A text in double quotes for Java and for the index alike: only \\, \" and \\u escapes. */
	private static String quoted(final String text) {
		final StringBuilder out = new StringBuilder("\"");
		for (final char c : text.toCharArray()) {
			if (c == '"' || c == '\\') out.append('\\').append(c);
			else if (c == '\n' || c == '\r' || c == '\t') out.append(' ');
			else if (c < ' ' || c > '~') out.append(String.format("\\u%04x", (int) c));
			else out.append(c);
		}
		return out.append('"').toString();
	}
}
