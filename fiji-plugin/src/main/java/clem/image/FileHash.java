package clem.image;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The SHA-256 of files, which tells a result's inputs apart for good. */
public final class FileHash {
	private static final int BLOCK = 1 << 20;

	private FileHash() {}

	/** The hash in hexadecimal digits. */
	public static String sha256(final File file) throws IOException {
		final MessageDigest digest = digest();
		try (InputStream in = Files.newInputStream(file.toPath())) {
			final byte[] block = new byte[BLOCK];
			for (int n = in.read(block); n >= 0; n = in.read(block)) digest.update(block, 0, n);
		}
		return hex(digest);
	}

	/** An empty hash. */
	static MessageDigest digest() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (final NoSuchAlgorithmException e) {
			throw new IllegalStateException("every Java has SHA-256", e);
		}
	}

	/** A hash's digits. */
	static String hex(final MessageDigest digest) {
		final StringBuilder hex = new StringBuilder();
		for (final byte b : digest.digest()) hex.append(String.format("%02x", b));
		return hex.toString();
	}
}
