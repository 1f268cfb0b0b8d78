package clem.workflow;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import clem.image.LabelColours;
import clem.image.ResultImage;
import clem.image.TiffWriter;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.schema.Operation;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.PointRoi;
import ij.gui.Roi;
import ij.measure.Calibration;

/** The cells that Detect Cells or Track Cells found: boxes and tables as the algorithms made them, outlines as ROIs, a picture. Valid until the step ends. */
public final class CellResults {
	/** Whether the cells are tracks through the sections. */
	public final boolean tracks;
	private final Operation operation;
	private final Step.Results results;
	private final List<Cell> cells = new ArrayList<>();
	private List<Roi> rois;

	/** A cell in a section. */
	public static final class Cell {
		/** From 1. */
		public final int slice;
		public final int x;
		public final int y;
		public final int width;
		public final int height;
		public final double score;
		public final int number;

		Cell(final int slice, final int x, final int y, final int width, final int height, final double score, final int number) {
			this.slice = slice;
			this.x = x;
			this.y = y;
			this.width = width;
			this.height = height;
			this.score = score;
			this.number = number;
		}
	}

	public CellResults(final Operation operation, final Step.Results results) {
		this.operation = operation;
		this.results = results;
		tracks = operation.name.equals("track_cells");
		for (final Object item : Json.asList(results.report.get("tables"))) {
			final Map<String, Object> table = Json.asObject(item);
			if (!"cells".equals(table.get("name"))) continue;
			// slice, x, y, width, height, score, cell come first, as in boxes.csv.
			for (final Object row : Json.asList(table.get("rows"))) {
				final List<Object> values = Json.asList(row);
				cells.add(new Cell(whole(values, 0), whole(values, 1), whole(values, 2), whole(values, 3), whole(values, 4), Json.asNumber(values.get(5), 1), whole(values, 6)));
			}
		}
	}

	private static int whole(final List<Object> values, final int at) {
		return (int) Json.asNumber(values.get(at), 0);
	}

	/** The points from which the published method started, of all sections; null for other methods. */
	public PointRoi markers() {
		final List<Object> markers = Json.asList(results.report.getOrDefault("markers", Collections.emptyList()));
		if (markers.isEmpty()) return null;
		final PointRoi points = new PointRoi();
		for (final Object marker : markers) {
			final List<Object> values = Json.asList(marker);
			points.addPoint(whole(values, 1), whole(values, 2));
		}
		return points;
	}

	/** The names of the files in the output folder. */
	static Collection<String> files(final Operation operation) {
		return operation.name.equals("track_cells") ? Arrays.asList("boxes.csv", "tracks.csv", "labels.tif", "rois.zip", "overlay.png", "run.json")
			: Arrays.asList("boxes.csv", "labels.tif", "rois.zip", "overlay.png", "run.json");
	}

	/** The image in which they are. */
	public VolumeImage image() {
		return results.input("image");
	}

	/** The cells, section by section. */
	public List<Cell> cells() {
		return cells;
	}

	/** The outlines, one a cell in the order of {@link #cells}. */
	public List<Roi> rois() {
		if (rois == null) rois = CellRois.of(cells, labels().stack(), image().image, tracks);
		return rois;
	}

	private ResultImage labels() {
		return results.image("labels");
	}

	/** The bytes that the label image takes. */
	public long labelBytes() {
		return labels().bytes();
	}

	/** The label image in colours, calibrated as the image; its slices are in memory or read when they are needed. */
	public ImagePlus labels(final String title, final boolean inMemory) {
		final ResultImage labels = labels();
		final ImageStack stack = labels.stack();
		final ImagePlus image = inMemory ? labels.inMemory(title, null) : labels.image(title, stack, null);
		final Calibration calibration = image().image.getCalibration().copy();
		calibration.disableDensityCalibration();
		image.setCalibration(calibration);
		LabelColours.show(image);
		return image;
	}

	/** The sections with outlines and boxes, as a picture. */
	public byte[] picture() {
		return OverlayPicture.png(CellPicture.draw(image(), cells, rois(), tracks, "published".equals(Json.asObject(results.report.get("parameters")).get("cell_method"))));
	}

	/** Writes all files. */
	void save(final Output output) {
		results.files().forEach((name, bytes) -> output.bytes(output.path(name), bytes));
		output.write(output.path("labels.tif"), to -> TiffWriter.write(labels(to.getName(), false), to, results.progress));
		output.bytes(output.path("rois.zip"), CellRois.zip(rois()));
		output.bytes(output.path("overlay.png"), picture());
	}

	/** The name of the operation, for titles. */
	public String title() {
		return operation.title;
	}

	/** The tracks' numbers of the cells that were given: slice, number as given, number of the track. */
	public List<int[]> numbers() {
		final List<int[]> numbers = new ArrayList<>();
		for (final Object item : Json.asList(results.report.get("numbers"))) {
			final List<Object> values = Json.asList(item);
			numbers.add(new int[] { whole(values, 0), whole(values, 1), whole(values, 2) });
		}
		return numbers;
	}
}
