package clem.bridge;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** One message between Java and the worker process. The numbers are those of ClemReg.Bridge.Worker.FrameKind in C#, which says what each is. */
final class Frame {
	static final int HELLO = 1, TEXT = 2, CREATE_VOLUME = 3, CREATE_SOURCE = 4, WRITE_SLICE = 5, READ_SLICE = 6, CREATE_POINTS = 7, READ_POINTS = 8,
		CREATE_TRANSFORM = 9, DESCRIBE = 10, RUN = 11, RELEASE = 12, MAP = 13, UNMAP = 14;
	static final int CANCEL = 20, SLICE = 21, NO_SLICE = 22;
	static final int DONE = 40, FAILED = 41, PROGRESS = 42, LOG = 43, WARNING = 44, ASK = 45;

	/** The version of the protocol. */
	static final int VERSION = 1;
	/** The most bytes of a payload. */
	static final int MAX_PAYLOAD = 2_000_000_000;

	private static final int HEAD = 13, COUNTED = 9;

	/** The request that it is or is about. */
	final long id;
	final int kind;
	/** Little-endian. */
	final ByteBuffer payload;

	Frame(final long id, final int kind, final byte[] payload) {
		this.id = id;
		this.kind = kind;
		this.payload = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
	}

	/** Reads the next; null at the end. */
	static Frame read(final InputStream in) throws IOException {
		final byte[] bytes = new byte[HEAD];
		final int first = in.read();
		if (first < 0) return null;
		bytes[0] = (byte) first;
		fill(in, bytes, 1);
		final ByteBuffer head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
		final int length = head.getInt() - COUNTED;
		final long id = head.getLong();
		final int kind = head.get();
		if (length < 0 || length > MAX_PAYLOAD || kind < DONE || kind > ASK) throw new IOException("what it sends cannot be understood");
		final byte[] payload = new byte[length];
		fill(in, payload, 0);
		return new Frame(id, kind, payload);
	}

	private static void fill(final InputStream in, final byte[] bytes, final int from) throws IOException {
		for (int have = from; have < bytes.length;) {
			final int n = in.read(bytes, have, bytes.length - have);
			if (n < 0) throw new EOFException("what it sends breaks off");
			have += n;
		}
	}

	/** Writes it, as the only one that writes. */
	void write(final OutputStream out) throws IOException {
		final byte[] bytes = payload.array();
		out.write(ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN).putInt(COUNTED + bytes.length).putLong(id).put((byte) kind).array());
		out.write(bytes);
		out.flush();
	}
}
