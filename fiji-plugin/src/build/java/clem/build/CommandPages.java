package clem.build;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import clem.bridge.HelpFolder;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.workflow.Commands;
import clem.workflow.ModelDownload;

/** The page of each command for the site and the help in the jar, as Markdown; its place in the menu is put in by the site's generator. */
final class CommandPages {
	/** What an example call gives where the required inputs alone do not tell the usual way. */
	private static final Map<String, String> USUAL = new LinkedHashMap<>();
	/** Files that stand in the example calls, by an input's name or kind. */
	private static final Map<String, String> NAMES = new LinkedHashMap<>();
	static {
		USUAL.put("register", "moving fixed fixed_mask");
		USUAL.put("batch", "pairs");
		USUAL.put("evaluate", "registered labels");
		USUAL.put("evaluate_detection", "detected truth");
		USUAL.put("export_fields", "boxes image");
		NAMES.put("moving", "fm.tif");
		NAMES.put("fixed", "em.tif");
		NAMES.put("fixed_mask", "em_mask.tif");
		NAMES.put("registered", "registered.tif");
		NAMES.put("labels", "labels.tif");
		NAMES.put("pairs", "pairs.csv");
		NAMES.put("in", "landmarks.csv");
		NAMES.put("model", "mitonet");
		NAMES.put("points", "points.csv");
		NAMES.put("transform", "transform.json");
		NAMES.put("cells", "boxes.csv");
		NAMES.put("text", "landmarks.csv");
		NAMES.put("folder", "folder");
	}

	private CommandPages() {}

	/** The page. The label is the menu's, or null for a command that is not there. */
	static String page(final Operation operation, final String label, final String className) {
		final StringBuilder out = new StringBuilder("# ").append(operation.title).append("\n\n<p class=\"menu\">{{menu}}</p>\n\n").append(operation.help).append("\n");
		final List<Commands.FileInput> inputs = Commands.inputs(operation);
		if (!inputs.isEmpty()) {
			out.append("\n## What it takes\n\n| input | kind | |\n|---|---|---|\n");
			for (final Commands.FileInput input : inputs) {
				out.append("| `").append(input.name).append("` | ").append(input.kind).append(input.required ? "" : ", optional").append(" | ").append(GenerateCommands.cell(input.help)).append(" |\n");
			}
		}
		if (!Commands.spacings(operation).isEmpty()) {
			out.append("\nVoxel sizes come from the images; `").append(String.join("`, `", Commands.spacings(operation))).append("` (z,xy or z,y,x in nm) go before them.\n");
		}
		final Collection<String> files = Commands.outputs(operation);
		out.append("\n## What it gives\n\n");
		if (operation.name.equals(ModelDownload.NAME)) out.append("A model in the models folder.\n");
		else if (files.isEmpty()) out.append("It tells its result; with `out` that is also written to a file.\n");
		else out.append(Commands.givesFolder(operation) ? "A folder with " : "A file: ").append(String.join(", ", files)).append(".\n");
		out.append("\n## How to call it\n\n").append(calls(operation, label, className));
		out.append("\n## Parameters\n");
		if (operation.name.equals("batch")) out.append("\nThose of [Register…](register.md#parameters).\n");
		else if (operation.parameters.isEmpty()) out.append("\nIt has none.\n");
		else parameters(out, operation);
		if (!operation.presets.isEmpty() && !operation.name.equals("batch")) presets(out, operation);
		return out.toString();
	}

	/** The places that the groups' headings are by themselves: a link to a parameter of the same name leads there. */
	private static Set<String> headings(final Operation operation) {
		return operation.groups().keySet().stream().map(HelpFolder::place).collect(Collectors.toSet());
	}

	private static void parameters(final StringBuilder out, final Operation operation) {
		final Set<String> headings = headings(operation);
		for (final Map.Entry<String, List<Parameter>> group : operation.groups().entrySet()) {
			if (!group.getKey().isEmpty()) out.append("\n### ").append(group.getKey()).append("\n");
			out.append("\n| key | in the dialog | default | allowed | what it means |\n|---|---|---|---|---|\n");
			for (final Parameter parameter : group.getValue()) {
				out.append("| ").append(anchor(parameter.name, headings)).append(" | ").append(GenerateCommands.cell(parameter.labelWithUnit())).append(" | ").append(GenerateCommands.cell(parameter.defaultText()))
					.append(" | ").append(GenerateCommands.cell(parameter.allowed())).append(" | ").append(GenerateCommands.cell(parameter.help)).append(" |\n");
			}
		}
	}

