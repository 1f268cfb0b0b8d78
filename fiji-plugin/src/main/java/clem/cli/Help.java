package clem.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import clem.schema.Operation;
import clem.schema.Parameter;
import clem.schema.Schema;
import clem.workflow.Commands;

/** The help texts, made from the schema. */
final class Help {
	private static final int WIDTH = 100;

	private Help() {}

	/** The help of the program. */
	static String general(final Schema schema) {
		final StringBuilder text = new StringBuilder("clemreg " + schema.version + ": registers fluorescence onto volume electron microscopy.\n\n"
			+ "Usage: clemreg COMMAND [options]\n       clemreg COMMAND --help\n       clemreg self-test | about | --help | --version\n\nCommands:\n");
		entry(text, "self-test", "Tries in a minute whether CLEM-Reg works here and prints a block for a bug report. Exit code 1: something failed.");
		entry(text, "about", "Versions, instruction set, what models run on, folders.");
		for (final Operation operation : Commands.of(schema)) entry(text, Commands.call(operation), operation.title + ". " + operation.help);
		return text.append("\nImages are TIFF stacks as ImageJ writes them; FILE#2 takes channel 2. Voxel sizes come from the files, or from\n"
			+ "--moving-spacing and the like as z,xy in nm. Exit code: 0 done, 2 bad input, 3 cancelled, 1 anything else.\n").toString();
	}

	/** The help of a command. */
	static String of(final Schema schema, final Operation operation) {
		final StringBuilder usage = new StringBuilder("Usage: clemreg " + Commands.call(operation));
		for (final Commands.FileInput input : Commands.inputs(operation)) {
			final String part = Arguments.option(input.name) + (input.isFolder() ? " DIR" : input.isBoxes() ? " DIR|FILE" : " FILE") + (input.isImage() ? "[#channel]" : "");
			usage.append(' ').append(input.required ? part : "[" + part + "]");
		}
		if (Commands.givesFiles(operation)) usage.append(" --out ").append(Commands.givesFolder(operation) ? "DIR" : "FILE");
		else usage.append(" [--out FILE]");
		final StringBuilder text = new StringBuilder(operation.title).append(".\n");
		wrap(text, operation.help, "");
		text.append('\n').append(usage).append(" [options]\n\n");
		final List<String> kinds = Commands.kinds(schema, Commands.name(operation));
		if (!kinds.isEmpty()) {
			entry(text, "--kind " + String.join("|", kinds), "What to simulate; " + kinds.get(0) + " if not given. This page is about " + Commands.kind(operation)
				+ "; for another: clemreg " + Commands.name(operation) + " --kind KIND --help.");
		}
		options(text, operation);
		parameters(text, operation);
		return text.toString();
	}

	private static void options(final StringBuilder text, final Operation operation) {
		for (final Commands.FileInput input : Commands.inputs(operation)) {
			entry(text, Arguments.option(input.name) + (input.isFolder() ? " DIR" : input.isBoxes() ? " DIR|FILE" : " FILE"), input.help + (input.required ? "" : " Optional."));
		}
		for (final String key : Commands.spacings(operation)) {
			entry(text, (Arguments.onlySpacing(operation) == null ? "" : Arguments.SPACING + ", ") + Arguments.option(key) + " z,xy", "Voxel size in nm, as z,xy or z,y,x; goes before the file's own.");
		}
		if (operation.name.equals("register")) entry(text, "--moving-name NAME", "Name of the fluorescence in transform.json; the file's name if not given.");
		final List<String> own = new ArrayList<>();
		for (final Parameter parameter : operation.parameters) {
			if (parameter.option) own.add(Arguments.option(parameter.name) + (parameter.type == Parameter.Type.BOOLEAN ? "" : " VALUE"));
		}
		if (!own.isEmpty()) entry(text, String.join(", ", own), "The same as --set KEY=VALUE of the parameters below.");
		if (operation.parameter("seed") != null) entry(text, "--seed N", "The same as --set seed=N.");
		if (Commands.givesFiles(operation)) {
			entry(text, "--out " + (Commands.givesFolder(operation) ? "DIR" : "FILE"), Commands.givesFolder(operation)
				? "Folder to be made, with " + String.join(", ", Commands.outputs(operation)) + "." : "File to be written (" + String.join("", Commands.outputs(operation)) + ").");
		}
		else entry(text, "--out FILE", "Also writes the report (JSON) to a file.");
		entry(text, "--parameters FILE", "Parameters as a JSON object; --set goes before it.");
		entry(text, "--set KEY=VALUE", "Sets one of the parameters below; may be given several times.");
		entry(text, "--threads N", "Threads to use; 0 is all (default). The result does not depend on it.");
		entry(text, "--overwrite", "Replaces files that exist.");
	}

	private static void parameters(final StringBuilder text, final Operation operation) {
		if (operation.parameters.isEmpty()) return;
		text.append("\nParameters (--set KEY=VALUE):\n");
		for (final Map.Entry<String, List<Parameter>> group : operation.groups().entrySet()) {
			if (!group.getKey().isEmpty()) text.append("\n ").append(group.getKey()).append('\n');
			for (final Parameter parameter : group.getValue()) {
				final String unit = parameter.unit.isEmpty() ? "" : " " + parameter.unit;
				final String standard = parameter.defaultText().isEmpty() ? "" : " Default " + parameter.defaultText() + unit + ".";
				entry(text, parameter.name, parameter.help + " [" + parameter.allowed() + (unit.isEmpty() ? "" : "," + unit) + "]" + standard);
			}
		}
	}

	private static void entry(final StringBuilder text, final String name, final String help) {
		text.append("  ").append(name).append('\n');
		wrap(text, help.trim(), "      ");
	}

	private static void wrap(final StringBuilder text, final String words, final String indent) {
		if (words.isEmpty()) return;
		int column = indent.length();
		text.append(indent);
		for (final String word : words.split("\\s+")) {
			if (column > indent.length() && column + 1 + word.length() > WIDTH) {
				text.append('\n').append(indent);
				column = indent.length();
			}
			if (column > indent.length()) {
				text.append(' ');
				column++;
			}
			text.append(word);
			column += word.length();
		}
		text.append('\n');
	}
}
