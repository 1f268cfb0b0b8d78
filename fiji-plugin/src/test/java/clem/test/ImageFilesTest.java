package clem.test;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;

import clem.image.ImageFiles;
import clem.image.VolumeImage;
import ij.ImagePlus;

/** Files that can be read, and the messages about those that cannot. */
public final class ImageFilesTest {
	private static VolumeImage open(final String text) {
		return ImageFiles.open("moving", text).volume(null);
	}

	public void readsWhatImageJWrote() throws Exception {
		Check.inFolder(folder -> {
			for (final int depth : new int[] { 8, 16, 32 }) {
				for (final int channels : new int[] { 1, 3 }) {
					final ImagePlus image = Samples.image("a", depth, channels, 4, 6, 5);
					image.getCalibration().xOrigin = 2.5;
					final VolumeImage back = open(Samples.save(image, folder, "a.tif").getPath() + (channels == 3 ? "#2" : ""));
					Check.equal(depth, back.image.getBitDepth());
					Check.equal(channels, back.channels);
					Check.equal(channels == 3 ? 2 : 1, back.channel);
					Check.near(130, back.spacing[2], 1e-4);
					Check.near(300, back.spacing[0], 1e-9);
					Check.near(-2.5 * 130, back.origin[2], 1e-3);
					for (int n = 1; n <= 4 * channels; n++) {
						for (int i = 0; i < 30; i++) Check.equal(image.getStack().getProcessor(n).getf(i), back.image.getStack().getProcessor(n).getf(i));
					}
				}
			}
		});
	}

	public void aNegativeSliceDistanceIsRefused() throws Exception {
		Check.inFolder(folder -> {
			final File file = Samples.save(Samples.image("a", 8, 1, 4, 6, 5), folder, "a.tif");
			final byte[] bytes = Files.readAllBytes(file.toPath());
			final String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
			final int at = text.indexOf("spacing=") + "spacing=".length();
			Check.that(at > 20, "the sample has no spacing");
			bytes[at] = '-';
			Files.write(file.toPath(), bytes);
			Check.badInput(() -> open(file.getPath()), "moving", "negative", "spacing=-", "Image > Properties");
		});
	}

	public void readsPagesOfOtherWriters() throws Exception {
		Check.inFolder(folder -> {
			final File file = new File(folder, "pages.tif");
			Files.write(file.toPath(), tiff(4, 16, 1, false));
			final ImagePlus image = ImageFiles.openImage("moving", ImageFiles.choice("moving", file.getPath()));
			Check.equal(4, image.getNSlices());
			Check.equal(3.0f, image.getStack().getProcessor(3).getf(0));
			Check.badInput(() -> open(file.getPath()), "moving", "voxel size", "pages.tif");
		});
	}

