package clem.image;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;

import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import ij.ImagePlus;
import ij.ImageStack;
import ij.Prefs;
import ij.VirtualStack;
import ij.io.FileInfo;
import ij.io.FileSaver;
import ij.io.TiffEncoder;

/**
 * Writes images as ImageJ's FileSaver does, slice by slice, but reports an error of the disk with its reason, shows progress and can
 * be cancelled. Above 4 GB the file has one directory and all slices after it, which is ImageJ's own way and read by ImageJ and Bio-Formats.
 */
public final class TiffWriter {
	private static final int BUFFER = 1 << 20;

	private TiffWriter() {}

	/** Writes an image to a new file; the caller removes it if this fails. The exception says how large it would have been. */
	public static void write(final ImagePlus image, final File file, final OperationListener listener) throws IOException {
		final FileInfo info = image.getFileInfo();
		final FileSaver saver = new FileSaver(image);
		final ImageStack stack = image.getStack();
		info.nImages = stack.getSize();
		if (stack.isVirtual() && info.nImages > 1) info.virtualStack = (VirtualStack) stack;
		info.description = saver.getDescriptionString();
		info.sliceLabels = null;
		if (image.isComposite()) saver.saveDisplayRangesAndLuts(image, info);
		final long total = (long) info.width * info.height * info.getBytesPerPixel() * info.nImages;
		try (OutputStream out = new BufferedOutputStream(new Watched(Files.newOutputStream(file.toPath()), total, "Saving " + file.getName(), listener), BUFFER)) {
			encoder(info).write(out);
		}
		catch (final IOException e) {
			throw new IOException(reason(e) + "; it needs " + ((total >> 20) + 1) + " MB", e);
		}
	}

	/** The byte order is ImageJ's setting, which differs between installations; here it is fixed, so that the same result is the same file. */
	private static synchronized TiffEncoder encoder(final FileInfo info) {
		final boolean setting = Prefs.intelByteOrder;
		Prefs.intelByteOrder = true;
		try {
			return new TiffEncoder(info);
		}
		finally {
			Prefs.intelByteOrder = setting;
		}
	}

	/** An error of the file system in words; Java's own message is often only the file's name. */
	public static String reason(final IOException e) {
		if (e instanceof java.nio.file.AccessDeniedException) return "no permission";
		if (e instanceof java.nio.file.NoSuchFileException) return "no such folder";
		if (e instanceof java.nio.file.FileAlreadyExistsException) return "it exists";
		final String reason = e instanceof java.nio.file.FileSystemException ? ((java.nio.file.FileSystemException) e).getReason() : e.getMessage();
		return reason == null ? e.toString() : reason;
	}

	/** Counts bytes for the progress, and stops when the user cancels. */
	private static final class Watched extends FilterOutputStream {
		private final long total;
		private final String stage;
		private final OperationListener listener;
		private long written;

		Watched(final OutputStream out, final long total, final String stage, final OperationListener listener) {
			super(out);
			this.total = total;
			this.stage = stage;
			this.listener = listener;
		}

		@Override
		public void write(final int b) throws IOException {
			write(new byte[] { (byte) b }, 0, 1);
		}

		@Override
		public void write(final byte[] bytes, final int from, final int count) throws IOException {
			if (listener.cancelled()) throw ClemRegException.cancelled();
			out.write(bytes, from, count);
			written += count;
			listener.progress(Math.min(1, written / (double) Math.max(1, total)), stage);
		}
	}
}
