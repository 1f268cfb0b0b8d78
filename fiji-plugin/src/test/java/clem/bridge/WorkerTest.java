package clem.bridge;

import java.io.File;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import clem.json.Json;
import clem.test.Check;

/** What the worker process adds to a bridge: its end, whoever causes it, is an error; it comes when it is needed and goes when it is not. */
public final class WorkerTest {
	private static final double[] ONE = { 1, 1, 1 }, ZERO = { 0, 0, 0 };
	private static final String IDENTITY = "{\"format\":\"clemreg-transform\",\"version\":1,\"axes\":\"zyx\",\"unit\":\"nm\"," +
		"\"matrix\":[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}";
	private static final long PATIENCE_SECONDS = 60;

	/** A bridge with a process; a skip where the jar has no program for one. */
	private static WorkerBridge bridge() {
		try {
			return new WorkerBridge();
		}
		catch (final ClemRegException e) {
			if (e.getMessage().contains("the jar has no")) throw new Check.Skip(e.getMessage());
			throw e;
		}
	}

	private static void kill(final WorkerBridge bridge, final String signal) throws Exception {
		if (!new File("/bin/kill").canExecute()) throw new Check.Skip("there is no /bin/kill");
		new ProcessBuilder("/bin/kill", "-" + signal, String.valueOf(bridge.pid())).start().waitFor();
		Thread.sleep(100);
		// .NET passes over the first signal of a fault that was sent from outside, as nothing is wrong, and then gives the signal its usual meaning.
		if (bridge.pid() >= 0) new ProcessBuilder("/bin/kill", "-" + signal, String.valueOf(bridge.pid())).start().waitFor();
	}

	/** Waits until the process is known to have ended. */
	private static void awaitEnd(final WorkerBridge bridge) throws Exception {
		for (long i = 0; bridge.pid() >= 0; i++) {
			Check.that(i < PATIENCE_SECONDS * 100, "the process goes on");
			Thread.sleep(10);
		}
	}

	/** Runs an operation that reads a slice of an image in Java; the reader is called on the thread that runs it. */
	private static OperationResult warp(final Bridge bridge, final SliceReader reader, final OperationListener listener) {
		return warp(bridge, "{}", reader, listener);
	}

	private static OperationResult warp(final Bridge bridge, final String request, final SliceReader reader, final OperationListener listener) {
		try (Handles handles = new Handles(bridge)) {
			final Map<String, Long> inputs = new HashMap<>();
			inputs.put("source", handles.add(bridge.createSource(VoxelKind.UINT8, new int[] { 3, 4, 5 }, ONE, ZERO, reader)));
			inputs.put("transform", handles.add(bridge.createTransform(IDENTITY)));
			inputs.put("target", handles.add(bridge.createVolume(VoxelKind.MASK, new int[] { 3, 4, 5 }, ONE, ZERO)));
			return bridge.run("warp", request, inputs, listener);
		}
	}

	/** Ends the process in the middle of a run; the message must hold these words. */
	private static void endsWithin(final String signal, final String... words) throws Exception {
		final WorkerBridge bridge = bridge();
		final int first = bridge.pid();
		final long kept = bridge.createPoints(new double[] { 1, 2, 3 }), other = bridge.createPoints(new double[3]);
		// As of an operation that runs a model, on whatever computes it.
		final String message = Check.failure(ClemRegException.Kind.MODEL, () -> warp(bridge, "{\"onnxruntime\":\"somewhere\"}", z -> {
			try {
				kill(bridge, signal);
				awaitEnd(bridge);
			}
			catch (final Exception e) {
				throw new IllegalStateException(e);
			}
			return new byte[20];
		}, new BridgeStress.Quiet()));
		System.out.println(message);
		for (final String word : words) Check.that(message.contains(word), "the message lacks '" + word + "': " + message);
		// What it held is gone: to let it go is no error, to use it is one.
		bridge.release(kept);
		Check.failure(ClemRegException.Kind.NOT_FOUND, () -> bridge.readPoints(other));
		Check.failure(ClemRegException.Kind.NOT_FOUND, () -> bridge.run("transform_points", "{}", Collections.singletonMap("points", other), new BridgeStress.Quiet()));
		Check.failure(ClemRegException.Kind.NOT_FOUND, () -> bridge.release(kept));
		// The next use starts another.
		final OperationResult result = warp(bridge, z -> new byte[20], new BridgeStress.Quiet());
		bridge.readSlice(result.outputs.get("warped"), 0, new byte[20]);
		Check.that(bridge.pid() != first && bridge.pid() > 0, "it is another process");
		Check.failure(ClemRegException.Kind.NOT_FOUND, () -> bridge.describe(other));
		bridge.release(other);
		bridge.release(result.outputs.get("warped"));
		Check.near(0, Json.asNumber(Json.parseObject(bridge.memory()).get("handles"), -1), 0);
	}

