package clem.ij.preview;

import clem.bridge.Bridges;
import clem.schema.Schema;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import ij.ImagePlus;
import ij.gui.ImageRoi;

/** The preview of a fluorescence slice without its dialog. The fake finds what is bright. */
public final class FluorescencePreviewTest {
	private final FakeBridge bridge = (FakeBridge) Bridges.get();
	private ImagePlus image = Samples.image("fm", 16, 2, 60, 12, 16);
	private final ShownPreview shown = new ShownPreview(() -> image);

	private void with(final Check.Piece use) throws Exception {
		bridge.fluorescence.clear();
		bridge.fluorescenceDepths.clear();
		shown.fields.put("threads", "0");
		shown.fields.put("moving_channel", "1");
		shown.fields.put("log_sigma", "3");
		shown.fields.put("segmentation_grid", "raw");
		shown.fields.put("filter_segmentation", "false");
		shown.fields.put("z_min", "0");
		shown.fields.put("z_max", "0");
		shown.with(values -> new FluorescencePreview(Schema.parse(bridge.schema()).operation("segment_fluorescence"), () -> bridge, values), use);
		Check.equal(0, bridge.open());
	}

	private void at(final int slice) {
		image.setPosition(1, slice, 1);
	}

	public void theSliceIsSegmentedWithThoseThatTheFilterSees() throws Exception {
		with(() -> {
			at(30);
			shown.click();
			shown.await("Slice 30, computed");
			// 4 standard deviations of 1.6 x 3 voxels are 19 slices on each side.
			Check.equal(39, bridge.fluorescenceDepths.get(0));
			Check.equal("3", bridge.fluorescence.get(0).get("log_sigma").toString());
			Check.that(image.getOverlay().get(0) instanceof ImageRoi, "what is found is drawn");
			Check.equal(30, image.getOverlay().get(0).getZPosition());
			at(58);
			shown.await("Slice 58, computed");
			Check.equal(22, bridge.fluorescenceDepths.get(1));
			shown.fields.put("log_sigma", "1");
			shown.await("Slice 58 ...");
			shown.await("Slice 58, computed");
			Check.equal(9, bridge.fluorescenceDepths.get(2));
			shown.fields.put("moving_channel", "2");
			shown.await("Slice 58 ...");
			shown.await("Slice 58, computed");
			shown.click();
			Check.equal(null, image.getOverlay());
		});
	}

	public void theFilterBySizeIsLeftToTheWholeStack() throws Exception {
		with(() -> {
			at(3);
			shown.fields.put("filter_segmentation", "true");
			shown.click();
			shown.await("Slice 3, computed");
			shown.ends("The filter by size, which looks at whole objects, comes after this.");
			Check.equal("false", bridge.fluorescence.get(0).get("filter_segmentation"));
		});
	}

	public void whatPreventsItIsTold() throws Exception {
		with(() -> {
			shown.fields.put("segmentation_grid", "em_isotropic");
			shown.click();
			shown.await("The preview knows segmentation_grid=raw only");
			shown.fields.put("segmentation_grid", "raw");
			shown.fields.put("z_min", "5");
			at(4);
			shown.await("Slice 4 is outside of the slices that are used (z_min = 5, z_max = 0)");
			at(5);
			shown.await("Slice 5, computed");
			shown.fields.put("z_max", "6");
			at(7);
			shown.await("Slice 7 is outside");
			shown.fields.put("log_sigma", "x");
			at(6);
			shown.await("A number is wanted");
			image = null;
			shown.await("Open an image");
		});
	}

	public void slicesAreNotCopied() {
		final ImagePlus range = clem.image.SliceRange.of(image, 2, 10, 12);
		Check.equal(3, range.getNSlices());
		Check.that(range.getStack().isVirtual(), "no copy");
		for (int z = 0; z < 3; z++) Check.that(range.getStack().getPixels(z + 1) == image.getStack().getPixels(image.getStackIndex(2, 10 + z, 1)), "slice " + (10 + z) + " of channel 2");
		image.flush();
		Check.that(range.getStack().getProcessor(3) != null, "the image may be closed");
	}
}
