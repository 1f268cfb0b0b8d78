package clem.cli;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import clem.bridge.Bridge;
import clem.bridge.Bridges;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.ij.SelfTest;
import clem.json.Json;
import clem.schema.Nearest;
import clem.schema.Operation;
import clem.schema.Schema;
import clem.workflow.Commands;
import clem.workflow.FileRequest;
import clem.workflow.FileRunner;
import clem.workflow.SystemReport;
import clem.workflow.TimeLeft;

/** The command line: the same code as in Fiji, on files. */
public final class Main implements OperationListener {
	private static final int DONE = 0, FAILED = 1, BAD_INPUT = 2, CANCELLED = 3;
	private static final int BAR = 30;
	/** Reports about this system, beside the operations. */
	private static final String SELF_TEST = "self-test", ABOUT = "about";
	private static final long PATIENCE_SECONDS = 60, REFRESH_MILLIS = 100;

	private final PrintStream out;
	private final PrintStream messages;
	/** Whether messages go to a terminal, which can show a progress bar. */
	private final boolean terminal;
	private final boolean debug;
	private final CountDownLatch finished = new CountDownLatch(1);
	private volatile boolean cancelled;
	private volatile int code = FAILED;
	private final TimeLeft left = new TimeLeft();
	private long lastShown;
	private boolean barShown;

	Main(final PrintStream out, final PrintStream messages, final boolean terminal, final boolean debug) {
		this.out = out;
		this.messages = messages;
		this.terminal = terminal;
		this.debug = debug;
	}

	/** Runs a command and ends Java with its exit code. */
	public static void main(final String[] args) {
		final Main main = new Main(System.out, System.err, Boolean.getBoolean("clemreg.terminal"), "1".equals(System.getenv("CLEMREG_DEBUG")));
		Runtime.getRuntime().addShutdownHook(new Thread(main::interrupted, "CLEM-Reg cancel"));
		main.code = main.run(args);
		main.finished.countDown();
		System.exit(main.code);
	}

	/** Ctrl-C: the work is told to stop and given the time to remove what it has written. */
	private void interrupted() {
		cancelled = true;
		try {
			if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) messages.println("clemreg: the work does not stop; ended by force.");
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
		}
		Runtime.getRuntime().halt(finished.getCount() == 0 ? code : CANCELLED);
	}

	/** Runs a command and gives its exit code. */
	int run(final String... args) {
		try {
			return dispatch(Arrays.asList(args));
		}
		catch (final ClemRegException e) {
			if (cancelled) {
				// While Java shuts down many of its parts refuse to work, and what they say may look like bad input.
				fail("Cancelled.", e);
				return CANCELLED;
			}
			fail(e.getMessage() + (e.kind == ClemRegException.Kind.INTERNAL ? " Set CLEMREG_DEBUG=1 to see where." : ""), e);
			return e.kind == ClemRegException.Kind.CANCELLED ? CANCELLED
				: e.kind == ClemRegException.Kind.BAD_INPUT || e.kind == ClemRegException.Kind.NOT_FOUND ? BAD_INPUT : FAILED;
		}
		catch (final OutOfMemoryError e) {
			fail("Java's memory is too small (" + (Runtime.getRuntime().maxMemory() >> 20) + " MB). Give more with CLEMREG_HEAP, for example CLEMREG_HEAP=4g.", e);
			return FAILED;
		}
		catch (final RuntimeException | Error e) {
			if (cancelled) {
				fail("Cancelled.", e);
				return CANCELLED;
			}
			fail("Unexpected error: " + e + ". Set CLEMREG_DEBUG=1 to see where, and report it.", e);
			return FAILED;
		}
		finally {
			out.flush();
		}
	}

	private int dispatch(final List<String> args) {
		final String command = args.isEmpty() ? "" : args.get(0);
		if (command.equals(SELF_TEST) || command.equals(ABOUT)) return report(command, args.subList(1, args.size()));
		final Bridge bridge = Bridges.get();
		if (command.equals("--version")) {
			final Map<String, Object> about = Json.parseObject(bridge.about());
			out.println("clemreg " + Json.asText(about.get("version"), "?") + " (" + Json.asText(about.get("instruction_set"), "?") + ", "
				+ Json.asText(about.get("host"), "?") + ", Java " + System.getProperty("java.version") + ")");
			return DONE;
		}
		final Schema schema = Schema.parse(bridge.schema());
		if (command.equals("--help") || command.equals("-h") || command.equals("help")) {
			out.print(Help.general(schema));
			return DONE;
		}
		final List<String> names = new ArrayList<>(Arrays.asList(SELF_TEST, ABOUT));
		for (final Operation operation : Commands.of(schema)) if (!names.contains(Commands.name(operation))) names.add(Commands.name(operation));
		if (command.isEmpty()) throw ClemRegException.badInput("A command is missing. Allowed: " + String.join(", ", names) + ". See clemreg --help.");
		final Operation operation = Commands.find(schema, command, Arguments.kind(args.subList(1, args.size())));
		if (operation == null) {
			throw ClemRegException.badInput("Unknown command '" + command + "'." + Nearest.hint(command, names) + " Allowed: " + String.join(", ", names) + ".");
		}
		final FileRequest request = Arguments.parse(operation, args.subList(1, args.size()));
		if (request == null) out.print(Help.of(schema, operation));
		else {
			final String summary = new FileRunner(bridge).run(request, this);
			clearBar();
			out.println(summary);
		}
		return DONE;
	}

	private int report(final String command, final List<String> more) {
		if (!more.isEmpty()) throw ClemRegException.badInput("'" + more.get(0) + "' is not expected: " + command + " takes no options.");
		if (command.equals(ABOUT)) {
			out.print(SystemReport.text(this));
			return DONE;
		}
		final SelfTest test = new SelfTest(this);
		clearBar();
		out.print(test.text());
		return test.passed() ? DONE : FAILED;
	}

	private void fail(final String message, final Throwable error) {
		clearBar();
		messages.println("clemreg: " + message);
		if (debug) error.printStackTrace(messages);
	}

	@Override
	public void progress(final double fraction, final String stage) {
		final long now = System.currentTimeMillis();
		if (!terminal || now - lastShown < REFRESH_MILLIS) return;
		lastShown = now;
		barShown = true;
		final String time = left.at(fraction);
		final int full = (int) Math.round(fraction * BAR);
		final StringBuilder bar = new StringBuilder();
		for (int i = 0; i < BAR; i++) bar.append(i < full ? '#' : '.');
		messages.printf("\r\u001b[K[%s] %3d%% %s%s", bar, Math.round(fraction * 100), stage, time.isEmpty() ? "" : ", " + time);
		messages.flush();
	}

	private void clearBar() {
		if (barShown) messages.print("\r\u001b[K");
		barShown = false;
	}

	@Override
	public void log(final String message) {
		clearBar();
		messages.println(message);
	}

	@Override
	public void warning(final String message) {
		clearBar();
		messages.println("clemreg: warning: " + message);
	}

	@Override
	public boolean cancelled() {
		return cancelled;
	}
}
