package clem.bridge;

/** Says how a process ended. */
final class ExitCodes {
	private static final int SIGNALS = 128;

	private ExitCodes() {}

	/** A sentence about what Java gives as exit code: on Unix 128 and the signal that ended it, on Windows the exception. */
	static String text(final int code) {
		if (code < 0) return "exit code 0x" + Integer.toHexString(code).toUpperCase(java.util.Locale.ROOT) + (code == 0xC0000005 ? " (access violation)." : code == 0xC00000FD ? " (stack overflow)." : ".");
		final String signal = signal(code - SIGNALS);
		return signal == null ? "exit code " + code + "." : signal + " (signal " + (code - SIGNALS) + ").";
	}

	private static String signal(final int number) {
		switch (number) {
			case 4: return "SIGILL, an instruction that this processor lacks";
			case 6: return "SIGABRT, it gave up";
			case 7: case 10: return "SIGBUS, a fault of memory";
			case 8: return "SIGFPE, a fault of arithmetic";
			case 9: return "SIGKILL, it was killed";
			case 11: return "SIGSEGV, it crashed";
			case 15: return "SIGTERM, it was asked to end";
			default: return null;
		}
	}
}
