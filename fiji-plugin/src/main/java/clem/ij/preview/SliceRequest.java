package clem.ij.preview;

import java.util.LinkedHashMap;
import java.util.Map;

import clem.image.Spacings;
import clem.image.VolumeImage;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.workflow.InputSource;
import clem.workflow.RunRequest;
import ij.ImagePlus;
import ij.measure.Calibration;

/** What a slice's probability depends on: the image, its calibration and its slice's pixels, the model, the parameters. Equal requests have equal answers. */
final class SliceRequest {
	private static final String IMAGE = "image", MODEL = "model", FIRST = "first_slice", LAST = "last_slice";

	final ImagePlus image;
	/** From 1. */
	final int slice;
	private final int pixels;
	private final String calibration;
	private final String model;
	private final double[] spacing;
	private final int threads;
	private final Map<String, String> parameters = new LinkedHashMap<>();

	private SliceRequest(final ImagePlus image, final int pixels, final DialogValues values, final Operation probability) {
		this.image = image;
		this.pixels = pixels;
		final Calibration size = image.getCalibration();
		calibration = size.pixelWidth + " " + size.pixelHeight + " " + size.pixelDepth + " " + size.getUnit();
		slice = image.getZ();
		model = values.get(MODEL);
		final String key = Spacings.key(IMAGE), given = values.get(key);
		spacing = given.isEmpty() ? null : Spacings.parse(key, given);
		threads = Integer.parseInt(values.get("threads"));
		for (final Parameter parameter : probability.parameters) {
			if (!parameter.name.equals(FIRST) && !parameter.name.equals(LAST)) parameters.put(parameter.name, values.get(parameter.name));
		}
	}

	/**
	 * The request that the dialog stands for now, or null where there is no open image.
	 *
	 * @param probability the operation that answers it
	 * @param watch knows the slice's pixels
	 */
	static SliceRequest of(final DialogValues values, final Operation probability, final PixelWatch watch) {
		final ImagePlus image = values.image(IMAGE);
		return image == null ? null : new SliceRequest(image, watch.sum(image), values, probability);
	}

	boolean hasModel() {
		return !model.isEmpty();
	}

	/** For the operation. */
	RunRequest run() {
		final RunRequest run = new RunRequest();
		run.parameters.putAll(parameters);
		run.parameters.put(FIRST, String.valueOf(slice));
		run.parameters.put(LAST, String.valueOf(slice));
		run.threads = threads;
		return run;
	}

	/** The inputs, fixed: a later change of the dialog does not change them. */
	InputSource inputs() {
		return new InputSource() {
			@Override
			public VolumeImage.Opened image(final String role) {
				return new VolumeImage.Opened(role, image, image.getTitle(), null, 0);
			}

			@Override
			public VolumeImage.Opened open(final String role, final String title) {
				return image(role);
			}

			@Override
			public String text(final String role) {
				return model;
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
		if (!(other instanceof SliceRequest)) return false;
		final SliceRequest request = (SliceRequest) other;
		return image == request.image && slice == request.slice && pixels == request.pixels && calibration.equals(request.calibration) && threads == request.threads && model.equals(request.model) && parameters.equals(request.parameters)
			&& java.util.Arrays.equals(spacing, request.spacing);
	}

	@Override
	public int hashCode() {
		return 31 * slice + parameters.hashCode();
	}
}
