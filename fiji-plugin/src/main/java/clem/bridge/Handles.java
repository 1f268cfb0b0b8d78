package clem.bridge;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The handles of one piece of work; closing it releases those that are left. Where nobody closed one before the garbage collector took it,
 * its handles are released when the next is made.
 */
public final class Handles implements AutoCloseable {
	private static final ReferenceQueue<Handles> FORGOTTEN = new ReferenceQueue<>();
	private static final Set<Net> NETS = ConcurrentHashMap.newKeySet();

	private final Bridge bridge;
	private final List<Long> open = new ArrayList<>();
	private final Net net;

	/** What is left to be released once its {@link Handles} is gone. */
	private static final class Net extends PhantomReference<Handles> {
		private final Bridge bridge;
		private final List<Long> open;

		Net(final Handles owner) {
			super(owner, FORGOTTEN);
			bridge = owner.bridge;
			open = owner.open;
		}
	}

	public Handles(final Bridge bridge) {
		this.bridge = bridge;
		net = new Net(this);
		NETS.add(net);
		releaseForgotten();
	}

	/** Releases the handles of those that were never closed. */
	static void releaseForgotten() {
		for (Net net = (Net) FORGOTTEN.poll(); net != null; net = (Net) FORGOTTEN.poll()) {
			NETS.remove(net);
			for (final long handle : net.open) {
				try {
					net.bridge.release(handle);
				}
				catch (final RuntimeException e) {
					// Nobody is left who could be told, and whoever comes by here has nothing to do with it.
				}
			}
		}
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
		NETS.remove(net);
		if (failure != null) throw failure;
	}
}
