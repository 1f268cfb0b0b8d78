package clem.image;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.util.Properties;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

import clem.bridge.ClemRegException;
import ij.CompositeImage;
import ij.ImagePlus;
import ij.VirtualStack;
import ij.io.FileInfo;
import ij.io.FileOpener;
import ij.io.ImageReader;
import ij.io.TiffDecoder;
import ij.process.ImageProcessor;
import ij.process.LUT;

/**
 * The pages of a TIFF file, read by ImageJ's reader when they are needed, so that a large stack is never whole on the heap.
 */
final class TiffStack extends VirtualStack {
	private final String role;
	private final File file;
	private final FileInfo[] pages;
	private final ImageProcessor first;

	private TiffStack(final String role, final File file, final FileInfo[] pages, final ImageProcessor first) {
		super(pages[0].width, pages[0].height, null, file.getParent());
		this.role = role;
		this.file = file;
		this.pages = pages;
		this.first = first;
		setBitDepth(first.getBitDepth());
	}

	/** Opens a TIFF file as ImageJ does, with its calibration, channels and display range, but reads pages when they are needed. */
	static ImagePlus open(final String role, final File file) throws IOException {
		TiffHeader.check(file, role);
		final FileInfo[] infos = new TiffDecoder(folder(file), file.getName()).getTiffInfo();
		if (infos == null || infos.length == 0) throw new IOException("it holds no image");
		final FileInfo info = infos[0];
		checkPages(role, file, infos);
		final FileInfo[] pages = pages(infos);
		final FileInfo last = pages[pages.length - 1];
		if (last.compression == FileInfo.COMPRESSION_NONE && (last.stripOffsets == null || last.stripOffsets.length <= 1)) {
			final long end = last.getOffset() + bytes(last);
			if (end > file.length()) throw TiffHeader.truncated(role, file, end);
		}
		final FileOpener opener = new FileOpener(onePixel(pages[0]));
		final ImagePlus sample = opener.openImage();
		if (sample == null) throw new IOException("its first page cannot be read");
		final ImagePlus image = new ImagePlus(file.getName(), new TiffStack(role, file, pages, sample.getProcessor()));
		image.setCalibration(sample.getCalibration().copy());
		image.setFileInfo((FileInfo) info.clone());
		final Properties properties = opener.decodeDescriptionString(info);
		if (number(properties, "spacing") < 0) {
			throw ClemRegException.badInput(role + ": the slice distance in " + file + " is negative (spacing=" + properties.getProperty("spacing")
				+ "). It must be above 0; a stack that was taken downwards may be in reversed order. Open it in ImageJ, look at it, set Voxel depth in Image > Properties and save it.");
		}
		final ImagePlus stack = withChannels(image, properties, info);
		final boolean rangeKnown = info.displayRanges != null || properties != null && properties.containsKey("max");
		DisplayRange.set(stack, rangeKnown ? stack.isComposite() ? stack : sample : null);
		return stack;
	}

	/** The page as if it had one pixel (whose value is of no use): what ImageJ makes of it has the type, calibration and colours of the whole. */
	private static FileInfo onePixel(final FileInfo page) {
		final FileInfo pixel = plain(page);
		pixel.width = 1;
		pixel.height = 1;
		return pixel;
	}

	/** The page as if it were uncompressed at the beginning of its file. */
	private static FileInfo plain(final FileInfo page) {
		final FileInfo plain = (FileInfo) page.clone();
		plain.compression = FileInfo.COMPRESSION_NONE;
		plain.stripOffsets = null;
		plain.stripLengths = null;
		plain.offset = 0;
		plain.longOffset = 0;
		return plain;
	}

	private static String folder(final File file) {
		return file.getAbsoluteFile().getParent() + File.separator;
	}

	private static long bytes(final FileInfo info) {
		final long pixels = (long) info.width * info.height;
		return info.fileType == FileInfo.BITMAP ? (info.width + 7L) / 8 * info.height
			: info.fileType == FileInfo.GRAY12_UNSIGNED ? (long) (info.width * 1.5) * info.height : pixels * info.getBytesPerPixel();
	}

	private static void checkPages(final String role, final File file, final FileInfo[] infos) throws IOException {
		final FileInfo info = infos[0];
		for (int i = 0; i < infos.length; i++) {
			final FileInfo page = infos[i];
			if (page.width != info.width || page.height != info.height || page.fileType != info.fileType) {
				throw ClemRegException.badInput(role + ": the pages of " + file + " differ: page 1 is " + info.width + " x " + info.height + ", page " + (i + 1)
					+ " is " + page.width + " x " + page.height + (page.fileType == info.fileType ? "" : " of another type")
					+ ". A stack of equal pages is needed; save it from ImageJ as Tiff.");
			}
			if (page.fileType == FileInfo.RGB48 || page.fileType == FileInfo.RGB48_PLANAR) {
				throw ClemRegException.badInput(role + ": " + file + " holds red, green and blue of 16 bits in one page; 8 bit, 16 bit or 32 bit grey values are needed. "
					+ "Some programs save three slices or channels so: open it in ImageJ, which makes three channels of it, give them their meaning with Image > Hyperstacks > Re-order Hyperstack, and save it as Tiff.");
			}
			if (page.compression == FileInfo.COMPRESSION_UNKNOWN || page.compression == FileInfo.JPEG) {
				throw new IOException("it is compressed in a way that ImageJ does not know");
			}
		}
	}

