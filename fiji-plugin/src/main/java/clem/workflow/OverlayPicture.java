package clem.workflow;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import javax.imageio.ImageIO;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.image.ResultImage;
import clem.json.Json;

/** The picture that shows a registration before and after: the algorithms draw the views, this adds the words and the scale bars. */
public final class OverlayPicture {
	private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
	private static final int MARGIN = 8;

	private OverlayPicture() {}

	/**
	 * Draws the picture.
	 *
	 * @param picture a volume of 3 slices: red, green, blue
	 * @param layout {panels: [{title, x, y, width, height}], scale_bars: [{x, y, width, height, text}], labels: [{x, y, text}], caption, errors}
	 */
	public static BufferedImage draw(final Bridge bridge, final long picture, final Map<String, Object> layout, final OperationListener listener) {
		final int[] size = new ResultImage(bridge, picture).size();
		final byte[][] planes = new byte[3][size[1] * size[2]];
		for (int i = 0; i < 3; i++) bridge.readSlice(picture, i, planes[i]);
		final BufferedImage image = new BufferedImage(size[2], size[1], BufferedImage.TYPE_INT_RGB);
		for (int i = 0; i < planes[0].length; i++) {
			image.setRGB(i % size[2], i / size[2], (planes[0][i] & 255) << 16 | (planes[1][i] & 255) << 8 | planes[2][i] & 255);
		}
		try {
			write(image, layout);
			return withCaption(image, Json.asText(layout.get("caption"), "") + " " + Json.asText(layout.get("errors"), ""));
		}
		catch (final RuntimeException | Error e) {
			if (e instanceof OutOfMemoryError) throw e;
			// A Java without fonts (a bare server) fails in many ways, errors of the linker among them.
			listener.warning("The picture has no text: this Java cannot draw letters (" + e + "). Install the package fontconfig and a font.");
			return image;
		}
	}

	/** The picture with the caption in lines under it. */
	private static BufferedImage withCaption(final BufferedImage image, final String caption) {
		final Graphics2D ruler = image.createGraphics();
		ruler.setFont(FONT);
		final FontMetrics metrics = ruler.getFontMetrics();
		final List<String> lines = new ArrayList<>();
		for (final String word : caption.trim().split("\\s+")) {
			final String longer = lines.isEmpty() ? word : lines.get(lines.size() - 1) + " " + word;
			if (lines.isEmpty() || metrics.stringWidth(longer) > image.getWidth() - 2 * MARGIN) lines.add(word);
			else lines.set(lines.size() - 1, longer);
		}
		ruler.dispose();
		if (caption.trim().isEmpty()) return image;
		final BufferedImage whole = new BufferedImage(image.getWidth(), image.getHeight() + lines.size() * metrics.getHeight() + MARGIN, BufferedImage.TYPE_INT_RGB);
		final Graphics2D graphics = whole.createGraphics();
		graphics.setColor(new Color(image.getRGB(0, 0)));
		graphics.fillRect(0, 0, whole.getWidth(), whole.getHeight());
		graphics.drawImage(image, 0, 0, null);
		prepare(graphics);
		for (int i = 0; i < lines.size(); i++) label(graphics, lines.get(i), MARGIN, image.getHeight() + i * metrics.getHeight() + metrics.getAscent());
		graphics.dispose();
		return whole;
	}

	private static void prepare(final Graphics2D graphics) {
		graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
		graphics.setFont(FONT);
	}

	private static void write(final BufferedImage image, final Map<String, Object> layout) {
		final Graphics2D graphics = image.createGraphics();
		try {
			graphics.setColor(Color.WHITE);
			for (final Object item : Json.asList(layout.get("scale_bars"))) {
				final Map<String, Object> bar = Json.asObject(item);
				graphics.fillRect(whole(bar, "x"), whole(bar, "y"), whole(bar, "width"), whole(bar, "height"));
			}
			prepare(graphics);
			for (final Object item : Json.asList(layout.get("scale_bars"))) {
				final Map<String, Object> bar = Json.asObject(item);
				label(graphics, Json.asText(bar.get("text"), ""), whole(bar, "x"), whole(bar, "y") - 4);
			}
			for (final Object item : Json.asList(layout.get("labels"))) {
				final Map<String, Object> word = Json.asObject(item);
				label(graphics, Json.asText(word.get("text"), ""), whole(word, "x"), whole(word, "y"));
			}
			for (final Object item : Json.asList(layout.get("panels"))) {
				final Map<String, Object> panel = Json.asObject(item);
				label(graphics, Json.asText(panel.get("title"), ""), whole(panel, "x") + 6, whole(panel, "y") + 16);
			}
		}
		finally {
			graphics.dispose();
		}
	}

	/** White letters with a dark rim, readable on any ground. */
	private static void label(final Graphics2D graphics, final String text, final int x, final int y) {
		graphics.setColor(Color.BLACK);
		for (int dx = -1; dx <= 1; dx++) for (int dy = -1; dy <= 1; dy++) graphics.drawString(text, x + dx, y + dy);
		graphics.setColor(Color.WHITE);
		graphics.drawString(text, x, y);
	}

	private static int whole(final Map<String, Object> json, final String key) {
		return (int) Math.round(Json.asNumber(json.get(key), 0));
	}

	/** The picture as a PNG file. */
	public static byte[] png(final BufferedImage image) {
		final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try {
			ImageIO.setUseCache(false);
			if (!ImageIO.write(image, "png", bytes)) throw new IOException("this Java writes no PNG");
		}
		catch (final IOException e) {
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, "The picture cannot be made: " + e.getMessage(), e);
		}
		return bytes.toByteArray();
	}
}
