package clem.image;

import java.awt.Color;
import java.util.ArrayList;
import java.util.List;

import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ImageProcessor;
import ij.process.LUT;

/**
 * Colours for labels: each as far from all before it as can be (in CIELAB, as Glasbey et al. 2007 choose theirs), none of them dark or grey, so that they stand out from EM.
 * The same on every computer; 0 is black.
 */
public final class LabelColours {
	/** Colours besides black. */
	public static final int COUNT = 255;

	private static final int LEVELS = 16, STEP = 17;
	private static final double LEAST_LIGHTNESS = 45, LEAST_CHROMA = 35;
	private static final int[] COLOURS = choose();

	private LabelColours() {}

	/** The colour of that number, from 0 to {@link #COUNT} - 1. */
	public static Color colour(final int number) {
		return new Color(COLOURS[number]);
	}

	/** Black and all colours. */
	public static LUT lut() {
		final byte[][] rgb = new byte[3][COUNT + 1];
		for (int i = 0; i < COUNT; i++) set(rgb, i + 1, colour(i), 1);
		return new LUT(rgb[0], rgb[1], rgb[2]);
	}

	/** Sets an entry of a colour table to a part of a colour. */
	public static void set(final byte[][] rgb, final int entry, final Color colour, final double part) {
		rgb[0][entry] = (byte) Math.round(part * colour.getRed());
		rgb[1][entry] = (byte) Math.round(part * colour.getGreen());
		rgb[2][entry] = (byte) Math.round(part * colour.getBlue());
	}

	/**
	 * Shows an image of labels in these colours. Up to 255 numbers in a row, from wherever they begin (MitoNet's begin at 20001), have a colour each; of more, neighbours
	 * share one, because ImageJ shows 16 bits in 256 steps (and those below a step, of numbers that begin at 1, are black).
	 */
	public static void show(final ImagePlus image) {
		int least = Integer.MAX_VALUE, most = 0;
		final ImageStack stack = image.getStack();
		for (int n = 1; n <= stack.getSize(); n++) {
			final ImageProcessor slice = stack.getProcessor(n);
			for (int i = 0; i < slice.getPixelCount(); i++) {
				final int label = (int) slice.getf(i);
				if (label == 0) continue;
				if (label < least) least = label;
				if (label > most) most = label;
			}
		}
		if (most == 0) least = 1;
		final int shared = Math.max(1, (most - least) / COUNT + 1);
		image.setLut(lut());
		image.setDisplayRange(least - shared, least - shared + 256.0 * shared - 1);
	}

	private static int[] choose() {
		final List<int[]> candidates = new ArrayList<>();
		final List<double[]> places = new ArrayList<>();
		for (int c = 0; c < LEVELS * LEVELS * LEVELS; c++) {
			final int[] rgb = { c / LEVELS / LEVELS * STEP, c / LEVELS % LEVELS * STEP, c % LEVELS * STEP };
			final double[] lab = lab(rgb);
			if (lab[0] < LEAST_LIGHTNESS || Math.hypot(lab[1], lab[2]) < LEAST_CHROMA) continue;
			candidates.add(rgb);
			places.add(lab);
		}
		final double[] nearest = new double[candidates.size()];
		java.util.Arrays.fill(nearest, Double.POSITIVE_INFINITY);
		final int[] chosen = new int[COUNT];
		// Red first: what is brightest to the eye comes early anyway.
		double[] last = lab(new int[] { 255, 0, 0 });
		int best = candidates.size() - 1;
		for (int i = 0; i < candidates.size(); i++) if (distance(places.get(i), last) < distance(places.get(best), last)) best = i;
		for (int n = 0; n < COUNT; n++) {
			final int[] rgb = candidates.get(best);
			chosen[n] = rgb[0] << 16 | rgb[1] << 8 | rgb[2];
			last = places.get(best);
			for (int i = 0; i < nearest.length; i++) nearest[i] = Math.min(nearest[i], distance(places.get(i), last));
			for (int i = 0; i < nearest.length; i++) if (nearest[i] > nearest[best]) best = i;
		}
		return chosen;
	}

	private static double distance(final double[] a, final double[] b) {
		return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]);
	}

	/** sRGB to CIELAB, white point D65. */
	private static double[] lab(final int[] rgb) {
		final double[] linear = new double[3];
		for (int i = 0; i < 3; i++) {
			final double v = rgb[i] / 255.0;
			linear[i] = v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
		}
		final double x = root((0.4124 * linear[0] + 0.3576 * linear[1] + 0.1805 * linear[2]) / 0.9505);
		final double y = root(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]);
		final double z = root((0.0193 * linear[0] + 0.1192 * linear[1] + 0.9505 * linear[2]) / 1.089);
		return new double[] { 116 * y - 16, 500 * (x - y), 200 * (y - z) };
	}

	private static double root(final double t) {
		return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16.0 / 116;
	}
}
