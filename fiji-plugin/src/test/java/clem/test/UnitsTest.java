package clem.test;

import clem.image.LengthUnit;
import clem.image.Spacings;

/** Units of length and voxel sizes as users write them. */
public final class UnitsTest {
	public void unitsInAllTheirSpellings() {
		for (final String unit : new String[] { "nm", "NM", " nanometer ", "nanometres" }) Check.equal(1.0, LengthUnit.nanometres(unit));
		for (final String unit : new String[] { "um", "\u00b5m", "\u03bcm", "micron", "Microns", "micrometer", "\\u00B5m" }) Check.equal(1000.0, LengthUnit.nanometres(unit));
		Check.equal(1e6, LengthUnit.nanometres("mm"));
		Check.equal(0.1, LengthUnit.nanometres("\u00c5"));
		Check.equal(0.1, LengthUnit.nanometres("\u212b"));
	}

	public void wordsThatSayNothingAboutAVoxel() {
		for (final String unit : new String[] { null, "", "pixel", "pixels", "voxel", "inch", "cm", "gray value", "foo" }) {
			Check.that(Double.isNaN(LengthUnit.nanometres(unit)), unit + " must not be a length");
		}
	}

	public void spacingsOfTwoOrThreeNumbers() throws Exception {
		Check.equal("300,130,130", Spacings.text(Spacings.parse("moving_spacing", "300,130")));
		Check.equal("300,130,131.5", Spacings.text(Spacings.parse("moving_spacing", " 300, 130 131.5")));
		for (final String bad : new String[] { "", "300", "300,0", "300,-1", "a,b", "1,2,3,4", "NaN,1", "Infinity,1" }) {
			Check.badInput(() -> Spacings.parse("moving_spacing", bad), "moving_spacing", bad, "z,xy");
		}
	}

	public void masksShareTheKeyOfTheirImage() {
		Check.equal("fixed_spacing", Spacings.key("fixed_mask"));
		Check.equal("moving_spacing", Spacings.key("moving"));
		Check.equal("mask_spacing", Spacings.key("mask"));
	}
}
