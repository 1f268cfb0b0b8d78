package clem.workflow;

import clem.bridge.OperationListener;

/** Lets nothing be heard: for checks whose messages the work itself says again. */
final class Quiet implements OperationListener {
	private final OperationListener target;

	Quiet(final OperationListener target) {
		this.target = target;
	}

	@Override
	public void progress(final double fraction, final String stage) {
		// Checking takes no time.
	}

	@Override
	public void log(final String message) {
		// The work says it again.
	}

	@Override
	public void warning(final String message) {
		// The work says it again.
	}

	@Override
	public boolean cancelled() {
		return target.cancelled();
	}
}