	private static void presets(final StringBuilder out, final Operation operation) {
		out.append("\n## Presets\n\n| preset | sets |\n|---|---|\n");
		for (final Map.Entry<String, Map<String, String>> preset : operation.presets.entrySet()) {
			final List<String> values = new ArrayList<>();
			preset.getValue().forEach((key, value) -> values.add("`" + key + "=" + value + "`"));
			out.append("| ").append(preset.getKey()).append(" | ").append(values.isEmpty() ? "nothing: the defaults" : String.join(", ", values)).append(" |\n");
		}
	}

	private static String calls(final Operation operation, final String label, final String className) {
		final Map<String, String> given = given(operation);
		final String out = !Commands.givesFiles(operation) ? "" : Commands.givesFolder(operation) ? "result" : "result" + extension(operation);
		final List<String> macro = new ArrayList<>(), shell = new ArrayList<>(), script = new ArrayList<>(), map = new ArrayList<>();
		given.forEach((key, value) -> {
			macro.add(key + "=" + value);
			shell.add("--" + key.replace('_', '-') + " " + value);
			script.add(key + "=\"" + value + "\"");
			map.add(key + ": \"" + value + "\"");
		});
		if (!out.isEmpty()) {
			macro.add("out=/data/" + out);
			shell.add("--out " + out);
			script.add("out=\"/data/" + out + "\"");
		}
		final StringBuilder text = new StringBuilder();
		final boolean sample = !Commands.kind(operation).isEmpty();
		if (label != null) {
			text.append("In a macro:\n\n    run(\"").append(label).append("\"").append(sample ? "" : ", \"" + String.join(" ", macro) + "\"").append(");\n\n");
		}
		text.append("In Groovy or another script of Fiji ([more](../scripting.md)):\n\n    import clem.api.ClemReg\n    println ClemReg.runFiles(\"").append(operation.name).append("\", [")
			.append(map.isEmpty() ? ":" : String.join(", ", map)).append("], [:], ").append(out.isEmpty() ? "null" : "\"/data/" + out + "\"").append(")\n\n");
		text.append("On the command line:\n\n    scripts/clemreg ").append(Commands.call(operation)).append(shell.isEmpty() ? "" : " " + String.join(" ", shell)).append("\n\n");
		text.append("In Fiji without a screen:\n\n    fiji --headless --run ").append(className).append(" '").append(String.join(",", script)).append("'\n");
		return text.toString();
	}

	private static Map<String, String> given(final Operation operation) {
		final Map<String, String> given = new LinkedHashMap<>();
		final List<String> usual = USUAL.containsKey(operation.name) ? Arrays.asList(USUAL.get(operation.name).split(" ")) : null;
		for (final Commands.FileInput input : Commands.inputs(operation)) {
			if (usual == null ? !input.required : !usual.contains(input.name)) continue;
			given.put(input.name, operation.name.equals("detect_objects") && input.name.equals("model") ? "yolo.onnx" : operation.name.equals("convert_model") ? "MitoNet_v1.pth"
				: NAMES.getOrDefault(input.name, NAMES.getOrDefault(input.kind, input.name + (input.isImage() ? ".tif" : ".csv"))));
		}
		if (operation.name.equals("download_model")) given.put("name", "mitonet");
		return given;
	}

	private static String extension(final Operation operation) {
		final String name = Commands.outputs(operation).iterator().next();
		final int dot = name.lastIndexOf('.');
		return dot < 0 ? ".csv" : name.substring(dot);
	}

	/** A name to which links lead. */
	private static String anchor(final String name, final Set<String> headings) {
		return (headings.contains(name) ? "" : "<a id=\"" + name + "\"></a>") + "`" + name + "`";
	}
}
