package clem.bridge;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

import clem.json.Json;

/**
 * Thousands of good and hostile calls from several threads under pressure of the garbage collector. Each hostile call must be an error in
 * Java; afterwards the native memory is back where it began. Arguments: the number of rounds, and "worker" for the bridge to a process of its
 * own. Prints "N passed, N failed" and exits 1 if any failed.
 */
public final class BridgeStress {
	private static final int THREADS = 4, WARM_UP = 5, MORE = 50;
	/** Java's heap is held to 128 MB by an option, and the garbage of this test fills it. */
	private static final long MAX_GROWTH_KILOBYTES = 200 << 10;
	private static final double[] ONE = { 1, 1, 1 };
	private static final double[] ZERO = { 0, 0, 0 };
	private static final String IDENTITY = "{\"format\":\"clemreg-transform\",\"version\":1,\"axes\":\"zyx\",\"unit\":\"nm\"," +
		"\"matrix\":[[1,0,0,5],[0,1,0,6],[0,0,1,7],[0,0,0,1]]}";

	private static final AtomicInteger passed = new AtomicInteger();
	private static final AtomicInteger failed = new AtomicInteger();

	private interface Call {
		void run() throws Exception;
	}

	/** Hears nothing. */
	static class Quiet implements OperationListener {
		@Override
		public void progress(final double fraction, final String stage) {}

		@Override
		public void log(final String message) {}

		@Override
		public void warning(final String message) {}

		@Override
		public boolean cancelled() {
			return false;
		}
	}

	public static void main(final String[] args) throws Exception {
		final int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 150;
		final boolean worker = args.length > 1 && args[1].equals("worker");
		final Bridge bridge = worker ? new WorkerBridge() : new NativeBridge();
		final String process = worker ? String.valueOf(((WorkerBridge) bridge).pid()) : "self";
		System.out.println("Java " + System.getProperty("java.version") + ", " + bridge.about() + ", " + NativeLoader.report());
		// What is allocated once is there after this.
		for (int i = 0; i < WARM_UP; i++) round(bridge, new Random(i));
		final long residentBefore = residentKilobytes(process);
		final Map<String, Object> before = Json.parseObject(bridge.memory());
		final List<Thread> threads = new ArrayList<>();
		for (int t = 0; t < THREADS; t++) {
			final Random random = new Random(t + 1L);
			final Thread thread = new Thread(() -> {
				for (int i = 0; i < rounds; i++) round(bridge, random);
			});
			threads.add(thread);
			thread.start();
		}
		final List<byte[]> garbage = new ArrayList<>();
		while (threads.stream().anyMatch(Thread::isAlive)) {
			garbage.add(new byte[1 << 20]);
			if (garbage.size() > 50) {
				garbage.clear();
				System.gc();
			}
			Thread.sleep(1);
		}
		for (final Thread thread : threads) thread.join();
		Map<String, Object> after = Json.parseObject(bridge.memory());
		// What a stopped run left behind goes when .NET collects its garbage, and that comes with work.
		for (int i = 0; i < MORE && !back(before, after, "native_bytes"); i++) {
			round(bridge, new Random(i));
			after = Json.parseObject(bridge.memory());
		}
		expect("native bytes are back", back(before, after, "native_bytes"));
		expect("handles are back", before.get("handles").equals(after.get("handles")));
		final long grown = residentKilobytes(process) - residentBefore;
		if (worker) expect("the same process", process.equals(String.valueOf(((WorkerBridge) bridge).pid())));
		System.out.println("resident memory grew by " + grown / 1024 + " MB, " + residentBefore / 1024 + " MB before");
		expect("resident memory is back", grown < MAX_GROWTH_KILOBYTES);
		System.out.println(passed + " passed, " + failed + " failed");
		System.exit(failed.get() == 0 ? 0 : 1);
	}

	/** Whether there is no more of it than before: what was garbage then may be gone. */
	private static boolean back(final Map<String, Object> before, final Map<String, Object> after, final String what) {
		return Json.asNumber(after.get(what), Double.MAX_VALUE) <= Json.asNumber(before.get(what), -1);
	}

