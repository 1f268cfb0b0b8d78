package clem.bridge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Starts the worker process: the jar's program for this system. Where the jar has a native library it is a small one, which loads the library that this process has
 * loaded; else it holds all algorithms itself.
 */
final class WorkerStart {
	/** Names another program that is a whole worker by itself. */
	static final String PROGRAM = "clemreg.worker";

	private WorkerStart() {}

	/** Starts one. */
	static WorkerProcess start(final long idleMillis) {
		final List<String> refused = new ArrayList<>();
		final WorkerProcess process;
		if (System.getProperty(PROGRAM) != null) process = own(System.getProperty(PROGRAM), idleMillis, refused);
		else {
			final String folderInJar = "/natives/" + NativeLoader.platform() + "/worker/", name = System.mapLibraryName("x").endsWith(".dll") ? "ClemReg.Worker.exe" : "ClemReg.Worker";
			if (!JarFiles.has(folderInJar + name)) throw failed(NativeLoader.platforms());
			final List<String> arguments = NativeLoader.has() ? Collections.singletonList(NativeLoader.library().toAbsolutePath().toString()) : Collections.emptyList();
			process = new JarFiles(folderInJar, Collections.singletonList(name)).firstOf(refused, (files, folder) -> {
				final List<String> command = new ArrayList<>(arguments);
				command.add(0, files.extract(name, folder, true).toAbsolutePath().toString());
				return new WorkerProcess(command, idleMillis);
			});
		}
		if (process != null) return process;
		throw failed("tried " + String.join(", ", refused) + JarFiles.ADVICE);
	}

	private static WorkerProcess own(final String program, final long idleMillis, final List<String> refused) {
		try {
			return new WorkerProcess(Collections.singletonList(program), idleMillis);
		}
		catch (final IOException e) {
			refused.add(program + " (" + e.getMessage() + ")");
			return null;
		}
	}

	private static ClemRegException failed(final String why) {
		return new ClemRegException(ClemRegException.Kind.MODEL, name() + " cannot be started: " + why + (NativeLoader.has() ? ". With clemreg.models=inside they run in this one." : "."));
	}

	/** What messages call it. */
	static String name() {
		return "The process in which " + (NativeLoader.has() ? "models run" : "CLEM-Reg computes");
	}
}
