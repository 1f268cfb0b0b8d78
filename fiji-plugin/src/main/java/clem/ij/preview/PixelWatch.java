package clem.ij.preview;

import java.util.Arrays;

import ij.ImagePlus;
import ij.process.ImageProcessor;

/**
 * Notices when the pixels that an image shows change. It looks at them once a second, or less often where that would take more than a fiftieth of the time: ImageJ tells its listeners
 * only of images that it draws anew, and of those many times when nothing has changed. On ImageJ's event thread.
 */
final class PixelWatch {
	private static final long PAUSE_NANOS = 1_000_000_000, SHARE = 50;

	private ImagePlus image;
	private int slice;
	private int sum;
	private long next;

	/** A number that changes with the pixels of the image's current slice. */
	int sum(final ImagePlus now) {
		final long start = System.nanoTime();
		if (now != image || now.getCurrentSlice() != slice || start - next >= 0) {
			image = now;
			slice = now.getCurrentSlice();
			final ImageProcessor shown = now.getProcessor();
			sum = shown == null ? 0 : sum(shown.getPixels());
			final long end = System.nanoTime();
			next = end + Math.max(PAUSE_NANOS, SHARE * (end - start));
		}
		return sum;
	}

	/** Forgets the image. */
	void forget() {
		image = null;
	}

	private static int sum(final Object pixels) {
		return pixels instanceof byte[] ? Arrays.hashCode((byte[]) pixels) : pixels instanceof short[] ? Arrays.hashCode((short[]) pixels)
			: pixels instanceof float[] ? Arrays.hashCode((float[]) pixels) : Arrays.hashCode((int[]) pixels);
	}
}
