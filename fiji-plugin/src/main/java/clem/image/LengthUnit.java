package clem.image;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The units of length that images carry, in nanometres. */
public final class LengthUnit {
	private static final List<String> ANGSTROM = Arrays.asList("å", "a", "ang", "angstrom", "angstroms", "ångström");
	private static final List<String> NANOMETRE = Arrays.asList("nm", "nanometer", "nanometers", "nanometre", "nanometres");
	private static final List<String> MICROMETRE =
		Arrays.asList("um", "µm", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres");
	private static final List<String> MILLIMETRE = Arrays.asList("mm", "millimeter", "millimeters", "millimetre", "millimetres");

	private LengthUnit() {}

	/**
	 * The unit in nanometres, or NaN when it says nothing about the size of a voxel: "pixel", none, a word that is not known,
	 * and inch and cm, which are a printer's resolution and never a microscope's.
	 */
	public static double nanometres(final String unit) {
		if (unit == null) return Double.NaN;
		final String plain = unit.trim().replace("\\u00B5", "µ").replace('\u03BC', '\u00B5').replace('\u212B', 'Å').toLowerCase(Locale.ROOT);
		if (NANOMETRE.contains(plain)) return 1;
		if (MICROMETRE.contains(plain)) return 1e3;
		if (MILLIMETRE.contains(plain)) return 1e6;
		if (ANGSTROM.contains(plain)) return 0.1;
		return plain.equals("m") || plain.equals("meter") || plain.equals("metre") ? 1e9 : Double.NaN;
	}
}
