package clem.bridge;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A file through which slices go to the worker process and back. The worker maps it into its memory; here it is read and written like any
 * file: no fault of the other process or of the disk can then end this one, and its memory is free once it is closed.
 */
final class SliceFile {
	/** Java copies larger pieces through memory that it gets from the system each time. */
	private static final int PIECE = 1 << 16;

	final int number;
	final Path path;
	final long size;

	private final RandomAccessFile file;
	private final byte[] piece = new byte[PIECE];

	/** Takes an empty file and fills it with zeros, so that a full disk is known now. */
	SliceFile(final int number, final Path path, final long size) throws IOException {
		this.number = number;
		this.path = path;
		this.size = size;
		file = new RandomAccessFile(path.toFile(), "rw");
		try {
			for (long at = 0; at < size; at += PIECE) file.write(piece, 0, (int) Math.min(PIECE, size - at));
		}
		catch (final IOException e) {
			file.close();
			throw e;
		}
	}

	/** The number of values of a byte[], short[] or float[]. */
	static int count(final Object pixels) {
		if (pixels instanceof byte[]) return ((byte[]) pixels).length;
		if (pixels instanceof short[]) return ((short[]) pixels).length;
		if (pixels instanceof float[]) return ((float[]) pixels).length;
		throw Wire.notPixels(pixels);
	}

	/** The bytes of each of these values; also the number of their type. */
	static int width(final Object pixels) {
		return pixels instanceof byte[] ? 1 : pixels instanceof short[] ? 2 : 4;
	}

	void write(final Object pixels) throws IOException {
		file.seek(0);
		final int step = PIECE / width(pixels), count = count(pixels);
		for (int at = 0; at < count; at += step) {
			final int n = Math.min(step, count - at);
			if (pixels instanceof byte[]) file.write((byte[]) pixels, at, n);
			else {
				final ByteBuffer buffer = ByteBuffer.wrap(piece).order(ByteOrder.nativeOrder());
				if (pixels instanceof short[]) buffer.asShortBuffer().put((short[]) pixels, at, n);
				else buffer.asFloatBuffer().put((float[]) pixels, at, n);
				file.write(piece, 0, n * width(pixels));
			}
		}
	}

	void read(final Object pixels) throws IOException {
		file.seek(0);
		final int step = PIECE / width(pixels), count = count(pixels);
		for (int at = 0; at < count; at += step) {
			final int n = Math.min(step, count - at);
			if (pixels instanceof byte[]) file.readFully((byte[]) pixels, at, n);
			else {
				file.readFully(piece, 0, n * width(pixels));
				final ByteBuffer buffer = ByteBuffer.wrap(piece).order(ByteOrder.nativeOrder());
				if (pixels instanceof short[]) buffer.asShortBuffer().get((short[]) pixels, at, n);
				else buffer.asFloatBuffer().get((float[]) pixels, at, n);
			}
		}
	}

	/** Closes it; its name is mostly gone already. */
	void close() {
		try {
			file.close();
		}
		catch (final IOException e) {
			// Nothing is lost with it.
		}
		path.toFile().delete();
	}
}
