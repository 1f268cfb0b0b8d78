package clem.bridge;

/** An error whose message is meant for the user. */
public final class ClemRegException extends RuntimeException {
	private static final long serialVersionUID = 1L;

	/** What went wrong. */
	public enum Kind {
		/** A fault of this software. */
		INTERNAL,
		/** Something that the user gave cannot be used. */
		BAD_INPUT,
		/** The user cancelled. */
		CANCELLED,
		/** A named thing does not exist. */
		NOT_FOUND,
		/** The work needs more memory than there is. */
		OUT_OF_MEMORY,
		/** A model, or the software that runs it, failed. */
		MODEL,
		/** Some of several pieces of work failed; the others are done. */
		INCOMPLETE
	}

	/** The kind of error. */
	public final Kind kind;

	public ClemRegException(final Kind kind, final String message) {
		this(kind, message, null);
	}

	public ClemRegException(final Kind kind, final String message, final Throwable cause) {
		super(message, cause);
		this.kind = kind;
	}

	/** An error about something that the user gave. */
	public static ClemRegException badInput(final String message) {
		return new ClemRegException(Kind.BAD_INPUT, message);
	}

	/** An error about something that the user gave, found by another error. */
	public static ClemRegException badInput(final String message, final Throwable cause) {
		return new ClemRegException(Kind.BAD_INPUT, message, cause);
	}

	/** The end of a cancelled run. */
	public static ClemRegException cancelled() {
		return new ClemRegException(Kind.CANCELLED, "Cancelled.");
	}
}
