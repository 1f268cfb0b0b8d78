package clem.workflow;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

import clem.bridge.ClemRegException;
import clem.image.TiffWriter;

/**
 * A folder or a file that appears whole or not at all: everything is written into a folder beside it, which is moved when the work
 * is done and removed when it is not. Made before the work begins, so that a place that cannot be written is found early.
 */
public final class Output implements AutoCloseable {
	private final Path target;
	/** Whether it is a folder; null while that is open. */
	private Boolean folder;
	private final boolean overwrite;
	/** Folders made on the way, the innermost first. */
	private final Deque<Path> made = new ArrayDeque<>();
	private Path work;
	private boolean committed;
	private final List<String> gone = new ArrayList<>();
	/** The file that comes to its place after all others, or null. */
	private String last;

	private Output(final String out, final Boolean folder, final boolean overwrite) {
		if (out == null || out.trim().isEmpty()) {
			throw ClemRegException.badInput("out is missing: give the " + (Boolean.TRUE.equals(folder) ? "folder" : "file") + " to be written (--out).");
		}
		target = named(out);
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

	/** What turns out to be a file or a folder when the first part of it is written: see {@link #path()} and {@link #path(String)}. */
	public static Output either(final String out, final boolean overwrite) {
		return new Output(out, null, overwrite);
	}

	private static Path named(final String out) {
		try {
			return new File(out).getAbsoluteFile().toPath().normalize();
		}
		catch (final InvalidPathException e) {
			throw ClemRegException.badInput("out = " + out + " is not allowed: Java cannot spell this name (its encoding is " + System.getProperty("sun.jnu.encoding") + "). Choose a name without accents, or start it with LC_ALL=C.UTF-8.", e);
		}
	}

	private void checkTarget(final String out) {
		if (target.getFileName() == null) {
			throw ClemRegException.badInput("out = " + out + " is not allowed: it must name a new " + (Boolean.TRUE.equals(folder) ? "folder." : "file."));
		}
		if (!Files.exists(target, java.nio.file.LinkOption.NOFOLLOW_LINKS)) return;
		if (folder != null) checkKind(out);
		if (!overwrite) {
			throw ClemRegException.badInput("out = " + out + " exists already. Choose another name, or allow to replace the files in it with overwrite (--overwrite).");
		}
		if (Files.isDirectory(target) && !Files.isWritable(target)) throw ClemRegException.badInput("out = " + out + " cannot be written: no permission.");
	}

	private void checkKind(final String out) {
		if (Files.exists(target, java.nio.file.LinkOption.NOFOLLOW_LINKS) && Files.isDirectory(target) != folder) {
			throw ClemRegException.badInput("out = " + out + " is a " + (folder ? "file" : "folder") + "; a " + (folder ? "folder" : "file") + " is needed.");
		}
	}

	private void decide(final boolean isFolder) {
		if (folder != null) return;
		folder = isFolder;
		checkKind(target.toString());
	}

	private void makeParents(final Path parent) throws IOException {
		if (Files.isDirectory(parent)) return;
		if (parent.getParent() != null) makeParents(parent.getParent());
		Files.createDirectory(parent);
		made.push(parent);
	}

	/** Where to write a file of that name, which may have folders with / before it. */
	public File path(final String name) {
		decide(true);
		final Path file = work.resolve(name);
		try {
			Files.createDirectories(file.getParent());
		}
		catch (final IOException e) {
			throw unwritable(file, e);
		}
		return file.toFile();
	}

	/** Where to write, if the output is one file. */
	public File path() {
		decide(false);
		return path(target.getFileName().toString());
	}

	/** Writes a text. */
	public void text(final File file, final String text) {
		bytes(file, text.getBytes(StandardCharsets.UTF_8));
	}

	/** Writes a small file. */
	public void bytes(final File file, final byte[] content) {
		write(file, to -> Files.write(to.toPath(), content));
	}

	/** Something that writes a file. */
	interface Writing {
		void to(File file) throws IOException;
	}

	/** Writes one of the files from {@link #path}; what prevents it is told in terms of the output that the user named. */
	void write(final File file, final Writing writing) {
		try {
			writing.to(file);
		}
		catch (final IOException e) {
			throw unwritable(file.toPath(), e);
		}
	}

	private ClemRegException unwritable(final Path file, final IOException e) {
		return ClemRegException.badInput("out = " + target + " cannot be written" + (Boolean.TRUE.equals(folder) ? " (" + work.relativize(file) + ")" : "") + ": " + TiffWriter.reason(e)
			+ ". Free space there, or choose another place.", e);
	}

	/** The names of the files so far. */
	List<String> names() {
		final String[] names = work.toFile().list();
		final List<String> list = new ArrayList<>(Arrays.asList(names == null ? new String[0] : names));
		Collections.sort(list);
		return list;
	}

	/** A text that says that everything else is there: it comes to its place after all other files. */
	void textLast(final String name, final String text) {
		last = name;
		text(path(name), text);
	}

	/** A file of an earlier result that the new one has not: it goes when the new one comes to its place. */
	void gone(final String name) {
		gone.add(name);
	}

	/** Moves what has been written to its place. */
	public void commit() {
		try {
			if (Boolean.TRUE.equals(folder) && !Files.exists(target)) {
				openToAll();
				move(work, target);
			}
			else {
				moveAll(work, target, Boolean.TRUE.equals(folder));
				for (final String name : gone) Files.deleteIfExists(target.resolve(name));
			}
			committed = true;
		}
		catch (final IOException e) {
			throw ClemRegException.badInput("out = " + target + " cannot be written: " + TiffWriter.reason(e) + ". Choose another place, or free space there.", e);
		}
	}

	/** Moves the files in a folder and removes it: into a folder, or the one file to its place. */
	private void moveAll(final Path from, final Path to, final boolean into) throws IOException {
		try (DirectoryStream<Path> files = Files.newDirectoryStream(from)) {
			final List<Path> inOrder = new ArrayList<>();
			for (final Path file : files) inOrder.add(file.getFileName().toString().equals(last) ? inOrder.size() : 0, file);
			for (final Path file : inOrder) {
				final Path place = into ? to.resolve(file.getFileName()) : to;
				if (into && Files.isDirectory(file) && Files.isDirectory(place)) moveAll(file, place, true);
				else move(file, place);
			}
		}
		Files.delete(from);
	}

	private static void remove(final Path folder) throws IOException {
		try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
			for (final Path file : files) {
				if (Files.isDirectory(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)) remove(file);
				else Files.delete(file);
			}
		}
		Files.delete(folder);
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
			if (work != null && Files.exists(work)) remove(work);
			while (!made.isEmpty()) Files.delete(made.pop());
		}
		catch (final IOException e) {
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, "The temporary folder " + work + " cannot be removed: " + TiffWriter.reason(e), e);
		}
	}
}
