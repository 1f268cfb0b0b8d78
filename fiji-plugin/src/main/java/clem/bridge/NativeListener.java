package clem.bridge;

import java.nio.charset.StandardCharsets;

/** What the native library calls while an operation runs or a result is read, on the thread that asked for it; for the latter only slice. Names and signatures are fixed there. */
final class NativeListener {
	private final NativeBridge bridge;
	private final OperationListener listener;

	NativeListener(final NativeBridge bridge, final OperationListener listener) {
		this.bridge = bridge;
		this.listener = listener;
	}

	void progress(final double fraction, final byte[] stage) {
		listener.progress(fraction, new String(stage, StandardCharsets.UTF_8));
	}

	void message(final boolean warning, final byte[] text) {
		final String message = new String(text, StandardCharsets.UTF_8);
		if (warning) listener.warning(message);
		else listener.log(message);
	}

	boolean cancelled() {
		return listener.cancelled();
	}

	void slice(final long source, final int z) {
		bridge.deliver(source, z);
	}
}
