package clem.models;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.json.Json;
import clem.schema.Nearest;

/** A model that can be downloaded: one entry of models.json (docs/model-cards.md). */
public final class ModelEntry {
	private static final List<String> KEYS = Arrays.asList("name", "title", "description", "url", "sha256", "size", "size_limit", "licence", "citation", "convert", "card", "note");
	/** Where neither size nor size_limit is given. */
	private static final long LIMIT = 4L << 30;

	/** The name of the model's file, without .onnx. */
	public final String name;
	public final String title;
	public final String description;
	/** The parts of one file, in their order. */
	public final List<String> urls;
	/** The SHA-256 of the whole, in lower case; null where it is not known. */
	public final String sha256;
	/** Bytes of the whole; -1 where it is not known. */
	public final long size;
	/** Bytes that are taken at most. */
	public final long limit;
	/** The licence's name, or "" where the entry has none. */
	public final String licence;
	/** Where it is written, or "". */
	public final String licenceUrl;
	public final String citation;
	public final String note;
	/** The parameters with which convert_model makes the model of what is downloaded; null where that is the model. */
	public final Map<String, Object> conversion;
	/** The model card to be written beside it, or null. */
	public final Map<String, Object> card;

	private final Map<String, Object> json;
	private final String where;

	/**
	 * @param json the entry
	 * @param where its place, for messages
	 */
	ModelEntry(final Map<String, Object> json, final String where) {
		this.json = json;
		this.where = where;
		name = text("name", null);
		if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}") || name.toLowerCase(Locale.ROOT).matches(".*\\.(onnx|part)|models")) {
			throw bad("name", name, "it becomes a file's name: letters, digits, '.', '_' and '-', without .onnx, and not 'models'");
		}
		for (final String key : json.keySet()) {
			if (!KEYS.contains(key)) throw ClemRegException.badInput(place() + ": unknown key '" + key + "'." + Nearest.hint(key, KEYS) + " Allowed: " + String.join(", ", KEYS) + ".");
		}
		title = text("title", name);
		description = text("description", "");
		citation = text("citation", "");
		note = text("note", "");
		urls = urls(json.get("url"));
		final String hash = text("sha256", "").toLowerCase(Locale.ROOT);
		if (!hash.isEmpty() && !hash.matches("[0-9a-f]{64}")) throw bad("sha256", hash, "64 hexadecimal digits, or null where it is not known");
		sha256 = hash.isEmpty() ? null : hash;
		size = bytes("size");
		final long most = bytes("size_limit");
		limit = size >= 0 ? size : most >= 0 ? most : LIMIT;
		final Map<String, Object> terms = object("licence", "an object: { \"name\": \"CC BY 4.0\", \"url\": \"https://...\" }");
		for (final String key : terms.keySet()) if (!key.equals("name") && !key.equals("url")) throw bad("licence", Json.write(terms), "its keys are name and url");
		licence = Json.asText(terms.get("name"), terms.isEmpty() ? "" : "see its page");
		licenceUrl = Json.asText(terms.get("url"), "");
		final Object convert = json.get("convert");
		if (convert != null && !(convert instanceof Boolean) && !(convert instanceof Map)) throw bad("convert", Json.write(convert), "true, false, or an object of the parameters of convert_model");
		conversion = convert instanceof Map ? Json.asObject(convert) : Boolean.TRUE.equals(convert) ? new LinkedHashMap<>() : null;
		card = json.get("card") == null ? null : object("card", "an object: a model card");
	}

	private String text(final String key, final String standard) {
		final Object value = json.get(key);
		if (value == null && standard != null) return standard;
		if (!(value instanceof String)) throw ClemRegException.badInput(where + ": " + (value == null ? "a model has no " + key + "." : key + " = " + Json.write(value) + " is not allowed: it must be a text."));
		return ((String) value).trim();
	}

	private long bytes(final String key) {
		final Object value = json.get(key);
		if (value == null) return -1;
		if (!(value instanceof Long) || (Long) value <= 0) throw bad(key, Json.write(value), "a whole number of bytes, or null where it is not known");
		return (Long) value;
	}

	private Map<String, Object> object(final String key, final String allowed) {
		final Object value = json.get(key);
		if (value != null && !(value instanceof Map)) throw bad(key, Json.write(value), allowed);
		return Json.asObject(value);
	}

	private List<String> urls(final Object value) {
		final List<String> list = new ArrayList<>();
		for (final Object one : value instanceof List ? Json.asList(value) : Collections.singletonList(value)) {
			final String url = one instanceof String ? ((String) one).trim() : "";
			try {
				final URI uri = new URI(url);
				if (uri.getHost() == null || !("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))) throw new URISyntaxException(url, "no web address");
			}
			catch (final URISyntaxException e) {
				throw bad("url", String.valueOf(one), "an address that begins with https:// or http://, or several: the parts of one file");
			}
			list.add(url);
		}
		if (list.isEmpty()) throw bad("url", "[]", "an address that begins with https:// or http://");
		return Collections.unmodifiableList(list);
	}

	private ClemRegException bad(final String key, final String value, final String allowed) {
		return ClemRegException.badInput((name == null ? where : place()) + ": " + key + " = " + value + " is not allowed: " + allowed + ".");
	}

	/** Its place in the list, for messages. */
	String place() {
		return where + ", model '" + name + "'";
	}

	/** The size in words. */
	public String sizeText() {
		return size >= 0 ? bytes(size) : "not known";
	}

	/** The licence with the address of its text. */
	public String licenceText() {
		return licence.isEmpty() ? "none given" : licence + (licenceUrl.isEmpty() ? "" : " (" + licenceUrl + ")");
	}

	/** Bytes as people write them. */
	public static String bytes(final long bytes) {
		return bytes < 1_000_000 ? (bytes + 999) / 1000 + " kB" : bytes < 1_000_000_000 ? Math.round(bytes / 1e6) + " MB" : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
	}
}
