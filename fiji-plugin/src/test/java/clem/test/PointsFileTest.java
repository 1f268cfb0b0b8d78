package clem.test;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;

import clem.workflow.PointsFile;

/** Clouds as CSV. */
public final class PointsFileTest {
	public void comeBackBitForBit() throws Exception {
		Check.inFolder(folder -> {
			final double[] points = { 1, 2, 3, -0.1, 1e-9, 123456.789, Math.PI, 1 / 3.0, 1e12 };
			final File file = new File(folder, "p.csv");
			PointsFile.write(points, file);
			Check.equal("z,y,x", Files.readAllLines(file.toPath()).get(0));
			Check.that(Arrays.equals(points, PointsFile.read("points", file)), "points changed");
		});
	}

	public void theHeaderNamesTheColumns() throws Exception {
		Check.inFolder(folder -> {
			final File file = new File(folder, "p.csv");
			Files.write(file.toPath(), "\uFEFFid,\"X\", y ,Z\r\na,1,2,3\r\n\r\nb,4,5,6\r\n".getBytes(StandardCharsets.UTF_8));
			Check.equal("[3.0, 2.0, 1.0, 6.0, 5.0, 4.0]", Arrays.toString(PointsFile.read("points", file)));
		});
	}

	public void errorsNameTheLine() throws Exception {
		Check.inFolder(folder -> {
			final File file = new File(folder, "p.csv");
			final String[][] cases = { { "1,2,3\n", "header z,y,x" }, { "z,y\n1,2\n", "'x'" }, { "z,y,x\n", "no points" }, { "z,y,x\n1,2,3\n1,b,3\n", "line 3", "'b'" },
				{ "z,y,x\n1,2\n", "line 2" }, { "z,y,x\n1,2,NaN\n", "line 2", "NaN" }, { "", "header" } };
			for (final String[] one : cases) {
				Files.write(file.toPath(), one[0].getBytes(StandardCharsets.UTF_8));
				Check.badInput(() -> PointsFile.read("moving_points", file), "moving_points", one[1], one[one.length - 1]);
			}
			Check.badInput(() -> PointsFile.read("points", new File(folder, "none.csv")), "none.csv", "does not exist");
		});
	}
}
