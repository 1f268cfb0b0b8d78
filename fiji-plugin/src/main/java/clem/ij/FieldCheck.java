package clem.ij;

import java.util.List;

import clem.bridge.ClemRegException;
import clem.image.Spacings;
import clem.schema.Parameter;

/** Whether what a dialog's field holds is allowed. The algorithms check again. */
final class FieldCheck {
	private FieldCheck() {}

	/** What is wrong with a value, with the field's label before it, or null. */
	static String problem(final Fields.Field field, final String value, final List<String> titles) {
		final String reason = reason(field, value, titles);
		return reason == null ? null : field.label + ": " + reason;
	}

	/**
	 * What is wrong with a value, or null.
	 *
	 * @param titles of the images that can be chosen
	 */
	static String reason(final Fields.Field field, final String value, final List<String> titles) {
		switch (field.kind) {
			case IMAGE: return value.isEmpty() ? "no image is open. Open one, or try Plugins > CLEM-Reg > Samples > Open Sample (CLEM)." : image(value, titles);
			case OPTIONAL_IMAGE: return value.isEmpty() ? null : image(value, titles);
			case FILE: return value.isEmpty() ? "a file is needed." : null;
			case MODEL: return ModelField.problem(value);
			case OPTIONAL_MODEL: return value.isEmpty() ? null : ModelField.problem(value);
			case NUMBER: return number(field.parameter, value);
			case TEXT: return field.parameter == null && field.key.endsWith("_spacing") ? spacing(field.key, value) : null;
			default: return null;
		}
	}

	private static String image(final String title, final List<String> titles) {
		if (!titles.contains(title)) return "'" + title + "' is not open any more. Open it again, or choose another image.";
		return Images.ambiguous(title);
	}

	private static String number(final Parameter parameter, final String value) {
		final String allowed = parameter == null ? "a whole number, 0 or more" : parameter.allowed();
		final boolean whole = parameter == null || parameter.type == Parameter.Type.INTEGER;
		try {
			final double number = Double.parseDouble(value);
			final double low = parameter == null ? 0 : parameter.minimum, high = parameter == null ? Double.NaN : parameter.maximum;
			if (!(number < low) && !(number > high) && !Double.isNaN(number) && (!whole || number == Math.rint(number))) return null;
		}
		catch (final NumberFormatException e) {
			// Told below, as values out of range are.
		}
		return (value.isEmpty() ? "(empty)" : value) + " is not allowed; it must be " + allowed + ".";
	}

	private static String spacing(final String key, final String value) {
		try {
			if (!value.isEmpty()) Spacings.parse(key, value);
			return null;
		}
		catch (final ClemRegException e) {
			return e.getMessage();
		}
	}
}
