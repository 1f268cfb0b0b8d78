package clem.image;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import clem.bridge.ClemRegException;
import ij.IJ;
import ij.ImagePlus;
import ij.io.Opener;

/**
 * Opens image files: plain TIFF by ImageJ, page by page; anything else by Bio-Formats when it is there (Fiji has it), else by
 * ImageJ. What cannot be read is a message that says what to do.
 */
public final class ImageFiles {
	private static final Pattern CHOICE = Pattern.compile("^(.*)#(?:(\\d+):)?(\\d+)$", Pattern.DOTALL);
	private static final Pattern OME_SIZE = Pattern.compile("Size([CT])=\"(\\d+)\"");
	private static final Pattern OME_SPACING = Pattern.compile("PhysicalSize([XYZ])=\"([0-9.eE+-]+)\"");
	private static final Pattern OME_UNIT = Pattern.compile("PhysicalSize([XYZ])Unit=\"([^\"]*)\"");

	private ImageFiles() {}

	/** A file with the series and channel that the user chose, as FILE, FILE#channel or FILE#series:channel, counted from 1; 0 is none. */
	public static final class Choice {
		public final File file;
		public final int series;
		public final int channel;

		private Choice(final File file, final int series, final int channel) {
			this.file = file;
			this.series = series;
			this.channel = channel;
		}
	}

	/** Reads FILE, FILE#channel or FILE#series:channel; a file whose name really has a '#' goes first. */
	public static Choice choice(final String role, final String text) {
		final Matcher matcher = CHOICE.matcher(text);
		if (new File(text).exists() || !matcher.matches()) return new Choice(new File(text), 0, 0);
		try {
			final int series = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
			final int channel = Integer.parseInt(matcher.group(3));
			if (channel >= 1 && (matcher.group(2) == null || series >= 1)) return new Choice(new File(matcher.group(1)), series, channel);
		}
		catch (final NumberFormatException e) {
			// Too many digits: the same message as for 0.
		}
		throw ClemRegException.badInput(role + " = " + text + " is not allowed: channels and series are counted from 1, as in FILE#2 or FILE#1:2.");
	}

	/** Opens FILE, FILE#channel or FILE#series:channel. */
	public static VolumeImage.Opened open(final String role, final String text) {
		final Choice choice = choice(role, text);
		return new VolumeImage.Opened(role, openImage(role, choice), choice.file.getName(), choice.file, choice.channel);
	}

	/** Opens a file as an image. */
	public static ImagePlus openImage(final String role, final Choice choice) {
		final File file = choice.file;
		checkFile(role, file);
		try {
			final boolean tiff = TiffHeader.isTiff(file);
			if (choice.series > 0 && !hasBioFormats()) {
				throw ClemRegException.badInput(role + ": " + file + "#" + choice.series + ":" + choice.channel
					+ " names a series; series are read by Bio-Formats, which is not here (Fiji has it).");
			}
			if (hasBioFormats() && !(tiff && isPlainName(file) && choice.series == 0)) return openBioFormats(role, choice);
			return tiff ? openTiff(role, choice) : openByImageJ(role, file);
		}
		catch (final IOException e) {
			throw ClemRegException.badInput(role + ": " + file + " cannot be read: " + e.getMessage() + ".", e);
		}
		catch (final OutOfMemoryError e) {
			throw new ClemRegException(ClemRegException.Kind.OUT_OF_MEMORY, role + ": " + file
				+ " does not fit into Java's memory. Save it as an uncompressed TIFF, which is read slice by slice, or give Java more memory.", e);
		}
	}

	private static void checkFile(final String role, final File file) {
		if (!file.exists()) throw ClemRegException.badInput(role + ": the file " + file + " does not exist.");
		if (file.isDirectory()) throw ClemRegException.badInput(role + ": " + file + " is a folder; an image file is needed. Open its slices with File > Import > Image Sequence and save them as one TIFF.");
		if (!file.canRead()) throw ClemRegException.badInput(role + ": " + file + " cannot be read: no permission.");
		if (file.length() == 0) throw ClemRegException.badInput(role + ": " + file + " is empty (0 bytes).");
	}

	/** Whether the name promises a TIFF as ImageJ knows it, not a microscope's (.lsm, .stk, .ome.tif). */
	private static boolean isPlainName(final File file) {
		final String name = file.getName().toLowerCase(Locale.ROOT);
		return name.matches(".*\\.tiff?") && !name.matches(".*\\.ome\\.tiff?");
	}

