package clem.workflow;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.Bridge;
import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.bridge.NativeLoader;
import clem.bridge.OperationListener;
import clem.json.Json;
import clem.models.ModelFolders;
import ij.IJ;

/** What a bug report should say about the system: versions, what computes, where things are. Each line stands by itself, so that one that fails hides no other. */
public final class SystemReport {
	/** Gives the text of a line. */
	private interface Line {
		String text();
	}

	private final Map<String, String> lines = new LinkedHashMap<>();

	private SystemReport() {}

	/** The lines, one below the other. The listener hears what models say when they are asked. */
	public static String text(final OperationListener listener) {
		final SystemReport report = new SystemReport();
		report.add("CLEM-Reg", () -> algorithms(Bridges.get()));
		report.add("library", NativeLoader::report);
		report.add("models", () -> providers(listener));
		report.add("Java", () -> property("java.version") + " (" + property("java.vm.name") + ", " + property("java.vendor") + "), " + (Runtime.getRuntime().maxMemory() >> 20) + " MB");
		report.add("ImageJ", () -> IJ.getVersion() + (System.getProperty("fiji.dir") == null ? "" : ", Fiji in " + property("fiji.dir")));
		report.add("system", () -> property("os.name") + " " + property("os.version") + ", " + property("os.arch") + ", " + Runtime.getRuntime().availableProcessors() + " processors" + memory());
		report.add("models folders", () -> ModelFolders.all() + ", models: " + ModelFolders.names());
		report.add("logs", SystemReport::crashes);
		final StringBuilder text = new StringBuilder();
		report.lines.forEach((name, line) -> text.append(name).append(": ").append(line).append('\n'));
		return text.toString();
	}

	private void add(final String name, final Line line) {
		try {
			lines.put(name, line.text());
		}
		catch (final RuntimeException | LinkageError e) {
			lines.put(name, "FAILED: " + (e instanceof ClemRegException ? e.getMessage() : e));
		}
	}

	/** The version of the algorithms and what they run on. */
	public static String algorithms(final Bridge bridge) {
		final Map<String, Object> about = Json.parseObject(bridge.about());
		return about.get("version") + ", " + about.get("instruction_set") + " (" + about.get("host") + (about.get("runtime") == null ? "" : ", " + about.get("runtime")) + ")";
	}

	/** What runs models, and on which processors. */
	public static String providers(final OperationListener listener) {
		final Map<String, Object> request = new LinkedHashMap<>();
		request.put("parameters", Collections.emptyMap());
		request.put("onnxruntime", NativeLoader.onnxRuntime());
		final Bridge models = Bridges.forModels();
		final Map<String, Object> found = Json.parseObject(models.run("providers", Json.write(request), Collections.emptyMap(), new Quiet(listener)).json);
		return found.get("runtime") + " for " + found.get("providers") + "; auto tries " + found.get("auto") + "; " + (models == Bridges.get() ? "in this process" : "in a process of its own");
	}

	private static String memory() {
		try {
			final long bytes = ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalPhysicalMemorySize();
			return ", " + (bytes >> 20) + " MB";
		}
		catch (final ClassCastException | LinkageError e) {
			return ""; // another Java than HotSpot
		}
	}

	/** Java writes what it knows of a crash into the folder that it was started from. CLEM-Reg itself writes to ImageJ's Log window only. */
	private static String crashes() {
		final File folder = new File(property("user.dir"));
		final String[] names = folder.list((f, name) -> name.startsWith("hs_err_pid") && name.endsWith(".log"));
		final List<String> found = new ArrayList<>();
		if (names != null) Collections.addAll(found, names);
		Collections.sort(found);
		return "Window > Console and the Log window; Java's crash logs in " + folder + (found.isEmpty() ? " (none)" : ": " + String.join(", ", found));
	}

	private static String property(final String name) {
		return System.getProperty(name, "?");
	}
}
