package clem.schema;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.json.Json;

/** All operations with their parameters, defined once by the algorithms. */
public final class Schema {
	public final String version;
	public final List<Operation> operations;

	private Schema(final String version, final List<Operation> operations) {
		this.version = version;
		this.operations = Collections.unmodifiableList(operations);
	}

	/** Reads the schema's JSON. */
	public static Schema parse(final String text) {
		final Map<String, Object> json = Json.parseObject(text);
		final Map<String, Operation> operations = new LinkedHashMap<>();
		for (final Object item : Json.asList(json.get("operations"))) {
			final Operation operation = new Operation(Json.asObject(item));
			operations.put(operation.name, operation);
			if (operation.name.equals("register")) operations.put("batch", new Operation(batch(Json.asObject(item))));
			if (operation.name.equals("convert_model")) operations.put("download_model", new Operation(downloadModel()));
		}
		return new Schema(Json.asText(json.get("version"), "?"), new ArrayList<>(operations.values()));
	}

	/** One of the two operations that are Java's own: many registrations, with the parameters of one. */
	private static Map<String, Object> batch(final Map<String, Object> register) {
		final Map<String, Object> json = new LinkedHashMap<>(register);
		json.put("name", "batch");
		json.put("title", "Batch register");
		json.put("help", "Registers many pairs, one after the other, with the parameters below or those of each pair. A pair that fails is noted in batch.csv and the next begins; "
			+ "run again, it goes on where it stopped: pairs that are complete and whose files and parameters have not changed are left as they are.");
		json.put("inputs", Arrays.asList(
			port("pairs", "text", "The pairs as a table (CSV) with the header name,moving,fixed_mask (or name,moving,fixed,model) and, where needed, any other file, voxel size or parameter of register; paths are relative to the table."),
			port("folder", "folder", "In place of the table: a folder with a sub-folder for each pair (fm.tif, em_mask.tif, em.tif) or files NAME_fm.tif, NAME_em_mask.tif, NAME_em.tif."),
			port("model", "model", "For pairs that have an EM but no mask of it: an ONNX model that finds the mitochondria, as in register. A pair's own goes before it.")));
		json.put("outputs", Arrays.asList(port("table", "text", "batch.csv: what became of each pair."), port("results", "folder", "A folder for each pair.")));
		return json;
	}

	/** The other one: models from where they are published. */
	private static Map<String, Object> downloadModel() {
		final Map<String, Object> json = new LinkedHashMap<>();
		json.put("name", "download_model");
		json.put("title", "Download Model");
		json.put("help", "Downloads one of the models that models.json in the models folder lists, checks it, converts it where it is MitoNet's .pth, and puts it into that folder: segment_em then takes it by its name. "
			+ "What was cut off or cancelled goes on from where it was.");
		json.put("parameters", Arrays.asList(
			parameter("name", "Name", "text", "", "The model's name in models.json, such as mitonet."),
			parameter("accept_licence", "Accept the licence", "boolean", false, "Says that you accept the licence under which the model is published: list shows it."),
			parameter("accept_unchecked", "Accept unchecked", "boolean", false, "Takes a file for which models.json has no SHA-256, so that nobody can say whether it is the published one. Its SHA-256 is told."),
			parameter("list", "List", "boolean", false, "Downloads nothing and lists the models, which are there, and the folder.")));
		return json;
	}

	private static Map<String, Object> parameter(final String name, final String label, final String type, final Object standard, final String help) {
		final Map<String, Object> parameter = new LinkedHashMap<>();
		parameter.put("name", name);
		parameter.put("label", label);
		parameter.put("type", type);
		parameter.put("default", standard);
		parameter.put("option", true);
		parameter.put("help", help);
		return parameter;
	}

	private static Map<String, Object> port(final String name, final String kind, final String help) {
		final Map<String, Object> port = new LinkedHashMap<>();
		port.put("name", name);
		port.put("kind", kind);
		port.put("required", false);
		port.put("help", help);
		return port;
	}

	/** The operation of that name (with '_' or '-'). */
	public Operation operation(final String name) {
		final Operation found = find(name);
		if (found != null) return found;
		final List<String> names = new ArrayList<>();
		for (final Operation operation : operations) names.add(operation.name);
		throw new ClemRegException(ClemRegException.Kind.NOT_FOUND, "No operation '" + name + "'." + Nearest.hint(name, names));
	}

	/** The operation of that name (with '_' or '-'), or null. */
	public Operation find(final String name) {
		for (final Operation operation : operations) if (operation.name.equals(name.replace('-', '_'))) return operation;
		return null;
	}

	/** The words of a message about a name that is not among those allowed. */
	public static ClemRegException unknown(final String what, final String name, final Collection<String> allowed) {
		return ClemRegException.badInput("Unknown " + what + " '" + name + "'." + Nearest.hint(name, allowed)
			+ (allowed.isEmpty() ? "" : " Allowed: " + String.join(", ", allowed) + "."));
	}
}
