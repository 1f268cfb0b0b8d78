package clem.schema;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.json.Json;

/** One operation of the algorithms. */
public final class Operation {
	/** The name with underscores. */
	public final String name;
	public final String title;
	public final String help;
	public final List<Port> inputs;
	public final List<Port> outputs;
	public final List<Parameter> parameters;
	/** Preset to parameter to value, as the user would type it. */
	public final Map<String, Map<String, String>> presets;

	Operation(final Map<String, Object> json) {
		name = Json.asText(json.get("name"), "");
		title = Json.asText(json.get("title"), name);
		help = Json.asText(json.get("help"), "");
		inputs = ports(json.get("inputs"));
		outputs = ports(json.get("outputs"));
		final List<Parameter> list = new ArrayList<>();
		for (final Object item : Json.asList(json.get("parameters"))) list.add(new Parameter(Json.asObject(item)));
		parameters = Collections.unmodifiableList(list);
		final Map<String, Map<String, String>> sets = new LinkedHashMap<>();
		for (final Map.Entry<String, Object> preset : Json.asObject(json.get("presets")).entrySet()) {
			final Map<String, String> values = new LinkedHashMap<>();
			for (final Map.Entry<String, Object> value : Json.asObject(preset.getValue()).entrySet()) values.put(value.getKey(), Parameter.text(value.getValue()));
			sets.put(preset.getKey(), values);
		}
		presets = Collections.unmodifiableMap(sets);
	}

	private static List<Port> ports(final Object json) {
		final List<Port> list = new ArrayList<>();
		for (final Object item : Json.asList(json)) list.add(new Port(Json.asObject(item)));
		return Collections.unmodifiableList(list);
	}

	/** The name as the command line writes it, with hyphens. */
	public String commandName() {
		return name.replace('_', '-');
	}

	/** The parameter of that name, or null. */
	public Parameter parameter(final String key) {
		for (final Parameter parameter : parameters) if (parameter.name.equals(key)) return parameter;
		return null;
	}

	/** The input of that name, or null. */
	public Port input(final String key) {
		for (final Port port : inputs) if (port.name.equals(key)) return port;
		return null;
	}

	/** Whether the algorithms run a model for it. */
	public boolean runsModel() {
		return inputs.stream().anyMatch(Port::isModel);
	}

	/** Whether its second output is a text that it also takes: what it finds on one image serves for others. */
	public boolean givesItsOwnText() {
		return outputs.size() > 1 && outputs.get(1).isText() && input(outputs.get(1).name) != null;
	}

	/** Whether it finds cells: they go to the ROI manager, and can be previewed. */
	public boolean findsCells() {
		return name.equals("detect_cells") || name.equals("track_cells");
	}

	/** Whether it makes organelles of boxes: its recipe can be previewed in one. */
	public boolean composesOrganelles() {
		return name.equals("segment_organelles");
	}

	/** The parameters under their headings, in the order of the schema. */
	public Map<String, List<Parameter>> groups() {
		final Map<String, List<Parameter>> groups = new LinkedHashMap<>();
		for (final Parameter parameter : parameters) groups.computeIfAbsent(parameter.group, g -> new ArrayList<>()).add(parameter);
		return groups;
	}
}
