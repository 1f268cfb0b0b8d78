package clem.workflow;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.image.ResultImage;
import clem.json.Json;

/** The layers of the report's views as pictures that stand in the page itself. */
final class ReportPictures {
	private static final String[] LAYERS = { "em", "outline", "after", "before" };
	/** No difference to be seen, at a quarter of the size of PNG: noise does not compress. */
	private static final float JPEG_QUALITY = 0.92f;

	private ReportPictures() {}

	/**
	 * Cuts the views out of their sheet.
	 *
	 * @param sheet a volume with a slice for each of the layers
	 * @param views {x, y, width, height, before, ...} of each view
	 * @return the views with a data: URI for each layer; before is absent where it says so
	 */
	static List<Object> of(final Bridge bridge, final long sheet, final List<Object> views) {
		final int[] size = new ResultImage(bridge, sheet).size();
		final List<Object> list = new ArrayList<>();
		for (final Object view : views) list.add(new LinkedHashMap<>(Json.asObject(view)));
		for (int i = 0; i < LAYERS.length; i++) {
			final byte[] slice = new byte[size[1] * size[2]];
			bridge.readSlice(sheet, i, slice);
			for (final Object item : list) {
				final Map<String, Object> view = Json.asObject(item);
				if (LAYERS[i].equals("before") && !Boolean.TRUE.equals(view.get("before"))) view.remove("before");
				else view.put(LAYERS[i], uri(crop(slice, size[2], view), LAYERS[i].equals("outline")));
			}
		}
		return list;
	}

	private static BufferedImage crop(final byte[] slice, final int rowLength, final Map<String, Object> view) {
		final int x = whole(view, "x"), y = whole(view, "y"), width = whole(view, "width"), height = whole(view, "height");
		final BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
		final byte[] pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
		for (int row = 0; row < height; row++) System.arraycopy(slice, (y + row) * rowLength + x, pixels, row * width, width);
		return image;
	}

	private static int whole(final Map<String, Object> json, final String key) {
		return (int) Json.asNumber(json.get(key), 0);
	}

	private static String uri(final BufferedImage image, final boolean lines) {
		final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		ImageIO.setUseCache(false);
		try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
			final ImageWriter writer = ImageIO.getImageWritersByFormatName(lines ? "png" : "jpeg").next();
			final ImageWriteParam how = writer.getDefaultWriteParam();
			if (!lines) {
				how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
				how.setCompressionQuality(JPEG_QUALITY);
			}
			writer.setOutput(out);
			writer.write(null, new IIOImage(image, null, null), how);
			writer.dispose();
		}
		catch (final IOException e) {
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, "A picture of the report cannot be made: " + e.getMessage(), e);
		}
		return "data:image/" + (lines ? "png" : "jpeg") + ";base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
	}
}