	/** What the process holds in memory, Java's own heap included if that is it; 0 where the system does not tell. */
	private static long residentKilobytes(final String process) throws Exception {
		final java.nio.file.Path status = java.nio.file.Paths.get("/proc", process, "status");
		if (!java.nio.file.Files.exists(status)) return 0;
		for (final String line : java.nio.file.Files.readAllLines(status)) if (line.startsWith("VmRSS:")) return Long.parseLong(line.replaceAll("[^0-9]", ""));
		return 0;
	}

	private static void round(final Bridge bridge, final Random random) {
		volumes(bridge, random);
		masks(bridge, random);
		pointsAndTransforms(bridge, random);
		hostile(bridge, random);
		warps(bridge, random);
		interrupted(bridge, random);
	}

	private static void volumes(final Bridge bridge, final Random random) {
		final int[] size = { 1 + random.nextInt(4), 1 + random.nextInt(70), 1 + random.nextInt(70) };
		final int n = size[1] * size[2];
		final int z = random.nextInt(size[0]);
		final short[] shorts = new short[n];
		for (int i = 0; i < n; i++) shorts[i] = (short) random.nextInt();
		final long volume = bridge.createVolume(VoxelKind.UINT16, size, ONE, ZERO);
		bridge.writeSlice(volume, z, shorts);
		final short[] back = new short[n];
		bridge.readSlice(volume, z, back);
		expect("16-bit slice", java.util.Arrays.equals(shorts, back));
		refused("other type", ClemRegException.Kind.BAD_INPUT, () -> bridge.writeSlice(volume, z, new byte[n]));
		refused("other length", ClemRegException.Kind.BAD_INPUT, () -> bridge.readSlice(volume, z, new short[n + 1]));
		refused("empty buffer", ClemRegException.Kind.BAD_INPUT, () -> bridge.readSlice(volume, z, new short[0]));
		refused("no slice -1", ClemRegException.Kind.BAD_INPUT, () -> bridge.readSlice(volume, -1, new short[n]));
		refused("slice beyond", ClemRegException.Kind.BAD_INPUT, () -> bridge.writeSlice(volume, size[0], shorts));
		refused("no pixels", ClemRegException.Kind.BAD_INPUT, () -> bridge.writeSlice(volume, z, null));
		refused("no array", ClemRegException.Kind.BAD_INPUT, () -> bridge.writeSlice(volume, z, "text"));
		refused("no points", ClemRegException.Kind.BAD_INPUT, () -> bridge.readPoints(volume));
		bridge.release(volume);
		refused("released", ClemRegException.Kind.NOT_FOUND, () -> bridge.readSlice(volume, z, back));
		refused("released twice", ClemRegException.Kind.NOT_FOUND, () -> bridge.release(volume));
	}

	private static void masks(final Bridge bridge, final Random random) {
		final int[] size = { 2, 1 + random.nextInt(9), 1 + random.nextInt(150) };
		final int n = size[1] * size[2];
		final float[] floats = new float[n];
		for (int i = 0; i < n; i++) floats[i] = random.nextInt(3) - 1;
		final long mask = bridge.createVolume(VoxelKind.MASK, size, ONE, ZERO);
		bridge.writeSlice(mask, 1, floats);
		final byte[] bytes = new byte[n];
		bridge.readSlice(mask, 1, bytes);
		boolean same = true;
		for (int i = 0; i < n; i++) same &= (bytes[i] != 0) == (floats[i] > 0);
		expect("mask", same);
		floats[n - 1] = random.nextBoolean() ? Float.NaN : Float.POSITIVE_INFINITY;
		refused("not a number in a mask", ClemRegException.Kind.BAD_INPUT, () -> bridge.writeSlice(mask, 1, floats));
		expect("mask is described", bridge.describe(mask).contains("\"kind\":\"mask\""));
		bridge.release(mask);
	}

	private static void pointsAndTransforms(final Bridge bridge, final Random random) {
		final double[] zyx = new double[3 * random.nextInt(1000)];
		for (int i = 0; i < zyx.length; i++) zyx[i] = random.nextGaussian() * 1e4;
		final long points = bridge.createPoints(zyx);
		expect("points", java.util.Arrays.equals(zyx, bridge.readPoints(points)));
		final long transform = bridge.createTransform(IDENTITY);
		final Map<String, Long> inputs = new HashMap<>();
		inputs.put("points", points);
		inputs.put("transform", transform);
		final OperationResult result = bridge.run("transform_points", "{}", inputs, new Quiet());
		final long moved = result.outputs.get("points");
		final double[] m = bridge.readPoints(moved);
		boolean right = m.length == zyx.length;
		for (int i = 0; i < m.length && right; i++) right = m[i] == zyx[i] + (5 + i % 3);
		expect("moved points", right);
		for (final long handle : new long[] { points, transform, moved }) bridge.release(handle);
	}

