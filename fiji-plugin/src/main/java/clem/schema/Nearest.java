package clem.schema;

import java.util.Collection;

/** Finds the name that was probably meant. */
public final class Nearest {
	private Nearest() {}

	/** " Did you mean 'x'?" when a name is close enough, else "". */
	public static String hint(final String name, final Collection<String> names) {
		String best = null;
		int least = Math.max(2, name.length() / 3) + 1;
		for (final String candidate : names) {
			final int distance = distance(name.toLowerCase(java.util.Locale.ROOT), candidate.toLowerCase(java.util.Locale.ROOT));
			if (distance < least) {
				least = distance;
				best = candidate;
			}
		}
		return best == null ? "" : " Did you mean '" + best + "'?";
	}

	/** Levenshtein's distance: how many letters to insert, delete or replace. */
	static int distance(final String a, final String b) {
		int[] row = new int[b.length() + 1];
		for (int j = 0; j <= b.length(); j++) row[j] = j;
		for (int i = 1; i <= a.length(); i++) {
			final int[] next = new int[b.length() + 1];
			next[0] = i;
			for (int j = 1; j <= b.length(); j++) {
				final int replace = row[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
				next[j] = Math.min(replace, Math.min(row[j], next[j - 1]) + 1);
			}
			row = next;
		}
		return row[b.length()];
	}
}
