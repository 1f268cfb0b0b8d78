package clem.bridge;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

import clem.json.Json;

/**
 * Gives damaged models to the algorithms: each is used or refused with a message, and Java is alive after it. Arguments: an ONNX model, a .pth file,
 * how many of each, and "worker" for the bridge to a process of its own, which must be the same after it. Prints "N passed, N failed" and exits 1 if any failed.
 */
public final class ModelFuzz {
	private static final double[] ONE = { 8, 8, 8 }, ZERO = { 0, 0, 0 };
	private static final int SIDE = 24;

	private ModelFuzz() {}

	public static void main(final String[] args) throws Exception {
		final boolean worker = args.length > 3 && args[3].equals("worker");
		final Bridge bridge = worker ? new WorkerBridge() : new NativeBridge();
		final int process = worker ? ((WorkerBridge) bridge).pid() : 0;
		final Path folder = Files.createTempDirectory("clemreg-fuzz");
		final byte[] onnx = Files.readAllBytes(new File(args[0]).toPath()), torch = Files.readAllBytes(new File(args[1]).toPath());
		final int count = Integer.parseInt(args[2]);
		final Random random = new Random(1);
		int passed = 0, failed = 0, used = 0;
		try {
			for (int i = 0; i < 2 * count; i++) {
				final boolean segment = i < count;
				final Path model = folder.resolve(segment ? "m.onnx" : "m.pth");
				Files.write(model, damaged(segment ? onnx : torch, random));
				try {
					run(bridge, segment, model, folder.resolve("converted.onnx"));
					used++;
					passed++;
				}
				catch (final ClemRegException e) {
					if (e.kind == ClemRegException.Kind.INTERNAL || e.getMessage().isEmpty() || worker && ((WorkerBridge) bridge).pid() != process) {
						failed++;
						System.out.println("FAILED " + (segment ? "model " : "conversion ") + i + ": " + e.getMessage());
					}
					else passed++;
				}
			}
		}
		finally {
			for (final File file : folder.toFile().listFiles()) Files.delete(file.toPath());
			Files.delete(folder);
		}
		System.out.println(used + " of the damaged files could be used all the same");
		System.out.println(passed + " passed, " + failed + " failed");
		System.exit(failed == 0 ? 0 : 1);
	}

	private static void run(final Bridge bridge, final boolean segment, final Path model, final Path converted) throws IOException {
		final Map<String, Object> paths = new LinkedHashMap<>(), request = new LinkedHashMap<>();
		paths.put("model", model.toString());
		request.put("paths", paths);
		request.put("parameters", Collections.emptyMap());
		if (!segment) {
			paths.put("onnx", converted.toString());
			request.put("overwrite", true);
			bridge.run("convert_model", Json.write(request), new HashMap<>(), new BridgeStress.Quiet());
			return;
		}
		request.put("onnxruntime", NativeLoader.onnxRuntime());
		final long image = bridge.createVolume(VoxelKind.UINT8, new int[] { 2, SIDE, SIDE }, ONE, ZERO);
		try {
			final byte[] slice = new byte[SIDE * SIDE];
			Arrays.fill(slice, SIDE, 5 * SIDE, (byte) 200);
			for (int z = 0; z < 2; z++) bridge.writeSlice(image, z, slice);
			final OperationResult result = bridge.run("segment_em", Json.write(request), Collections.singletonMap("image", image), new BridgeStress.Quiet());
			for (final long handle : result.outputs.values()) bridge.release(handle);
		}
		finally {
			bridge.release(image);
		}
	}

	/** With some bytes changed, cut off, left out or put in. */
	private static byte[] damaged(final byte[] whole, final Random random) {
		byte[] bytes = whole.clone();
		for (int n = 1 + random.nextInt(4); n > 0; n--) {
			final int at = random.nextInt(bytes.length), length = Math.min(1 + random.nextInt(40), bytes.length - at);
			switch (random.nextInt(5)) {
				case 0:
					bytes = Arrays.copyOf(bytes, Math.max(1, at));
					break;
				case 1:
					System.arraycopy(bytes, at + length, bytes, at, bytes.length - at - length);
					bytes = Arrays.copyOf(bytes, Math.max(1, bytes.length - length));
					break;
				case 2:
					final byte[] longer = new byte[bytes.length + length];
					System.arraycopy(bytes, 0, longer, 0, at);
					System.arraycopy(bytes, at, longer, at + length, bytes.length - at);
					bytes = longer;
					break;
				default:
					bytes[at] = (byte) random.nextInt(256);
			}
		}
		return bytes;
	}
}
