package clem.ij.preview;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.image.Spacings;
import clem.image.VolumeImage;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.workflow.InputSource;
import clem.workflow.RunRequest;
import ij.ImagePlus;

/** What a slice's preview depends on: the image, its calibration and its slice's pixels, the parameters, and what a subclass adds. Equal requests have equal answers. */
abstract class PreviewRequest {
	static final String IMAGE = "image";

	final ImagePlus image;
	/** From 1. */
	final int slice;
	protected final double[] spacing;
	private final String shown;
	private final int threads;
	private final Object own;
	private final Map<String, String> parameters = new LinkedHashMap<>();

	/**
	 * What the dialog stands for now; what prevents a preview is thrown.
	 *
	 * @param role the key of the image
	 * @param operation answers the request
	 * @param without parameters of it that the dialog does not have
	 * @param watch knows the slice's pixels
	 * @param own what the preview depends on besides
	 */
	PreviewRequest(final String role, final DialogValues values, final Operation operation, final List<String> without, final PixelWatch watch, final Object own) {
		image = values.image(role);
		if (image == null) throw ClemRegException.badInput("Open an image and choose it above.");
		slice = image.getZ();
		shown = watch.state(image);
		this.own = own;
		final String key = Spacings.key(role), given = values.get(key);
		spacing = given.isEmpty() ? null : Spacings.parse(key, given);
		threads = Integer.parseInt(values.get("threads"));
		for (final Parameter parameter : operation.parameters) if (!without.contains(parameter.name)) parameters.put(parameter.name, values.get(parameter.name));
	}

	/** The current slice of an image by itself. */
	static ImagePlus section(final ImagePlus image, final int channel, final int slice) {
		final ImagePlus section = new ImagePlus(image.getTitle(), image.getStack().getProcessor(image.getStackIndex(Math.max(1, channel), slice, 1)).duplicate());
		section.setCalibration(image.getCalibration().copy());
		return section;
	}

	/** For the operation. */
	RunRequest run() {
		final RunRequest run = new RunRequest();
		run.parameters.putAll(parameters);
		run.threads = threads;
		return run;
	}

	/** The inputs, fixed: a later change of the dialog does not change them. */
	abstract InputSource inputs();

	/**
	 * One image and perhaps one text as inputs.
	 *
	 * @param channel from 1; 0: as the image has it
	 */
	protected final InputSource inputs(final ImagePlus input, final int channel, final String text) {
		return new InputSource() {
			@Override
			public VolumeImage.Opened image(final String role) {
				return new VolumeImage.Opened(role, input, image.getTitle(), null, channel);
			}

			@Override
			public VolumeImage.Opened open(final String role, final String title) {
				return image(role);
			}

			@Override
			public String text(final String role) {
				return text;
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
	public final boolean equals(final Object other) {
		if (other == null || other.getClass() != getClass()) return false;
		final PreviewRequest request = (PreviewRequest) other;
		return image == request.image && slice == request.slice && shown.equals(request.shown) && threads == request.threads && own.equals(request.own) && parameters.equals(request.parameters)
			&& Arrays.equals(spacing, request.spacing);
	}

	@Override
	public final int hashCode() {
		return 31 * slice + parameters.hashCode();
	}
}
