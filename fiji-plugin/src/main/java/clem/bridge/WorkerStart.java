package clem.bridge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Starts the worker process: the jar's small program for this system, which loads the native library that this process has loaded. */
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
			if (!JarFiles.has(folderInJar + name)) throw failed("the jar has no program for it on " + NativeLoader.platform());
			final String library = NativeLoader.library().toAbsolutePath().toString();
			process = new JarFiles(folderInJar, Collections.singletonList(name)).firstOf(refused,
				(files, folder) -> new WorkerProcess(Arrays.asList(files.extract(name, folder, true).toAbsolutePath().toString(), library), idleMillis));
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
		return new ClemRegException(ClemRegException.Kind.MODEL, "The process in which models run cannot be started: " + why + ". With clemreg.models=inside they run in this one.");
	}
}
