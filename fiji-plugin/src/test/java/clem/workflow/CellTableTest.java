package clem.workflow;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import javax.imageio.ImageIO;

import clem.bridge.Bridges;
import clem.json.Json;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Quiet;
import clem.test.Samples;
import ij.ImagePlus;
import ij.gui.EllipseRoi;
import ij.gui.Line;
import ij.gui.OvalRoi;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.gui.ShapeRoi;
import ij.measure.ResultsTable;
import ij.process.FloatProcessor;

/** Tables of cells made of ROIs of any shape, of label images and of open tables, and the operations that take them, on files. */
public final class CellTableTest {
	private static FakeBridge fake() {
		return (FakeBridge) Bridges.get();
	}

	private static String text(final File file) throws Exception {
		return CellTable.read("truth", file.getPath()).text();
	}

	/** The pixels that a line of a table tells, as "x,y x,y". */
	private static String pixels(final String line) {
		final String[] cells = line.split(",", -1);
		final int left = Integer.parseInt(cells[1]), top = Integer.parseInt(cells[2]), width = Integer.parseInt(cells[3]), height = Integer.parseInt(cells[4]);
		final StringBuilder pixels = new StringBuilder();
		int at = 0;
		boolean inside = false;
		for (final String run : (cells[7].isEmpty() ? "0 " + width * height : cells[7]).split(" ")) {
			for (int i = 0; i < Integer.parseInt(run); i++, at++) if (inside) pixels.append(left + at % width).append(',').append(top + at / width).append(' ');
			inside = !inside;
		}
		Check.equal(width * height, at);
		return pixels.toString();
	}

	private static String pixels(final Roi roi) {
		final StringBuilder pixels = new StringBuilder();
		final List<java.awt.Point> points = new ArrayList<>(Arrays.asList(roi.getContainedPoints()));
		points.sort((a, b) -> a.y != b.y ? a.y - b.y : a.x - b.x);
		for (final java.awt.Point p : points) pixels.append(p.x).append(',').append(p.y).append(' ');
		return pixels.toString();
	}

	public void roisOfAnyShapeKeepTheirPixelsAndSlices() throws Exception {
		Check.inFolder(folder -> {
			final List<Roi> rois = Arrays.asList(new Roi(3, 4, 5, 6), new OvalRoi(10, 10, 9, 7), new PolygonRoi(new float[] { 20, 31, 24 }, new float[] { 5, 9, 18 }, Roi.POLYGON),
				new EllipseRoi(5, 30, 25, 40, 0.5), new ShapeRoi(new Roi(40, 40, 9, 9)).not(new ShapeRoi(new OvalRoi(42, 42, 4, 4))), new PolygonRoi(new int[] { 50, 58, 52 }, new int[] { 3, 5, 12 }, 3, Roi.FREEROI));
			final String[] names = { "0002-0007-0005", "cell 7 (0.81)", "mine", "cell 12 s4 (0.30)", "hole", "free" };
			for (int i = 0; i < rois.size(); i++) rois.get(i).setName(names[i]);
			rois.get(1).setPosition(3);
			rois.get(3).setPosition(1, 4, 1);
			Files.write(new File(folder, "rois.zip").toPath(), CellRois.zip(rois));
			final String[] lines = text(new File(folder, "rois.zip")).split("\n");
			Check.equal("slice,x,y,width,height,score,cell,mask", lines[0]);
			Check.equal("2,3,4,5,6,1.0,0,", lines[1]);
			Check.that(lines[2].startsWith("3,10,10,9,7,0.81,7,"), lines[2]);
			Check.that(lines[4].startsWith("4,") && lines[4].contains(",0.3,12,"), lines[4]);
			for (int i = 0; i < rois.size(); i++) Check.equal(pixels(rois.get(i)), pixels(lines[i + 1]));
		});
	}

	public void everyNumberOfALabelImageIsACell() throws Exception {
		Check.inFolder(folder -> {
			final ImagePlus labels = Samples.image("labels", 16, 1, 2, 8, 9);
			for (int z = 1; z <= 2; z++) labels.getStack().getProcessor(z).multiply(0);
			for (final int[] p : new int[][] { { 1, 2, 3, 5 }, { 1, 3, 3, 5 }, { 1, 3, 4, 5 }, { 1, 7, 0, 40000 }, { 2, 0, 7, 5 } }) labels.getStack().getProcessor(p[0]).set(p[1], p[2], p[3]);
			Samples.save(labels, folder, "labels.tif");
			final TextFile table = CellTable.read("truth", folder + "/labels.tif");
			Check.equal("slice,x,y,width,height,score,cell,mask\n1,2,3,2,2,1,5,0 2 1 1\n1,7,0,1,1,1,40000,0 1\n2,0,7,1,1,1,5,0 1\n", table.text());
			Check.equal("[2, 8, 9]", table.json().get("size").toString());
			// One section is enough.
			ImageIO.write(new ij.process.ByteProcessor(4, 3, new byte[] { 0, 0, 0, 0, 0, 1, 2, 0, 0, 1, 0, 0 }).getBufferedImage(), "png", new File(folder, "one.png"));
			Check.equal("slice,x,y,width,height,score,cell,mask\n1,1,1,1,2,1,1,0 2\n1,2,1,1,1,1,2,0 1\n", text(new File(folder, "one.png")));
		});
	}

