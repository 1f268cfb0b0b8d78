package clem.workflow;

import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import clem.bridge.ClemRegException;

/** Point clouds as CSV with the header z,y,x and one point a line, in nm. */
public final class PointsFile {
	private static final List<String> AXES = Arrays.asList("z", "y", "x");

	private PointsFile() {}

	/** Reads z, y, x triples. The columns may stand in any order and among others; the header names them. */
	public static double[] read(final String role, final File file) {
		final String[] lines = Csv.lines(RunRequest.readText(role, file));
		final List<String> header = Csv.split(lines[0].toLowerCase(Locale.ROOT), ',');
		final int[] columns = new int[3];
		for (int i = 0; i < 3; i++) {
			columns[i] = header.indexOf(AXES.get(i));
			if (columns[i] < 0) {
				throw ClemRegException.badInput(role + ": " + file + " has no column '" + AXES.get(i) + "': its first line must be the header z,y,x, and is '"
					+ shortened(lines[0]) + "'.");
			}
		}
		final double[] points = new double[3 * (lines.length - 1)];
		int count = 0;
		for (int line = 1; line < lines.length; line++) {
			if (lines[line].trim().isEmpty()) continue;
			final List<String> cells = Csv.split(lines[line], ',');
			for (final int column : columns) {
				points[count++] = number(role, file, line + 1, column < cells.size() ? cells.get(column) : "");
			}
		}
		if (count == 0) throw ClemRegException.badInput(role + ": " + file + " holds no points.");
		return Arrays.copyOf(points, count);
	}

	private static double number(final String role, final File file, final int line, final String text) {
		try {
			final double value = Double.parseDouble(text);
			if (!Double.isNaN(value) && !Double.isInfinite(value)) return value;
		}
		catch (final NumberFormatException e) {
			// Told below, as NaN and Infinity are.
		}
		throw ClemRegException.badInput(role + ": " + file + ", line " + line + ": '" + shortened(text) + "' is not a number; three lengths in nm are needed.");
	}

	private static String shortened(final String text) {
		return text.length() > 60 ? text.substring(0, 57) + "..." : text;
	}

	/** Writes z, y, x triples to a new file. */
	public static void write(final double[] zyx, final File file) throws IOException {
		try (BufferedWriter out = Files.newBufferedWriter(file.toPath(), StandardCharsets.UTF_8)) {
			out.write("z,y,x\n");
			for (int i = 0; i < zyx.length; i += 3) out.write(zyx[i] + "," + zyx[i + 1] + "," + zyx[i + 2] + "\n");
		}
	}
}
