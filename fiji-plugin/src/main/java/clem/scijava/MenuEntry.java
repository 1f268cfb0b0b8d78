package clem.scijava;

import org.scijava.command.Command;

import ij.IJ;

/** Opens a command of ImageJ's menu, for Fiji's search bar. */
abstract class MenuEntry implements Command {
	private final String label;

	/** An entry that opens the command of that label. */
	MenuEntry(final String label) {
		this.label = label;
	}

	@Override
	public void run() {
		IJ.doCommand(label);
	}
}
