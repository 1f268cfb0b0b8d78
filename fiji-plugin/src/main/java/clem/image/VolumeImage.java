package clem.image;

import java.awt.image.ColorModel;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.bridge.Handles;
import clem.bridge.OperationListener;
import clem.bridge.VoxelKind;
import ij.CompositeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.WindowManager;
import ij.io.FileInfo;
import ij.measure.Calibration;

/**
 * An ImagePlus that has been checked to be a volume: 8 bit, 16 bit or 32-bit float, several slices, one time point, with a
 * known voxel size. The image itself is only read.
 */
public final class VolumeImage {
	static final int SIGNED_ZERO = 32768;
	/** Stands for a pixel whose size is not known, nm. */
	private static final double UNKNOWN = 1000;
	private static final int COLOURS = 256;
	/** Voxels that are hashed at once. */
	private static final int HASHED = 1 << 16;
	/** Bytes of slices that are held at once while a volume is filled. */
	private static final long READ_AT_ONCE = 256L << 20;

	/** The input's name, as the user knows it: moving, fixed, fixed_mask. */
	public final String role;
	private String name;
	/** The image, with what is shown of it, as it was at the start: the user may close the open one meanwhile. Not to be changed. */
	public final ImagePlus image;
	private final ImagePlus open;
	/** The file it comes from, or null. */
	public final File file;
	public final int channels;
	/** The channel to be analysed, from 1. */
	public final int channel;
	/** Whether the user chose the channel. */
	public final boolean channelChosen;
	/** Time points: 1, except where a time series is allowed. */
	public final int frames;
	private int frame = 1;
	/** Voxels along z, y, x. */
	public final int[] size;
	/** Voxel size in nm along z, y, x. */
	public final double[] spacing;
	/** Whether the voxel size is known; where sections may do without, they count in units of {@link #UNKNOWN}. */
	public final boolean calibrated;
	/** Position of the first voxel's centre in nm along z, y, x. */
	public final double[] origin;

	/**
	 * Checks an image.
	 *
	 * @param channel the channel, from 1, or 0 for the first
	 * @param spacing the voxel size in nm (z, y, x) that goes before the image's own, or null
	 */
	public VolumeImage(final String role, final ImagePlus image, final String name, final File file, final int channel, final double[] spacing) {
		this(role, image, name, file, channel, spacing, false, false);
	}

	private VolumeImage(final String role, final ImagePlus image, final String name, final File file, final int channel, final double[] spacing, final boolean series, final boolean sections) {
		this.role = role;
		this.name = name;
		this.file = file;
		open = image;
		checkType(image);
		this.image = file == null ? kept(image) : image;
		channels = image.getNChannels();
		final int slices = image.getNSlices();
		frames = image.getNFrames();
		if (frames > 1 && (!series || slices == 1)) {
			throw bad("is a time series of " + frames + " frames and " + slices + " slices; one time point is needed. "
				+ (slices == 1 ? "If its frames are really slices, swap them in Image > Properties." : "Take one frame with Image > Duplicate."));
		}
		if (slices < 2 && !sections) {
			throw bad("has a single slice (" + image.getWidth() + " x " + image.getHeight() + (channels > 1 ? ", " + channels + " channels" : "")
				+ "); a stack with at least 2 slices is needed."
				+ (channels > 1 ? " If its channels are really slices, swap them in Image > Properties." : " Combine slices with Image > Stacks > Images to Stack."));
		}
		if (channel < 0 || channel > channels) {
			throw bad("has no channel " + channel + "; it has " + (channels == 1 ? "1 channel" : "channels 1 to " + channels) + ".");
		}
		this.channel = Math.max(1, channel);
		channelChosen = channel > 0;
		size = new int[] { slices, image.getHeight(), image.getWidth() };
		calibrated = spacing != null || !sections || Spacings.isKnown(image);
		this.spacing = spacing != null ? spacing.clone() : calibrated ? Spacings.of(image, role, name) : new double[] { UNKNOWN, UNKNOWN, UNKNOWN };
		final Calibration cal = image.getCalibration();
		origin = new double[] { offset(cal.zOrigin, 0), offset(cal.yOrigin, 1), offset(cal.xOrigin, 2) };
	}