	public void threeSlicesSavedAsColoursOf16BitsAreRefused() throws Exception {
		Check.inFolder(folder -> {
			final File file = new File(folder, "three.tif");
			try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file.toPath()))) {
				final int data = 8 + 2 + 10 * 12 + 4 + 6;
				out.writeBytes("MM");
				out.writeShort(42);
				out.writeInt(8);
				out.writeShort(10);
				// Width, height, bits, compression, photometric (RGB), strip, samples, rows, bytes, planes apart.
				final int[][] entries = { { 256, 3, 1, 4 << 16 }, { 257, 3, 1, 2 << 16 }, { 258, 3, 3, data - 6 }, { 259, 3, 1, 1 << 16 }, { 262, 3, 1, 2 << 16 },
					{ 273, 4, 1, data }, { 277, 3, 1, 3 << 16 }, { 278, 3, 1, 2 << 16 }, { 279, 4, 1, 48 }, { 284, 3, 1, 1 << 16 } };
				for (final int[] entry : entries) {
					out.writeShort(entry[0]);
					out.writeShort(entry[1]);
					out.writeInt(entry[2]);
					out.writeInt(entry[3]);
				}
				out.writeInt(0);
				for (int i = 0; i < 3; i++) out.writeShort(16);
				out.write(new byte[48]);
			}
			Check.badInput(() -> open(file.getPath()), "moving", "three.tif", "red, green and blue of 16 bits", "Re-order Hyperstack");
		});
	}

	public void sharpNamesChannelAndSeries() throws Exception {
		Check.equal(2, ImageFiles.choice("moving", "a.tif#2").channel);
		Check.equal(3, ImageFiles.choice("moving", "a.czi#3:1").series);
		Check.equal("a#b.tif", ImageFiles.choice("moving", "a#b.tif").file.getPath());
		for (final String bad : new String[] { "a.tif#0", "a.czi#0:1", "a.tif#99999999999" }) Check.badInput(() -> ImageFiles.choice("moving", bad), bad, "FILE#2");
		Check.inFolder(folder -> {
			final File odd = Samples.save(Samples.image("a", 8, 2, 3, 4, 4), folder, "odd#2");
			Check.equal(1, open(odd.getPath()).channel);
			Check.badInput(() -> open(odd.getPath() + "#5"), "no channel 5");
			Check.badInput(() -> open(odd.getPath() + "#1:1"), "Bio-Formats");
		});
	}

	public void missingAndEmptyAndForeignFiles() throws Exception {
		Check.inFolder(folder -> {
			Check.badInput(() -> open(new File(folder, "nothing.tif").getPath()), "moving", "nothing.tif", "does not exist");
			Check.badInput(() -> open(folder.getPath()), "is a folder", "Image Sequence");
			final File file = new File(folder, "x.tif");
			Files.write(file.toPath(), new byte[0]);
			Check.badInput(() -> open(file.getPath()), "x.tif", "0 bytes");
			for (final String text : new String[] { "hello, this is a text file\n", "II*\0", "z,y,x\n1,2,3\n", "\u0089PNG\r\n" }) {
				Files.write(file.toPath(), text.getBytes(StandardCharsets.ISO_8859_1));
				Check.badInput(() -> open(file.getPath()), "moving", "x.tif");
			}
			Files.write(file.toPath(), "II+\0\b\0\0\0\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1));
			Check.badInput(() -> open(file.getPath()), "BigTIFF", "Bio-Formats");
		});
	}

	/** Whatever is missing at the end: never zeros in place of pixels, never another error. */
	public void everyTruncationIsNoticed() throws Exception {
		Check.inFolder(folder -> {
			final byte[] stack = Files.readAllBytes(Samples.save(Samples.image("a", 16, 1, 4, 6, 5), folder, "a.tif").toPath());
			final byte[] pages = tiff(4, 16, 1, false);
			final File file = new File(folder, "cut.tif");
			for (final byte[] whole : new byte[][] { stack, pages }) {
				for (int length = 1; length < whole.length; length += 3) {
					Files.write(file.toPath(), Arrays.copyOf(whole, length));
					// ImageJ pads its files: what follows the last directory is not needed.
					final int cut = length;
					try {
						Check.badInput(() -> open(file.getPath()), "cut.tif", cut == 13 ? "is cut off after 13 bytes" : "");
					}
					catch (final AssertionError e) {
						throw new AssertionError("cut to " + cut + " of " + whole.length + " bytes", e);
					}
				}
			}
		});
	}

	public void damagedCompressedPagesAreNoticed() throws Exception {
		Check.inFolder(folder -> {
			final File file = new File(folder, "zip.tif");
			Files.write(file.toPath(), tiff(3, 8, 1, true));
			Check.badInput(() -> {
				final VolumeImage image = ImageFiles.open("moving", file.getPath()).volume(new double[] { 1, 1, 1 });
				for (int z = 0; z < 3; z++) image.slice(1, z);
			}, "zip.tif", "damaged");
		});
	}

	public void wholeNumbersOf64BitsAreNotFloats() throws Exception {
		Check.inFolder(folder -> {
			final File file = new File(folder, "long.tif");
			Files.write(file.toPath(), tiff(3, 64, 1, false));
			Check.badInput(() -> open(file.getPath()), "long.tif", "64-bit whole numbers");
		});
	}

	public void aLoopOfPagesEnds() throws Exception {
		Check.inFolder(folder -> {
			final byte[] bytes = tiff(1, 8, 1, false);
			// The only directory is its own successor.
			final int next = bytes.length - 4;
			bytes[next] = 0;
			bytes[next + 3] = 8 + 12;
			final File file = new File(folder, "loop.tif");
			Files.write(file.toPath(), bytes);
			Check.badInput(() -> open(file.getPath()), "loop.tif");
		});
	}

	/** A TIFF of 3 x 4 pixels a page, page p filled with p, big-endian; with damaged "zip" compression if asked. */
	static byte[] tiff(final int count, final int bits, final int format, final boolean damaged) throws IOException {
		final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		final DataOutputStream out = new DataOutputStream(bytes);
		final int size = 12 * bits / 8, entries = 8;
		out.writeInt(0x4d4d002a);
		out.writeInt(8 + size);
		for (int p = 1; p <= count; p++) {
			final int pixelsAt = out.size(), directory = pixelsAt + size;
			for (int i = 0; i < 12; i++) {
				if (bits == 8) out.writeByte(p);
				else if (bits == 16) out.writeShort(p);
				else out.writeLong(p);
			}
			out.writeShort(entries);
			for (final int[] entry : new int[][] { { 256, 4 }, { 257, 3 }, { 258, bits }, { 259, damaged ? 8 : 1 }, { 262, 1 }, { 273, pixelsAt }, { 279, size }, { 339, format } }) {
				out.writeShort(entry[0]);
				final boolean isLong = entry[0] == 273 || entry[0] == 279;
				out.writeShort(isLong ? 4 : 3);
				out.writeInt(1);
				if (isLong) out.writeInt(entry[1]);
				else out.writeInt(entry[1] << 16);
			}
			out.writeInt(p == count ? 0 : directory + 2 + 12 * entries + 4 + size);
		}
		return bytes.toByteArray();
	}
}
