package clem.ij;

import java.awt.Color;
import java.awt.GraphicsEnvironment;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import clem.bridge.ClemRegException;
import clem.image.DisplayRange;
import clem.image.HandleStack;
import clem.image.ResultImage;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.workflow.CellRois;
import clem.workflow.RegisterResults;
import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.WindowManager;
import ij.gui.ImageCanvas;
import ij.gui.Overlay;
import ij.gui.PointRoi;
import ij.gui.Roi;
import ij.gui.StackWindow;
import ij.macro.Interpreter;
import ij.measure.Calibration;
import ij.measure.ResultsTable;
import ij.process.ImageProcessor;
import ij.process.LUT;

/** Makes images and tables of the results for ImageJ's screen. */
final class Display {
	private static final Color[] COLOURS = { Color.GREEN, Color.MAGENTA, Color.CYAN, Color.YELLOW, Color.RED, Color.BLUE };
	private static final double ROOM = 0.9;
	private static final int SMALL = 200;
	/** The names of fields of view begin so. */
	static final String FIELD = "field ";

	private Display() {}

	/** One channel of a composite: where its slices come from and how they look. */
	private interface Channel {
		ImageProcessor slice(int frame, int z);
	}

	/** The registered image over the other one, on one grid, calibrated; alone where it was put on a grid of its own. */
	static ImagePlus composite(final RegisterResults results) {
		final boolean toFluorescence = "em_to_fm".equals(results.direction());
		final ResultImage warped = results.registered();
		final VolumeImage under = toFluorescence ? results.input().moving : results.input().em();
		if (!warped.onGrid(under)) return image("Registered " + results.input().moving.name(), warped, results.like());
		final HandleStack slices = warped.stack();
		final int warpedChannels = warped.channels();
		final VolumeImage fixed = results.input().fixed, moving = results.input().moving;
		final List<Channel> channels = new ArrayList<>();
		final List<LUT> luts = new ArrayList<>();
		final int depth;
		if (toFluorescence) {
			depth = Math.max(slices.getBitDepth(), moving.image.getBitDepth());
			moving.setFrame(results.input().frame);
			channels.add((t, z) -> slices.getProcessor(z * warpedChannels + 1));
			luts.add(lut(Color.WHITE, range(fixed, 1)));
			for (int c = 1; c <= moving.channels; c++) channels.add(of(moving, c));
		}
		else {
			depth = Math.max(slices.getBitDepth(), fixed == null ? 8 : fixed.image.getBitDepth());
			final HandleStack mask = results.fixedMask().stack();
			channels.add(fixed == null ? (t, z) -> mask.getProcessor(z + 1) : of(fixed, fixed.channel));
			luts.add(lut(Color.WHITE, range(fixed, fixed == null ? 1 : fixed.channel)));
			for (int c = 0; c < warpedChannels; c++) {
				final int channel = c;
				channels.add((t, z) -> slices.getProcessor((t * warped.size()[0] + z) * warpedChannels + channel + 1));
			}
		}
		for (int c = 1; c <= moving.channels; c++) luts.add(colour(moving, c));
		while (luts.size() > channels.size()) luts.remove(luts.size() - 1);
		if (channels.size() > CompositeImage.MAX_CHANNELS) throw ClemRegException.badInput("ImageJ's composites have at most " + CompositeImage.MAX_CHANNELS + " channels.");
		final int[] size = warped.size();
		final int frames = toFluorescence ? 1 : warped.frames();
		room((long) frames * size[0] * size[1] * size[2] * channels.size() * depth / 8);
		final ImageStack stack = new ImageStack(size[2], size[1]);
		for (int t = 0; t < frames; t++) {
			for (int z = 0; z < size[0]; z++) for (final Channel channel : channels) stack.addSlice(null, converted(channel.slice(t, z), depth));
		}
		final ImagePlus image = new ImagePlus("Registered " + moving.name(), stack);
		image.setDimensions(channels.size(), size[0], frames);
		image.setOpenAsHyperStack(true);
		final CompositeImage composite = new CompositeImage(image, CompositeImage.COMPOSITE);
		composite.setLuts(luts.toArray(new LUT[0]));
		final Calibration calibration = new Calibration(composite);
		warped.calibrate(calibration);
		composite.setCalibration(calibration);
		composite.setPosition(1, size[0] / 2 + 1, 1);
		return composite;
	}