	/** An image around the same slices and with the same colours: it stays when the first is closed, which empties that. */
	public static ImagePlus kept(final ImagePlus image) {
		final ImageStack slices = image.getStack();
		ImageStack stack = slices;
		if (!slices.isVirtual()) {
			stack = new ImageStack(slices.getWidth(), slices.getHeight());
			for (int n = 1; n <= slices.getSize(); n++) stack.addSlice(slices.getSliceLabel(n), slices.getPixels(n));
		}
		ImagePlus own = new ImagePlus(image.getTitle(), stack);
		own.setDimensions(image.getNChannels(), image.getNSlices(), image.getNFrames());
		if (image.isComposite()) {
			own = new CompositeImage(own, ((CompositeImage) image).getMode());
			((CompositeImage) own).setLuts(image.getLuts());
		}
		else {
			own.getProcessor().setColorModel(image.getProcessor().getColorModel());
			own.setDisplayRange(image.getDisplayRangeMin(), image.getDisplayRangeMax());
		}
		own.setCalibration(image.getCalibration().copy());
		own.setFileInfo(image.getOriginalFileInfo());
		own.setOverlay(image.getOverlay());
		own.setPositionWithoutUpdate(image.getChannel(), image.getSlice(), image.getFrame());
		return own;
	}

	/** The image as the user has it open; after it was closed, {@link #image}. */
	public ImagePlus open() {
		return WindowManager.getImage(open.getID()) == open ? open : image;
	}

	/** The file in which the image lies: the one it was read from, or where ImageJ says that it is; null where there is none. */
	public File source() {
		if (file != null) return file;
		final FileInfo info = image.getOriginalFileInfo();
		final File opened = info == null || info.directory == null || info.fileName == null ? null : new File(info.directory, info.fileName);
		return opened != null && opened.isFile() ? opened : null;
	}

	/** ImageJ keeps the origin as the pixel that lies at zero. */
	private double offset(final double pixels, final int axis) {
		return pixels == 0 ? 0 : -pixels * spacing[axis];
	}

	private void checkType(final ImagePlus image) {
		if (image.getWidth() < 1 || image.getHeight() < 1 || image.getStackSize() < 1) throw bad("is empty.");
		if (image.getType() == ImagePlus.COLOR_RGB) {
			throw bad("is an RGB colour image; 8 bit, 16 bit or 32 bit grey values are needed. Use Image > Color > Split Channels and take one channel, "
				+ "or Image > Type > 8-bit.");
		}
		final int depth = image.getBitDepth();
		if (depth != 8 && depth != 16 && depth != 32) {
			throw bad("has " + depth + " bits a pixel; 8 bit, 16 bit or 32 bit are needed. Convert it with Image > Type.");
		}
	}

	/** Whether a colour table runs from dark to bright or back, as one for grey values does. */
	private static boolean rises(final ColorModel colours) {
		int up = 0, down = 0;
		for (int i = 1; i < COLOURS; i++) {
			final int step = brightness(colours, i) - brightness(colours, i - 1);
			if (step > 0) up++;
			else if (step < 0) down++;
		}
		return up == 0 || down == 0;
	}

	private static int brightness(final ColorModel colours, final int index) {
		return colours.getRed(index) + colours.getGreen(index) + colours.getBlue(index);
	}

	private ClemRegException bad(final String what) {
		return ClemRegException.badInput(role + ": '" + name + "' " + what);
	}

	/** The type of its voxels. */
	public VoxelKind kind() {
		return image.getBitDepth() == 8 ? VoxelKind.UINT8 : image.getBitDepth() == 16 ? VoxelKind.UINT16 : VoxelKind.FLOAT32;
	}

	/** Chooses the time point that {@link #slice} reads, from 1. */
	public VolumeImage setFrame(final int wanted) {
		if (wanted < 1 || wanted > frames) throw bad("has no time point " + wanted + "; it has " + (frames == 1 ? "one." : "1 to " + frames + "."));
		frame = wanted;
		return this;
	}

	/** The pixels of a slice of the chosen time point: channel from 1, z from 0. Not to be changed. Safe on any thread. */
	public Object slice(final int wantedChannel, final int z) {
		return slice(wantedChannel, z, frame);
	}

	private Object slice(final int wantedChannel, final int z, final int wantedFrame) {
		final Object pixels = pixels(image.getStackIndex(wantedChannel, z + 1, wantedFrame));
		if (pixels == null) throw bad("cannot be read: slice " + (z + 1) + " gives no pixels.");
		if (pixels instanceof float[]) checkFinite((float[]) pixels, z);
		return image.getCalibration().isSigned16Bit() ? unsigned((short[]) pixels) : pixels;
	}

	/** Stacks of other plugins read one slice after another; our own reads several at once. */
	private Object pixels(final int index) {
		if (image.getStack() instanceof TiffStack) return image.getStack().getPixels(index);
		synchronized (this) {
			return image.getStack().getPixels(index);
		}
	}

