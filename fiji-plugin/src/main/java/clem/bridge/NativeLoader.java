package clem.bridge;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Finds, extracts and loads the native library, once per process. Two builds may be there for a system: one for any processor and one
 * for AVX2 and FMA (v3), whose first call would end Java on a processor without them. So the choice is made here, before any call,
 * from what HotSpot found out about the processor. A marker file stands while a build is tried for the first time in a process: one that
 * is left behind says that the build ended Java, and it is not tried again.
 */
public final class NativeLoader {
	/** Names the level to load: baseline or v3. */
	public static final String LEVEL = "clemreg.level";
	/** Names the folder for extracted libraries. */
	public static final String CACHE = "clemreg.cache";

	private static final String[] PLATFORMS = { "linux64", "linux-arm64", "macos64", "macos-arm64", "win64", "win-arm64" };
	private static final String BASELINE = "baseline";
	private static final String MARKER = ".trying";
	private static String report = "none is loaded into this process";
	private static Path library;
	private static String onnxRuntime;

	private NativeLoader() {}

	/** What is there and what is not, for the message about a system that there is nothing for. */
	static String platforms() {
		final List<String> there = new ArrayList<>();
		for (final String platform : PLATFORMS) for (final String name : new String[] { "ClemReg.Worker", "ClemReg.Worker.exe" }) if (JarFiles.has("/natives/" + platform + "/worker/" + name)) there.add(platform);
		return "this is " + platform() + ", and there are programs " + (there.isEmpty() ? "for no system" : "for " + String.join(", ", there) + " only")
			+ ". Install the package of CLEM-Reg for this system, if there is one, or build it here";
	}

	/** What was loaded from where and why, for About and bug reports. */
	public static synchronized String report() {
		return report;
	}

	/** Whether the jar has a library for this system. Where it has none the worker is a whole one, and all algorithms run there. */
	public static boolean has() {
		return JarFiles.has("/natives/" + platform() + "/" + BASELINE + "/" + libraryName());
	}

	/**
	 * Where ONNX Runtime's library of the jar was extracted to, for the bridge to load it when a model is to run; null if the jar has none
	 * for this system. Takes a second when first called.
	 */
	public static synchronized String onnxRuntime() {
		if (onnxRuntime == null) onnxRuntime = extractOnnxRuntime();
		return onnxRuntime.isEmpty() ? null : onnxRuntime;
	}

	/** The library first, then what lies beside it on Windows for graphics processors. */
	static String extractOnnxRuntime() {
		final String folderInJar = "/natives/" + platform() + "/onnxruntime/";
		final List<String> names = new ArrayList<>();
		for (final String name : new String[] { "libonnxruntime.so.1", "libonnxruntime.1.dylib", "onnxruntime.dll", "DirectML.dll", "dxcompiler.dll", "dxil.dll" })
			if (JarFiles.has(folderInJar + name)) names.add(name);
		if (names.isEmpty()) return "";
		final List<String> refused = new ArrayList<>();
		final Path library = new JarFiles(folderInJar, names).firstOf(refused, (files, folder) -> {
			for (final String name : names) files.extract(name, folder, false);
			return folder.resolve(names.get(0)).toAbsolutePath();
		});
		if (library != null) return library.toString();
		throw new ClemRegException(ClemRegException.Kind.MODEL, "ONNX Runtime cannot be extracted from the jar: tried " + String.join(", ", refused) + JarFiles.ADVICE);
	}

	/** The library that is loaded, loading it if needed. */
	static synchronized Path library() {
		load();
		return library;
	}

	/** Loads the library; does nothing when that is done. */
	static synchronized void load() {
		if (library != null) return;
		final StringBuilder story = new StringBuilder();
		final String platform = platform();
		ClemRegException last = null;
		for (final String level : levels(story)) {
			try {
				load("/natives/" + platform + "/" + level + "/", story);
				report = platform + "/" + level + story;
				return;
			}
			catch (final ClemRegException e) {
				last = e;
				story.append("; ").append(level).append(": ").append(e.getMessage());
			}
		}
		report = platform + story;
		throw new ClemRegException(ClemRegException.Kind.INTERNAL,
			"The native library of CLEM-Reg for " + platform + " cannot be loaded" + story, last);
	}

	private static List<String> levels(final StringBuilder story) {
		final List<String> levels = new ArrayList<>();
		final String wanted = System.getProperty(LEVEL, "");
		if (wanted.equals(BASELINE) || wanted.equals("v3")) {
			story.append(" (asked for by -D").append(LEVEL).append(")");
			levels.add(wanted);
			return levels;
		}
		if (hasV3()) levels.add("v3");
		levels.add(BASELINE);
		return levels;
	}

	/**
	 * True when HotSpot uses AVX2 or better and none of the instructions that x86-64-v3 also has is masked, as some hypervisors do.
	 * Anything else, such as another Java or an ARM processor, means no.
	 */
	static boolean hasV3() {
		if (!System.getProperty("os.arch", "").matches("amd64|x86_64")) return false;
		final Integer avx = number(vmOption("UseAVX"));
		if (avx == null || avx < 2) return false;
		for (final String option : new String[] { "UseFMA", "UseBMI1Instructions", "UseBMI2Instructions", "UseCountLeadingZerosInstruction" })
			if ("false".equals(vmOption(option))) return false;
		return true;
	}