	/** One description a page: ImageJ's own files say only where the first page is. */
	private static FileInfo[] pages(final FileInfo[] infos) {
		final FileInfo info = infos[0];
		if (infos.length > 1 || info.nImages <= 1) {
			for (final FileInfo page : infos) page.nImages = 1;
			return infos;
		}
		final FileInfo[] pages = new FileInfo[info.nImages];
		for (int i = 0; i < pages.length; i++) {
			pages[i] = (FileInfo) info.clone();
			pages[i].nImages = 1;
			pages[i].longOffset = info.getOffset() + i * (bytes(info) + info.getGap());
			if (i > 0) pages[i].stripOffsets = null;
		}
		return pages;
	}

	private static ImagePlus withChannels(final ImagePlus image, final Properties properties, final FileInfo info) {
		final int channels = (int) number(properties, "channels"), slices = (int) number(properties, "slices"), frames = (int) number(properties, "frames");
		if ((long) channels * slices * frames != image.getStackSize()) return image;
		image.setDimensions(channels, slices, frames);
		image.setOpenAsHyperStack(channels > 1 || frames > 1);
		if (channels < 2 || channels > CompositeImage.MAX_CHANNELS || image.getBitDepth() == 24) return image;
		final CompositeImage composite = new CompositeImage(image, CompositeImage.COMPOSITE);
		if (info.channelLuts != null) {
			for (int c = 1; c <= Math.min(channels, info.channelLuts.length); c++) {
				final byte[] lut = info.channelLuts[c - 1];
				composite.setChannelLut(new LUT(part(lut, 0), part(lut, 1), part(lut, 2)), c);
			}
		}
		if (info.displayRanges != null && info.displayRanges.length >= 2 * channels) {
			final LUT[] luts = composite.getLuts();
			for (int c = 0; c < channels; c++) {
				luts[c].min = info.displayRanges[2 * c];
				luts[c].max = info.displayRanges[2 * c + 1];
			}
			composite.setLuts(luts);
		}
		return composite;
	}

	private static byte[] part(final byte[] lut, final int colour) {
		return java.util.Arrays.copyOfRange(lut, 256 * colour, 256 * colour + 256);
	}

	private static double number(final Properties properties, final String key) {
		try {
			return properties == null ? 1 : Double.parseDouble(properties.getProperty(key, "1"));
		}
		catch (final NumberFormatException e) {
			return 1;
		}
	}

	/** Reads a page; several threads may do so at once. */
	@Override
	public ImageProcessor getProcessor(final int n) {
		final FileInfo page = pages[n - 1];
		final Object pixels;
		try (InputStream in = new FileOpener(page).createInputStream(page)) {
			pixels = in == null ? null : page.compression == FileInfo.ZIP ? unzipped(page) : new ImageReader(page).readPixels(in);
		}
		catch (final IOException | RuntimeException e) {
			throw ClemRegException.badInput(role + ": " + file + " cannot be read: page " + n + " is damaged (" + e + ").", e);
		}
		if (pixels == null) throw ClemRegException.badInput(role + ": " + file + " cannot be read: page " + n + " is damaged.");
		final ImageProcessor processor = first.createProcessor(getWidth(), getHeight());
		processor.setPixels(pixels);
		processor.setMinAndMax(first.getMin(), first.getMax());
		return processor;
	}

	/** ImageJ's reader makes zeros of strips that do not unpack, so they are unpacked here and it gets plain pixels. */
	private Object unzipped(final FileInfo page) throws IOException {
		final byte[] bytes = new byte[(int) bytes(page)];
		int count = 0;
		try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
			for (int i = 0; i < page.stripOffsets.length && count < bytes.length; i++) {
				final byte[] strip = new byte[page.stripLengths[i]];
				in.seek(page.stripOffsets[i] & 0xffffffffL);
				in.readFully(strip);
				final Inflater inflater = new Inflater();
				inflater.setInput(strip);
				for (int n = inflater.inflate(bytes, count, bytes.length - count); n > 0; n = inflater.inflate(bytes, count, bytes.length - count)) count += n;
				inflater.end();
			}
		}
		catch (final DataFormatException e) {
			throw new IOException(e.getMessage(), e);
		}
		if (count < bytes.length) throw new IOException("its compressed pixels end too early");
		return new ImageReader(plain(page)).readPixels(new ByteArrayInputStream(bytes));
	}

	@Override
	public Object getPixels(final int n) {
		return getProcessor(n).getPixels();
	}

	@Override
	public int size() {
		return pages.length;
	}

	@Override
	public int getSize() {
		return pages.length;
	}

	@Override
	public String getSliceLabel(final int n) {
		return null;
	}
}
