package clem.workflow;

import java.util.function.LongSupplier;

/**
 * Tells how long a piece of work will still take, from the pace of its last seconds (of the later half of what it took so far, when that is more):
 * stages that are over do not count for those to come. What is told runs down evenly rather than following each jump.
 */
public final class TimeLeft {
	private static final double NANO = 1e-9;
	/** Nothing is told before so many seconds, nor before so much of the work is done. */
	private static final double FIRST_SECONDS = 4, FIRST_PART = 0.005;
	private static final double LEAST_MEMORY_SECONDS = 10, MEMORY_PART = 0.5, SMOOTHING_SECONDS = 6;
	private static final int FEW = 10, MINUTE = 60, HOUR = 3600;

	private final LongSupplier clock;
	private boolean begun;
	private double start;
	private double first;
	private double last;
	private double reached;
	private double seconds;
	private double progress;
	private double left = Double.NaN;

	public TimeLeft() {
		this(System::nanoTime);
	}

	/** With another clock, in nanoseconds. */
	TimeLeft(final LongSupplier clock) {
		this.clock = clock;
	}

	/** Hears that this part (0 to 1) of the work is done and gives the time left, such as "about 3 min left"; "" while it cannot be told. */
	public synchronized String at(final double fraction) {
		final double now = clock.getAsLong() * NANO;
		if (!begun) {
			begun = true;
			start = last = now;
			first = reached = fraction;
			return "";
		}
		final double step = now - last, kept = Math.exp(-step / Math.max(LEAST_MEMORY_SECONDS, MEMORY_PART * (now - start)));
		seconds = seconds * kept + step;
		progress = progress * kept + Math.max(0, fraction - reached);
		last = now;
		reached = Math.max(reached, fraction);
		if (now - start < FIRST_SECONDS || reached - first < FIRST_PART || !(progress > 0)) return "";
		final double estimate = (1 - reached) * seconds / progress, expected = left - step;
		left = Double.isNaN(left) ? estimate : Math.max(0, estimate + (expected - estimate) * Math.exp(-step / SMOOTHING_SECONDS));
		return text(left);
	}

	/** Rounded as a person would say it. */
	static String text(final double seconds) {
		if (seconds < FEW) return "a few seconds left";
		if (seconds < 1.5 * MINUTE) return "about " + 5 * Math.round(seconds / 5) + " s left";
		if (seconds < HOUR) return "about " + Math.round(seconds / MINUTE) + " min left";
		final long minutes = 5 * Math.round(seconds / MINUTE / 5);
		return "about " + minutes / MINUTE + " h " + minutes % MINUTE + " min left";
	}
}
