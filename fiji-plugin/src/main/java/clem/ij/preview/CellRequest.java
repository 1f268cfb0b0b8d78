package clem.ij.preview;

import java.util.Collections;

import clem.image.VolumeImage;
import clem.schema.Operation;
import clem.workflow.InputSource;

/** What the cells of a section depend on: besides what all previews do, the channel. */
final class CellRequest extends PreviewRequest {
	private static final String CHANNEL = IMAGE + "_channel";

	private final int channel;

	/** The request that the dialog stands for now. */
	CellRequest(final DialogValues values, final Operation detection, final PixelWatch watch) {
		super(IMAGE, values, detection, Collections.emptyList(), watch, values.get(CHANNEL));
		channel = Integer.parseInt(values.get(CHANNEL));
	}

	/** The section by itself. */
	@Override
	InputSource inputs() {
		// Checked as the whole image will be.
		new VolumeImage.Opened(IMAGE, image, image.getTitle(), null, channel).sections(spacing);
		return inputs(section(image, channel, slice), 1, null);
	}
}
