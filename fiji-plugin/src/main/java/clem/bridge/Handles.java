package clem.bridge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The handles of one piece of work; closing it releases those that are left. */
public final class Handles implements AutoCloseable {
	private final Bridge bridge;
	private final List<Long> open = new ArrayList<>();

	public Handles(final Bridge bridge) {
		this.bridge = bridge;
	}

	/** Takes charge of a handle. */
	public synchronized long add(final long handle) {
		open.add(handle);
		return handle;
	}

	/** Takes charge of all outputs of an operation. */
	public Map<String, Long> add(final OperationResult result) {
		for (final long handle : result.outputs.values()) add(handle);
		return result.outputs;
	}

	/** Releases one handle early. */
	public synchronized void release(final long handle) {
		if (open.remove((Long) handle)) bridge.release(handle);
	}

	/** Releases what is left, the youngest first, even when a release fails; the first failure is thrown at the end. */
	@Override
	public synchronized void close() {
		RuntimeException failure = null;
		for (int i = open.size() - 1; i >= 0; i--) {
			try {
				bridge.release(open.get(i));
			}
			catch (final RuntimeException e) {
				if (failure == null) failure = e;
			}
		}
		open.clear();
		if (failure != null) throw failure;
	}
}
