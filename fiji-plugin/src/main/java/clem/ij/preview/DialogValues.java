package clem.ij.preview;

import ij.ImagePlus;

/** The values of a dialog that is open, as a preview reads and sets them. On ImageJ's event thread only. */
public interface DialogValues {
	/** The value of a key as its field shows it, or "". */
	String get(String key);

	/** Changes a field. */
	void set(String key, String value);

	/** The open image that a field names, or null. */
	ImagePlus image(String key);
}
