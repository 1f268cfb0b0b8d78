package clem.schema;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import clem.json.Json;

/** One parameter of an operation, as the algorithms define it. */
public final class Parameter {
	/** How the value is written. */
	public enum Type { NUMBER, INTEGER, BOOLEAN, CHOICE, TEXT }

	/** The key, lower_snake_case, the same everywhere. */
	public final String name;
	/** The words of the dialog. */
	public final String label;
	public final Type type;
	/** The unit, or "". */
	public final String unit;
	/** The default: a Double, Long, Boolean or String by type. */
	public final Object defaultValue;
	/** The smallest allowed value, or NaN. */
	public final double minimum;
	/** The largest allowed value, or NaN. */
	public final double maximum;
	public final List<String> choices;
	/** The heading under which the dialog shows it. */
	public final String group;
	public final String help;
	/** Whether the command line takes it as an option of its own. */
	public final boolean option;

	Parameter(final Map<String, Object> json) {
		name = Json.asText(json.get("name"), "");
		label = Json.asText(json.get("label"), name);
		type = Type.valueOf(Json.asText(json.get("type"), "text").toUpperCase(java.util.Locale.ROOT));
		unit = Json.asText(json.get("unit"), "");
		minimum = Json.asNumber(json.get("minimum"), Double.NaN);
		maximum = Json.asNumber(json.get("maximum"), Double.NaN);
		final List<String> options = new ArrayList<>();
		for (final Object choice : Json.asList(json.get("choices"))) options.add(Json.asText(choice, ""));
		choices = Collections.unmodifiableList(options);
		group = Json.asText(json.get("group"), "");
		help = Json.asText(json.get("help"), "");
		defaultValue = json.get("default");
		option = Boolean.TRUE.equals(json.get("option"));
	}

	/** The default as the user writes it; "" for an empty text. */
	public String defaultText() {
		return text(defaultValue);
	}

	/** A value as the user writes it: no exponent and no trailing ".0" where a plain number says the same. */
	public static String text(final Object value) {
		if (value == null) return "";
		if (!(value instanceof Double)) return Json.asText(value, "");
		final double number = (Double) value;
		if (Double.isNaN(number) || Double.isInfinite(number)) return Double.toString(number);
		final String plain = new java.math.BigDecimal(Double.toString(number)).stripTrailingZeros().toPlainString();
		return plain.length() <= 20 ? plain : Double.toString(number);
	}

	/** The label with the unit in brackets. */
	public String labelWithUnit() {
		return unit.isEmpty() ? label : label + " (" + unit + ")";
	}

	/** What is allowed, in words. */
	public String allowed() {
		switch (type) {
			case BOOLEAN: return "true or false";
			case CHOICE: return String.join(", ", choices);
			case TEXT: return "text";
			default:
				final String kind = type == Type.INTEGER ? "a whole number" : "a number";
				final boolean low = !Double.isNaN(minimum), high = !Double.isNaN(maximum);
				if (low && high) return kind + ", " + text(minimum) + " to " + text(maximum);
				return low ? kind + ", " + text(minimum) + " or more" : high ? kind + ", " + text(maximum) + " or less" : kind;
		}
	}
}