	private void checkFinite(final float[] pixels, final int z) {
		for (int i = 0; i < pixels.length; i++) {
			if (Float.isNaN(pixels[i]) || Float.isInfinite(pixels[i])) {
				throw bad("has a voxel that is not a finite number (" + pixels[i] + ") in slice " + (z + 1) + " at x = " + i % size[2] + ", y = " + i / size[2]
					+ ". Set such voxels to 0 first (Process > Math > NaN Background or a macro).");
			}
		}
	}

	/** ImageJ shows signed 16 bit values raised by 32768. */
	private Object unsigned(final short[] raised) {
		final short[] pixels = new short[raised.length];
		for (int i = 0; i < pixels.length; i++) {
			final int value = (raised[i] & 0xffff) - SIGNED_ZERO;
			if (value < 0) throw bad("has negative values (signed 16 bit, " + value + "). Convert it with Image > Type > 32-bit.");
			pixels[i] = (short) value;
		}
		return pixels;
	}

	/** The SHA-256 of the voxels of the channel that is analysed, at a time point: what tells apart an image that is no file. */
	public String voxelHash(final int wantedFrame, final OperationListener listener) {
		final MessageDigest digest = FileHash.digest();
		final int bytes = image.getBitDepth() / Byte.SIZE, count = size[1] * size[2];
		digest.update((sizeText(size) + " " + image.getBitDepth()).getBytes(StandardCharsets.US_ASCII));
		final ByteBuffer buffer = ByteBuffer.allocate(HASHED * bytes);
		for (int z = 0; z < size[0]; z++) {
			if (listener.cancelled()) throw ClemRegException.cancelled();
			final Object pixels = slice(channel, z, wantedFrame);
			for (int i = 0; i < count; i += HASHED) {
				final int part = Math.min(HASHED, count - i);
				if (pixels instanceof byte[]) digest.update((byte[]) pixels, i, part);
				else {
					if (pixels instanceof short[]) buffer.asShortBuffer().put((short[]) pixels, i, part);
					else buffer.asFloatBuffer().put((float[]) pixels, i, part);
					digest.update(buffer.array(), 0, part * bytes);
				}
			}
		}
		return FileHash.hex(digest);
	}

	/** Copies one channel into a volume. */
	public long toVolume(final Bridge bridge, final Handles handles, final int wantedChannel, final OperationListener listener) {
		if (image.getBitDepth() == 8 && !image.isComposite() && !rises(image.getProcessor().getColorModel())) {
			listener.warning(role + ": '" + name + "' shows its 8-bit values in colours that do not run from dark to bright. The values are used, not the colours; "
				+ "if it is a picture in colour, convert it with Image > Type > RGB Color and then 8-bit.");
		}
		return copy(bridge, handles, kind(), wantedChannel, listener);
	}

	/** Copies the channel into a mask: values above 0 are foreground. */
	public long toMask(final Bridge bridge, final Handles handles, final OperationListener listener) {
		return copy(bridge, handles, VoxelKind.MASK, channel, listener);
	}

	/** The channel as a source whose slices are read when they are asked for. */
	public long toSource(final Bridge bridge, final Handles handles, final int wantedChannel) {
		return toSource(bridge, handles, wantedChannel, () -> false);
	}

	/** As the other; reading ends once the user cancels. */
	public long toSource(final Bridge bridge, final Handles handles, final int wantedChannel, final BooleanSupplier cancelled) {
		return handles.add(bridge.createSource(kind(), size, spacing, origin, z -> {
			if (cancelled.getAsBoolean()) throw ClemRegException.cancelled();
			return slice(wantedChannel, z);
		}));
	}

	private long copy(final Bridge bridge, final Handles handles, final VoxelKind kind, final int wantedChannel, final OperationListener listener) {
		final long volume = handles.add(bridge.createVolume(kind, size, spacing, origin)), bytes = (long) size[1] * size[2] * image.getBitDepth() / Byte.SIZE;
		final int threads = (int) Math.max(1, Math.min(Runtime.getRuntime().availableProcessors(), READ_AT_ONCE / bytes));
		final AtomicInteger done = new AtomicInteger();
		final Thread caller = Thread.currentThread();
		Parallel.each(size[0], threads, z -> {
			if (listener.cancelled()) throw ClemRegException.cancelled();
			bridge.writeSlice(volume, z, slice(wantedChannel, z));
			final double part = (double) done.incrementAndGet() / size[0];
			if (Thread.currentThread() == caller) listener.progress(part, "Loading " + name);
		});
		listener.progress(1, "Loading " + name);
		return volume;
	}