	public void killedInTheMiddleOfARun() throws Exception {
		endsWithin("KILL", "warp", "SIGKILL", "memory", "em_tile", "downsample_f");
	}

	public void crashedInTheMiddleOfARun() throws Exception {
		endsWithin("SEGV", "warp", "SIGSEGV", "If a graphics processor computed, try provider = cpu", "driver");
	}

	public void abortedInTheMiddleOfARun() throws Exception {
		endsWithin("ABRT", "warp", "SIGABRT");
	}

	public void theAdviceIsAboutWhatComputed() {
		Check.equal("", Wire.provider(""));
		Check.equal("", Wire.provider("{\"parameters\":{\"provider\":\"cpu\"}}"));
		Check.equal("auto", Wire.provider("{\"onnxruntime\":\"x\"}"));
		Check.equal("cpu", Wire.provider("{\"onnxruntime\":\"x\",\"parameters\":{\"provider\":\"cpu\"}}"));
		final int fault = 128 + 11, killed = 128 + 9;
		Check.equal("", WorkerProcess.advice(fault, ""));
		Check.that(!WorkerProcess.advice(fault, "cpu").contains("provider = cpu") && !WorkerProcess.advice(fault, "cpu").contains("driver"), WorkerProcess.advice(fault, "cpu"));
		Check.that(WorkerProcess.advice(fault, "cpu").contains("another model"), WorkerProcess.advice(fault, "cpu"));
		for (final String provider : new String[] { "webgpu", "cuda", "tensorrt" }) Check.that(WorkerProcess.advice(fault, provider).startsWith("Try provider = cpu, update the driver"), provider);
		for (final String provider : new String[] { "cpu", "auto", "webgpu" }) Check.that(WorkerProcess.advice(killed, provider).contains("memory") && WorkerProcess.advice(killed, provider).contains("em_tile"), provider);
		Check.that(WorkerProcess.advice(killed, "").contains("memory") && !WorkerProcess.advice(killed, "").contains("em_tile"), "without a model");
	}

	public void allCallsFailWhenItEnds() throws Exception {
		final WorkerBridge bridge = bridge();
		final int threads = 4;
		final CountDownLatch asked = new CountDownLatch(threads), killed = new CountDownLatch(1), done = new CountDownLatch(threads);
		final AtomicReference<Throwable> wrong = new AtomicReference<>();
		for (int i = 0; i < threads; i++) {
			new Thread(() -> {
				try {
					Check.failure(ClemRegException.Kind.MODEL, () -> warp(bridge, z -> {
						asked.countDown();
						try {
							killed.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
						}
						catch (final InterruptedException e) {
							throw new IllegalStateException(e);
						}
						return new byte[20];
					}, new BridgeStress.Quiet()));
				}
				catch (final Throwable e) {
					wrong.set(e);
				}
				done.countDown();
			}).start();
		}
		Check.that(asked.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "not all ask for slices at once");
		kill(bridge, "KILL");
		killed.countDown();
		Check.that(done.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "a call waits for ever");
		if (wrong.get() != null) throw new AssertionError(wrong.get());
	}

	public void slicesAreAskedForOnTheThreadThatWaitsForThem() throws Exception {
		final WorkerBridge bridge = bridge();
		final Thread me = Thread.currentThread();
		final boolean[] right = { true };
		final byte[] given = new byte[20], back = new byte[20];
		Arrays.fill(given, (byte) 9);
		final OperationResult result = warp(bridge, z -> {
			right[0] &= Thread.currentThread() == me;
			// Other calls may be made meanwhile.
			bridge.release(bridge.createPoints(new double[3]));
			return given;
		}, new BridgeStress.Quiet());
		bridge.readSlice(result.outputs.get("warped"), 2, back);
		bridge.release(result.outputs.get("warped"));
		Check.that(Arrays.equals(given, back), "the slices are the reader's");
		Check.that(right[0], "the reader was called on the thread of the caller");
	}

	public void anInterruptedThreadGoesOn() throws Exception {
		final WorkerBridge bridge = bridge();
		Thread.currentThread().interrupt();
		final OperationResult result = warp(bridge, z -> new byte[20], new BridgeStress.Quiet());
		bridge.readSlice(result.outputs.get("warped"), 2, new byte[20]);
		Check.that(Thread.interrupted(), "the interrupt is left for others to see");
		bridge.release(result.outputs.get("warped"));
	}

