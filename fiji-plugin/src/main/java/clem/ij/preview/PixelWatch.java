package clem.ij.preview;

import java.util.Arrays;

import ij.ImageListener;
import ij.ImagePlus;
import ij.process.ImageProcessor;

/** Notices when the pixels that an image shows change: they are looked at when ImageJ says that the image was drawn anew, not at every look. On ImageJ's event thread, but for ImageJ's messages. */
final class PixelWatch implements ImageListener {
	private ImagePlus image;
	private int slice;
	private int sum;
	/** Set from whatever thread changes the image. */
	private volatile boolean stale;

	/** Begins to listen. */
	void start() {
		image = null;
		ImagePlus.addImageListener(this);
	}

	/** Ends it. */
	void stop() {
		ImagePlus.removeImageListener(this);
		image = null;
	}

	/** A number that changes with the pixels of the image's current slice. */
	int sum(final ImagePlus now) {
		if (now != image || now.getCurrentSlice() != slice || stale) {
			stale = false;
			image = now;
			slice = now.getCurrentSlice();
			final ImageProcessor shown = now.getProcessor();
			sum = shown == null ? 0 : sum(shown.getPixels());
		}
		return sum;
	}

	private static int sum(final Object pixels) {
		return pixels instanceof byte[] ? Arrays.hashCode((byte[]) pixels) : pixels instanceof short[] ? Arrays.hashCode((short[]) pixels)
			: pixels instanceof float[] ? Arrays.hashCode((float[]) pixels) : Arrays.hashCode((int[]) pixels);
	}

	@Override
	public void imageUpdated(final ImagePlus updated) {
		if (updated == image) stale = true;
	}

	@Override
	public void imageOpened(final ImagePlus opened) {}

	@Override
	public void imageClosed(final ImagePlus closed) {}
}
