package clem.test;

import clem.bridge.Handles;
import clem.image.DisplayRange;
import clem.image.ResultImage;
import clem.image.VolumeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ColorProcessor;
import ij.process.LUT;

/** What is taken as a volume, and what is refused. */
public final class VolumeImageTest {
	private static VolumeImage volume(final ImagePlus image, final int channel) {
		return new VolumeImage("moving", image, image.getTitle(), null, channel, null);
	}

	public void takesTheThreeTypesAndReadsTheRightChannel() {
		for (final int depth : new int[] { 8, 16, 32 }) {
			final ImagePlus image = Samples.image("fm", depth, 2, 3, 5, 7);
			final FakeBridge bridge = new FakeBridge();
			final Quiet listener = new Quiet();
			try (Handles handles = new Handles(bridge)) {
				final long handle = volume(image, 2).toVolume(bridge, handles, 2, listener);
				final ImagePlus back = new ResultImage(bridge, handle).inMemory("back", null);
				Check.equal(3, back.getNSlices());
				for (int z = 1; z <= 3; z++) for (int i = 0; i < 35; i++) {
					Check.equal(image.getStack().getProcessor(image.getStackIndex(2, z, 1)).getf(i), back.getStack().getProcessor(z).getf(i));
				}
				Check.near(0.3, back.getCalibration().pixelDepth, 1e-12);
			}
			Check.equal(0, bridge.open());
			Check.equal(1.0, listener.fractions.get(listener.fractions.size() - 1));
		}
	}

	/** The user closes the image while it is worked on. */
	public void aClosedImageIsStillThere() {
		for (final int channels : new int[] { 1, 2 }) {
			final ImagePlus image = Samples.image("fm", 16, channels, 3, 5, 7);
			if (channels == 1) image.setDisplayRange(3, 70);
			final VolumeImage volume = volume(image, 1);
			final float before = image.getStack().getProcessor(image.getStackIndex(1, 2, 1)).getf(4);
			final double[] range = DisplayRange.of(image, 1);
			image.flush();
			Check.equal((float) (((short[]) volume.slice(1, 1))[4] & 0xffff), before);
			Check.equal(java.util.Arrays.toString(range), java.util.Arrays.toString(DisplayRange.of(volume.image, 1)));
			Check.equal(volume.image, volume.open());
			Check.equal(channels, volume.image.getNChannels());
		}
	}

	public void physicalCoordinates() {
		final ImagePlus image = Samples.image("fm", 8, 1, 3, 5, 7);
		image.getCalibration().xOrigin = 10;
		image.getCalibration().zOrigin = -2;
		final VolumeImage volume = volume(image, 0);
		Check.near(300, volume.spacing[0], 1e-9);
		Check.near(130, volume.spacing[2], 1e-9);
		Check.near(600, volume.origin[0], 1e-9);
		Check.equal(0.0, volume.origin[1]);
		Check.near(-1300, volume.origin[2], 1e-9);
	}

	public void refusesWithTheNameAndAWayOut() throws Exception {
		final ImageStack colours = new ImageStack(4, 4);
		for (int i = 0; i < 3; i++) colours.addSlice(null, new ColorProcessor(4, 4));
		Check.badInput(() -> volume(new ImagePlus("photo", colours), 0), "moving", "'photo'", "RGB", "Split Channels");
		Check.badInput(() -> volume(Samples.image("flat", 8, 1, 1, 4, 4), 0), "'flat'", "single slice", "at least 2");
		final ImagePlus film = Samples.image("film", 8, 1, 6, 4, 4);
		film.setDimensions(1, 1, 6);
		Check.badInput(() -> volume(film, 0), "'film'", "6 frames", "Properties");
		Check.badInput(() -> volume(Samples.image("fm", 8, 2, 3, 4, 4), 3), "'fm'", "no channel 3", "1 to 2");
		final ImagePlus unknown = Samples.image("unknown", 8, 1, 3, 4, 4);
		unknown.getCalibration().setUnit("pixel");
		Check.badInput(() -> volume(unknown, 0), "'unknown'", "'pixel'", "moving_spacing", "Image > Properties");
		for (final double bad : new double[] { 0, -1, Double.NaN, Double.POSITIVE_INFINITY }) {
			final ImagePlus image = Samples.image("odd", 8, 1, 3, 4, 4);
			image.getCalibration().pixelDepth = bad;
			Check.badInput(() -> volume(image, 0), "'odd'", "along z", "above 0");
		}
	}

	public void aGivenSpacingGoesBeforeTheImages() {
		final ImagePlus image = Samples.image("fm", 8, 1, 3, 4, 4);
		image.getCalibration().setUnit("pixel");
		Check.equal(50.0, new VolumeImage("moving", image, "fm", null, 0, new double[] { 50, 20, 20 }).spacing[0]);
	}

