package clem.workflow;

import clem.bridge.ClemRegException;
import clem.image.VolumeImage;

/** Where the inputs of an operation are found: in files, or among the images and tables that are open. */
public interface InputSource {
	/** The image of an input, or null when there is none. */
	VolumeImage.Opened image(String role);

	/** An image by its file or title. */
	VolumeImage.Opened open(String role, String image);

	/** What was given for an input that is no single image: a file, for a cloud also the title of an open table, for several images their list; or null. */
	String text(String role);

	/** A table of cells: a file that holds one, or ROIs, or labels. */
	default TextFile cells(final String role, final String text) {
		return CellTable.read(role, text);
	}

	/** Boxes of objects with classes: a folder or a table as a File, or a TextFile that is made of ROIs. */
	default Object boxes(final String role, final String text) {
		return ObjectRois.read(role, text);
	}

	/** A text that is in no file of its own, for an input that is one; or null. */
	default TextFile made(final String role) {
		return null;
	}

	/** A cloud. */
	double[] points(String role, String file);

	/** The voxel size that the user gave, or null. */
	double[] spacing(String role);

	/** The image of an input that must be there. */
	default VolumeImage.Opened needed(final String role) {
		final VolumeImage.Opened image = image(role);
		if (image == null) throw ClemRegException.badInput(role + " is missing: give the title of an open image or a file.");
		return image;
	}
}
