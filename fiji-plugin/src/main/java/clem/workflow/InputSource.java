package clem.workflow;

import java.util.List;

import clem.bridge.ClemRegException;
import clem.image.VolumeImage;

/** Where the inputs of an operation are found: in files, or among the images and tables that are open. */
public interface InputSource {
	/** The image of an input, or null when there is none. */
	VolumeImage.Opened image(String role);

	/** The images that are warped besides. */
	List<VolumeImage.Opened> linked();

	/** The file (for a cloud also the open table) of an input that is no image, or null. */
	String file(String role);

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
