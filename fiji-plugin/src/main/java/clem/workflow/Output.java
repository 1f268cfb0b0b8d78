package clem.workflow;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayDeque;
import java.util.Deque;

import clem.bridge.ClemRegException;
import clem.image.TiffWriter;

/**
 * A folder or a file that appears whole or not at all: everything is written into a folder beside it, which is moved when the work
 * is done and removed when it is not. Made before the work begins, so that a place that cannot be written is found early.
 */
public final class Output implements AutoCloseable {
	private final Path target;
	private final boolean folder;
	private final boolean overwrite;
	/** Folders made on the way, the innermost first. */
	private final Deque<Path> made = new ArrayDeque<>();
	private Path work;
	private boolean committed;

	private Output(final String out, final boolean folder, final boolean overwrite) {
		if (out == null || out.trim().isEmpty()) {
			throw ClemRegException.badInput("out is missing: give the " + (folder ? "folder" : "file") + " to be written (--out).");
		}
		target = new File(out).getAbsoluteFile().toPath().normalize();
		this.folder = folder;
		this.overwrite = overwrite;
		checkTarget(out);
		try {
			makeParents(target.getParent());
			work = Files.createTempDirectory(target.getParent(), "." + target.getFileName() + ".clemreg-");
		}
		catch (final IOException e) {
			close();
			throw ClemRegException.badInput("out = " + out + " cannot be written: " + TiffWriter.reason(e) + ". Choose a place where you may write.", e);
		}
	}

	/** A new folder, or with overwrite an old one in which only files of the same names are replaced. */
	public static Output folder(final String out, final boolean overwrite) {
		return new Output(out, true, overwrite);
	}

	/** A new file, or with overwrite in place of an old one. */
	public static Output file(final String out, final boolean overwrite) {
		return new Output(out, false, overwrite);
	}

	private void checkTarget(final String out) {
		if (target.getFileName() == null) throw ClemRegException.badInput("out = " + out + " is not allowed: it must name a new " + (folder ? "folder." : "file."));
		if (!Files.exists(target, java.nio.file.LinkOption.NOFOLLOW_LINKS)) return;
		if (Files.isDirectory(target) != folder) {
			throw ClemRegException.badInput("out = " + out + " is a " + (folder ? "file" : "folder") + "; a " + (folder ? "folder" : "file") + " is needed.");
		}
		if (!overwrite) {
			throw ClemRegException.badInput("out = " + out + " exists already. Choose another name, or allow to replace the files in it with overwrite (--overwrite).");
		}
		if (folder && !Files.isWritable(target)) throw ClemRegException.badInput("out = " + out + " cannot be written: no permission.");
	}

	private void makeParents(final Path parent) throws IOException {
		if (Files.isDirectory(parent)) return;
		if (parent.getParent() != null) makeParents(parent.getParent());
		Files.createDirectory(parent);
		made.push(parent);
	}

	/** Where to write a file of that name. */
	public File path(final String name) {
		return work.resolve(name).toFile();
	}

	/** Where to write, if the output is one file. */
	public File path() {
		return path(target.getFileName().toString());
	}

	/** Writes a text. */
	public void text(final File file, final String text) {
		try {
			Files.write(file.toPath(), text.getBytes(StandardCharsets.UTF_8));
		}
		catch (final IOException e) {
			throw ClemRegException.badInput(file + " cannot be written: " + TiffWriter.reason(e) + ".", e);
		}
	}

	/** Moves what has been written to its place. */
	public void commit() {
		try {
			if (folder && !Files.exists(target)) {
				openToAll();
				move(work, target);
			}
			else {
				try (DirectoryStream<Path> files = Files.newDirectoryStream(work)) {
					for (final Path file : files) move(file, folder ? target.resolve(file.getFileName()) : target);
				}
				Files.delete(work);
			}
			committed = true;
		}
		catch (final IOException e) {
			throw ClemRegException.badInput("out = " + target + " cannot be written: " + TiffWriter.reason(e) + ".", e);
		}
	}

	/** A temporary folder is for its owner only; the result gets the rights of any new folder. */
	private void openToAll() throws IOException {
		final Path likeOthers = Files.createDirectory(work.resolve("rights"));
		final PosixFileAttributeView rights = Files.getFileAttributeView(work, PosixFileAttributeView.class);
		if (rights != null) rights.setPermissions(Files.getPosixFilePermissions(likeOthers));
		Files.delete(likeOthers);
	}

	private void move(final Path from, final Path to) throws IOException {
		final CopyOption[] options = overwrite ? new CopyOption[] { StandardCopyOption.REPLACE_EXISTING } : new CopyOption[0];
		if (!overwrite && Files.exists(to)) throw new java.nio.file.FileAlreadyExistsException(to.toString());
		try {
			Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
		}
		catch (final AtomicMoveNotSupportedException e) {
			Files.move(from, to, options);
		}
	}

	/** Removes what has not been committed, and the folders made for it. */
	@Override
	public void close() {
		if (committed) return;
		try {
			if (work != null && Files.exists(work)) {
				try (DirectoryStream<Path> files = Files.newDirectoryStream(work)) {
					for (final Path file : files) Files.delete(file);
				}
				Files.delete(work);
			}
			while (!made.isEmpty()) Files.delete(made.pop());
		}
		catch (final IOException e) {
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, "The temporary folder " + work + " cannot be removed: " + TiffWriter.reason(e), e);
		}
	}
}
