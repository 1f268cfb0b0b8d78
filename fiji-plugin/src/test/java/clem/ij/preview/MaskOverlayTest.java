package clem.ij.preview;

import java.awt.image.BufferedImage;
import java.lang.reflect.Field;

import clem.test.Check;
import clem.test.Samples;
import ij.ImagePlus;
import ij.gui.ImageRoi;
import ij.gui.Overlay;
import ij.gui.Roi;

/** What is drawn over the user's image, and that it goes without a trace. */
public final class MaskOverlayTest {
	private static final int TRANSPARENT = 0, TINTED = 80, OPAQUE = 255;
	private final ImagePlus image = Samples.image("em", 8, 1, 4, 3, 5);
	/** A block of 3 x 3 at the right side whose middle column is surest. */
	private final float[] probability = { 0, 0, 0.6f, 0.9f, 0.6f, 0.1f, 0, 0.6f, 0.9f, 0.6f, 0, 0, 0.6f, 0.9f, 0.6f };

	/** By reflection: what ImageRoi gives itself has lost its opacity. */
	private static int opacity(final ImagePlus image, final int x, final int y) {
		try {
			final Field picture = ImageRoi.class.getDeclaredField("img");
			picture.setAccessible(true);
			for (final Roi roi : image.getOverlay().toArray()) if (MaskOverlay.NAME.equals(roi.getName())) return ((BufferedImage) picture.get(roi)).getRGB(x, y) >>> 24;
		}
		catch (final ReflectiveOperationException e) {
			throw new AssertionError(e);
		}
		throw new AssertionError("no preview");
	}

	public void theThresholdDecidesWhatIsDrawn() {
		final MaskOverlay overlay = new MaskOverlay(image, 2, probability);
		Check.near(9 / 15.0, overlay.show(0.6), 1e-9);
		Check.equal(TRANSPARENT, opacity(image, 1, 1));
		Check.equal(OPAQUE, opacity(image, 2, 1));
		Check.equal(TINTED, opacity(image, 3, 1));
		Check.near(3 / 15.0, overlay.show(0.61), 1e-9);
		Check.equal(TRANSPARENT, opacity(image, 2, 1));
		Check.equal(OPAQUE, opacity(image, 3, 1));
		Check.equal(1, image.getOverlay().size());
		Check.equal(2, image.getOverlay().get(0).getPosition());
		overlay.remove();
		Check.equal(null, image.getOverlay());
	}

	public void theThresholdIsComparedAsSegmentEmDoesIt() {
		// Of 0.1 the float lies above, of 0.7 below.
		for (final double threshold : new double[] { 0.1, 0.7, 0.3, 0.95 }) {
			final float[] edge = new float[15];
			edge[0] = (float) threshold;
			edge[1] = Math.nextDown((float) threshold);
			final MaskOverlay overlay = new MaskOverlay(image, 1, edge);
			Check.near(1 / 15.0, overlay.show(threshold), 1e-9);
			overlay.remove();
		}
	}

	public void theUsersOverlayStays() {
		final Roi whole = new Roi(0, 0, 5, 3), added = new Roi(1, 1, 2, 2);
		final Overlay own = new Overlay(whole);
		image.setOverlay(own);
		final MaskOverlay overlay = new MaskOverlay(image, 1, probability);
		overlay.show(0.5);
		overlay.show(0.7);
		Check.equal(2, image.getOverlay().size());
		// The window stays usable: what the user adds meanwhile stays too.
		image.getOverlay().add(added);
		overlay.remove();
		overlay.remove();
		Check.equal(2, image.getOverlay().size());
		Check.that(image.getOverlay().get(0) == whole && image.getOverlay().get(1) == added, "the user's own");
	}

	public void aHiddenOverlayIsHiddenAgain() {
		image.setOverlay(new Overlay(new Roi(1, 1, 2, 2)));
		image.setHideOverlay(true);
		final MaskOverlay overlay = new MaskOverlay(image, 1, probability);
		overlay.show(0.5);
		Check.equal(false, image.getHideOverlay());
		overlay.remove();
		Check.equal(true, image.getHideOverlay());
	}

	public void anOverlayThatTheUserReplacedIsLeftAlone() {
		final MaskOverlay overlay = new MaskOverlay(image, 1, probability);
		overlay.show(0.5);
		final Overlay other = new Overlay(new Roi(1, 1, 2, 2));
		image.setOverlay(other);
		overlay.remove();
		Check.equal(1, image.getOverlay().size());
	}
}
