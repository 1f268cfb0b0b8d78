package clem.image;

import clem.bridge.ClemRegException;
import clem.schema.Parameter;
import ij.ImagePlus;
import ij.measure.Calibration;

/** Voxel sizes in nm (z, y, x): from an image's calibration, or as the user writes them. */
public final class Spacings {
	/** Two readings of the same voxel size may differ by this part: TIFF keeps it as a fraction of whole numbers. */
	private static final double TOLERANCE = 1e-3;

	private Spacings() {}

	/** Reads "z,xy" or "z,y,x" in nm. */
	public static double[] parse(final String key, final String text) {
		final String[] parts = text.trim().split("[,;\\s]+");
		final double[] spacing = new double[3];
		boolean good = parts.length == 2 || parts.length == 3;
		for (int i = 0; good && i < 3; i++) {
			try {
				spacing[i] = Double.parseDouble(parts[Math.min(i, parts.length - 1)]);
				good = spacing[i] > 0 && !Double.isInfinite(spacing[i]);
			}
			catch (final NumberFormatException e) {
				good = false;
			}
		}
		if (good) return spacing;
		throw ClemRegException.badInput(key + " = " + text
			+ " is not allowed: it must be two or three positive lengths in nm, z,xy or z,y,x, for example 300,130.");
	}

	/** "z,y,x" in nm, as {@link #parse} reads it. */
	public static String text(final double[] zyx) {
		return Parameter.text(zyx[0]) + "," + Parameter.text(zyx[1]) + "," + Parameter.text(zyx[2]);
	}

	/** Whether an image's calibration says how large a voxel is. */
	public static boolean isKnown(final ImagePlus image) {
		final Calibration cal = image.getCalibration();
		return !Double.isNaN(LengthUnit.nanometres(cal.getXUnit()) + LengthUnit.nanometres(cal.getYUnit()) + LengthUnit.nanometres(cal.getZUnit()));
	}

	/** The voxel size by the image's calibration; the name is for the message. */
	public static double[] of(final ImagePlus image, final String role, final String name) {
		final Calibration cal = image.getCalibration();
		final double[] values = { cal.pixelDepth, cal.pixelHeight, cal.pixelWidth };
		final String[] units = { cal.getZUnit(), cal.getYUnit(), cal.getXUnit() };
		for (int i = 0; i < 3; i++) {
			final double factor = LengthUnit.nanometres(units[i]);
			if (Double.isNaN(factor)) {
				throw ClemRegException.badInput(role + ": the voxel size of '" + name + "' is not known (its unit is '" + units[i]
					+ "'; allowed are nm, um, micron, mm). " + advice(role));
			}
			values[i] *= factor;
			if (!(values[i] > 0) || Double.isInfinite(values[i])) {
				throw ClemRegException.badInput(role + ": the voxel size of '" + name + "' along " + "zyx".charAt(i) + " is " + values[i]
					+ " nm; it must be above 0. " + advice(role));
			}
		}
		return values;
	}

	private static String advice(final String role) {
		return "Set it in Image > Properties, or give " + key(role) + " as z,xy in nm (on the command line --"
			+ key(role).replace('_', '-') + " z,xy).";
	}

	/** The key under which the user gives the spacing of an input: a mask lies on its image's grid and shares its key. */
	public static String key(final String role) {
		return (role.endsWith("_mask") ? role.substring(0, role.length() - 5) : role) + "_spacing";
	}

	/** Whether two voxel sizes agree as far as files can tell. */
	public static boolean agree(final double[] a, final double[] b) {
		for (int i = 0; i < 3; i++) if (Math.abs(a[i] - b[i]) > TOLERANCE * Math.max(a[i], b[i])) return false;
		return true;
	}
}
