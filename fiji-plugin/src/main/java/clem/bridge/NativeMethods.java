package clem.bridge;

/**
 * The exports of the native library. Each gives 0, false or null when it fails; error() then has kind and message for the calling
 * thread. Texts are UTF-8.
 */
final class NativeMethods {
	static final int ABOUT = 0;
	static final int SCHEMA = 1;
	static final int MEMORY = 2;

	private NativeMethods() {}

	static native byte[] error();

	static native byte[] text(int what);

	static native long createVolume(int kind, int[] size, double[] spacing, double[] origin);

	static native long createSource(int kind, int[] size, double[] spacing, double[] origin);

	static native boolean writeBytes(long handle, int z, byte[] voxels);

	static native boolean writeShorts(long handle, int z, short[] voxels);

	static native boolean writeFloats(long handle, int z, float[] voxels);

	static native boolean readBytes(long handle, int z, byte[] voxels, NativeListener reader);

	static native boolean readShorts(long handle, int z, short[] voxels, NativeListener reader);

	static native boolean readFloats(long handle, int z, float[] voxels, NativeListener reader);

	static native long createPoints(double[] zyx);

	static native double[] readPoints(long handle);

	static native long createTransform(byte[] json);

	static native byte[] describe(long handle);

	static native byte[] run(byte[] request, NativeListener listener);

	static native boolean release(long handle);
}