	/** An hour's work, cancelled: the time is printed. */
	public void aCancelIsSeenSoon() throws Exception {
		final WorkerBridge bridge = bridge();
		final int side = 400;
		final long[] cancelled = new long[1];
		try (Handles handles = new Handles(bridge)) {
			final long moving = handles.add(bridge.createVolume(VoxelKind.UINT16, new int[] { 40, side, side }, ONE, ZERO));
			for (int z = 0; z < 40; z++) {
				final short[] slice = new short[side * side];
				for (int i = 0; i < slice.length; i++) slice[i] = (short) ((i * 31 + z * 17) % 1000);
				bridge.writeSlice(moving, z, slice);
			}
			final long start = System.nanoTime();
			Check.failure(ClemRegException.Kind.CANCELLED, () -> bridge.run("segment_fluorescence", "{\"parameters\":{\"log_sigma\":20}}", Collections.singletonMap("moving", moving), new BridgeStress.Quiet() {
				@Override
				public boolean cancelled() {
					if (System.nanoTime() - start > 100_000_000L && cancelled[0] == 0) cancelled[0] = System.nanoTime();
					return cancelled[0] != 0;
				}
			}));
		}
		final long millis = (System.nanoTime() - cancelled[0]) / 1_000_000;
		System.out.println("a cancelled run ended after " + millis + " ms");
		Check.that(millis < 2000, "within two seconds even on a busy machine: " + millis + " ms");
	}

	public void anIdleProcessEnds() throws Exception {
		System.setProperty(WorkerBridge.IDLE, "50");
		try {
			final WorkerBridge bridge = bridge();
			awaitEnd(bridge);
			final long points = bridge.createPoints(new double[] { 1, 2, 3 });
			final int second = bridge.pid();
			Check.that(second > 0, "the next use starts another");
			Thread.sleep(300);
			Check.equal(second, bridge.pid()); // it holds something
			Check.that(Arrays.equals(new double[] { 1, 2, 3 }, bridge.readPoints(points)), "the points are there");
			bridge.release(points);
			awaitEnd(bridge);
		}
		finally {
			System.clearProperty(WorkerBridge.IDLE);
		}
	}

	public void itsSlicesLieInFilesOfNobodyElse() throws Exception {
		final SliceFiles[] files = new SliceFiles[1];
		final boolean[] mapped = new boolean[1];
		files[0] = new SliceFiles(new SliceFiles.Worker() {
			@Override
			public void map(final SliceFile file) {
				try {
					if (Files.getFileStore(file.path).supportsFileAttributeView("posix")) {
						Check.equal("rw-------", java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path)));
						Check.equal("rwx------", java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path.getParent())));
					}
				}
				catch (final java.io.IOException e) {
					throw new AssertionError(e);
				}
				Check.equal(file.path.toFile().length(), file.size);
				mapped[0] = true;
			}

			@Override
			public void unmap(final SliceFile file) {}
		});
		final SliceFile file = files[0].take(1000);
		Check.that(mapped[0], "the worker is told");
		files[0].give(file);
		Check.that(files[0].take(500) == file, "it is kept for the next");
		files[0].give(file);
		files[0].close();
		Check.that(!file.path.getParent().toFile().exists(), "nothing is left");
		Check.failure(ClemRegException.Kind.MODEL, () -> files[0].take(1000));
		Check.that(!file.path.getParent().toFile().exists(), "nothing is made anew");
	}

	public void whatCannotBeAWorkerIsRefusedWithItsWords() throws Exception {
		final File script = File.createTempFile("worker", ".sh");
		try {
			Files.write(script.toPath(), "#!/bin/sh\necho 'no such driver' >&2\nexit 7\n".getBytes("UTF-8"));
			Check.that(script.setExecutable(true), "it can be run");
			System.setProperty(WorkerStart.PROGRAM, script.toString());
			final String message = Check.failure(ClemRegException.Kind.MODEL, WorkerBridge::new);
			for (final String word : new String[] { "exit code 7", "no such driver", "clemreg.models=inside" }) Check.that(message.contains(word), message);
			Files.write(script.toPath(), "#!/bin/sh\necho 'Hello, this is no protocol at all, but it is long enough'\nsleep 20\n".getBytes("UTF-8"));
			Check.that(Check.failure(ClemRegException.Kind.MODEL, WorkerBridge::new).contains("cannot be understood"), "noise is told");
			Check.that(script.setExecutable(false), "it cannot be run");
			Check.that(Check.failure(ClemRegException.Kind.MODEL, WorkerBridge::new).contains(script.getName()), "it is named");
		}
		finally {
			System.clearProperty(WorkerStart.PROGRAM);
			script.delete();
		}
	}

	public void exitCodesAreTold() {
		Check.equal("exit code 7.", ExitCodes.text(7));
		Check.equal("exit code 0xC0000005 (access violation).", ExitCodes.text(0xC0000005));
		Check.that(ExitCodes.text(139).startsWith("SIGSEGV") && ExitCodes.text(134).startsWith("SIGABRT"), "signals");
	}
}