	private static Channel of(final VolumeImage image, final int channel) {
		return (t, z) -> {
			final ImageProcessor processor = image.image.getBitDepth() == 8 ? new ij.process.ByteProcessor(image.size[2], image.size[1])
				: image.image.getBitDepth() == 16 ? new ij.process.ShortProcessor(image.size[2], image.size[1]) : new ij.process.FloatProcessor(image.size[2], image.size[1]);
			System.arraycopy(image.slice(channel, z), 0, processor.getPixels(), 0, image.size[1] * image.size[2]);
			return processor;
		};
	}

	/** Keeps the grey values; only the type changes. */
	private static ImageProcessor converted(final ImageProcessor slice, final int depth) {
		if (slice.getBitDepth() == depth) return slice;
		return depth == 16 ? slice.convertToShort(false) : slice.convertToFloat();
	}

	private static double[] range(final VolumeImage image, final int channel) {
		if (image == null) return new double[] { 0, 255 };
		final double[] range = DisplayRange.of(image.image, channel);
		return range[0] < range[1] ? range : new double[] { range[0], range[0] + 1 };
	}

	private static LUT colour(final VolumeImage moving, final int channel) {
		if (!moving.image.isComposite()) return lut(COLOURS[(channel - 1) % COLOURS.length], range(moving, channel));
		final LUT lut = (LUT) ((CompositeImage) moving.image).getChannelLut(channel).clone();
		final double[] range = range(moving, channel);
		lut.min = range[0];
		lut.max = range[1];
		return lut;
	}

	private static LUT lut(final Color colour, final double[] range) {
		final LUT lut = LUT.createLutFromColor(colour);
		lut.min = range[0];
		lut.max = range[1];
		return lut;
	}

	/** Checks that an image fits into Java's memory. */
	static void room(final long bytes) {
		final Runtime java = Runtime.getRuntime();
		final long free = java.maxMemory() - java.totalMemory() + java.freeMemory();
		if (bytes < free * ROOM) return;
		throw new ClemRegException(ClemRegException.Kind.OUT_OF_MEMORY, "The result needs " + (bytes >> 20) + " MB and ImageJ has " + (free >> 20)
			+ " MB left. Give an output folder and open registered.tif from there as a virtual stack, or raise the memory in Edit > Options > Memory & Threads.");
	}

	/** A result on its own grid, in memory. */
	static ImagePlus image(final String title, final ResultImage result, final ImagePlus like) {
		room(result.bytes());
		final ImagePlus image = result.inMemory(title, like);
		image.setPosition(1, image.getNSlices() / 2 + 1, 1);
		return image;
	}

	/** Draws a cloud (z, y, x in nm) over an image, each point on its slice. */
	static void addPoints(final ImagePlus image, final ResultImage grid, final double[] zyx, final Color colour) {
		final Map<Integer, PointRoi> slices = new TreeMap<>();
		for (int i = 0; i < zyx.length; i += 3) {
			final double[] index = grid.toIndex(zyx[i], zyx[i + 1], zyx[i + 2]);
			final int z = (int) Math.round(index[0]) + 1;
			if (z < 1 || z > image.getNSlices()) continue;
			final PointRoi old = slices.get(z);
			// ImageJ's coordinates begin at a pixel's corner.
			if (old == null) slices.put(z, new PointRoi(index[2] + 0.5, index[1] + 0.5));
			else slices.put(z, old.addPoint(index[2] + 0.5, index[1] + 0.5));
		}
		final Overlay overlay = image.getOverlay() == null ? new Overlay() : image.getOverlay();
		for (final Map.Entry<Integer, PointRoi> slice : slices.entrySet()) {
			final PointRoi points = slice.getValue();
			points.setPointType(PointRoi.DOT);
			points.setSize(1);
			points.setStrokeColor(colour);
			points.setShowLabels(false);
			points.setPosition(slice.getKey());
			overlay.add(points);
		}
		image.setOverlay(overlay);
	}

