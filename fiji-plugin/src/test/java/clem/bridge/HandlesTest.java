package clem.bridge;

import clem.test.Check;
import clem.test.FakeBridge;

/** Handles are released when their piece of work is closed, and also when nobody closed it. */
public final class HandlesTest {
	private static long points(final Bridge bridge) {
		return bridge.createPoints(new double[] { 1, 2, 3 });
	}

	public void closingReleases() {
		final FakeBridge bridge = new FakeBridge();
		try (Handles handles = new Handles(bridge)) {
			final long first = handles.add(points(bridge));
			handles.add(points(bridge));
			handles.release(first);
			Check.equal(1, bridge.open());
		}
		Check.equal(0, bridge.open());
	}

	private static void forget(final Bridge bridge) {
		new Handles(bridge).add(points(bridge));
	}

	public void theForgottenAreReleasedToo() throws Exception {
		final FakeBridge bridge = new FakeBridge();
		forget(bridge);
		Check.equal(1, bridge.open());
		for (int i = 0; i < 100 && bridge.open() > 0; i++) {
			System.gc();
			Thread.sleep(20);
			Handles.releaseForgotten();
		}
		Check.equal(0, bridge.open());
	}
}
