package clem.workflow;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;

/** Joins the steps of a piece of work into one progress from 0 to 1 that never runs back, and keeps the warnings. */
public final class Progress implements OperationListener {
	private final OperationListener target;
	private final Set<String> warnings = new LinkedHashSet<>();
	private double from;
	private double to = 1;
	private double reached;

	public Progress(final OperationListener target) {
		this.target = target;
	}

	/** What follows takes the work from where it is to this part of the whole. */
	public Progress upTo(final double part) {
		from = reached;
		to = part;
		return this;
	}

	/** Throws if the user has cancelled. */
	public void check() {
		if (cancelled()) throw ClemRegException.cancelled();
	}

	/** The warnings so far, each once. */
	public List<String> warnings() {
		return new ArrayList<>(warnings);
	}

	@Override
	public void progress(final double fraction, final String stage) {
		reached = Math.max(reached, from + (to - from) * Math.min(1, Math.max(0, fraction)));
		// Stages have the names that run.json gives them; a person reads words.
		target.progress(reached, stage.replace('_', ' '));
	}

	@Override
	public void log(final String message) {
		target.log(message);
	}

	@Override
	public void warning(final String message) {
		if (warnings.add(message)) target.warning(message);
	}

	@Override
	public boolean cancelled() {
		return target.cancelled();
	}
}