	private static void hostile(final Bridge bridge, final Random random) {
		refused("random handle", ClemRegException.Kind.NOT_FOUND, () -> bridge.describe(random.nextLong()));
		refused("handle 0", ClemRegException.Kind.NOT_FOUND, () -> bridge.release(0));
		refused("small handle", ClemRegException.Kind.NOT_FOUND, () -> bridge.readPoints(1 + random.nextInt(1000)));
		refused("size 0", ClemRegException.Kind.BAD_INPUT, () -> bridge.createVolume(VoxelKind.UINT8, new int[] { 0, 1, 1 }, ONE, ZERO));
		refused("two sizes", ClemRegException.Kind.BAD_INPUT, () -> bridge.createVolume(VoxelKind.UINT8, new int[] { 1, 1 }, ONE, ZERO));
		refused("no size", ClemRegException.Kind.BAD_INPUT, () -> bridge.createVolume(VoxelKind.UINT8, null, ONE, ZERO));
		refused("no kind", ClemRegException.Kind.BAD_INPUT, () -> bridge.createVolume(null, new int[] { 1, 1, 1 }, ONE, ZERO));
		refused("spacing 0", ClemRegException.Kind.BAD_INPUT, () -> bridge.createVolume(VoxelKind.UINT8, new int[] { 1, 1, 1 }, ZERO, ZERO));
		refused("spacing NaN", ClemRegException.Kind.BAD_INPUT,
			() -> bridge.createVolume(VoxelKind.UINT8, new int[] { 1, 1, 1 }, new double[] { 1, Double.NaN, 1 }, ZERO));
		refused("far too large", ClemRegException.Kind.OUT_OF_MEMORY,
			() -> bridge.createVolume(VoxelKind.FLOAT32, new int[] { Integer.MAX_VALUE, 16000, 16000 }, ONE, ZERO));
		refused("slice too large", ClemRegException.Kind.BAD_INPUT,
			() -> bridge.createVolume(VoxelKind.FLOAT32, new int[] { 1, 1 << 20, 1 << 20 }, ONE, ZERO));
		refused("two coordinates", ClemRegException.Kind.BAD_INPUT, () -> bridge.createPoints(new double[2]));
		refused("NaN point", ClemRegException.Kind.BAD_INPUT, () -> bridge.createPoints(new double[] { 1, 2, Double.NaN }));
		refused("no points", ClemRegException.Kind.BAD_INPUT, () -> bridge.createPoints(null));
		refused("no transform", ClemRegException.Kind.BAD_INPUT, () -> bridge.createTransform(null));
		refused("bad transform", ClemRegException.Kind.BAD_INPUT, () -> bridge.createTransform("{\"format\":"));
		refused("other file", ClemRegException.Kind.BAD_INPUT, () -> bridge.createTransform("[1,2]"));
		refused("bad request", ClemRegException.Kind.BAD_INPUT,
			() -> bridge.run("transform_points", "{", Collections.emptyMap(), new Quiet()));
		refused("request is a list", ClemRegException.Kind.BAD_INPUT,
			() -> bridge.run("transform_points", "[]", Collections.emptyMap(), new Quiet()));
		refused("no operation", ClemRegException.Kind.NOT_FOUND, () -> bridge.run("nonsense", "{}", Collections.emptyMap(), new Quiet()));
		refused("null operation", ClemRegException.Kind.NOT_FOUND, () -> bridge.run(null, null, Collections.emptyMap(), new Quiet()));
		refused("no inputs", ClemRegException.Kind.BAD_INPUT, () -> bridge.run("transform_points", "{}", Collections.emptyMap(), new Quiet()));
		refused("foreign input", ClemRegException.Kind.NOT_FOUND,
			() -> bridge.run("transform_points", "{}", Collections.singletonMap("points", 77L), new Quiet()));
		refused("no listener", ClemRegException.Kind.BAD_INPUT, () -> bridge.run("transform_points", "{}", Collections.emptyMap(), null));
		refused("threads", ClemRegException.Kind.BAD_INPUT,
			() -> bridge.run("transform_points", "{\"threads\":-1}", Collections.emptyMap(), new Quiet()));
		final long points = bridge.createPoints(new double[] { 1, 2, 3 });
		refused("points for a transform", ClemRegException.Kind.BAD_INPUT, () -> {
			final Map<String, Long> inputs = new HashMap<>();
			inputs.put("points", points);
			inputs.put("transform", points);
			bridge.run("transform_points", "{}", inputs, new Quiet());
		});
		refused("points are no slices", ClemRegException.Kind.BAD_INPUT, () -> bridge.readSlice(points, 0, new byte[1]));
		bridge.release(points);
		final long source = bridge.createSource(VoxelKind.UINT8, new int[] { 1, 1, 1 }, ONE, ZERO, z -> new byte[1]);
		refused("a source is not written", ClemRegException.Kind.BAD_INPUT, () -> bridge.writeSlice(source, 0, new byte[1]));
		bridge.release(source);
	}

