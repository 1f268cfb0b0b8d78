package clem.workflow;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.json.Json;

/** The page report.html: a template, its style and its script, which are resources, and the data that the script shows. Needs nothing else. */
public final class ReportPage {
	private static final String FOLDER = "/report/report";

	private ReportPage() {}

	/**
	 * Assembles the page.
	 *
	 * @param title the heading, plain text
	 * @param plain a sentence for a browser without JavaScript, plain text
	 * @param data what report.js reads
	 */
	public static String of(final String title, final String plain, final Map<String, Object> data) {
		// The data comes last: it may hold anything, also what looks like a gap of the template.
		return read(".html").replace("{{style}}", read(".css").trim()).replace("{{script}}", read(".js").trim())
			.replace("{{title}}", escape(title)).replace("{{plain}}", escape(plain)).replace("{{data}}", json(data));
	}

	/** Plain text as HTML. Braces go too: they would look like a gap of the template. */
	static String escape(final String text) {
		return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&#39;").replace("{", "&#123;");
	}

	/** JSON within a script element, where only &lt; could end it; in JSON that sign stands in texts alone. */
	private static String json(final Map<String, Object> data) {
		return Json.write(data).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026");
	}

	private static String read(final String extension) {
		try (InputStream in = ReportPage.class.getResourceAsStream(FOLDER + extension)) {
			final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
			final byte[] buffer = new byte[1 << 13];
			for (int n = in.read(buffer); n > 0; n = in.read(buffer)) bytes.write(buffer, 0, n);
			return new String(bytes.toByteArray(), StandardCharsets.UTF_8);
		}
		catch (final IOException | NullPointerException e) {
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, "The jar lacks " + FOLDER + extension + ".", e);
		}
	}
}
