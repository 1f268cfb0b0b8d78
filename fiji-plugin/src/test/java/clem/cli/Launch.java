package clem.cli;

import java.io.PrintStream;

/** The command line for tests of other packages. */
public final class Launch {
	private Launch() {}

	/** Runs a command with all that it says in one stream, and gives its exit code. */
	public static int run(final PrintStream stream, final String... args) {
		return new Main(stream, stream, false, false).run(args);
	}
}
