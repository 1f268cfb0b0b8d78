package clem.schema;

import java.util.ArrayList;
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
		}
		return new Schema(Json.asText(json.get("version"), "?"), new ArrayList<>(operations.values()));
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
