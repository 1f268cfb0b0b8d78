package clem.image;

import ij.ImagePlus;
import ij.ImageStack;
import ij.VirtualStack;
import ij.process.ImageProcessor;

/** Slices of a channel of an image, without a copy: those of a virtual stack are read when they are needed. */
public final class SliceRange extends VirtualStack {
	private final ImageStack source;
	/** Where the slices lie in it, from 1: an image that is closed no longer knows. */
	private final int[] places;

	private SliceRange(final ImagePlus image, final int channel, final int first, final int count) {
		super(image.getWidth(), image.getHeight(), null, null);
		source = image.getStack();
		places = new int[count];
		for (int i = 0; i < count; i++) places[i] = image.getStackIndex(channel, first + i, 1);
		setBitDepth(image.getBitDepth());
	}

	/**
	 * The range as an image with the calibration of the whole.
	 *
	 * @param channel from 1; 0 for the first
	 * @param first from 1
	 * @param last the last one that belongs to it
	 */
	public static ImagePlus of(final ImagePlus image, final int channel, final int first, final int last) {
		final ImagePlus range = new ImagePlus(image.getTitle(), new SliceRange(image, Math.max(1, channel), first, last - first + 1));
		range.setCalibration(image.getCalibration().copy());
		return range;
	}

	@Override
	public ImageProcessor getProcessor(final int n) {
		return source.getProcessor(places[n - 1]);
	}

	@Override
	public Object getPixels(final int n) {
		return getProcessor(n).getPixels();
	}

	@Override
	public int size() {
		return places.length;
	}

	@Override
	public int getSize() {
		return places.length;
	}

	@Override
	public String getSliceLabel(final int n) {
		return null;
	}
}
