package clem.workflow;

import java.io.File;
import java.util.List;
import java.util.Locale;

import clem.bridge.ClemRegException;
import clem.image.VolumeImage;
import clem.schema.Operation;
import ij.gui.Roi;

/** The inputs of Track Cells where the cells are given as ROIs: a table of their boxes, and an image of their outlines. */
public final class CellInputs implements InputSource {
	private static final String BOXES = "boxes", LABELS = "labels";

	private final InputSource inputs;
	private final List<Roi> rois;
	private final String name;

	private CellInputs(final InputSource inputs, final List<Roi> rois, final String name) {
		this.inputs = inputs;
		this.rois = rois;
		this.name = name;
	}

	/**
	 * The inputs, those of ROIs made of them.
	 *
	 * @param given ROIs that go before those in a file, or null
	 */
	public static InputSource of(final Operation operation, final InputSource inputs, final List<Roi> given) {
		if (!operation.findsCells() || operation.input(BOXES) == null) return inputs;
		final String file = inputs.text(BOXES);
		if (given != null) {
			if (file != null) throw ClemRegException.badInput("boxes: the cells are those of the ROI Manager (roi_manager); leave boxes empty, or switch roi_manager off.");
			return new CellInputs(inputs, given, "the ROI Manager");
		}
		if (file == null || !file.toLowerCase(Locale.ROOT).matches(".*\\.(zip|roi)")) return inputs;
		if (!new File(file).isFile()) throw ClemRegException.badInput("boxes: there is no file " + file + ".");
		return new CellInputs(inputs, CellRois.read(BOXES, new File(file)), new File(file).getName());
	}

	@Override
	public TextFile made(final String role) {
		return role.equals(BOXES) ? TextFile.of(name, CellRois.table(rois)) : inputs.made(role);
	}

	@Override
	public VolumeImage.Opened image(final String role) {
		if (!role.equals(LABELS)) return inputs.image(role);
		if (inputs.image(LABELS) != null) throw ClemRegException.badInput("labels: ROIs have outlines of their own; leave labels empty.");
		final VolumeImage image = inputs.needed("image").sections(inputs.spacing("image"));
		return new VolumeImage.Opened(LABELS, CellRois.paint(rois, image.image), "the outlines of " + name, null, 0);
	}

	@Override
	public VolumeImage.Opened open(final String role, final String image) {
		return inputs.open(role, image);
	}

	@Override
	public String text(final String role) {
		return inputs.text(role);
	}

	@Override
	public double[] points(final String role, final String file) {
		return inputs.points(role, file);
	}

	@Override
	public double[] spacing(final String role) {
		return inputs.spacing(role);
	}
}
