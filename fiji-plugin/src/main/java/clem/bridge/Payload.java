package clem.bridge;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a {@link Frame} carries: numbers in little-endian order; texts and arrays after their length, which is -1 for null. */
final class Payload {
	private ByteBuffer bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);

	Payload putByte(final int value) {
		room(1).put((byte) value);
		return this;
	}

	Payload putInt(final int value) {
		room(Integer.BYTES).putInt(value);
		return this;
	}

	Payload putLong(final long value) {
		room(Long.BYTES).putLong(value);
		return this;
	}

	Payload putText(final String text) {
		if (text == null) return putInt(-1);
		final byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
		putInt(utf8.length).room(utf8.length).put(utf8);
		return this;
	}

	Payload putInts(final int[] values) {
		if (values == null) return putInt(-1);
		putInt(values.length).room((long) Integer.BYTES * values.length);
		for (final int value : values) bytes.putInt(value);
		return this;
	}

	Payload putDoubles(final double[] values) {
		if (values == null) return putInt(-1);
		putInt(values.length).room((long) Double.BYTES * values.length);
		for (final double value : values) bytes.putDouble(value);
		return this;
	}

	byte[] toArray() {
		return Arrays.copyOf(bytes.array(), bytes.position());
	}

	static String text(final ByteBuffer payload) {
		final byte[] utf8 = new byte[payload.getInt()];
		payload.get(utf8);
		return new String(utf8, StandardCharsets.UTF_8);
	}

	static double[] doubles(final ByteBuffer payload) {
		final double[] values = new double[payload.getInt()];
		payload.asDoubleBuffer().get(values);
		return values;
	}

	private ByteBuffer room(final long more) {
		final long needed = bytes.position() + more;
		if (needed > Frame.MAX_PAYLOAD) {
			throw ClemRegException.badInput("What is given has more than " + Frame.MAX_PAYLOAD + " bytes, the most that the worker process takes at once. Set clemreg.models=inside.");
		}
		if (needed > bytes.capacity()) {
			final int size = (int) Math.min(Frame.MAX_PAYLOAD, Math.max(needed, 2L * bytes.capacity()));
			bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).put(bytes.array(), 0, bytes.position());
		}
		return bytes;
	}
}