	/** An image that stays in Java is read slice by slice; a reader that fails is an error that comes out as it is. */
	private static void warps(final Bridge bridge, final Random random) {
		final int[] size = { 1 + random.nextInt(5), 1 + random.nextInt(20), 1 + random.nextInt(40) };
		final int n = size[1] * size[2];
		final byte[][] slices = new byte[size[0]][n];
		for (final byte[] slice : slices) random.nextBytes(slice);
		final long identity = bridge.createTransform(IDENTITY.replace("5", "0").replace("6", "0").replace("7", "0"));
		final long target = bridge.createVolume(VoxelKind.MASK, size, ONE, ZERO);
		final long source = bridge.createSource(VoxelKind.UINT8, size, ONE, ZERO, z -> slices[z]);
		final long warped = bridge.run("warp", "{}", warpInputs(source, identity, target), new Quiet()).outputs.get("warped");
		expect("streamed image", same(bridge, warped, slices));
		bridge.release(warped);
		final long volume = bridge.createVolume(VoxelKind.UINT8, size, ONE, ZERO);
		for (int z = 0; z < slices.length; z++) bridge.writeSlice(volume, z, slices[z]);
		final long lazy = bridge.run("warp", "{\"parameters\":{\"warping_interpolation_order\":" + random.nextInt(2) + "}}",
			warpInputs(volume, identity, target), new Quiet()).outputs.get("warped");
		bridge.release(volume); // the warped image still needs it, and keeps it
		expect("warped image", same(bridge, lazy, slices));
		bridge.release(lazy);
		refused("order 9", ClemRegException.Kind.BAD_INPUT, () -> bridge.run("warp",
			"{\"parameters\":{\"warping_interpolation_order\":9}}", warpInputs(source, identity, target), new Quiet()));
		refused("key", ClemRegException.Kind.BAD_INPUT, () -> bridge.run("warp",
			"{\"parameters\":{\"warping_order\":1}}", warpInputs(source, identity, target), new Quiet()));
		bridge.release(source);
		for (final Object bad : new Object[] { null, "text", new byte[n + 1], new short[n], new int[n] }) {
			final long wrong = bridge.createSource(VoxelKind.UINT8, size, ONE, ZERO, z -> bad);
			refused("slice " + bad, ClemRegException.Kind.BAD_INPUT,
				() -> bridge.run("warp", "{}", warpInputs(wrong, identity, target), new Quiet()));
			bridge.release(wrong);
		}
		final int last = random.nextInt(size[0]);
		final boolean[] stop = new boolean[1];
		final long slow = bridge.createSource(VoxelKind.UINT8, size, ONE, ZERO, z -> {
			stop[0] |= z >= last;
			return slices[z];
		});
		final Throwable end = thrown(() -> {
			for (final long handle : bridge.run("warp", "{}", warpInputs(slow, identity, target), new Quiet() {
				@Override
				public boolean cancelled() {
					return stop[0];
				}
			}).outputs.values()) bridge.release(handle);
		});
		expect("cancelled while slices are read: " + end,
			end == null || end instanceof ClemRegException && ((ClemRegException) end).kind == ClemRegException.Kind.CANCELLED);
		bridge.release(slow);
		final RuntimeException mine = new IllegalStateException("mine");
		final long throwing = bridge.createSource(VoxelKind.UINT8, size, ONE, ZERO, z -> {
			throw mine;
		});
		expect("a reader's own exception", thrown(() -> bridge.run("warp", "{}", warpInputs(throwing, identity, target), new Quiet())) == mine);
		for (final long handle : new long[] { throwing, identity, target }) bridge.release(handle);
	}

