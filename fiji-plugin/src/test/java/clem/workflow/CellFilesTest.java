package clem.workflow;

import java.awt.Rectangle;
import java.awt.image.BufferedImage;
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
import clem.image.ImageFiles;
import clem.json.Json;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Quiet;
import clem.test.Samples;
import ij.ImagePlus;
import ij.gui.OvalRoi;
import ij.gui.PointRoi;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.process.ColorProcessor;

/** Detect Cells and Track Cells on files, and cells as ROIs, against the fake bridge, which finds two cells a section. */
public final class CellFilesTest {
	private static FakeBridge fake() {
		return (FakeBridge) Bridges.get();
	}

	private static void run(final String operation, final File folder, final String... inputs) {
		final FileRequest request = new FileRequest(operation);
		for (int i = 0; i < inputs.length; i += 2) request.inputs.put(inputs[i], inputs[i + 1]);
		request.out = folder + "/out";
		request.overwrite = true;
		new FileRunner(fake()).run(request, new Quiet());
		Check.equal(0, fake().open());
	}

	private static Map<String, Object> last() {
		return fake().cellRequests.get(fake().cellRequests.size() - 1);
	}

	private static ImagePlus open(final File folder, final String name) {
		return ImageFiles.openImage("image", ImageFiles.choice("image", folder + "/" + name));
	}

	public void aFolderWithAllFiles() throws Exception {
		Check.inFolder(folder -> {
			Samples.save(Samples.image("fl", 16, 1, 3, 20, 24), folder, "fl.tif");
			run("detect_cells", folder, "image", folder + "/fl.tif");
			final File out = new File(folder, "out");
			Check.equal("[boxes.csv, labels.tif, overlay.png, rois.zip, run.json]", new TreeSet<>(Arrays.asList(out.list())).toString());
			final ImagePlus labels = open(out, "labels.tif");
			Check.equal(3, labels.getNSlices());
			Check.equal(5, labels.getStack().getProcessor(3).get(4, 3));
			Check.near(0.13, labels.getCalibration().pixelWidth, 1e-6);
			final BufferedImage picture = ImageIO.read(new File(out, "overlay.png"));
			Check.that(picture.getWidth() >= 400 && picture.getHeight() >= 400, "three sections, enlarged: " + picture.getWidth() + " x " + picture.getHeight());
			final byte[] zip = Files.readAllBytes(new File(out, "rois.zip").toPath());
			run("detect_cells", folder, "image", folder + "/fl.tif");
			Check.that(Arrays.equals(zip, Files.readAllBytes(new File(out, "rois.zip").toPath())), "the same cells are the same file");
		});
	}

	public void roisGoIntoAZipAndBack() throws Exception {
		Check.inFolder(folder -> {
			Samples.save(Samples.image("fl", 8, 1, 3, 20, 24), folder, "fl.tif");
			run("detect_cells", folder, "image", folder + "/fl.tif");
			final List<Roi> rois = CellRois.read("boxes", new File(folder, "out/rois.zip"));
			Check.equal(6, rois.size());
			for (int i = 0; i < 6; i++) {
				final Roi roi = rois.get(i);
				Check.equal("cell " + (i + 1) + (i % 2 == 0 ? " (0.83)" : " (0.40)"), roi.getName());
				Check.that(CellRois.isOurs(roi), roi.getName());
				Check.equal(1 + i / 2, CellRois.slice(roi));
				Check.equal(1 + i / 2, roi.getPosition());
				Check.near(i % 2 == 0 ? 0.83 : 0.4, CellRois.score(roi), 1e-9);
				Check.equal(i % 2 == 0 ? new Rectangle(2, 1, 6, 4) : new Rectangle(9, 2, 5, 5), roi.getBounds());
				Check.that(roi instanceof PolygonRoi, "a polygon");
			}
			Check.that(!rois.get(0).contains(2, 1) && rois.get(0).contains(3, 1) && rois.get(0).contains(2, 2), "it runs along the pixels");
			// Painted they are what they were traced from.
			final ImagePlus labels = open(new File(folder, "out"), "labels.tif"), painted = CellRois.paint(rois, labels);
			for (int z = 1; z <= 3; z++) {
				for (int i = 0; i < 20 * 24; i++) Check.equal(labels.getStack().getProcessor(z).get(i), painted.getStack().getProcessor(z).get(i));
			}
		});
	}

	public void correctedRoisAreFollowed() throws Exception {
		Check.inFolder(folder -> {
			Samples.save(Samples.image("fl", 8, 1, 3, 20, 24), folder, "fl.tif");
			run("detect_cells", folder, "image", folder + "/fl.tif");
			final List<Roi> rois = CellRois.read("boxes", new File(folder, "out/rois.zip"));
			// The user takes one away and draws two: one with ImageJ's name, one with none of a slice.
			rois.remove(3);
			final Roi drawn = new OvalRoi(15, 10, 6, 7), plain = new Roi(1, 12, 4, 3);
			drawn.setName("0003-0013-0018");
			plain.setName("mine");
			rois.add(drawn);
			rois.add(plain);
			Files.write(new File(folder, "corrected.zip").toPath(), CellRois.zip(rois));
			run("track_cells", folder, "image", folder + "/fl.tif", "boxes", folder + "/corrected.zip");
			final Map<String, Object> boxes = Json.asObject(Json.asObject(last().get("texts")).get("boxes"));
			Check.equal("corrected.zip", boxes.get("file"));
			Check.equal("slice,x,y,width,height,score,cell\n1,2,1,6,4,0.83,1\n1,9,2,5,5,0.4,2\n2,2,1,6,4,0.83,3\n3,2,1,6,4,0.83,4\n3,9,2,5,5,0.4,5\n3,15,10,6,7,1.0,6\n1,1,12,4,3,1.0,7\n", boxes.get("text"));
			final File out = new File(folder, "out");
			Check.equal("[boxes.csv, labels.tif, overlay.png, rois.zip, run.json, tracks.csv]", new TreeSet<>(Arrays.asList(out.list())).toString());
			final List<Roi> tracks = CellRois.read("boxes", new File(out, "rois.zip"));
			Check.equal("cell 102 s1 (0.83)", tracks.get(0).getName());
			Check.equal("cell 102 s2 (0.83)", tracks.get(2).getName());
			Check.equal("cell 115 s3 (1.00)", tracks.get(5).getName());
			Check.near(1, CellRois.score(tracks.get(5)), 0);
			// The outlines are the user's.
			final ImagePlus labels = open(out, "labels.tif");
			Check.equal(0, labels.getStack().getProcessor(3).get(15, 10));
			Check.equal(115, labels.getStack().getProcessor(3).get(18, 13));
			Check.equal(0, labels.getStack().getProcessor(2).get(10, 3));
		});
	}

