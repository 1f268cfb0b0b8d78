package clem.bridge;

import java.util.Arrays;

/** Prints what the worker process costs: its start, an empty call, and slices to it and back, beside the bridge in this process. The least and the median of many. */
public final class WorkerTimes {
	private static final int CALLS = 300, STARTS = 20;
	private static final double[] ONE = { 1, 1, 1 }, ZERO = { 0, 0, 0 };

	private WorkerTimes() {}

	private interface Call {
		void run();
	}

	public static void main(final String[] args) {
		final NativeBridge inside = new NativeBridge();
		print("start of a worker", STARTS, WorkerBridge::new);
		final WorkerBridge worker = new WorkerBridge();
		for (final int side : new int[] { 512, 1024, 2048 }) {
			for (final VoxelKind kind : new VoxelKind[] { VoxelKind.UINT8, VoxelKind.UINT16, VoxelKind.FLOAT32 }) {
				times("inside", inside, kind, side);
				times("worker", worker, kind, side);
			}
		}
		final long a = inside.createPoints(new double[3]), b = worker.createPoints(new double[3]);
		print("describe, inside", CALLS, () -> inside.describe(a));
		print("describe, worker", CALLS, () -> worker.describe(b));
	}

	private static void times(final String name, final Bridge bridge, final VoxelKind kind, final int side) {
		final Object pixels = kind == VoxelKind.UINT8 ? new byte[side * side] : kind == VoxelKind.UINT16 ? new short[side * side] : new float[side * side];
		final long volume = bridge.createVolume(kind, new int[] { 1, side, side }, ONE, ZERO);
		print(name + ", write " + kind + " " + side, CALLS, () -> bridge.writeSlice(volume, 0, pixels));
		print(name + ", read " + kind + " " + side, CALLS, () -> bridge.readSlice(volume, 0, pixels));
		bridge.release(volume);
	}

	private static void print(final String name, final int times, final Call call) {
		final double[] millis = new double[times];
		for (int i = 0; i < times; i++) {
			final long start = System.nanoTime();
			call.run();
			millis[i] = (System.nanoTime() - start) / 1e6;
		}
		Arrays.sort(millis);
		System.out.printf("%-32s least %7.3f ms, median %7.3f ms%n", name, millis[0], millis[times / 2]);
	}
}
