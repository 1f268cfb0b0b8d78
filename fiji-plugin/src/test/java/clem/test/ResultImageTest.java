package clem.test;

import java.util.concurrent.atomic.AtomicInteger;

import clem.bridge.ClemRegException;
import clem.bridge.VoxelKind;
import clem.image.ResultImage;
import clem.schema.Schema;
import clem.workflow.RunRequest;
import clem.workflow.Step;

/** Esc while a result is computed for the screen. */
public final class ResultImageTest {
	private static final int SLICES = 20, BEFORE = 3;

	public void theSlicesForTheScreenEndWhenTheUserCancels() throws Exception {
		final FakeBridge bridge = new FakeBridge();
		final AtomicInteger read = new AtomicInteger();
		final long handle = bridge.createSource(VoxelKind.UINT8, new int[] { SLICES, 5, 4 }, new double[] { 50, 20, 20 }, new double[3], z -> {
			read.incrementAndGet();
			return new byte[20];
		});
		Check.equal(SLICES, new ResultImage(bridge, handle).until(() -> false).inMemory("all", null).getStackSize());
		read.set(0);
		final ResultImage result = new ResultImage(bridge, handle).until(() -> read.get() == BEFORE);
		Check.failure(ClemRegException.Kind.CANCELLED, () -> result.inMemory("some", null));
		Check.equal(BEFORE, read.get());
	}

	public void soDoThoseOfAStep() throws Exception {
		final FakeBridge bridge = new FakeBridge();
		final boolean[] shown = { false };
		final AtomicInteger asked = new AtomicInteger();
		final Quiet listener = new Quiet() {
			@Override
			public boolean cancelled() {
				return shown[0] && asked.incrementAndGet() > BEFORE;
			}
		};
		final Step step = new Step(bridge, Schema.parse(bridge.schema()).operation("simulate_clem"));
		Check.failure(ClemRegException.Kind.CANCELLED, () -> step.run(null, new RunRequest(), listener, results -> {
			shown[0] = true;
			results.image("em").inMemory("em", null);
		}));
		Check.equal(BEFORE + 1, asked.get());
		Check.equal(0, bridge.open());
	}
}
