package clem.bridge;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The algorithms in this process, through the native library. */
public class NativeBridge implements Bridge {
	private final Map<Long, SliceReader> readers = new ConcurrentHashMap<>();
	/** Through which a result that is computed while it is read asks for slices of the images that it comes from. */
	private final NativeListener reader = new NativeListener(this, null);

	/** Loads the native library, once per process. */
	public NativeBridge() {
		NativeLoader.load();
	}

	@Override
	public String about() {
		return text(NativeMethods.text(NativeMethods.ABOUT));
	}

	@Override
	public String schema() {
		return text(NativeMethods.text(NativeMethods.SCHEMA));
	}

	@Override
	public String memory() {
		return text(NativeMethods.text(NativeMethods.MEMORY));
	}

	@Override
	public long createVolume(final VoxelKind kind, final int[] sizeZyx, final double[] spacingZyxNm, final double[] originZyxNm) {
		return handle(NativeMethods.createVolume(Wire.code(kind), sizeZyx, spacingZyxNm, originZyxNm));
	}

	@Override
	public long createSource(final VoxelKind kind, final int[] sizeZyx, final double[] spacingZyxNm, final double[] originZyxNm,
		final SliceReader reader)
	{
		if (reader == null) throw ClemRegException.badInput("The reader of an image is null.");
		final long handle = handle(NativeMethods.createSource(Wire.code(kind), sizeZyx, spacingZyxNm, originZyxNm));
		readers.put(handle, reader);
		return handle;
	}

	@Override
	public void writeSlice(final long volume, final int z, final Object pixels) {
		if (pixels instanceof byte[]) check(NativeMethods.writeBytes(volume, z, (byte[]) pixels));
		else if (pixels instanceof short[]) check(NativeMethods.writeShorts(volume, z, (short[]) pixels));
		else if (pixels instanceof float[]) check(NativeMethods.writeFloats(volume, z, (float[]) pixels));
		else throw Wire.notPixels(pixels);
	}

	@Override
	public void readSlice(final long volume, final int z, final Object pixels) {
		if (pixels instanceof byte[]) check(NativeMethods.readBytes(volume, z, (byte[]) pixels, reader));
		else if (pixels instanceof short[]) check(NativeMethods.readShorts(volume, z, (short[]) pixels, reader));
		else if (pixels instanceof float[]) check(NativeMethods.readFloats(volume, z, (float[]) pixels, reader));
		else throw Wire.notPixels(pixels);
	}

	@Override
	public long createPoints(final double[] zyx) {
		return handle(NativeMethods.createPoints(zyx));
	}

	@Override
	public double[] readPoints(final long points) {
		final double[] zyx = NativeMethods.readPoints(points);
		if (zyx == null) throw failure();
		return zyx;
	}

	@Override
	public long createTransform(final String json) {
		return handle(NativeMethods.createTransform(json == null ? null : json.getBytes(StandardCharsets.UTF_8)));
	}

	@Override
	public String describe(final long handle) {
		return text(NativeMethods.describe(handle));
	}

	@Override
	public OperationResult run(final String operation, final String requestJson, final Map<String, Long> inputs,
		final OperationListener listener)
	{
		if (listener == null) throw ClemRegException.badInput("The listener of an operation is null.");
		final byte[] request = Wire.request(operation, requestJson, inputs).getBytes(StandardCharsets.UTF_8);
		return Wire.result(text(NativeMethods.run(request, new NativeListener(this, listener))));
	}

	@Override
	public void release(final long handle) {
		check(NativeMethods.release(handle));
		readers.remove(handle);
	}

	/** Gives the native library a slice that it asked for. */
	void deliver(final long source, final int z) {
		final SliceReader reader = readers.get(source);
		if (reader == null) throw ClemRegException.badInput("The image was released while it was in use.");
		writeSlice(source, z, reader.slice(z));
	}

	private static long handle(final long handle) {
		if (handle == 0) throw failure();
		return handle;
	}

	private static void check(final boolean done) {
		if (!done) throw failure();
	}

	private static String text(final byte[] utf8) {
		if (utf8 == null) throw failure();
		return new String(utf8, StandardCharsets.UTF_8);
	}

	private static ClemRegException failure() {
		final byte[] error = NativeMethods.error();
		if (error == null) return new ClemRegException(ClemRegException.Kind.INTERNAL, "The native library failed without a message.");
		return Wire.failure(new String(error, StandardCharsets.UTF_8));
	}
}
