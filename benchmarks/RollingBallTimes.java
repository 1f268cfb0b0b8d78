import ij.plugin.filter.BackgroundSubtracter;
import ij.process.FloatProcessor;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Paths;

/**
 * ImageJ's rolling ball on a section of floats, for cells_side_by_side.py: prints seconds and processor seconds of the fastest of some runs, and writes the background.
 *
 *     java -cp /usr/share/java/ij.jar benchmarks/RollingBallTimes.java IN.raw HEIGHT WIDTH RADIUS OUT.raw
 */
final class RollingBallTimes {
	private static final int RUNS = 10;

	public static void main(String[] args) throws Exception {
		int height = Integer.parseInt(args[1]), width = Integer.parseInt(args[2]);
		float[] pixels = new float[height * width];
		ByteBuffer.wrap(Files.readAllBytes(Paths.get(args[0]))).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(pixels);
		double best = Double.POSITIVE_INFINITY, processor = 0;
		FloatProcessor background = null;
		for (int run = 0; run < RUNS; run++) {
			background = new FloatProcessor(width, height, pixels.clone());
			long start = System.nanoTime(), used = cpu();
			new BackgroundSubtracter().rollingBallBackground(background, Double.parseDouble(args[3]), true, false, false, false, false);
			double seconds = (System.nanoTime() - start) / 1e9;
			if (seconds >= best) continue;
			best = seconds;
			processor = (cpu() - used) / 1e9;
		}
		System.out.println(best + ";" + processor);
		ByteBuffer out = ByteBuffer.allocate(4 * pixels.length).order(ByteOrder.LITTLE_ENDIAN);
		out.asFloatBuffer().put((float[]) background.getPixels());
		Files.write(Paths.get(args[4]), out.array());
	}

	private static long cpu() {
		return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
	}
}
