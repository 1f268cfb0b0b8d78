package clem.ij;

import java.util.Arrays;

import clem.test.Check;

/** Which open image an input most likely means. */
public final class ImagesTest {
	public void ofSeveralLabelImagesTheNewestIsMeant() {
		Check.equal("Segment Organelles: labels", Images.guess("labels", Arrays.asList("sample-organelles-labels.tif", "sample-organelles.tif", "Segment Organelles: labels", "sample-organelles.tif: objects")));
	}

	public void theFluorescenceIsStillMeantWhenItsResultIsOpen() {
		Check.equal("sample-fm.tif", Images.guess("moving", Arrays.asList("sample-em.tif", "sample-em-mask.tif", "sample-fm.tif", "Registered sample-fm.tif")));
	}
}
