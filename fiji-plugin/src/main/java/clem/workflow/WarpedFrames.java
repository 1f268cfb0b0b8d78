package clem.workflow;

import clem.bridge.Bridge;
import clem.bridge.Handles;
import clem.image.Frames;
import clem.image.VolumeImage;

/** An image seen through a transform, all channels, one time point at a time: the next is read when it is asked for. */
final class WarpedFrames implements Frames, AutoCloseable {
	private final Bridge bridge;
	private final VolumeImage image;
	private final Warp warp;
	private Handles held;
	private long[] channels;
	private int frame;

	/** Warps a channel of the time point that the image is set to. */
	interface Warp {
		long handle(Handles handles, int channel);
	}

	WarpedFrames(final Bridge bridge, final VolumeImage image, final Warp warp) {
		this.bridge = bridge;
		this.image = image;
		this.warp = warp;
	}

	@Override
	public int count() {
		return image.frames;
	}

	@Override
	public synchronized long[] handles(final int wanted) {
		if (wanted == frame) return channels;
		close();
		held = new Handles(bridge);
		image.setFrame(wanted);
		channels = new long[image.channels];
		for (int c = 1; c <= image.channels; c++) channels[c - 1] = warp.handle(held, c);
		frame = wanted;
		return channels;
	}

	@Override
	public synchronized void close() {
		frame = 0;
		if (held != null) held.close();
		held = null;
	}
}
