package clem.ij;

import java.awt.Color;

import clem.image.DisplayRange;
import clem.image.LabelColours;
import clem.image.VolumeImage;
import ij.CompositeImage;
import ij.ImagePlus;
import ij.VirtualStack;
import ij.measure.Calibration;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import ij.process.LUT;

/**
 * The EM with what was found in it, as a hyperstack of two channels of 8 bits: the EM as it is shown, and the objects, tinted with a bright outline. Both are made when a slice
 * is looked at, from the EM's and the labels' slices, so that neither is copied; the images that they come from may be closed.
 */
final class ObjectsOverEm extends VirtualStack {
	/** Colours of objects; the table holds each twice, for outline and inside. */
	private static final int COLOURS = 127;
	private static final double TINT = 0.35;

	private final VolumeImage em;
	private final double[] range;
	private final ImagePlus labels;

	private ObjectsOverEm(final VolumeImage em, final double[] range, final ImagePlus labels) {
		super(labels.getWidth(), labels.getHeight(), null, null);
		this.em = em;
		this.range = range;
		this.labels = labels;
		setBitDepth(8);
	}

	/**
	 * Makes the hyperstack.
	 *
	 * @param em the image that was segmented
	 * @param labels its objects, on its voxels
	 */
	static ImagePlus of(final VolumeImage em, final ImagePlus labels) {
		final double[] shown = DisplayRange.of(em.image, em.channel), range = shown[0] < shown[1] ? shown : new double[] { shown[0], shown[0] + 1 };
		final ImagePlus image = new ImagePlus(em.name() + ": objects", new ObjectsOverEm(em, range, VolumeImage.kept(labels)));
		image.setDimensions(2, labels.getNSlices(), 1);
		image.setOpenAsHyperStack(true);
		final CompositeImage composite = new CompositeImage(image, CompositeImage.COMPOSITE);
		composite.setLuts(new LUT[] { LUT.createLutFromColor(Color.WHITE), lut() });
		final Calibration calibration = labels.getCalibration().copy();
		calibration.disableDensityCalibration();
		composite.setCalibration(calibration);
		composite.setPosition(1, em.image.getNSlices() == labels.getNSlices() ? em.image.getZ() : 1, 1);
		return composite;
	}

	private static LUT lut() {
		final byte[][] rgb = new byte[3][256];
		for (int i = 0; i < COLOURS; i++) {
			LabelColours.set(rgb, 1 + i, LabelColours.colour(i), 1);
			LabelColours.set(rgb, 1 + COLOURS + i, LabelColours.colour(i), TINT);
		}
		final LUT lut = new LUT(rgb[0], rgb[1], rgb[2]);
		lut.min = 0;
		lut.max = 255;
		return lut;
	}

	@Override
	public ImageProcessor getProcessor(final int n) {
		final int z = (n - 1) / 2;
		return (n - 1) % 2 == 0 ? grey(z) : objects(labels.getStack().getProcessor(z + 1));
	}

	private ByteProcessor grey(final int z) {
		final Object pixels = em.slice(em.channel, z);
		final byte[] grey = new byte[getWidth() * getHeight()];
		final double scale = 256 / (range[1] - range[0] + (pixels instanceof float[] ? 0 : 1));
		for (int i = 0; i < grey.length; i++) {
			final double value = pixels instanceof byte[] ? ((byte[]) pixels)[i] & 0xff : pixels instanceof short[] ? ((short[]) pixels)[i] & 0xffff : ((float[]) pixels)[i];
			grey[i] = (byte) Math.max(0, Math.min(255, (int) ((value - range[0]) * scale)));
		}
		return new ByteProcessor(getWidth(), getHeight(), grey);
	}

	/** Of each object the pixels at its edge in one colour, those within in the tint of it. */
	private static ByteProcessor objects(final ImageProcessor labels) {
		final int width = labels.getWidth(), height = labels.getHeight();
		final byte[] colours = new byte[width * height];
		for (int y = 0, i = 0; y < height; y++) {
			for (int x = 0; x < width; x++, i++) {
				final int label = (int) labels.getf(i);
				if (label == 0) continue;
				final boolean edge = x == 0 || y == 0 || x == width - 1 || y == height - 1 || labels.getf(i - 1) != label || labels.getf(i + 1) != label
					|| labels.getf(i - width) != label || labels.getf(i + width) != label;
				colours[i] = (byte) (1 + (label - 1) % COLOURS + (edge ? 0 : COLOURS));
			}
		}
		return new ByteProcessor(width, height, colours);
	}

	@Override
	public Object getPixels(final int n) {
		return getProcessor(n).getPixels();
	}

	@Override
	public int size() {
		return 2 * labels.getNSlices();
	}

	@Override
	public int getSize() {
		return size();
	}

	@Override
	public String getSliceLabel(final int n) {
		return null;
	}
}
