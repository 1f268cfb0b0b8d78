package clem.ij.preview;

import javax.swing.JComponent;

/** The part of a dialog that shows what comes of the image's current slice. On ImageJ's event thread only. */
public interface Preview {
	/** The component for the dialog. */
	JComponent component();

	/** Ends the preview: the image looks as before, and what is being computed stops. */
	void close();

	/** Waits, on any other thread, for what was being computed when the preview was closed, so that its memory is free again. */
	void await();
}
