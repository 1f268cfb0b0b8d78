package clem.test;

import java.awt.Color;
import java.util.HashSet;
import java.util.Set;

import clem.image.LabelColours;
import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ShortProcessor;

/** The colours of labels. */
public final class LabelColoursTest {
	public void noTwoAreEqualAndNoneIsGreyOrDark() {
		final Set<Integer> colours = new HashSet<>();
		for (int i = 0; i < LabelColours.COUNT; i++) {
			final Color colour = LabelColours.colour(i);
			Check.that(colours.add(colour.getRGB()), "twice: " + colour);
			final int most = Math.max(colour.getRed(), Math.max(colour.getGreen(), colour.getBlue())), least = Math.min(colour.getRed(), Math.min(colour.getGreen(), colour.getBlue()));
			Check.that(most >= 100 && most - least >= 50, "grey or dark: " + colour);
		}
		Check.equal(0, LabelColours.lut().getRGB(0) & 0xffffff);
	}

	public void theFirstDifferMost() {
		double nearest = Double.POSITIVE_INFINITY;
		for (int i = 0; i < 12; i++) {
			for (int j = 0; j < i; j++) {
				final Color a = LabelColours.colour(i), b = LabelColours.colour(j);
				nearest = Math.min(nearest, Math.abs(a.getRed() - b.getRed()) + Math.abs(a.getGreen() - b.getGreen()) + Math.abs(a.getBlue() - b.getBlue()));
			}
		}
		Check.that(nearest >= 60, "two of the first twelve are " + nearest + " apart");
	}

	private static ImagePlus labels(final int first, final int count) {
		final ImageStack stack = new ImageStack(50, 40);
		for (int z = 0; z < 2; z++) {
			final ShortProcessor slice = new ShortProcessor(50, 40);
			for (int i = 1; i < 2000; i++) slice.set(i, first + (i + z) % count);
			stack.addSlice(null, slice);
		}
		return new ImagePlus("labels", stack);
	}

	private static int colour(final ImagePlus image, final int i) {
		return image.getProcessor().convertToRGB().get(i) & 0xffffff;
	}

	public void upTo255LabelsHaveAColourEachWhereverTheyBegin() {
		for (final int first : new int[] { 1, 20001, 65281 }) {
			final ImagePlus image = labels(first, 255);
			LabelColours.show(image);
			Check.equal(0, colour(image, 0));
			for (int i = 1; i < 255; i++) Check.equal(LabelColours.colour(i % 255).getRGB() & 0xffffff, colour(image, i));
		}
	}

	public void ofMoreSomeShareAColourAndNoneIsBlack() {
		final ImagePlus image = labels(20001, 1500);
		LabelColours.show(image);
		final Set<Integer> colours = new HashSet<>();
		for (int i = 1; i < 1500; i++) colours.add(colour(image, i));
		Check.that(!colours.contains(0) && colours.size() > 200, colours.size() + " colours");
	}

	public void noLabelsAreBlack() {
		final ImagePlus image = new ImagePlus("none", new ShortProcessor(5, 4));
		LabelColours.show(image);
		Check.equal(0, colour(image, 7));
	}
}