	public void namesThatAreTwiceAreKeptApart() throws Exception {
		Check.inFolder(folder -> {
			final List<Roi> rois = new ArrayList<>();
			for (int i = 0; i < 3; i++) {
				final Roi roi = new Roi(i, i, 3, 3);
				roi.setName(CellRois.name(7, 0.5, 1, false));
				rois.add(roi);
			}
			final File file = new File(folder, "rois.zip");
			Files.write(file.toPath(), CellRois.zip(rois));
			final List<Roi> back = CellRois.read("boxes", file);
			Check.equal("cell 7 (0.50), cell 7 (0.50)-1, cell 7 (0.50)-2", back.get(0).getName() + ", " + back.get(1).getName() + ", " + back.get(2).getName());
			Check.near(0.5, CellRois.score(back.get(2)), 0);
			Files.write(file.toPath(), CellRois.zip(new ArrayList<>()));
			Check.equal(0, CellRois.read("boxes", file).size());
		});
	}

	public void smallerRoisArePaintedOnTop() {
		final Roi large = new Roi(0, 0, 10, 10), small = new Roi(3, 3, 2, 2), point = new PointRoi(7, 7);
		final ImagePlus painted = CellRois.paint(Arrays.asList(small, large, point), Samples.image("fl", 8, 1, 1, 20, 24));
		Check.equal(1, painted.getProcessor().get(3, 3));
		Check.equal(2, painted.getProcessor().get(8, 8));
		Check.equal(3, painted.getProcessor().get(7, 7));
		Check.equal("slice,x,y,width,height,score,cell\n1,7,7,1,1,1.0,1\n", CellRois.table(Arrays.asList(point)));
	}

	public void oneSectionWithoutAPixelSizeIsEnough() throws Exception {
		Check.inFolder(folder -> {
			final ImagePlus section = Samples.image("fl", 8, 1, 1, 20, 24);
			section.getCalibration().setUnit("pixel");
			section.getCalibration().pixelWidth = section.getCalibration().pixelHeight = section.getCalibration().pixelDepth = 1;
			Samples.save(section, folder, "fl.tif");
			run("detect_cells", folder, "image", folder + "/fl.tif");
			Check.equal("[image]", last().get("uncalibrated").toString());
			Check.that(!open(new File(folder, "out"), "labels.tif").getCalibration().scaled(), "no pixel size is made up");
			Samples.save(Samples.image("fl", 8, 1, 1, 20, 24), folder, "known.tif");
			run("detect_cells", folder, "image", folder + "/known.tif");
			Check.equal("[]", last().get("uncalibrated").toString());
		});
	}

	public void aChannelIsChosen() throws Exception {
		Check.inFolder(folder -> {
			Samples.save(Samples.image("fl", 8, 2, 3, 20, 24), folder, "fl.tif");
			run("detect_cells", folder, "image", folder + "/fl.tif#2");
			final Roi roi = CellRois.read("boxes", new File(folder, "out/rois.zip")).get(3);
			Check.equal(2, CellRois.slice(roi));
			Check.equal(0, roi.getCPosition());
		});
	}

	public void whatCannotBeUsedIsToldByItsName() throws Exception {
		Check.inFolder(folder -> {
			Samples.save(Samples.image("fl", 8, 1, 2, 20, 24), folder, "fl.tif");
			final File rgb = new File(folder, "rgb.tif");
			Samples.save(new ImagePlus("rgb", new ColorProcessor(20, 20)), folder, "rgb.tif");
			Check.badInput(() -> run("detect_cells", folder, "image", rgb.getPath()), "image", "RGB", "Split Channels");
			Check.badInput(() -> run("detect_cells", folder), "image is missing");
			final File text = new File(folder, "rois.zip");
			Files.write(text.toPath(), "no zip".getBytes(StandardCharsets.UTF_8));
			run("track_cells", folder, "image", folder + "/fl.tif", "boxes", text.getPath());
			Check.equal("slice,x,y,width,height,score,cell\n", Json.asObject(Json.asObject(last().get("texts")).get("boxes")).get("text"));
			final File bad = new File(folder, "bad.roi");
			Files.write(bad.toPath(), "no roi".getBytes(StandardCharsets.UTF_8));
			Check.badInput(() -> run("track_cells", folder, "image", folder + "/fl.tif", "boxes", bad.getPath()), "boxes", "bad.roi", "no ROI");
			Check.badInput(() -> run("track_cells", folder, "image", folder + "/fl.tif", "boxes", folder + "/none.zip"), "boxes", "no file");
		});
	}
}
