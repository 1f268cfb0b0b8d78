package clem.test;

import java.io.File;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import clem.image.Regions;
import ij.gui.Line;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.gui.ShapeRoi;
import ij.io.RoiEncoder;

/** Regions as corners, from files of ImageJ, and by name. */
public final class RegionsTest {
	private static final Roi SQUARE = new Roi(1, 2, 3, 3), TRIANGLE = new PolygonRoi(new float[] { 1, 4.5f, 2 }, new float[] { 1, 2, 5 }, Roi.POLYGON);

	public void cornersStayAsTheyAre() {
		for (final String text : new String[] { "", "1,2 3,4 5,6", "1,2 3,4 5,6; 7,8 9,10 11,12.5", "1e2,-3 4,5 6,7" }) Check.equal(text, Regions.resolve("roi_polygon", text));
	}

	public void filesOfTheRoiManager() throws Exception {
		Check.inFolder(folder -> {
			final File one = new File(folder, "one.roi"), several = new File(folder, "several.zip");
			Files.write(one.toPath(), RoiEncoder.saveAsByteArray(SQUARE));
			try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(several.toPath()))) {
				for (final Roi roi : Arrays.asList(SQUARE, TRIANGLE)) {
					zip.putNextEntry(new ZipEntry(roi.getType() + ".roi"));
					zip.write(RoiEncoder.saveAsByteArray(roi));
				}
			}
			Check.equal("1,2 4,2 4,5 1,5", Regions.resolve("roi_polygon", one.getPath()));
			Check.equal("1,2 4,2 4,5 1,5; 1,1 4.5,2 2,5", Regions.resolve("roi_polygon", several.getPath()));
		});
	}

	public void whatIsNoRegionIsNamed() throws Exception {
		Check.inFolder(folder -> {
			final File text = new File(folder, "text.roi"), empty = new File(folder, "empty.zip");
			Files.write(text.toPath(), "no roi".getBytes("UTF-8"));
			try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(empty.toPath()))) {
				zip.putNextEntry(new ZipEntry("readme.txt"));
			}
			Check.badInput(() -> Regions.resolve("roi_polygon_em", text.getPath()), "roi_polygon_em", "text.roi");
			Check.badInput(() -> Regions.resolve("roi_polygon", empty.getPath()), "empty.zip", "holds no region");
			Check.badInput(() -> Regions.resolve("roi_polygon", folder + "/none.roi"), "none.roi", "does not exist");
			Check.badInput(() -> Regions.resolve("roi_polygon", "nucleus"), "nucleus", "ROI manager");
			Check.badInput(() -> Regions.polygons(Arrays.asList(new Line(0, 0, 3, 3))), "straight line", "rectangle");
			Check.badInput(() -> Regions.polygons(Arrays.asList(new ShapeRoi(new Roi(0, 0, 9, 9)).not(new ShapeRoi(new Roi(2, 2, 3, 3))))), "hole");
		});
	}
}
