package clem.image;

import java.util.function.BooleanSupplier;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.bridge.VoxelKind;
import ij.VirtualStack;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;

/**
 * The slices of volumes behind the bridge, one volume a channel, in ImageJ's order (channels fastest). Each is read when it is
 * needed, so that a large result is never whole on the heap; a warped result is computed by that.
 */
public final class HandleStack extends VirtualStack {
	private final Bridge bridge;
	private final Frames frames;
	private final int channels;
	private final VoxelKind kind;
	private final int slices;
	private final BooleanSupplier cancelled;
	private long nanoseconds;

	/**
	 * @param size voxels along z, y, x
	 * @param channels how many channels each time point has
	 * @param frames the volumes, all of one size and type
	 * @param cancelled asked before a slice is read
	 */
	public HandleStack(final Bridge bridge, final VoxelKind kind, final int[] size, final int channels, final Frames frames, final BooleanSupplier cancelled) {
		super(size[2], size[1], null, null);
		this.bridge = bridge;
		this.channels = channels;
		this.frames = frames;
		this.kind = kind;
		this.cancelled = cancelled;
		slices = size[0];
		setBitDepth(kind == VoxelKind.UINT16 ? 16 : kind == VoxelKind.FLOAT32 ? 32 : 8);
	}

	/** How long reading has taken so far, in seconds. */
	public double seconds() {
		return nanoseconds / 1e9;
	}

	@Override
	public ImageProcessor getProcessor(final int n) {
		if (cancelled.getAsBoolean()) throw ClemRegException.cancelled();
		final ImageProcessor processor = kind == VoxelKind.UINT16 ? new ShortProcessor(getWidth(), getHeight())
			: kind == VoxelKind.FLOAT32 ? new FloatProcessor(getWidth(), getHeight()) : new ByteProcessor(getWidth(), getHeight());
		final long start = System.nanoTime();
		final int perFrame = channels * slices, rest = (n - 1) % perFrame;
		bridge.readSlice(frames.handles((n - 1) / perFrame + 1)[rest % channels], rest / channels, processor.getPixels());
		nanoseconds += System.nanoTime() - start;
		return processor;
	}

	@Override
	public Object getPixels(final int n) {
		return getProcessor(n).getPixels();
	}

	@Override
	public int size() {
		return slices * channels * frames.count();
	}

	@Override
	public int getSize() {
		return size();
	}

	@Override
	public String getSliceLabel(final int n) {
		return null;
	}
}
