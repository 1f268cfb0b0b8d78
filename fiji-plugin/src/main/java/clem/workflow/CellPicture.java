package clem.workflow;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import clem.image.LabelColours;
import clem.image.VolumeImage;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.process.FloatPolygon;

/** A picture of sections with the cells that were found: outlines by score or by track, thin boxes, numbers. Of a stack it shows a few sections, the first and the last among them. */
final class CellPicture {
	private static final int MOST_SECTIONS = 9, ONE = 1200, SEVERAL = 620, LEAST = 480, GAP = 6, LINE = 18, MARGIN = 8, NUMBERED = 14;
	/** This part of the pixels is shown white, and this one black. */
	private static final double SATURATED = 0.002, BLACK = 0.005;
	/** Dim cells, found and missed, are to be seen beside bright ones. */
	private static final double GAMMA = 0.6;
	private static final double SURE = 0.5, USUAL = 0.35;
	private static final Color GROUND = new Color(24, 24, 24), SURE_COLOUR = new Color(80, 255, 80), USUAL_COLOUR = new Color(255, 230, 40), DIM_COLOUR = new Color(255, 140, 30), ONE_COLOUR = new Color(60, 220, 255);
	private static final Color BOX = new Color(255, 255, 255, 110);

	private final VolumeImage image;
	private final List<CellResults.Cell> cells;
	private final List<Roi> rois;
	private final boolean tracks;
	private final boolean published;
	private final int[] sections;
	private final int columns;
	private final double scale;
	private final int width;
	private final int height;

	private CellPicture(final VolumeImage image, final List<CellResults.Cell> cells, final List<Roi> rois, final boolean tracks, final boolean published) {
		this.image = image;
		this.cells = cells;
		this.rois = rois;
		this.tracks = tracks;
		this.published = published;
		sections = chosen(image.size[0]);
		columns = sections.length == 1 ? 1 : sections.length <= 4 ? 2 : 3;
		final int longest = Math.max(image.size[1], image.size[2]), side = sections.length == 1 ? ONE : SEVERAL;
		// Small sections are enlarged in whole steps, so that pixels stay squares.
		scale = longest > side ? (double) side / longest : Math.max(1, Math.min(8, (int) Math.ceil((double) LEAST / longest)));
		width = Math.max(1, (int) Math.round(image.size[2] * scale));
		height = Math.max(1, (int) Math.round(image.size[1] * scale));
	}

	/**
	 * Draws.
	 *
	 * @param rois the outlines of the cells, in their order
	 * @param published whether the scores are those of the published method, which do not tell how sure it is
	 */
	static BufferedImage draw(final VolumeImage image, final List<CellResults.Cell> cells, final List<Roi> rois, final boolean tracks, final boolean published) {
		return new CellPicture(image, cells, rois, tracks, published).draw();
	}

	/** From 1: all, or some at equal distances. */
	private static int[] chosen(final int slices) {
		final Set<Integer> chosen = new LinkedHashSet<>();
		final int count = Math.min(slices, MOST_SECTIONS);
		for (int i = 0; i < count; i++) chosen.add(count == 1 ? 1 : 1 + (int) Math.round((double) i * (slices - 1) / (count - 1)));
		return chosen.stream().mapToInt(Integer::intValue).toArray();
	}

	private BufferedImage draw() {
		final int rows = (sections.length + columns - 1) / columns, wide = columns * width + (columns + 1) * GAP;
		final BufferedImage picture = new BufferedImage(wide, rows * (height + LINE) + (rows + 1) * GAP + 2 * LINE, BufferedImage.TYPE_INT_RGB);
		final Graphics2D graphics = picture.createGraphics();
		graphics.setColor(GROUND);
		graphics.fillRect(0, 0, picture.getWidth(), picture.getHeight());
		graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
		try {
			graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
			for (int i = 0; i < sections.length; i++) {
				final int x = GAP + i % columns * (width + GAP), y = GAP + i / columns * (height + LINE + GAP);
				panel(graphics, sections[i], x, y);
			}
			caption(graphics, picture);
		}
		finally {
			graphics.dispose();
		}
		return picture;
	}

	private void panel(final Graphics2D graphics, final int section, final int x, final int y) {
		int count = 0;
		for (final CellResults.Cell cell : cells) if (cell.slice == section) count++;
		write(graphics, "Section " + section + " of " + image.size[0] + ": " + count + (count == 1 ? " cell" : " cells"), x + 2, y + LINE - 5, Color.WHITE);
		final Graphics2D panel = (Graphics2D) graphics.create(x, y + LINE, width, height);
		panel.setRenderingHint(RenderingHints.KEY_INTERPOLATION, scale > 1 ? RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR : RenderingHints.VALUE_INTERPOLATION_BILINEAR);
		panel.drawImage(grey(image.slice(image.channel, section - 1)), 0, 0, width, height, null);
		for (int i = 0; i < cells.size(); i++) if (cells.get(i).slice == section) cell(panel, cells.get(i), rois.get(i));
		if (section == sections[0]) scaleBar(panel);
		panel.dispose();
	}

