package clem.bridge;

import java.lang.reflect.InvocationTargetException;
import java.util.Map;

/** Gives the bridges of this process, made when they are first needed. */
public final class Bridges {
	/** Names another class that implements {@link Bridge}; it serves for everything, models included. Without it the native library serves, or where the jar has none for this system the worker. */
	public static final String PROPERTY = "clemreg.bridge";
	/** Where models run: process (the default) or inside. The environment variable CLEMREG_MODELS says the same. */
	public static final String MODELS = "clemreg.models";

	private static final String VARIABLE = "CLEMREG_MODELS";

	private static Bridge bridge, models;

	private Bridges() {}

	/** The bridge of this process. */
	public static synchronized Bridge get() {
		if (bridge == null) bridge = System.getProperty(PROPERTY) != null ? create(System.getProperty(PROPERTY)) : NativeLoader.has() ? new NativeBridge() : new WorkerBridge();
		return bridge;
	}

	/** The bridge on which operations run that load a model. Handles of one bridge mean nothing to another. */
	public static synchronized Bridge forModels() {
		if (models == null) models = System.getProperty(PROPERTY) != null ? get() : choose(System.getProperty(MODELS, System.getenv(VARIABLE)));
		return models;
	}

	private static Bridge choose(final String where) {
		final boolean asked = where != null && !where.isEmpty();
		if (asked && where.equals("inside")) return get();
		if (asked && !where.equals("process")) throw ClemRegException.badInput(MODELS + " (or " + VARIABLE + ") = " + where + " is not allowed: it must be process or inside.");
		try {
			return new WorkerBridge();
		}
		catch (final ClemRegException e) {
			if (asked || !NativeLoader.has()) throw e;
			return new Inside("Models run in this process, which a crash of theirs would end. " + e.getMessage());
		}
	}

	/** The bridge in this process where another cannot be started; its first run says so. */
	private static final class Inside extends NativeBridge {
		private String note;

		Inside(final String note) {
			this.note = note;
		}

		@Override
		public OperationResult run(final String operation, final String requestJson, final Map<String, Long> inputs, final OperationListener listener) {
			synchronized (this) {
				if (note != null && listener != null) listener.log(note);
				note = null;
			}
			return super.run(operation, requestJson, inputs, listener);
		}
	}

	private static Bridge create(final String className) {
		try {
			return (Bridge) Class.forName(className).getDeclaredConstructor().newInstance();
		}
		catch (final InvocationTargetException e) {
			if (e.getCause() instanceof ClemRegException) throw (ClemRegException) e.getCause();
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, className + " cannot start: " + e.getCause(), e.getCause());
		}
		catch (final ReflectiveOperationException | LinkageError | ClassCastException e) {
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, "No bridge to the algorithms: " + className + " (" + e + ")", e);
		}
	}
}
