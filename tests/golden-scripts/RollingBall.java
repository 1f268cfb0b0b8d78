import ij.plugin.filter.BackgroundSubtracter;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Random;

/**
 * Golden planes of the rolling ball, from ImageJ itself (1.53t, Debian's libij-java):
 *
 *     java -cp /usr/share/java/ij.jar tests/golden-scripts/RollingBall.java
 *
 * writes tests/ClemReg.Algorithms.Tests/golden/cells/rolling_ball.bin: for each case its numbers (radius, presmooth, bits), the image, the
 * background and the image without it. The planes are as in cells.py.
 */
final class RollingBall {
	private static final ByteArrayOutputStream OUT = new ByteArrayOutputStream();

	public static void main(String[] args) throws Exception {
		int[][] sizes = { { 45, 31 }, { 25, 70 }, { 9, 7 } };
		double[] radii = { 0.5, 1, 2.7, 7, 10, 11, 30, 50, 100, 130 };
		for (int bits : new int[] { 8, 16, 32 })
			for (int s = 0; s < sizes.length; s++)
				for (double radius : bits == 16 ? radii : new double[] { 2.7, 10, 30, 130 }) {
					// ImageJ itself fails where the shrunken image is a single pixel wide.
					int shrink = radius <= 10 ? 1 : radius <= 30 ? 2 : radius <= 100 ? 4 : 8;
					if (Math.min(sizes[s][0], sizes[s][1]) <= shrink || s > 1 && bits != 16) continue;
					write(sizes[s][0], sizes[s][1], radius, ((int) radius + s) % 2 == 0, bits);
				}
		Files.write(Paths.get("tests/ClemReg.Algorithms.Tests/golden/cells/rolling_ball.bin"), OUT.toByteArray());
	}

	private static void write(int height, int width, double radius, boolean presmooth, int bits) {
		Random random = new Random((long) (1000 * height + 10 * radius + bits));
		float[] pixels = new float[height * width];
		double scale = bits == 8 ? 1 : bits == 16 ? 150 : 0.37;
		for (int y = 0; y < height; y++)
			for (int x = 0; x < width; x++) {
				double bell = 80 * Math.exp(-0.001 * ((y - height / 2) * (y - height / 2) + (x - width / 2) * (x - width / 2)));
				double spot = 120 * Math.exp(-0.05 * ((y % 17 - 8) * (y % 17 - 8) + (x % 23 - 8) * (x % 23 - 8)));
				double v = scale * Math.max(0, Math.min(255, bell + spot + 8 * random.nextGaussian()));
				pixels[y * width + x] = bits == 32 ? (float) (v - 20) : Math.round(v);
			}
		FloatProcessor background = new FloatProcessor(width, height, pixels.clone());
		new BackgroundSubtracter().rollingBallBackground(background, radius, true, false, false, presmooth, false);
		ImageProcessor image = new FloatProcessor(width, height, pixels.clone());
		if (bits == 8) image = new ByteProcessor(width, height, bytes(pixels));
		if (bits == 16) image = new ShortProcessor(width, height, shorts(pixels), null);
		new BackgroundSubtracter().rollingBallBackground(image, radius, false, false, false, presmooth, false);
		float[] rest = new float[pixels.length];
		for (int i = 0; i < rest.length; i++) rest[i] = image.getf(i);
		plane(1, 3, (float) radius, presmooth ? 1 : 0, bits);
		plane(height, width, pixels);
		plane(height, width, (float[]) background.getPixels());
		plane(height, width, rest);
	}

	private static byte[] bytes(float[] pixels) {
		byte[] result = new byte[pixels.length];
		for (int i = 0; i < result.length; i++) result[i] = (byte) (int) pixels[i];
		return result;
	}

	private static short[] shorts(float[] pixels) {
		short[] result = new short[pixels.length];
		for (int i = 0; i < result.length; i++) result[i] = (short) (int) pixels[i];
		return result;
	}

	private static void plane(int height, int width, float... pixels) {
		ByteBuffer buffer = ByteBuffer.allocate(8 + 4 * pixels.length).order(ByteOrder.LITTLE_ENDIAN);
		buffer.putInt(height).putInt(width);
		for (float v : pixels) buffer.putFloat(v);
		OUT.write(buffer.array(), 0, buffer.position());
	}
}