	public void aTableStaysAsItIsAndAnOpenOneGivesItsColumns() throws Exception {
		Check.inFolder(folder -> {
			final String csv = "slice;x;y;width;height\r\n1;2;3;4;5\r\n";
			Files.write(new File(folder, "b.csv").toPath(), csv.getBytes(StandardCharsets.UTF_8));
			Check.equal(csv, text(new File(folder, "b.csv")));
			final ResultsTable results = new ResultsTable();
			results.incrementCounter();
			results.addValue("Label", "image.tif");
			results.addValue("Area", 12.5);
			for (final String column : new String[] { "BX", "BY", "Width", "Height", "Slice" }) results.addValue(column, column.length());
			Check.equal("BX,BY,Width,Height,Slice\n2,2,5,6,5\n", CellTable.of("Results", results).text());
		});
	}

	public void whatIsNoCellIsNamed() throws Exception {
		Check.inFolder(folder -> {
			final Line line = new Line(1, 2, 3, 4);
			line.setName("axis");
			Files.write(new File(folder, "lines.zip").toPath(), CellRois.zip(Arrays.asList(line)));
			Check.badInput(() -> text(new File(folder, "lines.zip")), "truth", "lines.zip", "axis", "straight line", "no area");
			Check.badInput(() -> text(new File(folder, "none.csv")), "truth", "no file", "none.csv");
			Check.badInput(() -> text(folder), "is a folder");
			final ImagePlus mask = Samples.image("mask", 8, 1, 2, 3, 3);
			for (int z = 1; z <= 2; z++) for (int i = 0; i < 9; i++) mask.getStack().getProcessor(z).set(i, i % 2 * 255);
			Samples.save(mask, folder, "mask.tif");
			Check.badInput(() -> text(new File(folder, "mask.tif")), "mask.tif", "does not tell one cell from the next", "Analyze Particles");
			final ImagePlus grey = new ImagePlus("grey", new FloatProcessor(2, 1, new float[] { 1, 0.5f }));
			Samples.save(grey, folder, "grey.tif");
			Check.badInput(() -> text(new File(folder, "grey.tif")), "no label image", "0.5");
		});
	}

	private static String run(final FileRequest request, final File folder) {
		request.out = folder + "/out";
		request.overwrite = true;
		final String summary = new FileRunner(fake()).run(request, new Quiet());
		Check.equal(0, fake().open());
		return summary;
	}

	public void fieldsAreExportedOfRoisWithAPicture() throws Exception {
		Check.inFolder(folder -> {
			Files.write(new File(folder, "c.roi").toPath(), ij.io.RoiEncoder.saveAsByteArray(new Roi(1, 2, 3, 4)));
			final ImagePlus section = new ImagePlus("s", new FloatProcessor(20, 10));
			Samples.save(section, folder, "s.tif");
			final FileRequest request = new FileRequest("export_fields");
			request.inputs.put("boxes", folder + "/c.roi");
			request.inputs.put("image", folder + "/s.tif");
			Check.equal("Two fields.", run(request, folder));
			Check.equal("[fields.csv, overlay.png, run.json]", new TreeSet<>(Arrays.asList(new File(folder, "out").list())).toString());
			Check.equal(200, ImageIO.read(new File(folder, "out/overlay.png")).getWidth());
			final Map<String, Object> sent = fake().lastRequest;
			Check.equal("[image]", sent.get("uncalibrated").toString());
			Check.equal("slice,x,y,width,height,score,cell,mask\n1,1,2,3,4,1.0,0,\n", Json.asObject(Json.asObject(sent.get("texts")).get("boxes")).get("text"));
			request.spacings.put("image_spacing", "100,178");
			run(request, folder);
			Check.equal("[]", fake().lastRequest.get("uncalibrated").toString());
			request.inputs.remove("boxes");
			Check.badInput(() -> run(request, folder), "boxes is missing");
		});
	}

	public void severalAnnotatorsAreSentTogether() throws Exception {
		Check.inFolder(folder -> {
			for (final String name : new String[] { "a", "b", "c" }) Files.write(new File(folder, name + ".csv").toPath(), ("x,y,width,height\n" + name).getBytes(StandardCharsets.UTF_8));
			final FileRequest request = new FileRequest("evaluate_detection");
			request.inputs.put("detected", folder + "/a.csv");
			request.inputs.put("truth", folder + "/b.csv");
			request.inputs.put("annotators", folder + "/c.csv; " + folder + "/a.csv");
			Check.equal("All found.", run(request, folder));
			final List<Object> texts = Json.asList(Json.asObject(fake().lastRequest.get("texts")).get("annotators"));
			Check.equal(2, texts.size());
			Check.equal("c.csv", Json.asObject(texts.get(0)).get("file"));
			Check.equal("x,y,width,height\na", Json.asObject(texts.get(1)).get("text"));
			request.inputs.put("annotators", folder + "/none.csv");
			Check.badInput(() -> run(request, folder), "annotators", "none.csv");
		});
	}
}
