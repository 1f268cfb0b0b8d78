package clem.scijava;

import java.io.File;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

import org.scijava.Cancelable;
import org.scijava.ItemIO;
import org.scijava.app.StatusService;
import org.scijava.command.Command;
import org.scijava.log.LogService;
import org.scijava.plugin.Parameter;

import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.workflow.FileRequest;
import clem.workflow.FileRunner;

/**
 * What the commands for files have in common. Each operation's own command, with its fields, is generated from the schema. An error ends
 * the command as cancelled, with the message as the reason: a script sees it in the module, and a batch run in its log.
 */
public abstract class FileCommand implements Command, Cancelable, OperationListener {
	private static final int STEPS = 1000;

	@Parameter(required = false)
	private StatusService status;

	@Parameter(required = false)
	private LogService log;

	/** One line about the result. */
	@Parameter(type = ItemIO.OUTPUT, label = "Summary")
	private String summary;

	private Set<String> given = Collections.emptySet();

	private volatile String reason;

	/** The request that the fields make. */
	protected abstract FileRequest request();

	@Override
	public void run() {
		try {
			summary = new FileRunner(Bridges.get()).run(request(), this);
			log(summary);
		}
		catch (final ClemRegException e) {
			if (e.kind != ClemRegException.Kind.CANCELLED && log != null) {
				if (e.kind == ClemRegException.Kind.INTERNAL) log.error("CLEM-Reg: " + e.getMessage(), e);
				else log.error("CLEM-Reg: " + e.getMessage());
			}
			cancel(e.getMessage());
		}
	}

	/** Takes over a file that was given. */
	protected static void put(final Map<String, String> inputs, final String key, final File file) {
		if (file != null) inputs.put(key, file.getPath());
	}

	/** Takes over an image file that was given, with its series and channel (from 1; 0 is none chosen). */
	protected static void put(final Map<String, String> inputs, final String key, final File file, final Integer series, final Integer channel) {
		if (file == null) return;
		final int s = series == null ? 0 : series, c = channel == null ? 0 : channel;
		if (s < 0 || c < 0) throw ClemRegException.badInput(key + ": series " + s + ", channel " + c + " is not allowed: they count from 1; 0 is the first.");
		inputs.put(key, file.getPath() + (s > 0 ? "#" + s + ":" + Math.max(1, c) : c > 0 ? "#" + c : ""));
	}

	/** Takes over a text that was given. */
	protected static void put(final Map<String, String> texts, final String key, final String text) {
		if (text != null && !text.trim().isEmpty()) texts.put(key, text.trim());
	}

	/** Notes the inputs that were given by name. */
	final void given(final Set<String> names) {
		given = names;
	}

	/**
	 * Takes over a parameter that was given by name or, in a dialog, is not at its default: a preset or a parameter file sets the others.
	 */
	protected final void put(final Map<String, Object> parameters, final String key, final Object value, final Object standard) {
		if (value == null || value.equals(standard) && !given.contains(key)) return;
		parameters.put(key, value instanceof Integer ? (Object) ((Integer) value).longValue() : value);
	}

	@Override
	public void progress(final double fraction, final String stage) {
		if (status != null) status.showStatus((int) (fraction * STEPS), STEPS, "CLEM-Reg: " + stage);
	}

	@Override
	public void log(final String message) {
		if (log != null) log.info(message);
	}

	@Override
	public void warning(final String message) {
		if (log != null) log.warn("CLEM-Reg: " + message);
	}

	@Override
	public boolean cancelled() {
		return reason != null;
	}

	@Override
	public boolean isCanceled() {
		return reason != null;
	}

	@Override
	public void cancel(final String why) {
		reason = why == null ? "Cancelled." : why;
	}

	@Override
	public String getCancelReason() {
		return reason;
	}
}
