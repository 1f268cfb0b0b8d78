package clem.image;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/** Work on a few threads, the caller's among them. All of it has ended when a call comes back, and the first exception is thrown there. */
public final class Parallel {
	private Parallel() {}

	/** Runs every piece once, in ascending order of their beginning. After an exception no further piece begins. */
	public static void each(final int count, final int threads, final IntConsumer piece) {
		final AtomicInteger next = new AtomicInteger();
		final AtomicReference<Throwable> failure = new AtomicReference<>();
		final Runnable pieces = () -> {
			for (int i = next.getAndIncrement(); i < count && failure.get() == null; i = next.getAndIncrement()) piece.accept(i);
		};
		run(pieces, Collections.nCopies(Math.max(0, Math.min(threads, count) - 1), pieces), failure);
	}

	/** Runs one piece on the caller's thread and the other beside it. */
	public static void both(final Runnable here, final Runnable beside) {
		run(here, Arrays.asList(beside), new AtomicReference<>());
	}

	private static void run(final Runnable here, final List<Runnable> beside, final AtomicReference<Throwable> failure) {
		final Thread[] helpers = new Thread[beside.size()];
		for (int i = 0; i < helpers.length; i++) {
			final Runnable work = beside.get(i);
			helpers[i] = new Thread(() -> guarded(work, failure), "clem-" + (i + 1));
			helpers[i].setDaemon(true);
			helpers[i].start();
		}
		guarded(here, failure);
		boolean interrupted = false;
		for (final Thread helper : helpers) {
			while (helper.isAlive()) {
				try {
					helper.join();
				}
				catch (final InterruptedException e) {
					// The helpers use what the caller frees afterwards, so they are waited for.
					interrupted = true;
				}
			}
		}
		if (interrupted) Thread.currentThread().interrupt();
		final Throwable thrown = failure.get();
		if (thrown instanceof Error) throw (Error) thrown;
		if (thrown != null) throw (RuntimeException) thrown;
	}

	private static void guarded(final Runnable work, final AtomicReference<Throwable> failure) {
		try {
			work.run();
		}
		catch (final RuntimeException | Error e) {
			failure.compareAndSet(null, e);
		}
	}
}
