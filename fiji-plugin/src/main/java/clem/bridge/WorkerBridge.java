package clem.bridge;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The algorithms in a process of their own, which is started when it is first needed and after its end: a crash there is an error here. What an
 * ended process held is gone: its handles can be released, but not used.
 */
public final class WorkerBridge implements Bridge {
	/** After so many milliseconds without work and handles the process is ended. */
	public static final String IDLE = "clemreg.worker.idle";

	private static final long IDLE_MILLIS = 60_000;

	private final Map<Long, SliceReader> readers = new ConcurrentHashMap<>();
	private final Map<Long, WorkerProcess> owners = new ConcurrentHashMap<>();
	private WorkerProcess current;

	/** Starts the process. */
	public WorkerBridge() {
		process().leave();
	}

	@Override
	public String about() {
		return text("it told about itself", Frame.TEXT, new Payload().putByte(NativeMethods.ABOUT));
	}

	@Override
	public String schema() {
		return text("it told its operations", Frame.TEXT, new Payload().putByte(NativeMethods.SCHEMA));
	}

	@Override
	public String memory() {
		return text("it told its memory", Frame.TEXT, new Payload().putByte(NativeMethods.MEMORY));
	}

	@Override
	public long createVolume(final VoxelKind kind, final int[] sizeZyx, final double[] spacingZyxNm, final double[] originZyxNm) {
		return create("a volume was made", Frame.CREATE_VOLUME, grid(kind, sizeZyx, spacingZyxNm, originZyxNm));
	}

	@Override
	public long createSource(final VoxelKind kind, final int[] sizeZyx, final double[] spacingZyxNm, final double[] originZyxNm,
		final SliceReader reader)
	{
		if (reader == null) throw ClemRegException.badInput("The reader of an image is null.");
		final long handle = create("an image was named", Frame.CREATE_SOURCE, grid(kind, sizeZyx, spacingZyxNm, originZyxNm));
		readers.put(handle, reader);
		return handle;
	}

	@Override
	public void writeSlice(final long volume, final int z, final Object pixels) {
		SliceFile.count(pixels);
		at(volume, process -> {
			process.slice("a slice was written", Frame.WRITE_SLICE, volume, z, pixels, null);
			return null;
		});
	}

	@Override
	public void readSlice(final long volume, final int z, final Object pixels) {
		SliceFile.count(pixels);
		at(volume, process -> {
			final WorkerListener listener = new WorkerListener(readers);
			try {
				process.slice("a slice was read", Frame.READ_SLICE, volume, z, pixels, listener);
			}
			finally {
				listener.check();
			}
			return null;
		});
	}

	@Override
	public long createPoints(final double[] zyx) {
		return create("points were passed", Frame.CREATE_POINTS, new Payload().putDoubles(zyx));
	}

	@Override
	public double[] readPoints(final long points) {
		return at(points, process -> Payload.doubles(process.call("points were read", Frame.READ_POINTS, new Payload().putLong(points).toArray(), null)));
	}

	@Override
	public long createTransform(final String json) {
		return create("a transform was read", Frame.CREATE_TRANSFORM, new Payload().putText(json));
	}

	@Override
	public String describe(final long handle) {
		return at(handle, process -> Payload.text(process.call("an object was described", Frame.DESCRIBE, new Payload().putLong(handle).toArray(), null)));
	}

	@Override
	public OperationResult run(final String operation, final String requestJson, final Map<String, Long> inputs,
		final OperationListener listener)
	{
		if (listener == null) throw ClemRegException.badInput("The listener of an operation is null.");
		final byte[] request = new Payload().putText(Wire.request(operation, requestJson, inputs)).toArray();
		for (final Long input : inputs.values()) checkOwner(input == null ? 0 : input);
		final WorkerListener heard = new WorkerListener(listener, readers, Wire.provider(requestJson));
		return with(process(), process -> {
			final OperationResult result;
			try {
				result = Wire.result(Payload.text(process.call(operation + " ran", Frame.RUN, request, heard)));
			}
			catch (final ClemRegException e) {
				heard.check();
				if (process.ended() && e.getCause() != null) listener.log(WorkerStart.name() + " said last:\n" + e.getCause().getMessage());
				throw e;
			}
			for (final long handle : result.outputs.values()) own(handle, process);
			if (heard.failed()) for (final long handle : result.outputs.values()) release(handle);
			heard.check();
			return result;
		});
	}

	@Override
	public void release(final long handle) {
		final WorkerProcess owner = owners.get(handle);
		try {
			if (owner == null || !owner.ended()) at(handle, process -> process.call("an object was released", Frame.RELEASE, new Payload().putLong(handle).toArray(), null));
		}
		catch (final ClemRegException e) {
			if (owner == null || !owner.ended()) throw e;
		}
		readers.remove(handle);
		if (owner != null && owners.remove(handle) != null) owner.hold(-1);
	}

	/** The number of the running process in the system, or -1. */
	synchronized int pid() {
		return current == null || current.ended() ? -1 : current.pid();
	}

	private static Payload grid(final VoxelKind kind, final int[] sizeZyx, final double[] spacingZyxNm, final double[] originZyxNm) {
		return new Payload().putInt(Wire.code(kind)).putInts(sizeZyx).putDoubles(spacingZyxNm).putDoubles(originZyxNm);
	}

	private String text(final String what, final int kind, final Payload payload) {
		return with(process(), process -> Payload.text(process.call(what, kind, payload.toArray(), null)));
	}

	private long create(final String what, final int kind, final Payload payload) {
		return with(process(), process -> {
			final long handle = process.call(what, kind, payload.toArray(), null).getLong();
			own(handle, process);
			return handle;
		});
	}

	private void own(final long handle, final WorkerProcess process) {
		owners.put(handle, process);
		process.hold(1);
	}

	/** Does something in the process that holds an object. */
	private <T> T at(final long handle, final Function<WorkerProcess, T> use) {
		checkOwner(handle);
		return with(process(), use);
	}

	/** The numbers of one process mean nothing to the next, which would say the same in words that fit less well. */
	private void checkOwner(final long handle) {
		final WorkerProcess owner = owners.get(handle);
		if (owner != null && owner.ended()) throw new ClemRegException(ClemRegException.Kind.NOT_FOUND, "Handle " + handle + " was in a process that ended.");
	}

	private static <T> T with(final WorkerProcess entered, final Function<WorkerProcess, T> use) {
		try {
			return use.apply(entered);
		}
		finally {
			entered.leave();
		}
	}

	/** The running process, entered; a new one if there is none. */
	private synchronized WorkerProcess process() {
		if (current == null || !current.enter()) {
			current = WorkerStart.start(Long.getLong(IDLE, IDLE_MILLIS));
			current.enter();
		}
		return current;
	}
}
