package clem.ij.preview;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;

import ij.ImagePlus;
import ij.gui.ImageRoi;
import ij.gui.Overlay;

/** What reaches the threshold in a slice, drawn over the image: tinted, with an outline. The image's own overlay stays as it is. */
final class MaskOverlay {
	static final String NAME = "CLEM-Reg preview";

	private static final byte OUTSIDE = 0, INSIDE = 1, EDGE = 2;
	/** Red, green, blue, opacity of each. */
	private static final byte[] RED = { 0, (byte) 255, (byte) 255 }, GREEN = { 0, (byte) 200, (byte) 220 }, BLUE = { 0, 0, 0 }, OPACITY = { 0, 80, (byte) 255 };

	private final ImagePlus image;
	private final float[] probability;
	private final int width;
	private final int height;
	private final byte[] pixels;
	private final ImageRoi roi;
	private final boolean hidden;

	/** @param slice from 1 */
	MaskOverlay(final ImagePlus image, final int slice, final float[] probability) {
		this.image = image;
		this.probability = probability;
		width = image.getWidth();
		height = image.getHeight();
		final BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, new IndexColorModel(8, RED.length, RED, GREEN, BLUE, OPACITY));
		pixels = ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
		roi = new ImageRoi(0, 0, picture);
		roi.setName(NAME);
		if (image.isHyperStack()) roi.setPosition(0, slice, 0);
		else roi.setPosition(slice);
		hidden = image.getHideOverlay();
	}

	/** Draws what reaches the threshold and gives the part of the slice that does. */
	double show(final double threshold) {
		// As Segment EM compares them.
		final float limit = (float) threshold;
		int count = 0;
		for (int y = 0, i = 0; y < height; y++) {
			for (int x = 0; x < width; x++, i++) {
				if (!(probability[i] >= limit)) {
					pixels[i] = OUTSIDE;
					continue;
				}
				count++;
				pixels[i] = x > 0 && probability[i - 1] < limit || x < width - 1 && probability[i + 1] < limit || y > 0 && probability[i - width] < limit
					|| y < height - 1 && probability[i + width] < limit ? EDGE : INSIDE;
			}
		}
		final Overlay overlay = image.getOverlay() == null ? new Overlay() : image.getOverlay();
		if (index(overlay) < 0) overlay.add(roi);
		image.setHideOverlay(false);
		image.setOverlay(overlay);
		return (double) count / probability.length;
	}

	/** Takes it away again. */
	void remove() {
		final Overlay overlay = image.getOverlay();
		final int at = overlay == null ? -1 : index(overlay);
		if (at < 0) return;
		overlay.remove(at);
		image.setOverlay(overlay.size() == 0 ? null : overlay);
		image.setHideOverlay(hidden);
	}

	/** By identity: to ImageJ the user's rectangle around the whole image is equal to the preview. */
	private int index(final Overlay overlay) {
		for (int i = 0; i < overlay.size(); i++) if (overlay.get(i) == roi) return i;
		return -1;
	}
}
