package clem.models;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32;

import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.image.FileHash;
import clem.image.TiffWriter;
import clem.json.Json;

/**
 * Puts a model of the list into the models folder: downloads it, checks its SHA-256, converts it where it is a .pth, writes its card, and
 * gives it its name last, so that a model that is there is whole.
 */
public final class ModelInstaller {
	private static final String LOCK = ".downloads.lock";

	/** Makes an ONNX model of a .pth file, as convert_model does. */
	public interface Converter {
		void convert(ModelEntry entry, File pth, File onnx, boolean overwrite, OperationListener listener);
	}

	/** What the user must agree to; either throws where he does not. */
	public interface Consent {
		/** Asked before anything is fetched. */
		void licence(ModelEntry entry);

		/** Asked when the file is there, but the list has no hash that it could be checked against. */
		void unchecked(ModelEntry entry, String sha256);
	}

	private final Converter converter;
	private final ModelWeb web;

	public ModelInstaller(final Converter converter) {
		this(converter, new ModelWeb());
	}

	ModelInstaller(final Converter converter, final ModelWeb web) {
		this.converter = converter;
		this.web = web;
	}

	/** Installs a model and gives its file; without overwrite a model that is there stays as it is. */
	public File install(final ModelEntry entry, final boolean overwrite, final Consent consent, final OperationListener listener) {
		final File there = ModelFolders.installed(entry.name);
		if (there != null && !overwrite) {
			listener.log(entry.name + " is there already.");
			return there;
		}
		consent.licence(entry);
		if (entry.sha256 == null) listener.warning(entry.name + ": models.json has no SHA-256 for it; whether the file is the one that its authors published cannot be checked.");
		final File folder = ModelFolders.writable(), model = new File(folder, entry.name + ModelFolders.ONNX);
		try (FileChannel channel = FileChannel.open(new File(folder, LOCK).toPath(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
			lock(channel, entry, listener);
			final Download download = new Download(entry, folder, web, listener);
			download.run();
			final String hash = checked(entry, download, listener);
			if (entry.sha256 == null) unchecked(entry, hash, download, consent);
			finish(entry, download, folder, model, overwrite, listener);
			listener.log(entry.name + ": SHA-256 of what was downloaded " + hash + (entry.sha256 == null ? " (not checked)." : ", as it should be."));
			return model;
		}
		catch (final IOException e) {
			throw new ClemRegException(ClemRegException.Kind.MODEL, entry.name + " cannot be put into " + folder + ": " + TiffWriter.reason(e) + ".", e);
		}
	}

	/** One download of a name at a time, whichever Fiji makes it. The lock goes with its channel. */
	private static void lock(final FileChannel channel, final ModelEntry entry, final OperationListener listener) {
		final CRC32 place = new CRC32();
		place.update(entry.name.getBytes(StandardCharsets.UTF_8));
		FileLock lock = null;
		try {
			lock = channel.tryLock(place.getValue(), 1, false);
		}
		catch (final OverlappingFileLockException e) {
			// Another download of this Fiji has it.
		}
		catch (final IOException e) {
			// Some file servers know no locks.
			listener.log("The models folder cannot be locked (" + e.getMessage() + "): let no other Fiji download " + entry.name + " now.");
			return;
		}
		if (lock == null) throw ClemRegException.badInput(entry.name + " is being downloaded already, by this Fiji or another one. Wait until it is there.");
	}

	private static String checked(final ModelEntry entry, final Download download, final OperationListener listener) throws IOException {
		listener.progress(1, entry.name + ": checking");
		final String hash = FileHash.sha256(download.file());
		if (entry.sha256 == null || entry.sha256.equals(hash)) return hash;
		download.discard();
		throw new ClemRegException(ClemRegException.Kind.MODEL, entry.name + ": the file that came is not the one that models.json means: its SHA-256 is " + hash + ", models.json says " + entry.sha256
			+ ". It is removed. Try again; if it comes out the same, its publisher has changed it, or something on the way has.");
	}

	private static void unchecked(final ModelEntry entry, final String hash, final Download download, final Consent consent) {
		try {
			consent.unchecked(entry, hash);
		}
		catch (final RuntimeException e) {
			download.discard();
			throw e;
		}
	}

	private void finish(final ModelEntry entry, final Download download, final File folder, final File model, final boolean overwrite, final OperationListener listener) throws IOException {
		if (entry.conversion == null) Moves.replace(download.file().toPath(), model.toPath());
		else {
			try {
				converter.convert(entry, download.file(), model, overwrite, listener);
			}
			catch (final ClemRegException e) {
				final boolean refused = e.kind == ClemRegException.Kind.BAD_INPUT || e.kind == ClemRegException.Kind.MODEL;
				final boolean misspelt = refused && entry.conversion.keySet().stream().anyMatch(key -> e.getMessage().startsWith(key + " = ") || e.getMessage().contains("'" + key + "'"));
				if (misspelt) throw ClemRegException.badInput(entry.place() + ": convert: " + e.getMessage() + " Correct it there; what was downloaded is kept until then.", e);
				// What cannot be converted now cannot be later; where memory or the user's patience ran out the download need not be made again.
				if (refused) download.discard();
				throw e;
			}
		}
		if (entry.card != null) card(entry, new File(folder, entry.name + ".json"), overwrite, listener);
		download.discard();
	}

	private static void card(final ModelEntry entry, final File file, final boolean overwrite, final OperationListener listener) throws IOException {
		if (file.exists() && !overwrite) {
			listener.log(file + " is there already and stays as it is.");
			return;
		}
		final Path part = Files.createTempFile(file.getParentFile().toPath(), "." + entry.name, null);
		Files.write(part, Json.writePretty(entry.card).getBytes(StandardCharsets.UTF_8));
		part.toFile().setReadable(true, false);
		Moves.replace(part, file.toPath());
	}
}
