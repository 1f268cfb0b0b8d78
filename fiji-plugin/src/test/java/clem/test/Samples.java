package clem.test;

import java.io.File;
import java.io.IOException;
import java.util.Arrays;

import clem.image.TiffWriter;
import ij.CompositeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;

/** Small images for tests. */
public final class Samples {
	private Samples() {}

	/** A stack whose voxels count on from 1 in channel, z, y, x order of the stack; calibrated in micrometres. */
	public static ImagePlus image(final String title, final int depth, final int channels, final int slices, final int height, final int width) {
		final ImageStack stack = new ImageStack(width, height);
		int value = 0;
		for (int n = 0; n < channels * slices; n++) {
			final ImageProcessor slice = depth == 8 ? new ByteProcessor(width, height) : depth == 16 ? new ShortProcessor(width, height) : new FloatProcessor(width, height);
			for (int i = 0; i < width * height; i++) slice.setf(i, ++value % (depth == 8 ? 251 : 60000));
			stack.addSlice(null, slice);
		}
		ImagePlus image = new ImagePlus(title, stack);
		image.setDimensions(channels, slices, 1);
		image.setOpenAsHyperStack(true);
		if (channels > 1) image = new CompositeImage(image, CompositeImage.COMPOSITE);
		image.getCalibration().setUnit("micron");
		image.getCalibration().pixelDepth = 0.3;
		image.getCalibration().pixelHeight = 0.13;
		image.getCalibration().pixelWidth = 0.13;
		return image;
	}

	/** Saves an image as TIFF. */
	public static File save(final ImagePlus image, final File folder, final String name) throws IOException {
		final File file = new File(folder, name);
		TiffWriter.write(image, file, new Quiet());
		return file;
	}

	/** The bytes of all slices of an image, for comparison. */
	public static String content(final ImagePlus image) {
		final StringBuilder text = new StringBuilder();
		for (int n = 1; n <= image.getStackSize(); n++) {
			final Object pixels = image.getStack().getPixels(n);
			text.append(pixels instanceof byte[] ? Arrays.hashCode((byte[]) pixels) : pixels instanceof short[] ? Arrays.hashCode((short[]) pixels)
				: Arrays.hashCode((float[]) pixels)).append(' ');
		}
		return text + " " + image.getCalibration() + " " + image.getNChannels() + " " + image.getNSlices() + " " + image.getRoi() + " " + image.getCurrentSlice();
	}
}
