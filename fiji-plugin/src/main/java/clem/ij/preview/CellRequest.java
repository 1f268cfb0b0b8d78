package clem.ij.preview;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.image.Spacings;
import clem.image.VolumeImage;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.workflow.InputSource;
import clem.workflow.RunRequest;
import ij.ImagePlus;

/** What the cells of a section depend on: the image, its calibration, its slice's pixels and channel, the parameters. Equal requests have equal answers. */
final class CellRequest {
	private static final String IMAGE = "image";

	final ImagePlus image;
	/** From 1. */
	final int slice;
	private final String shown;
	private final int channel;
	private final double[] spacing;
	private final int threads;
	private final Map<String, String> parameters = new LinkedHashMap<>();

	/** The request that the dialog stands for now. */
	CellRequest(final DialogValues values, final Operation detection, final PixelWatch watch) {
		image = values.image(IMAGE);
		if (image == null) throw ClemRegException.badInput("Open an image and choose it above.");
		slice = image.getZ();
		shown = watch.state(image);
		channel = Integer.parseInt(values.get(IMAGE + "_channel"));
		final String key = Spacings.key(IMAGE), size = values.get(key);
		spacing = size.isEmpty() ? null : Spacings.parse(key, size);
		threads = Integer.parseInt(values.get("threads"));
		for (final Parameter parameter : detection.parameters) parameters.put(parameter.name, values.get(parameter.name));
	}

	/** For the operation. */
	RunRequest run() {
		final RunRequest run = new RunRequest();
		run.parameters.putAll(parameters);
		run.threads = threads;
		return run;
	}

	/** The section by itself; a later change of the dialog does not change it. */
	InputSource inputs() {
		// Checked as the whole image will be.
		new VolumeImage.Opened(IMAGE, image, image.getTitle(), null, channel).sections(spacing);
		final ImagePlus section = new ImagePlus(image.getTitle(), image.getStack().getProcessor(image.getStackIndex(Math.max(1, channel), slice, 1)).duplicate());
		section.setCalibration(image.getCalibration().copy());
		return new InputSource() {
			@Override
			public VolumeImage.Opened image(final String role) {
				return new VolumeImage.Opened(role, section, image.getTitle(), null, 1);
			}

			@Override
			public VolumeImage.Opened open(final String role, final String title) {
				return image(role);
			}

			@Override
			public String text(final String role) {
				return null;
			}

			@Override
			public double[] points(final String role, final String file) {
				return null;
			}

			@Override
			public double[] spacing(final String role) {
				return spacing;
			}
		};
	}

	@Override
	public boolean equals(final Object other) {
		if (!(other instanceof CellRequest)) return false;
		final CellRequest request = (CellRequest) other;
		return image == request.image && slice == request.slice && shown.equals(request.shown) && channel == request.channel && threads == request.threads && parameters.equals(request.parameters)
			&& Arrays.equals(spacing, request.spacing);
	}

	@Override
	public int hashCode() {
		return 31 * slice + parameters.hashCode();
	}
}
