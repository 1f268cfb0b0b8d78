package clem.test;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;

import clem.bridge.ClemRegException;
import clem.image.Parallel;

/** Work on a few threads. */
public final class ParallelTest {
	public void everyPieceRunsOnce() {
		for (int threads = 1; threads <= 4; threads++) {
			for (final int count : new int[] { 0, 1, 2, 7, 100 }) {
				final AtomicIntegerArray runs = new AtomicIntegerArray(count);
				Parallel.each(count, threads, runs::incrementAndGet);
				for (int i = 0; i < count; i++) Check.equal(1, runs.get(i));
			}
		}
	}

	public void aFailureEndsTheWorkAndIsThrown() throws Exception {
		final AtomicIntegerArray runs = new AtomicIntegerArray(10000);
		Check.badInput(() -> Parallel.each(10000, 3, i -> {
			runs.incrementAndGet(i);
			if (i == 5) throw ClemRegException.badInput("piece 5");
			sleep();
		}), "piece 5");
		Check.equal(0, runs.get(9999));
	}

	public void bothRunAtTheSameTime() {
		final CountDownLatch begun = new CountDownLatch(2);
		final Runnable piece = () -> {
			begun.countDown();
			try {
				Check.that(begun.await(20, TimeUnit.SECONDS), "the other piece did not begin");
			}
			catch (final InterruptedException e) {
				throw new IllegalStateException(e);
			}
		};
		Parallel.both(piece, piece);
	}

	public void aFailureOfEitherIsThrownWhenBothHaveEnded() throws Exception {
		final AtomicIntegerArray ended = new AtomicIntegerArray(1);
		final Runnable slow = () -> {
			for (int i = 0; i < 20; i++) sleep();
			ended.incrementAndGet(0);
		};
		final Runnable failing = () -> {
			throw ClemRegException.badInput("full");
		};
		Check.badInput(() -> Parallel.both(failing, slow), "full");
		Check.equal(1, ended.get(0));
		Check.badInput(() -> Parallel.both(slow, failing), "full");
		Check.equal(2, ended.get(0));
	}

	private static void sleep() {
		try {
			Thread.sleep(1);
		}
		catch (final InterruptedException e) {
			throw new IllegalStateException(e);
		}
	}
}
