package clem.test;

import java.util.ArrayList;
import java.util.List;

import clem.bridge.OperationListener;

/** A listener that keeps what it hears. */
public class Quiet implements OperationListener {
	/** All fractions heard. */
	public final List<Double> fractions = new ArrayList<>();
	/** All warnings heard. */
	public final List<String> warnings = new ArrayList<>();

	@Override
	public void progress(final double fraction, final String stage) {
		fractions.add(fraction);
	}

	@Override
	public void log(final String message) {}

	@Override
	public void warning(final String message) {
		warnings.add(message);
	}

	@Override
	public boolean cancelled() {
		return false;
	}
}
