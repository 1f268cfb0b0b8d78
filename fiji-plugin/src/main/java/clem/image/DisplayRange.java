package clem.image;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.process.ImageProcessor;
import ij.process.LUT;

/** Which grey values an image shows as black and white. */
public final class DisplayRange {
	private DisplayRange() {}

	/** Gives each channel the range of the other image's channel where that says something, else the range of its own middle slice. */
	public static void set(final ImagePlus image, final ImagePlus like) {
		if (image.getBitDepth() == 24) return;
		final int channels = image.getNChannels();
		final LUT[] luts = image.isComposite() ? ((CompositeImage) image).getLuts() : null;
		for (int c = 1; c <= channels; c++) {
			double[] range = like != null && like.getNChannels() == channels ? of(like, c) : null;
			if (range == null || !(range[0] < range[1])) range = middle(image, c);
			if (luts == null) {
				image.setDisplayRange(range[0], range[1]);
				return;
			}
			luts[c - 1].min = range[0];
			luts[c - 1].max = range[1];
		}
		((CompositeImage) image).setLuts(luts);
	}

	/** The range of a channel, from 1, in the values that {@link VolumeImage#slice} gives. */
	public static double[] of(final ImagePlus image, final int channel) {
		final int raised = image.getCalibration().isSigned16Bit() ? VolumeImage.SIGNED_ZERO : 0;
		if (!image.isComposite()) return new double[] { image.getDisplayRangeMin() - raised, image.getDisplayRangeMax() - raised };
		final LUT lut = ((CompositeImage) image).getChannelLut(channel);
		return new double[] { lut.min - raised, lut.max - raised };
	}

	private static double[] middle(final ImagePlus image, final int channel) {
		if (image.getBitDepth() == 8) return new double[] { 0, 255 };
		final int index = image.getStackIndex(channel, image.getNSlices() / 2 + 1, 1);
		final ImageProcessor slice = image.getStack().getProcessor(index).duplicate();
		slice.resetMinAndMax();
		return slice.getMin() < slice.getMax() ? new double[] { slice.getMin(), slice.getMax() } : new double[] { slice.getMin(), slice.getMin() + 1 };
	}
}
