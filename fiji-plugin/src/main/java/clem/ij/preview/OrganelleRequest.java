package clem.ij.preview;

import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.Collections;

import clem.bridge.ClemRegException;
import clem.image.VolumeImage;
import clem.schema.Operation;
import clem.workflow.InputSource;
import clem.workflow.ObjectRois;
import ij.ImagePlus;
import ij.gui.Roi;

/** What an organelle in a box depends on: besides what all previews do, the box that is drawn in the image, the file of recipes, and the labels. */
final class OrganelleRequest extends PreviewRequest {
	private static final String BOXES = "boxes", RECIPES = "recipes", SEGMENTATION = "segmentation", BY_CLASS = "by_class";

	private final Roi box;
	private final String recipes;
	private final ImagePlus labels;

	/** The request that the dialog stands for now. */
	OrganelleRequest(final DialogValues values, final Operation operation, final PixelWatch watch) {
		// One slice of one organelle is never too little.
		super(IMAGE, values, operation, Arrays.asList("least_depth", "least_slices", "minimum_size", "outlier_radius"), watch, own(values));
		final Roi drawn = drawn(values);
		box = (Roi) drawn.clone();
		if (ObjectRois.objectClass(box) == null) {
			if (values.get("recipe").equals(BY_CLASS)) throw ClemRegException.badInput("The rectangle has no class: name it by its class (Edit > Selection > Properties...), or choose another recipe than " + BY_CLASS + ".");
			box.setName("organelle 1");
		}
		box.setPosition(1);
		recipes = values.get(RECIPES);
		labels = values.image(SEGMENTATION);
	}

	private static Roi drawn(final DialogValues values) {
		final Roi roi = values.image(IMAGE) == null ? null : values.image(IMAGE).getRoi();
		if (roi == null || !roi.isArea()) throw ClemRegException.badInput("Draw a rectangle round an organelle in the image.");
		return roi;
	}

	private static Object own(final DialogValues values) {
		final Roi roi = drawn(values);
		final Rectangle2D.Double bounds = roi.getFloatBounds();
		return Arrays.asList(bounds, String.valueOf(roi.getName()), values.get(RECIPES), values.get(SEGMENTATION));
	}

	/** The slice by itself, with the one box. */
	@Override
	InputSource inputs() {
		final InputSource section = inputs(section(image, 1, slice), 1, null);
		return new InputSource() {
			@Override
			public VolumeImage.Opened image(final String role) {
				if (role.equals(IMAGE)) return section.image(role);
				return labels == null ? null : new VolumeImage.Opened(role, section(labels, 1, Math.min(slice, labels.getNSlices())), labels.getTitle(), null, 1);
			}

			@Override
			public VolumeImage.Opened open(final String role, final String title) {
				return image(role);
			}

			@Override
			public String text(final String role) {
				return role.equals(BOXES) ? "the rectangle" : role.equals(RECIPES) && !recipes.isEmpty() ? recipes : null;
			}

			@Override
			public Object boxes(final String role, final String text) {
				return ObjectRois.ofManager(role, Collections.singletonList(box));
			}

			@Override
			public double[] points(final String role, final String file) {
				return null;
			}

			@Override
			public double[] spacing(final String role) {
				return section.spacing(role);
			}
		};
	}
}
