package clem.bridge;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Seconds that previews of slices take one after the other, in the worker process: MODEL.onnx SIDE COUNT. The first loads the model, the others find it open. Every log line of a run comes before its
 * time.
 */
public final class PreviewTimes {
	private PreviewTimes() {}

	public static void main(final String[] args) {
		final int side = Integer.parseInt(args[1]), count = Integer.parseInt(args[2]);
		final byte[] slice = new byte[side * side];
		new Random(1).nextBytes(slice);
		final Bridge bridge = new WorkerBridge();
		for (int i = 1; i <= count; i++) {
			final List<String> said = new ArrayList<>();
			final long start = System.nanoTime();
			try (Handles handles = new Handles(bridge)) {
				final long image = handles.add(bridge.createSource(VoxelKind.UINT8, new int[] { count, side, side }, new double[] { 10, 10, 10 }, new double[3], z -> slice));
				final String request = "{\"parameters\":{\"provider\":\"cpu\",\"first_slice\":" + i + ",\"last_slice\":" + i + "},\"paths\":{\"model\":\"" + args[0] + "\"},\"onnxruntime\":\"" + NativeLoader.onnxRuntime() + "\"}";
				handles.add(bridge.run("model_probability", request, Collections.singletonMap("image", image), new BridgeStress.Quiet() {
					@Override
					public void log(final String message) {
						said.add(message);
					}
				}));
			}
			System.out.printf(java.util.Locale.ROOT, "%s%nslice %d: %.2f s%n", String.join("\n", said), i, (System.nanoTime() - start) / 1e9);
		}
		System.exit(0);
	}
}
