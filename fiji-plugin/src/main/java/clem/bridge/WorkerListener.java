package clem.bridge;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Hears what the worker process tells about one request, on the thread that made it. What the caller's listener or reader throws stops the
 * request and is kept for the end, as the worker cannot carry it.
 */
final class WorkerListener {
	private final OperationListener listener;
	private final Map<Long, SliceReader> readers;
	/** What is asked to compute a model (cpu, webgpu, auto ...); empty where no model runs. */
	final String provider;
	private Throwable failure;

	/** While a result is read. */
	WorkerListener(final Map<Long, SliceReader> readers) {
		this(null, readers, "");
	}

	/** While an operation runs. */
	WorkerListener(final OperationListener listener, final Map<Long, SliceReader> readers, final String provider) {
		this.listener = listener;
		this.readers = readers;
		this.provider = provider;
	}

	/** Progress, log or warning. */
	void hear(final Frame frame) {
		if (failure != null || listener == null) return;
		try {
			if (frame.kind == Frame.PROGRESS) {
				final double fraction = frame.payload.getDouble();
				listener.progress(fraction, Payload.text(frame.payload));
			}
			else if (frame.kind == Frame.LOG) listener.log(Payload.text(frame.payload));
			else if (frame.kind == Frame.WARNING) listener.warning(Payload.text(frame.payload));
		}
		catch (final RuntimeException | Error e) {
			failure = e;
		}
	}

	/** Whether the request is to stop. */
	boolean cancelled() {
		try {
			return failure != null || listener != null && listener.cancelled();
		}
		catch (final RuntimeException | Error e) {
			failure = e;
			return true;
		}
	}

	/** The slice that the worker asks for; null if there is none. */
	Object slice(final ByteBuffer asked) {
		if (failure != null) return null;
		try {
			final SliceReader reader = readers.get(asked.getLong());
			if (reader == null) throw ClemRegException.badInput("The image was released while it was in use.");
			final Object pixels = reader.slice(asked.getInt());
			SliceFile.count(pixels);
			return pixels;
		}
		catch (final RuntimeException | Error e) {
			failure = e;
			return null;
		}
	}

	/** Stops the request as if the caller's reader had thrown this. */
	void fail(final RuntimeException e) {
		failure = e;
	}

	/** Whether the request is stopped by what is kept for the end. */
	boolean failed() {
		return failure != null;
	}

	/** Throws what the caller's listener or reader threw, if it did. */
	void check() {
		if (failure instanceof Error) throw (Error) failure;
		if (failure != null) throw (RuntimeException) failure;
	}
}
