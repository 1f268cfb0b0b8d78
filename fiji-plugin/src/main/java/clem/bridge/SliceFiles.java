package clem.bridge;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The slice files of one worker process, in a folder that only this user can enter: as many as slices are under way at once, kept for the next. */
final class SliceFiles {
	private static final int KEPT = 4;
	/** Sizes are rounded up, so that slices of different sizes share files. */
	private static final long GRAIN = 1 << 16;

	/** Tells the worker process about files. */
	interface Worker {
		/** The file is there; returns when the worker has mapped it. */
		void map(SliceFile file);

		/** The file is not used any more. */
		void unmap(SliceFile file);
	}

	private final Worker worker;
	private final List<Path> folders = new ArrayList<>();
	private final List<SliceFile> idle = new ArrayList<>();
	private int numbers;
	private boolean closed;

	SliceFiles(final Worker worker) {
		this.worker = worker;
	}

	/** A file of so many bytes or more, for the caller alone until it gives it back. */
	SliceFile take(final long bytes) {
		final SliceFile file;
		synchronized (this) {
			if (closed) throw new ClemRegException(ClemRegException.Kind.MODEL, WorkerStart.name() + " has ended.");
			final SliceFile found = idle.stream().filter(f -> f.size >= bytes).min(Comparator.comparingLong(f -> f.size)).orElse(null);
			if (found != null) {
				idle.remove(found);
				return found;
			}
			// A request of no bytes, which the worker refuses in its own words, needs a file too.
			file = create((Math.max(1, bytes) + GRAIN - 1) / GRAIN * GRAIN);
		}
		try {
			worker.map(file);
		}
		catch (final RuntimeException | Error e) {
			file.close();
			synchronized (this) {
				if (closed) deleteFolders();
			}
			throw e;
		}
		return file;
	}

	/** Gives a file back. */
	void give(final SliceFile file) {
		final SliceFile dropped;
		synchronized (this) {
			idle.add(file);
			if (!closed && idle.size() <= KEPT) return;
			dropped = closed ? file : idle.stream().min(Comparator.comparingLong(f -> f.size)).get();
			idle.remove(dropped);
		}
		worker.unmap(dropped);
		dropped.close();
	}

	/** Deletes all of them once the worker has ended; those under way are deleted when they are given back. */
	synchronized void close() {
		closed = true;
		for (final SliceFile file : idle) file.close();
		idle.clear();
		deleteFolders();
	}

	private void deleteFolders() {
		for (final Path folder : folders) folder.toFile().delete();
	}

	private SliceFile create(final long size) {
		final List<String> refused = new ArrayList<>();
		for (final String base : new String[] { "/dev/shm", System.getProperty("java.io.tmpdir") }) { // in memory, where the system has that
			if (!new File(base).isDirectory()) continue;
			try {
				final Path path = Files.createFile(folder(base).resolve("slice" + ++numbers), permissions("rw-------"));
				try {
					return new SliceFile(numbers, path, size);
				}
				catch (final IOException e) {
					Files.deleteIfExists(path);
					throw e;
				}
			}
			catch (final IOException e) {
				refused.add(base + " (" + e.getMessage() + ")");
			}
		}
		throw new ClemRegException(ClemRegException.Kind.OUT_OF_MEMORY, "No room for a slice of " + (size >> 20) + " MB on its way to the process that computes: tried " +
			String.join(", ", refused) + ". Free space there, or set clemreg.models=inside.");
	}

	private Path folder(final String base) throws IOException {
		for (final Path folder : folders) if (folder.getParent().equals(Paths.get(base)) && Files.isDirectory(folder)) return folder;
		final Path folder = Files.createTempDirectory(Paths.get(base), "clemreg-slices", permissions("rwx------"));
		folders.add(folder);
		return folder;
	}

	private static FileAttribute<?>[] permissions(final String text) {
		return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
			? new FileAttribute<?>[] { PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text)) } : new FileAttribute<?>[0];
	}
}
