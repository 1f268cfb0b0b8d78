package clem.ij;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

import clem.schema.Operation;
import ij.Prefs;

/** What a user last chose in an operation's dialog, kept in ImageJ's preferences. Images, files and what is drawn on an image belong to one run and are not kept. */
final class DialogMemory {
	private static final Set<String> OF_ONE_IMAGE = new HashSet<>(Arrays.asList(Selection.KEY, Selection.EM_KEY, "z_min", "z_max", "first_slice", "last_slice", Fields.FIDUCIALS, "fiducial_stage"));

	private DialogMemory() {}

	/** Keeps the values that are not defaults. */
	static void keep(final Operation operation, final Fields fields, final Map<String, String> values) {
		for (final Fields.Field field : fields.all()) {
			final String value = values.get(field.key);
			// A text of null is taken out of the preferences.
			if (isKept(field)) Prefs.set(key(operation, field), value.equals(field.standard) ? null : value);
		}
	}

	/** The values that were kept and are still allowed. */
	static Map<String, String> of(final Operation operation, final Fields fields) {
		final Map<String, String> values = new LinkedHashMap<>();
		for (final Fields.Field field : fields.all()) {
			final String value = isKept(field) ? Prefs.get(key(operation, field), null) : null;
			if (value != null && FieldCheck.reason(field, value, java.util.Collections.emptyList()) == null) values.put(field.key, value);
		}
		return values;
	}

	private static boolean isKept(final Fields.Field field) {
		return (field.parameter != null || field.key.equals(Fields.THREADS) || field.key.equals(Fields.SHOW)) && !OF_ONE_IMAGE.contains(field.key);
	}

	private static String key(final Operation operation, final Fields.Field field) {
		return "clemreg." + operation.name + "." + field.key;
	}
}
