package clem.test;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

import clem.bridge.ClemRegException;

/** What tests say. */
public final class Check {
	private Check() {}

	/** A piece of a test that may throw. */
	public interface Piece {
		void run() throws Exception;
	}

	/** A piece of a test with a folder of its own. */
	public interface InFolder {
		void run(File folder) throws Exception;
	}

	/** Says that a test cannot run here. */
	public static final class Skip extends RuntimeException {
		private static final long serialVersionUID = 1L;

		public Skip(final String why) {
			super(why);
		}
	}

	public static void that(final boolean condition, final String what) {
		if (!condition) throw new AssertionError(what);
	}

	public static void equal(final Object expected, final Object actual) {
		if (!Objects.equals(expected, actual)) throw new AssertionError("expected <" + expected + "> but it is <" + actual + ">");
	}

	public static void near(final double expected, final double actual, final double tolerance) {
		if (!(Math.abs(expected - actual) <= tolerance)) throw new AssertionError("expected " + expected + " but it is " + actual);
	}

	/** The message of the bad input must hold all of these words. */
	public static void badInput(final Piece piece, final String... words) throws Exception {
		final String message = failure(ClemRegException.Kind.BAD_INPUT, piece);
		for (final String word : words) that(message.contains(word), "the message lacks '" + word + "': " + message);
	}

	/** The message of an error of that kind. */
	public static String failure(final ClemRegException.Kind kind, final Piece piece) throws Exception {
		try {
			piece.run();
		}
		catch (final ClemRegException e) {
			equal(kind, e.kind);
			return e.getMessage();
		}
		throw new AssertionError("no error");
	}

	/** Runs with a new folder, which is removed. */
	public static void inFolder(final InFolder piece) throws Exception {
		final Path folder = Files.createTempDirectory("clemreg-test");
		try {
			piece.run(folder.toFile());
		}
		finally {
			Files.walkFileTree(folder, new SimpleFileVisitor<Path>() {
				@Override
				public FileVisitResult visitFile(final Path file, final BasicFileAttributes attributes) throws IOException {
					Files.delete(file);
					return FileVisitResult.CONTINUE;
				}

				@Override
				public FileVisitResult postVisitDirectory(final Path directory, final IOException error) throws IOException {
					Files.delete(directory);
					return FileVisitResult.CONTINUE;
				}
			});
		}
	}
}
