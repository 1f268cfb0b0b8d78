package clem.ij;

import java.util.Locale;

import clem.schema.Parameter;
import ij.Prefs;

/** How long an operation's last run took here, and how much memory, so that the dialog can tell what the next one will take. Kept in ImageJ's preferences. */
final class RunTimes {
	private static final double MILLION = 1e6, GIGA = 1024, MINUTE = 60, LEAST_SECONDS = 0.1;
	/** A run on images so much smaller or larger tells nothing. */
	private static final double FARTHEST = 100;

	private RunTimes() {}

	/**
	 * Keeps what a run took.
	 *
	 * @param voxels of its images together
	 * @param megabytes that the process had at its highest
	 */
	static void keep(final String operation, final long voxels, final double seconds, final double megabytes) {
		if (voxels > 0) Prefs.set(key(operation), String.format(Locale.ROOT, "%d %.1f %.0f", voxels, seconds, megabytes));
	}

	/** What a run on so many voxels will take, going by the last one; "" where nothing can be told. */
	static String estimate(final String operation, final long voxels) {
		final String[] last = Prefs.get(key(operation), "").split(" ");
		if (voxels == 0 || last.length != 3) return "";
		try {
			final double before = Double.parseDouble(last[0]), seconds = Double.parseDouble(last[1]), ratio = voxels / before;
			if (ratio > FARTHEST || ratio < 1 / FARTHEST) return "";
			return String.format(Locale.ROOT, "About %s, going by the last run (%s for %s million voxels; ImageJ had up to %.1f GB).",
				time(Math.max(LEAST_SECONDS, seconds * ratio)), time(seconds), Parameter.text(Math.round(before / MILLION * 10) / 10.0), Double.parseDouble(last[2]) / GIGA);
		}
		catch (final NumberFormatException e) {
			return "";
		}
	}

	private static String time(final double seconds) {
		if (seconds < 1.5 * MINUTE) return String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
		final double minutes = seconds / MINUTE;
		return minutes < 1.5 * MINUTE ? String.format(Locale.ROOT, "%.0f min", minutes) : String.format(Locale.ROOT, "%.1f h", minutes / MINUTE);
	}

	private static String key(final String operation) {
		return "clemreg.run." + operation;
	}
}
