package clem.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

import clem.bridge.ClemRegException;
import clem.schema.Nearest;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.workflow.Commands;
import clem.workflow.FileRequest;

/** Turns a command's options into a request. */
final class Arguments {
	private static final List<String> FLAGS = Arrays.asList("--overwrite", "--help");
	/** The voxel size of a command's only image. */
	static final String SPACING = "--spacing";

	private Arguments() {}

	/** The options that a command knows, with hyphens. */
	static List<String> options(final Operation operation) {
		final List<String> options = new ArrayList<>();
		for (final Commands.FileInput input : Commands.inputs(operation)) options.add(option(input.name));
		for (final String key : Commands.spacings(operation)) options.add(option(key));
		if (onlySpacing(operation) != null) options.add(SPACING);
		if (operation.name.equals("register")) options.add("--moving-name");
		if (!Commands.kind(operation).isEmpty()) options.add("--kind");
		if (operation.parameter("seed") != null) options.add("--seed");
		for (final Parameter parameter : operation.parameters) if (parameter.option) options.add(option(parameter.name));
		options.addAll(Arrays.asList("--out", "--parameters", "--set", "--threads", "--overwrite", "--help"));
		return options;
	}

	/** A key as an option. */
	static String option(final String key) {
		return "--" + key.replace('_', '-');
	}

	/** The key that {@link #SPACING} stands for, or null where a command has more than one image or none. */
	static String onlySpacing(final Operation operation) {
		final Set<String> keys = Commands.spacings(operation);
		return keys.size() == 1 && operation.parameter(SPACING.substring(2)) == null ? keys.iterator().next() : null;
	}

	/** What --kind says among the options after a command, or null. */
	static String kind(final List<String> arguments) {
		String kind = null;
		for (int i = 0; i < arguments.size(); i++) {
			if (arguments.get(i).startsWith("--kind=")) kind = once(kind, "--kind", arguments.get(i).substring("--kind=".length()));
			else if (arguments.get(i).equals("--kind") && i + 1 < arguments.size() && !arguments.get(i + 1).startsWith("--")) kind = once(kind, "--kind", arguments.get(i + 1));
		}
		return kind;
	}

	/** Reads the options after the command; null when help is asked for. */
	static FileRequest parse(final Operation operation, final List<String> arguments) {
		final FileRequest request = new FileRequest(operation.name);
		final List<String> known = options(operation);
		for (int i = 0; i < arguments.size(); i++) {
			final String argument = arguments.get(i);
			final int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
			final String name = argument.equals("-h") ? "--help" : equals < 0 ? argument : argument.substring(0, equals);
			if (!known.contains(name)) throw unknown(operation, name, known);
			if (name.equals("--help")) return null;
			if (FLAGS.contains(name)) {
				if (equals >= 0) throw ClemRegException.badInput(name + " takes no value.");
				request.overwrite = true;
				continue;
			}
			final Parameter parameter = operation.parameter(name.substring(2).replace('-', '_'));
			if (equals < 0 && parameter != null && parameter.option && parameter.type == Parameter.Type.BOOLEAN) {
				put(request.parameters, parameter.name, name, "true");
				continue;
			}
			if (equals < 0 && (i + 1 >= arguments.size() || known.contains(arguments.get(i + 1)))) throw ClemRegException.badInput(name + " needs a value.");
			final String value = equals >= 0 ? argument.substring(equals + 1) : arguments.get(++i);
			if (value.isEmpty()) throw ClemRegException.badInput(name + " needs a value; it is empty.");
			// The kind has chosen the operation already.
			if (!name.equals("--kind")) set(operation, request, name, value);
		}
		return request;
	}

	private static ClemRegException unknown(final Operation operation, final String name, final List<String> known) {
		if (!name.startsWith("-")) return ClemRegException.badInput("'" + name + "' is not expected; options begin with --.");
		final String key = name.replaceFirst("^--?", "").replace('-', '_');
		if (operation.parameter(key) != null) return ClemRegException.badInput("Unknown option '" + name + "'. It is a parameter: write --set " + key + "=VALUE.");
		return ClemRegException.badInput("Unknown option '" + name + "'." + Nearest.hint(name, known) + " Allowed: " + String.join(", ", known) + ".");
	}

	private static void set(final Operation operation, final FileRequest request, final String name, final String value) {
		final String key = name.substring(2).replace('-', '_');
		if (name.equals("--out")) request.out = once(request.out, name, value);
		else if (name.equals("--parameters")) request.parametersFile = once(request.parametersFile, name, value);
		else if (name.equals("--moving-name")) request.movingName = once(request.movingName, name, value);
		else if (name.equals("--threads")) request.threads = threads(value);
		else if (name.equals("--seed")) put(request.parameters, "seed", name, value);
		else if (operation.parameter(key) != null && operation.parameter(key).option) put(request.parameters, key, name, value);
		else if (name.equals("--set")) {
			final int equals = value.indexOf('=');
			if (equals <= 0) throw ClemRegException.badInput("--set " + value + " is not allowed: it must be key=value, as in --set log_sigma=3.");
			put(request.parameters, value.substring(0, equals).trim(), "--set " + value.substring(0, equals).trim(), value.substring(equals + 1).trim());
		}
		else if (name.equals(SPACING)) put(request.spacings, onlySpacing(operation), name, value);
		else if (Commands.spacings(operation).contains(key)) put(request.spacings, key, name, value);
		else if (several(operation, key)) request.inputs.merge(key, value, (old, more) -> old + ";" + more);
		else put(request.inputs, key, name, value);
	}

	private static boolean several(final Operation operation, final String key) {
		for (final Commands.FileInput input : Commands.inputs(operation)) if (input.name.equals(key)) return input.isSeveral();
		return false;
	}

	private static int threads(final String value) {
		try {
			final int threads = Integer.parseInt(value);
			if (threads >= 0) return threads;
		}
		catch (final NumberFormatException e) {
			// Told below, as negative numbers are.
		}
		throw ClemRegException.badInput("--threads = " + value + " is not allowed: it must be a whole number, 0 (all) or more.");
	}

	private static String once(final String old, final String name, final String value) {
		if (old != null) throw ClemRegException.badInput(name + " is given twice: " + old + " and " + value + ".");
		return value;
	}

	private static <T> void put(final Map<String, T> map, final String key, final String name, final String value) {
		@SuppressWarnings("unchecked")
		final T old = map.put(key, (T) value);
		if (old != null) throw ClemRegException.badInput(name + " is given twice: " + old + " and " + value + ".");
	}
}
