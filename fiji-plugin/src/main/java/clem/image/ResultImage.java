package clem.image;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;

import clem.bridge.Bridge;
import clem.bridge.VoxelKind;
import clem.json.Json;
import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;

/** A result of the algorithms, one volume a channel on one grid, as an image for ImageJ. */
public final class ResultImage {
	/** A TIFF keeps 1 / pixel width to six digits after the point: in micrometres that is exact enough for every microscope, in nm it is not. */
	private static final double NM_PER_UNIT = 1000;

	private final Bridge bridge;
	private final Frames frames;
	private final int channels;
	private final VoxelKind kind;
	private final int[] size = new int[3];
	private final double[] spacing = new double[3];
	private final double[] origin = new double[3];
	private BooleanSupplier cancelled = () -> false;
	private boolean calibrated = true;

	/** One time point, a handle a channel. */
	public ResultImage(final Bridge bridge, final long... handles) {
		this(bridge, Frames.of(handles.clone()));
	}

	/** Asks the bridge for the type and the grid of the first volume; the others share them. */
	public ResultImage(final Bridge bridge, final Frames frames) {
		this.bridge = bridge;
		this.frames = frames;
		final long[] first = frames.handles(1);
		channels = first.length;
		final Map<String, Object> json = Json.parseObject(bridge.describe(first[0]));
		kind = "mask".equals(json.get("kind")) ? VoxelKind.MASK : VoxelKind.valueOf(Json.asText(json.get("type"), "").toUpperCase(Locale.ROOT));
		final List<Object> sizes = Json.asList(json.get("size")), spacings = Json.asList(json.get("spacing")), origins = Json.asList(json.get("origin"));
		for (int i = 0; i < 3; i++) {
			size[i] = (int) Json.asNumber(sizes.get(i), 0);
			spacing[i] = Json.asNumber(spacings.get(i), 1);
			origin[i] = Json.asNumber(origins.get(i), 0);
		}
	}

	/** Reading its slices ends once this says so. */
	public ResultImage until(final BooleanSupplier end) {
		cancelled = end;
		return this;
	}

	/** It was made from an image whose pixel size is not known, so its own is not either. */
	public ResultImage uncalibrated() {
		calibrated = false;
		return this;
	}

	/** How many channels it has. */
	public int channels() {
		return channels;
	}

	/** How many time points it has. */
	public int frames() {
		return frames.count();
	}

	/** Whether it has the voxels of an image. */
	public boolean onGrid(final VolumeImage image) {
		for (int i = 0; i < 3; i++) {
			if (size[i] != image.size[i] || Math.abs(spacing[i] - image.spacing[i]) > 1e-6 * spacing[i] || Math.abs(origin[i] - image.origin[i]) > 1e-3 * spacing[i]) return false;
		}
		return true;
	}

	/** Bits of a pixel. */
	public int bitDepth() {
		return kind == VoxelKind.UINT16 ? 16 : kind == VoxelKind.FLOAT32 ? 32 : 8;
	}

	/** The voxel index (fractional; z, y, x) of a position in nm. */
	public double[] toIndex(final double z, final double y, final double x) {
		return new double[] { (z - origin[0]) / spacing[0], (y - origin[1]) / spacing[1], (x - origin[2]) / spacing[2] };
	}

	/** Voxels along z, y, x. */
	public int[] size() {
		return size.clone();
	}

	/** The bytes that all its voxels take. */
	public long bytes() {
		return (long) size[0] * size[1] * size[2] * channels * frames.count() * (kind == VoxelKind.UINT16 ? 2 : kind == VoxelKind.FLOAT32 ? 4 : 1);
	}

	/** The slices, read when they are needed. */
	public HandleStack stack() {
		return new HandleStack(bridge, kind, size, channels, frames, cancelled);
	}

	/** The image with all slices in memory, for the screen. */
	public ImagePlus inMemory(final String title, final ImagePlus like) {
		final HandleStack source = stack();
		final ImageStack stack = new ImageStack(size[2], size[1]);
		for (int n = 1; n <= source.size(); n++) stack.addSlice(null, source.getPixels(n));
		return image(title, stack, like);
	}

	/** An image around {@link #stack}, calibrated, with the colours and display ranges of the given image (or null) if it has as many channels. */
	public ImagePlus image(final String title, final ImageStack stack, final ImagePlus like) {
		final ImagePlus image = new ImagePlus(title, stack);
		final Calibration calibration = new Calibration(image);
		calibrate(calibration);
		image.setDimensions(channels, size[0], frames.count());
		image.setOpenAsHyperStack(true);
		image.setCalibration(calibration);
		if (channels == 1) {
			if (kind == VoxelKind.MASK) image.setDisplayRange(0, 255);
			else DisplayRange.set(image, like);
			return image;
		}
		final CompositeImage composite = new CompositeImage(image, CompositeImage.COMPOSITE);
		if (like != null && like.isComposite() && like.getNChannels() == channels) composite.setLuts(((CompositeImage) like).getLuts());
		DisplayRange.set(composite, like);
		composite.setCalibration(calibration);
		return composite;
	}

	/** Writes its grid into a calibration, where it is known. */
	public void calibrate(final Calibration calibration) {
		if (!calibrated) return;
		calibration.setUnit(IJ.micronSymbol + "m");
		calibration.pixelDepth = spacing[0] / NM_PER_UNIT;
		calibration.pixelHeight = spacing[1] / NM_PER_UNIT;
		calibration.pixelWidth = spacing[2] / NM_PER_UNIT;
		calibration.zOrigin = origin[0] == 0 ? 0 : -origin[0] / spacing[0];
		calibration.yOrigin = origin[1] == 0 ? 0 : -origin[1] / spacing[1];
		calibration.xOrigin = origin[2] == 0 ? 0 : -origin[2] / spacing[2];
	}
}
