package clem.image;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

import clem.bridge.ClemRegException;

/** Work on a few threads, the caller's among them. All of it has ended when a call comes back, and the first exception is thrown there. */
public final class Parallel {
	private static final long POLL_MILLISECONDS = 20;

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

	/**
	 * What a piece of work gives that cannot be cancelled itself, made on a thread of its own: once the user cancels it is left to come to its end alone,
	 * so it must not write anything. The first exception is thrown here.
	 */
	public static <T> T unless(final BooleanSupplier cancelled, final Supplier<T> work) {
		final AtomicReference<T> result = new AtomicReference<>();
		final AtomicReference<Throwable> failure = new AtomicReference<>();
		final Thread worker = new Thread(() -> guarded(() -> result.set(work.get()), failure), "clem-work");
		worker.setDaemon(true);
		worker.start();
		await(worker, cancelled);
		rethrow(failure);
		return result.get();
	}

	/** Waits for the end of a thread, unless the user cancels. */
	public static void await(final Thread thread, final BooleanSupplier cancelled) {
		try {
			while (thread.isAlive()) {
				if (cancelled.getAsBoolean()) throw ClemRegException.cancelled();
				thread.join(POLL_MILLISECONDS);
			}
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
			throw ClemRegException.cancelled();
		}
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
		rethrow(failure);
	}

	private static void rethrow(final AtomicReference<Throwable> failure) {
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