	/** Checks that a mask has the voxels of its image. */
	public void checkSameGrid(final VolumeImage mask) {
		for (int i = 0; i < 3; i++) {
			if (size[i] != mask.size[i]) {
				throw ClemRegException.badInput(mask.role + ": '" + mask.name + "' is " + sizeText(mask.size) + " voxels (x, y, z) but " + role + " '" + name
					+ "' is " + sizeText(size) + "; a mask must have the size of its image. Take the mask made from this image.");
			}
		}
		if (!Spacings.agree(spacing, mask.spacing)) {
			throw ClemRegException.badInput(mask.role + ": '" + mask.name + "' has voxels of " + Spacings.text(mask.spacing) + " nm (z,y,x) but " + role + " '"
				+ name + "' has " + Spacings.text(spacing) + " nm. Correct one in Image > Properties, or give " + Spacings.key(role) + " for both.");
		}
	}

	/**
	 * An image and its mask on one grid: the image's voxel size, or the mask's where the image's is not known.
	 *
	 * @param image the image or null
	 * @return the image (or null) and the mask
	 */
	public static VolumeImage[] pair(final Opened image, final Opened mask, final double[] spacing) {
		if (image == null) return new VolumeImage[] { null, mask.volume(spacing) };
		final VolumeImage volume = image.volume(spacing == null && !Spacings.isKnown(image.image) && Spacings.isKnown(mask.image) ? mask.volume(null).spacing : spacing);
		return new VolumeImage[] { volume, volume.maskOf(mask, spacing != null) };
	}

	/** An image before it is checked: what it is for, and the channel to be analysed (from 1; 0: none chosen). */
	public static final class Opened {
		final String role;
		final ImagePlus image;
		final String name;
		final File file;
		final int channel;

		public Opened(final String role, final ImagePlus image, final String name, final File file, final int channel) {
			this.role = role;
			this.image = image;
			this.name = name;
			this.file = file;
			this.channel = channel;
		}

		/** The same image with another channel chosen; 0 keeps the choice. */
		public Opened withChannel(final int other) {
			return new Opened(role, image, name, file, other > 0 ? other : channel);
		}

		/** As {@link #volume}, and several time points are allowed. */
		public VolumeImage series(final double[] spacing) {
			return new VolumeImage(role, image, name, file, channel, spacing, true, false);
		}

		/** As {@link #volume}, and one section is enough, and the voxel size need not be known. */
		public VolumeImage sections(final double[] spacing) {
			return new VolumeImage(role, image, name, file, channel, spacing, false, true);
		}

		/** Checks it; the voxel size in nm (z, y, x) goes before the image's own unless it is null. */
		public VolumeImage volume(final double[] spacing) {
			return new VolumeImage(role, image, name, file, channel, spacing);
		}
	}

	private static String sizeText(final int[] zyx) {
		return zyx[2] + " x " + zyx[1] + " x " + zyx[0];
	}

	/** The image's title or the file's name. */
	public String name() {
		return name;
	}

	/** Gives it another name in messages and in transform.json. */
	public void setName(final String other) {
		name = other;
	}

	/**
	 * The mask of this image, on its grid.
	 *
	 * @param given whether this image's voxel size was given by the user and so goes before the mask's own
	 */
	public VolumeImage maskOf(final Opened mask, final boolean given) {
		final VolumeImage volume = mask.volume(given || !Spacings.isKnown(mask.image) ? spacing : null);
		checkSameGrid(volume);
		System.arraycopy(spacing, 0, volume.spacing, 0, 3);
		System.arraycopy(origin, 0, volume.origin, 0, 3);
		return volume;
	}

	/**
	 * An image that follows this one: on its grid, with channels and colours of its own.
	 *
	 * @param given whether this image's voxel size was given by the user and so goes before the other's own
	 */
	public VolumeImage linked(final Opened other, final boolean given) {
		final VolumeImage volume = other.series(given || !Spacings.isKnown(other.image) ? spacing : null);
		for (int i = 0; i < 3; i++) {
			if (size[i] != volume.size[i]) {
				throw ClemRegException.badInput(volume.role + ": '" + volume.name + "' is " + sizeText(volume.size) + " voxels (x, y, z) but " + role + " '" + name + "' is "
					+ sizeText(size) + "; a linked image must have the size of the image that it follows: the fluorescence, or the EM where registration_direction is em_to_fm.");
			}
		}
		checkSameGrid(volume);
		System.arraycopy(origin, 0, volume.origin, 0, 3);
		return volume;
	}

	/** The time point that {@link #slice} reads, from 1. */
	public int frame() {
		return frame;
	}

	/** Where it comes from, for transform.json. */
	public Map<String, Object> provenance() {
		final Map<String, Object> json = new LinkedHashMap<>();
		json.put("name", name);
		if (channels > 1) json.put("channel", channel);
		if (frames > 1) json.put("frame", frame);
		return json;
	}
}
