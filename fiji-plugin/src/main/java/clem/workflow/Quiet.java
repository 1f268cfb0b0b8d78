package clem.workflow;

import clem.bridge.OperationListener;

/** Lets nothing be heard: for calls whose messages the work itself says again, or whose result says all. Some let one kind through. */
public class Quiet implements OperationListener {
	private final OperationListener target;

	/** @param target is asked whether the user has cancelled; null: nobody does */
	public Quiet(final OperationListener target) {
		this.target = target;
	}

	@Override
	public void progress(final double fraction, final String stage) {}

	@Override
	public void log(final String message) {}

	@Override
	public void warning(final String message) {}

	@Override
	public boolean cancelled() {
		return target != null && target.cancelled();
	}
}