	/** A listener that cancels or throws at any of its calls. */
	private static void interrupted(final Bridge bridge, final Random random) {
		final int[] size = { 12, 48, 48 };
		final boolean auto = random.nextInt(4) == 0;
		final double[] spacing = auto ? new double[] { 100, 50, 50 } : ONE;
		final long moving = bridge.createVolume(VoxelKind.UINT16, size, spacing, ZERO);
		final long mask = bridge.createVolume(VoxelKind.MASK, size, spacing, ZERO);
		for (int z = 0; z < size[0]; z++) {
			final short[] slice = new short[size[1] * size[2]];
			for (int i = 0; i < slice.length; i++) slice[i] = (short) (random.nextInt(100) + ((i / 7 + z) % 5 == 0 ? 900 : 0));
			bridge.writeSlice(moving, z, slice);
			bridge.writeSlice(mask, z, slice);
		}
		final Map<String, Long> inputs = new HashMap<>();
		inputs.put("moving", moving);
		inputs.put("fixed_mask", mask);
		final Error mine = new AssertionError("mine");
		final boolean cancel = random.nextBoolean();
		final AtomicInteger calls = new AtomicInteger(random.nextInt(12));
		final OperationListener listener = new OperationListener() {
			private void call() {
				if (!cancel && calls.decrementAndGet() < 0) throw mine;
			}

			@Override
			public void progress(final double fraction, final String stage) {
				call();
			}

			@Override
			public void log(final String message) {
				call();
			}

			@Override
			public void warning(final String message) {
				call();
			}

			@Override
			public boolean cancelled() {
				call();
				return cancel && calls.decrementAndGet() < 0;
			}
		};
		final String request = "{\"threads\":2,\"parameters\":{\"registration_algorithm\":\"" + (auto ? "auto" : "rigid") + "\",\"log_sigma\":1,\"log_threshold\":1.0,\"point_cloud_sampling_frequency\":100," +
			"\"registration_voxel_size\":1,\"registration_outlier_weight\":0,\"registration_tolerance\":0,\"registration_max_iterations\":" + (1 + random.nextInt(40)) + "}}";
		final Throwable end = thrown(() -> {
			for (final long handle : bridge.run("register", request, inputs, listener).outputs.values()) bridge.release(handle);
		});
		final boolean right = end == null || (cancel
			? end instanceof ClemRegException && ((ClemRegException) end).kind == ClemRegException.Kind.CANCELLED
			: end == mine);
		expect((cancel ? "cancelled" : "thrown") + (auto ? " in auto: " : " in rigid: ") + end, right);
		bridge.release(moving);
		bridge.release(mask);
	}

	private static Map<String, Long> warpInputs(final long source, final long transform, final long target) {
		final Map<String, Long> inputs = new HashMap<>();
		inputs.put("source", source);
		inputs.put("transform", transform);
		inputs.put("target", target);
		return inputs;
	}

	private static boolean same(final Bridge bridge, final long image, final byte[][] slices) {
		final byte[] read = new byte[slices[0].length];
		for (int z = 0; z < slices.length; z++) {
			bridge.readSlice(image, z, read);
			if (!java.util.Arrays.equals(read, slices[z])) return false;
		}
		return true;
	}

	private static Throwable thrown(final Call call) {
		try {
			call.run();
			return null;
		}
		catch (final Throwable e) {
			return e;
		}
	}

	private static void refused(final String name, final ClemRegException.Kind kind, final Call call) {
		try {
			call.run();
			expect(name + ": no error", false);
		}
		catch (final ClemRegException e) {
			expect(name + ": " + e.kind + " " + e.getMessage(), e.kind == kind && e.getMessage() != null && !e.getMessage().isEmpty());
		}
		catch (final Throwable e) {
			expect(name + ": " + e, false);
		}
	}

	private static void expect(final String name, final boolean right) {
		if (right) passed.incrementAndGet();
		else {
			failed.incrementAndGet();
			System.out.println("FAILED " + name);
		}
	}
}