	private static Integer number(final String text) {
		try {
			return text == null ? null : Integer.valueOf(text);
		}
		catch (final NumberFormatException e) {
			return null;
		}
	}

	private static String vmOption(final String name) {
		try {
			return ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class).getVMOption(name).getValue();
		}
		catch (final RuntimeException | LinkageError e) {
			return null; // another Java than HotSpot, or an option that this one lacks
		}
	}

	/** The name of this system among the folders of the jar. */
	static String platform() {
		final String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
		final String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
		final boolean arm = arch.equals("aarch64") || arch.equals("arm64");
		if (!arm && !arch.equals("amd64") && !arch.equals("x86_64"))
			throw new ClemRegException(ClemRegException.Kind.INTERNAL,
				"CLEM-Reg has no native library for this processor (" + arch + "); it needs a 64-bit Intel, AMD or ARM processor and a 64-bit Java.");
		if (os.contains("win")) return arm ? "win-arm64" : "win64";
		if (os.contains("mac")) return arm ? "macos-arm64" : "macos64";
		return arm ? "linux-arm64" : "linux64";
	}

	private static String libraryName() {
		final String mapped = System.mapLibraryName("x");
		return "ClemReg.Bridge" + mapped.substring(mapped.lastIndexOf('.'));
	}

	private static void load(final String folderInJar, final StringBuilder story) {
		final List<String> refused = new ArrayList<>();
		library = new JarFiles(folderInJar, Collections.singletonList(libraryName())).firstOf(refused, (files, folder) -> {
			refuseAfterCrash(folder);
			final Path file = files.extract(libraryName(), folder, false);
			final Marker marker = new Marker(folder);
			try {
				loadFile(files, file);
				if (NativeMethods.text(NativeMethods.ABOUT) == null)
					throw new ClemRegException(ClemRegException.Kind.INTERNAL, "it does not answer");
			}
			finally {
				marker.remove();
			}
			return file;
		});
		if (library == null) throw new ClemRegException(ClemRegException.Kind.INTERNAL, "tried " + String.join(", ", refused) + JarFiles.ADVICE);
		story.append(" from ").append(library);
	}

	private static void loadFile(final JarFiles files, final Path file) throws IOException {
		try {
			System.load(file.toAbsolutePath().toString());
		}
		catch (final UnsatisfiedLinkError e) {
			if (e.getMessage() == null || !e.getMessage().contains("already loaded in another classloader")) throw e;
			// Plain ImageJ's Refresh Menus loads our classes anew: one file serves one class loader, so a copy serves this one.
			final Path copy = files.extract(libraryName(), Files.createTempDirectory(file.getParent(), "copy"), false);
			copy.toFile().deleteOnExit();
			copy.getParent().toFile().deleteOnExit();
			System.load(copy.toAbsolutePath().toString());
		}
	}

	/** A marker that no process holds was left by one that ended while it tried this build. */
	private static void refuseAfterCrash(final Path folder) throws IOException {
		final File[] markers = folder.toFile().listFiles((f, name) -> name.endsWith(MARKER));
		if (markers == null) return;
		for (final File marker : markers) {
			// Opened without creating it: its process may just have taken it away.
			try (FileChannel file = FileChannel.open(marker.toPath(), StandardOpenOption.WRITE); FileLock lock = file.tryLock()) {
				if (lock == null) continue;
			}
			catch (final OverlappingFileLockException e) {
				continue; // another class loader of this process is at it
			}
			catch (final IOException e) {
				continue; // gone meanwhile
			}
			if (stays(marker))
				throw new ClemRegException(ClemRegException.Kind.INTERNAL,
					"this build once ended Java while it was loaded; to try it again delete " + marker);
		}
	}

	/** False for a marker that a process was just taking away. */
	private static boolean stays(final File marker) {
		for (int i = 0; i < 10 && marker.exists(); i++) {
			try {
				Thread.sleep(20);
			}
			catch (final InterruptedException e) {
				Thread.currentThread().interrupt();
				break;
			}
		}
		return marker.exists();
	}

	/** Stands while the library is tried; locked, so that others can tell it from one that was left behind. */
	private static final class Marker {
		private final Path path;
		private final RandomAccessFile file;

		Marker(final Path folder) throws IOException {
			// Created under a name that nobody looks at and locked before it gets its own: no one sees it unlocked.
			final Path fresh = Files.createTempFile(folder, "try", ".new");
			file = new RandomAccessFile(fresh.toFile(), "rw");
			file.getChannel().lock();
			path = folder.resolve(fresh.getFileName().toString().replace(".new", MARKER));
			try {
				Files.move(fresh, path);
			}
			catch (final IOException e) {
				file.close();
				Files.deleteIfExists(fresh);
				throw e;
			}
		}

		/** An error that Java saw is no crash either; only the end of the process leaves the marker. */
		void remove() throws IOException {
			final boolean gone = path.toFile().delete(); // Windows deletes no open file
			file.close();
			if (!gone) Files.deleteIfExists(path);
		}
	}
}
