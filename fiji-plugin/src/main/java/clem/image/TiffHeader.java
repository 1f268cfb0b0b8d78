package clem.image;

import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.HashSet;
import java.util.Set;

import clem.bridge.ClemRegException;

/**
 * Walks through the directories of a TIFF file before ImageJ does, because ImageJ reads what is missing from a file that was cut
 * off as zeros, and takes 64-bit whole numbers for floats.
 */
final class TiffHeader {
	private static final int BITS = 258, COMPRESSION = 259, STRIP_OFFSETS = 273, STRIP_SIZES = 279, PREDICTOR = 317, TILE_WIDTH = 322, SAMPLE_FORMAT = 339;
	private static final int FLOAT_FORMAT = 3, LZW = 5, MAX_PAGES = 1_000_000;

	private final RandomAccessFile in;
	private final boolean little;
	/** The last byte that the strips of all pages need. */
	private long needed;

	private TiffHeader(final RandomAccessFile in, final boolean little) {
		this.in = in;
		this.little = little;
	}

	/** Whether the file begins as a TIFF does, of the large kind too. */
	static boolean isTiff(final File file) throws IOException {
		final int magic = magic(file);
		return magic == 42 || magic == 43;
	}

	private static int magic(final File file) throws IOException {
		try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
			if (in.length() < 8) return 0;
			final int order = in.readUnsignedShort();
			final int a = in.readUnsignedByte(), b = in.readUnsignedByte();
			return order == 0x4949 ? a | b << 8 : order == 0x4d4d ? a << 8 | b : 0;
		}
	}

	/** Throws a ClemRegException if the file is cut off or damaged, and an IOException if it is of a kind that ImageJ cannot read. */
	static void check(final File file, final String role) throws IOException {
		if (magic(file) == 43) throw new IOException("it is a BigTIFF, which ImageJ does not know");
		try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
			final TiffHeader header = new TiffHeader(in, in.readUnsignedShort() == 0x4949);
			header.walk(role, file);
			if (header.needed > in.length()) throw truncated(role, file, header.needed);
		}
		catch (final EOFException e) {
			// How much is missing stands in the part that is.
			throw cutOff(role, file, " after " + file.length() + " bytes");
		}
	}

	/** The error about a file that ends too early. */
	static ClemRegException truncated(final String role, final File file, final long needed) {
		return cutOff(role, file, ": it needs at least " + needed + " bytes and has " + file.length());
	}

	private static ClemRegException cutOff(final String role, final File file, final String what) {
		return ClemRegException.badInput(role + ": " + file + " is cut off" + what + ". Copy or save it again.");
	}

	private void walk(final String role, final File file) throws IOException {
		in.seek(4);
		final Set<Long> seen = new HashSet<>();
		for (long at = unsignedInt(); at != 0; at = unsignedInt()) {
			if (!seen.add(at) || seen.size() > MAX_PAGES) throw ClemRegException.badInput(role + ": " + file + " is damaged: its pages point at each other.");
			page(at);
		}
	}

	private void page(final long at) throws IOException {
		in.seek(at);
		final int count = unsignedShort();
		long[] offsets = {}, sizes = {}, bits = { 1 }, format = { 1 }, compression = { 1 }, predictor = { 1 };
		for (int i = 0; i < count; i++) {
			in.seek(at + 2 + 12L * i);
			final int tag = unsignedShort();
			if (tag == STRIP_OFFSETS) offsets = values();
			else if (tag == STRIP_SIZES) sizes = values();
			else if (tag == BITS) bits = values();
			else if (tag == COMPRESSION) compression = values();
			else if (tag == PREDICTOR) predictor = values();
			else if (tag == SAMPLE_FORMAT) format = values();
			else if (tag == TILE_WIDTH) throw new IOException("it is a tiled TIFF, which ImageJ does not know");
		}
		in.seek(at + 2 + 12L * count);
		for (int i = 0; i < Math.min(offsets.length, sizes.length); i++) needed = Math.max(needed, offsets[i] + sizes[i]);
		if (first(compression) > 1 && first(compression) != LZW && first(predictor) > 1) throw new IOException("its compression uses differences in a way that ImageJ does not know");
		if (first(bits) == 64 && first(format) != FLOAT_FORMAT) {
			throw new IOException("it holds 64-bit whole numbers; 8 bit, 16 bit or 32-bit float are needed");
		}
	}

	private static long first(final long[] values) {
		return values.length == 0 ? 0 : values[0];
	}

	/** The values of the directory entry whose tag has just been read. */
	private long[] values() throws IOException {
		final int type = unsignedShort();
		final long count = unsignedInt();
		final int bytes = type == 3 ? 2 : type == 4 ? 4 : 1;
		if (count * bytes > in.length()) throw new EOFException();
		if (count * bytes > 4) in.seek(unsignedInt());
		final long[] values = new long[(int) count];
		for (int i = 0; i < values.length; i++) values[i] = bytes == 2 ? unsignedShort() : bytes == 4 ? unsignedInt() : in.readUnsignedByte();
		return values;
	}

	private int unsignedShort() throws IOException {
		final int a = in.readUnsignedByte(), b = in.readUnsignedByte();
		return little ? a | b << 8 : a << 8 | b;
	}

	private long unsignedInt() throws IOException {
		final long a = unsignedShort(), b = unsignedShort();
		return little ? a | b << 16 : a << 16 | b;
	}
}