	private void cell(final Graphics2D panel, final CellResults.Cell cell, final Roi roi) {
		panel.setStroke(new BasicStroke(1));
		panel.setColor(BOX);
		panel.drawRect((int) Math.round(cell.x * scale), (int) Math.round(cell.y * scale), (int) Math.round(cell.width * scale) - 1, (int) Math.round(cell.height * scale) - 1);
		final Color colour = colour(cell);
		panel.setColor(colour);
		panel.setStroke(new BasicStroke(1.6f));
		final FloatPolygon line = roi instanceof PolygonRoi ? ((PolygonRoi) roi).getNonSplineFloatPolygon() : roi.getFloatPolygon();
		final Path2D path = new Path2D.Double();
		for (int i = 0; i < line.npoints; i++) {
			if (i == 0) path.moveTo(line.xpoints[i], line.ypoints[i]);
			else path.lineTo(line.xpoints[i], line.ypoints[i]);
		}
		path.closePath();
		panel.draw(path.createTransformedShape(AffineTransform.getScaleInstance(scale, scale)));
		if (Math.max(cell.width, cell.height) * scale < NUMBERED) return;
		panel.setFont(panel.getFont().deriveFont(11f));
		final String text = String.valueOf(cell.number);
		final int x = (int) Math.round(cell.x * scale) + 2, y = (int) Math.round(cell.y * scale) - 2;
		write(panel, text, x, y < 10 ? (int) Math.round((cell.y + cell.height) * scale) + 10 : y, colour);
	}

	private Color colour(final CellResults.Cell cell) {
		if (tracks) return LabelColours.colour((cell.number - 1) % LabelColours.COUNT);
		return published ? ONE_COLOUR : cell.score >= SURE ? SURE_COLOUR : cell.score >= USUAL ? USUAL_COLOUR : DIM_COLOUR;
	}

	private void scaleBar(final Graphics2D panel) {
		if (!image.calibrated) return;
		final double pixel = image.spacing[2] / 1000 / scale, room = width * pixel / 4;
		double length = Math.pow(10, Math.floor(Math.log10(room)));
		length *= room >= 5 * length ? 5 : room >= 2 * length ? 2 : 1;
		final int bar = (int) Math.round(length / pixel);
		panel.setColor(Color.BLACK);
		panel.fillRect(MARGIN - 1, height - MARGIN - 6, bar + 2, 7);
		panel.setColor(Color.WHITE);
		panel.fillRect(MARGIN, height - MARGIN - 5, bar, 5);
		write(panel, (length >= 1 ? String.valueOf((long) length) : String.valueOf(length)) + " \u00b5m", MARGIN, height - MARGIN - 10, Color.WHITE);
	}

	private void caption(final Graphics2D graphics, final BufferedImage picture) {
		final List<Object> words = new ArrayList<>();
		if (tracks) words.addAll(Arrays.asList(Color.WHITE, "One colour and number a cell through all sections. "));
		else if (published) words.addAll(Arrays.asList(ONE_COLOUR, "Cells of the published method. "));
		else words.addAll(Arrays.asList(Color.WHITE, "Outlines by score: ", SURE_COLOUR, "0.5 and more", Color.WHITE, ", ", USUAL_COLOUR, "0.35 to 0.5", Color.WHITE, ", ", DIM_COLOUR, "less", Color.WHITE, ". "));
		words.addAll(Arrays.asList(Color.WHITE, "Thin: boxes. "));
		words.addAll(Arrays.asList(Color.LIGHT_GRAY, sections.length < image.size[0] ? sections.length + " of " + image.size[0] + " sections. " : ""));
		words.addAll(Arrays.asList(Color.LIGHT_GRAY, "Each section's brightness is stretched, gamma " + GAMMA + ". " + image.name()));
		int x = GAP, y = picture.getHeight() - LINE - 6;
		final FontMetrics metrics = metrics(graphics);
		if (metrics == null) return;
		for (int i = 0; i < words.size(); i += 2) {
			final String text = (String) words.get(i + 1);
			final int length = metrics.stringWidth(text);
			if (x > GAP && x + length > picture.getWidth() - GAP) {
				x = GAP;
				y += LINE;
			}
			write(graphics, text, x, y, (Color) words.get(i));
			x += length;
		}
	}

	/** Null where this Java has no fonts (a bare server). */
	private static FontMetrics metrics(final Graphics2D graphics) {
		try {
			return graphics.getFontMetrics();
		}
		catch (final RuntimeException | Error e) {
			if (e instanceof OutOfMemoryError) throw e;
			return null;
		}
	}

	/** Letters with a dark rim; none where this Java has no fonts. */
	private static void write(final Graphics2D graphics, final String text, final int x, final int y, final Color colour) {
		try {
			graphics.setComposite(AlphaComposite.SrcOver);
			graphics.setColor(Color.BLACK);
			for (int dx = -1; dx <= 1; dx++) for (int dy = -1; dy <= 1; dy++) graphics.drawString(text, x + dx, y + dy);
			graphics.setColor(colour);
			graphics.drawString(text, x, y);
		}
		catch (final RuntimeException | Error e) {
			if (e instanceof OutOfMemoryError) throw e;
		}
	}

	private BufferedImage grey(final Object pixels) {
		final int count = image.size[1] * image.size[2];
		final float[] values = new float[count];
		for (int i = 0; i < count; i++) values[i] = pixels instanceof byte[] ? ((byte[]) pixels)[i] & 0xff : pixels instanceof short[] ? ((short[]) pixels)[i] & 0xffff : ((float[]) pixels)[i];
		final float[] sorted = values.clone();
		Arrays.sort(sorted);
		final float low = sorted[(int) (BLACK * (count - 1))], high = sorted[(int) ((1 - SATURATED) * (count - 1))];
		final BufferedImage grey = new BufferedImage(image.size[2], image.size[1], BufferedImage.TYPE_INT_RGB);
		final int[] rgb = ((DataBufferInt) grey.getRaster().getDataBuffer()).getData();
		for (int i = 0; i < count; i++) rgb[i] = 0x010101 * Math.max(0, Math.min(255, (int) Math.round(255 * Math.pow(Math.max(0, (values[i] - low) / Math.max(1e-30f, high - low)), GAMMA))));
		return grey;
	}
}