	public void signed16BitKeepsItsZero() throws Exception {
		final ImagePlus image = Samples.image("mask", 16, 1, 2, 2, 2);
		for (int z = 1; z <= 2; z++) for (int i = 0; i < 4; i++) image.getStack().getProcessor(z).set(i, 32768 + (i == 3 ? 7 : 0));
		image.getCalibration().setSigned16BitCalibration();
		Check.equal("[0, 0, 0, 7]", java.util.Arrays.toString((short[]) volume(image, 0).slice(1, 0)));
		image.getStack().getProcessor(1).set(0, 5);
		Check.badInput(() -> volume(image, 0).slice(1, 0), "negative", "32-bit");
	}

	public void signed16BitIsShownAsItIs() {
		final ImagePlus image = Samples.image("fm", 16, 1, 2, 2, 2);
		image.getCalibration().setSigned16BitCalibration();
		image.setDisplayRange(32768 + 10, 32768 + 500);
		Check.equal("[10.0, 500.0]", java.util.Arrays.toString(DisplayRange.of(image, 1)));
		final ImagePlus result = Samples.image("registered", 16, 1, 2, 2, 2);
		DisplayRange.set(result, image);
		Check.equal(10.0, result.getDisplayRangeMin());
		Check.equal(500.0, result.getDisplayRangeMax());
	}

	public void coloursThatAreNoGreyValuesAreTold() {
		final byte[] up = new byte[256], mixed = new byte[256];
		for (int i = 0; i < 256; i++) {
			up[i] = (byte) i;
			mixed[i] = (byte) (i * 37);
		}
		for (final byte[] green : new byte[][] { up, mixed }) {
			final ImagePlus image = Samples.image("fm", 8, 1, 2, 2, 2);
			image.setLut(new LUT(new byte[256], green, new byte[256]));
			final FakeBridge bridge = new FakeBridge();
			final Quiet listener = new Quiet();
			try (Handles handles = new Handles(bridge)) {
				volume(image, 0).toVolume(bridge, handles, 1, listener);
			}
			Check.equal(green == up ? 0 : 1, listener.warnings.size());
			if (green == mixed) Check.that(listener.warnings.get(0).contains("moving: 'fm'"), listener.warnings.get(0));
		}
	}

	public void aVoxelThatIsNoNumberIsNamed() throws Exception {
		final ImagePlus image = Samples.image("fm", 32, 1, 3, 4, 5);
		image.getStack().getProcessor(2).setf(3, 1, Float.NaN);
		final VolumeImage volume = volume(image, 0);
		volume.slice(1, 0);
		Check.badInput(() -> volume.slice(1, 1), "moving", "'fm'", "NaN", "slice 2", "x = 3, y = 1");
	}

	public void aMaskLiesOnItsImage() throws Exception {
		final ImagePlus em = Samples.image("em", 8, 1, 3, 5, 7), mask = Samples.image("mask", 16, 1, 3, 5, 7);
		em.getCalibration().zOrigin = 4;
		mask.getCalibration().setUnit("pixel");
		mask.getCalibration().pixelDepth = 1;
		VolumeImage[] pair = VolumeImage.pair(new VolumeImage.Opened("fixed", em, "em", null, 0), new VolumeImage.Opened("fixed_mask", mask, "mask", null, 0), null);
		Check.near(300, pair[1].spacing[0], 1e-9);
		Check.near(-1200, pair[1].origin[0], 1e-9);
		pair = VolumeImage.pair(new VolumeImage.Opened("fixed", mask, "mask", null, 0), new VolumeImage.Opened("fixed_mask", em, "em", null, 0), null);
		Check.near(300, pair[0].spacing[0], 1e-9);
		final ImagePlus small = Samples.image("small", 8, 1, 3, 5, 6), coarse = Samples.image("coarse", 8, 1, 3, 5, 7);
		coarse.getCalibration().pixelDepth = 0.6;
		final VolumeImage.Opened image = new VolumeImage.Opened("fixed", em, "em", null, 0);
		Check.badInput(() -> VolumeImage.pair(image, new VolumeImage.Opened("fixed_mask", small, "small", null, 0), null), "fixed_mask", "'small'", "6 x 5 x 3", "7 x 5 x 3");
		Check.badInput(() -> VolumeImage.pair(image, new VolumeImage.Opened("fixed_mask", coarse, "coarse", null, 0), null), "'coarse'", "600", "300", "fixed_spacing");
		Check.near(20, VolumeImage.pair(image, new VolumeImage.Opened("fixed_mask", coarse, "coarse", null, 0), new double[] { 20, 5, 5 })[1].spacing[0], 0);
	}
}