	/** Draws fields of view over an image, each in its slices, in place of those of an earlier run. */
	static void addFields(final ImagePlus image, final List<Object> fields) {
		final Overlay overlay = image.getOverlay() == null ? new Overlay() : image.getOverlay();
		for (int i = overlay.size() - 1; i >= 0; i--) if (overlay.get(i).getName() != null && overlay.get(i).getName().startsWith(FIELD)) overlay.remove(i);
		for (final Object item : fields) {
			final Map<String, Object> field = Json.asObject(item), pixels = Json.asObject(field.get("pixels"));
			final List<Object> slices = Json.asList(field.get("slices"));
			final int first = (int) Json.asNumber(slices.get(0), 1), last = (int) Json.asNumber(slices.get(1), 1);
			for (int z = first; z <= last; z++) {
				final Roi roi = new Roi((int) Json.asNumber(pixels.get("x"), 0), (int) Json.asNumber(pixels.get("y"), 0), (int) Json.asNumber(pixels.get("width"), 1), (int) Json.asNumber(pixels.get("height"), 1));
				roi.setName(FIELD + Json.asText(field.get("field"), ""));
				roi.setStrokeColor(Color.YELLOW);
				CellRois.place(roi, z, image);
				overlay.add(roi);
				// In every slice at once where it is in all of them.
				if (first == 1 && last >= image.getNSlices()) {
					roi.setPosition(0);
					break;
				}
			}
		}
		image.setOverlay(overlay);
	}

	/** Shows an image; without a screen ImageJ keeps it only while a macro runs. */
	static void show(final ImagePlus image) {
		if (!GraphicsEnvironment.isHeadless() || Interpreter.isBatchMode()) {
			image.show();
			// ImageJ puts a new window's slider to the first slice, whichever is shown.
			if (image.getWindow() instanceof StackWindow) ((StackWindow) image.getWindow()).updateSliceSelector();
		}
		else IJ.log("CLEM-Reg: " + image.getTitle() + " cannot be shown without a screen; give an output (out) to save it.");
	}

	/** Shows a small image larger, in whole steps. */
	static void enlarge(final ImagePlus image) {
		final ImageCanvas canvas = image.getCanvas();
		if (canvas == null) return;
		for (double zoom = 0; Math.max(canvas.getWidth(), canvas.getHeight()) < SMALL && canvas.getMagnification() > zoom;) {
			zoom = canvas.getMagnification();
			canvas.zoomIn(0, 0);
		}
	}

	/** Brings what a user looks at first before the tables and the other images. */
	static void front(final ImagePlus image) {
		if (image.getWindow() == null) return;
		WindowManager.setCurrentWindow(image.getWindow());
		image.getWindow().toFront();
	}

	/** Shows rows of texts and numbers as a table; null is an empty cell. */
	static void table(final String title, final List<Object> columns, final List<Object> rows) {
		final ResultsTable table = new ResultsTable();
		for (final Object row : rows) {
			table.incrementCounter();
			final List<Object> cells = Json.asList(row);
			for (int c = 0; c < cells.size(); c++) {
				final String column = Json.asText(columns.get(c), "");
				final Object cell = cells.get(c);
				if (cell instanceof Number) table.addValue(column, ((Number) cell).doubleValue());
				else if (cell == null) table.addValue(column, Double.NaN);
				else table.addValue(column, Json.asText(cell, ""));
			}
		}
		table.showRowNumbers(false);
		table.show(title);
	}

	/** Shows a table that has been written. */
	static void table(final File csv) {
		try {
			ResultsTable.open(csv.getPath()).show(csv.getName());
		}
		catch (final IOException e) {
			IJ.log("CLEM-Reg: " + csv + " cannot be shown: " + e.getMessage());
		}
	}

	/** Shows a cloud as a table. */
	static void table(final String title, final double[] zyx) {
		final ResultsTable table = new ResultsTable();
		for (int i = 0; i < zyx.length; i += 3) {
			table.incrementCounter();
			table.addValue("z", zyx[i]);
			table.addValue("y", zyx[i + 1]);
			table.addValue("x", zyx[i + 2]);
		}
		table.show(title);
	}
}
