package clem.bridge;

import java.lang.reflect.InvocationTargetException;

/** Gives the bridge of this process, made when it is first needed. */
public final class Bridges {
	/** Names another class that implements {@link Bridge}. */
	public static final String PROPERTY = "clemreg.bridge";

	private static Bridge bridge;

	private Bridges() {}

	/** The bridge of this process. */
	public static synchronized Bridge get() {
		if (bridge == null) bridge = create(System.getProperty(PROPERTY, "clem.bridge.NativeBridge"));
		return bridge;
	}

	/** The bridge on which operations run that load a model. Handles of one bridge mean nothing to another. */
	public static Bridge forModels() {
		return get();
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