	private static ImagePlus openTiff(final String role, final Choice choice) throws IOException {
		final File file = choice.file;
		final ImagePlus image;
		try {
			image = TiffStack.open(role, file);
		}
		catch (final IOException e) {
			if (hasBioFormats()) return openBioFormats(role, choice);
			throw new IOException(e.getMessage() + ". Bio-Formats (Fiji has it) may read it; save it from there with File > Save As > Tiff", e);
		}
		final String description = image.getOriginalFileInfo().description;
		final String ome = description == null ? "" : description;
		if (!ome.contains("<OME")) return image;
		if (hasBioFormats()) return openBioFormats(role, choice);
		final Matcher size = OME_SIZE.matcher(ome);
		while (size.find()) {
			if (!size.group(2).equals("1")) {
				throw ClemRegException.badInput(role + ": " + file + " is an OME-TIFF with " + size.group(2) + (size.group(1).equals("C") ? " channels" : " time points")
					+ ", whose order ImageJ cannot know without Bio-Formats (Fiji has it). Save it from Fiji with File > Save As > Tiff.");
			}
		}
		calibrateByOme(image, ome);
		return image;
	}

	private static void calibrateByOme(final ImagePlus image, final String ome) {
		final double[] xyz = new double[3];
		final double[] unit = { 1e3, 1e3, 1e3 };
		final Matcher spacing = OME_SPACING.matcher(ome), units = OME_UNIT.matcher(ome);
		while (spacing.find()) xyz["XYZ".indexOf(spacing.group(1))] = Double.parseDouble(spacing.group(2));
		while (units.find()) unit["XYZ".indexOf(units.group(1))] = LengthUnit.nanometres(units.group(2));
		if (!(xyz[0] * unit[0] > 0 && xyz[1] * unit[1] > 0 && xyz[2] * unit[2] > 0)) return;
		image.getCalibration().pixelWidth = xyz[0] * unit[0];
		image.getCalibration().pixelHeight = xyz[1] * unit[1];
		image.getCalibration().pixelDepth = xyz[2] * unit[2];
		image.getCalibration().setUnit("nm");
	}

	private static ImagePlus openByImageJ(final String role, final File file) {
		final Opener opener = new Opener();
		opener.setSilentMode(true);
		final int type = opener.getFileType(file.getPath());
		final boolean image = type == Opener.DICOM || type == Opener.FITS || type == Opener.PGM || type == Opener.JPEG || type == Opener.GIF || type == Opener.BMP
			|| type == Opener.PNG || type == Opener.ZIP || type == Opener.AVI || type == Opener.CUSTOM;
		IJ.redirectErrorMessages(true);
		final ImagePlus opened = image ? opener.openImage(file.getAbsolutePath()) : null;
		IJ.redirectErrorMessages(false);
		if (opened != null) return opened;
		throw ClemRegException.badInput(role + ": " + file + (image ? " is damaged or of a kind that ImageJ cannot read."
			: " is not an image that ImageJ can read. A TIFF stack is the safest choice; the files of microscopes (CZI, LIF, ND2, OME-TIFF) need Bio-Formats, "
				+ "which Fiji has."));
	}

	/** Whether Bio-Formats is on the class path. */
	public static boolean hasBioFormats() {
		try {
			loader().loadClass("loci.plugins.BF");
			return true;
		}
		catch (final ClassNotFoundException e) {
			return false;
		}
	}

	/** ImageJ's class loader sees all plugins; without a running ImageJ it is the one of this class. */
	private static ClassLoader loader() {
		final ClassLoader loader = IJ.getClassLoader();
		return loader == null ? ImageFiles.class.getClassLoader() : loader;
	}

	private static ImagePlus openBioFormats(final String role, final Choice choice) {
		final int series = Math.max(1, choice.series);
		final Object images;
		try {
			final Class<?> optionsClass = loader().loadClass("loci.plugins.in.ImporterOptions");
			final Object options = optionsClass.getDeclaredConstructor().newInstance();
			optionsClass.getMethod("setId", String.class).invoke(options, choice.file.getAbsolutePath());
			optionsClass.getMethod("setWindowless", boolean.class).invoke(options, true);
			optionsClass.getMethod("setQuiet", boolean.class).invoke(options, true);
			optionsClass.getMethod("setVirtual", boolean.class).invoke(options, true);
			optionsClass.getMethod("clearSeries").invoke(options);
			optionsClass.getMethod("setSeriesOn", int.class, boolean.class).invoke(options, series - 1, true);
			images = loader().loadClass("loci.plugins.BF").getMethod("openImagePlus", optionsClass).invoke(null, options);
		}
		catch (final InvocationTargetException e) {
			final Throwable cause = e.getCause();
			throw ClemRegException.badInput(role + ": Bio-Formats cannot read " + choice.file + (choice.series > 0 ? ", series " + series : "") + ": "
				+ cause.getMessage() + ".", cause);
		}
		catch (final ReflectiveOperationException | LinkageError e) {
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, role + ": this Bio-Formats cannot be used to read " + choice.file + " (" + e + ").", e);
		}
		final ImagePlus[] opened = (ImagePlus[]) images;
		if (opened == null || opened.length == 0 || opened[0] == null) {
			throw ClemRegException.badInput(role + ": " + choice.file + " has no series " + series + " that Bio-Formats can read.");
		}
		return opened[0];
	}
}
