package clem.bridge;

import java.util.LinkedHashMap;
import java.util.Map;

import clem.json.Json;

/** What the algorithms are told and tell in the same words, whether they run in this process or in another. */
final class Wire {
	private Wire() {}

	/** The text of a request. */
	static String request(final String operation, final String requestJson, final Map<String, Long> inputs) {
		final Map<String, Object> request = new LinkedHashMap<>();
		try {
			request.putAll(Json.parseObject(requestJson == null || requestJson.isEmpty() ? "{}" : requestJson));
		}
		catch (final Json.SyntaxException e) {
			throw ClemRegException.badInput("The request is not a JSON object: " + e.getMessage(), e);
		}
		request.put("operation", operation);
		final Map<String, Object> handles = new LinkedHashMap<>();
		for (final Map.Entry<String, Long> input : inputs.entrySet()) handles.put(input.getKey(), String.valueOf(input.getValue()));
		request.put("handles", handles);
		return Json.write(request);
	}

	/** What a request asks to compute its model, or "" where it runs none. */
	static String provider(final String requestJson) {
		final Map<String, Object> request = Json.parseObject(requestJson == null || requestJson.isEmpty() ? "{}" : requestJson);
		return request.containsKey("onnxruntime") ? Json.asText(Json.asObject(request.get("parameters")).get("provider"), "auto") : "";
	}

	/** What an operation gave, from the text of its reply. */
	static OperationResult result(final String json) {
		final Map<String, Object> reply = Json.parseObject(json);
		final Map<String, Long> outputs = new LinkedHashMap<>();
		for (final Map.Entry<String, Object> output : Json.asObject(reply.get("outputs")).entrySet())
			outputs.put(output.getKey(), Long.valueOf((String) output.getValue()));
		return new OperationResult(Json.write(reply.get("result")), outputs);
	}

	/** The number of a voxel kind. */
	static int code(final VoxelKind kind) {
		if (kind == null) throw ClemRegException.badInput("The voxel kind is null.");
		switch (kind) {
			case UINT8: return 1;
			case UINT16: return 2;
			case FLOAT32: return 4;
			default: return 0;
		}
	}

	/** The error about what is no slice. */
	static ClemRegException notPixels(final Object pixels) {
		return ClemRegException.badInput("A slice must be a byte[], short[] or float[], not " + (pixels == null ? "null" : pixels.getClass().getSimpleName()) + ".");
	}

	/** An error, from the number of its kind and, on the next lines, its message. */
	static ClemRegException failure(final String text) {
		final int end = text.indexOf('\n');
		final ClemRegException.Kind kind = ClemRegException.Kind.values()[Integer.parseInt(text.substring(0, end)) - 1];
		final String message = text.substring(end + 1);
		if (kind != ClemRegException.Kind.INTERNAL) return new ClemRegException(kind, message);
		// The first line says what it was, the others where: for the one who mends it.
		final int first = message.indexOf('\n');
		return new ClemRegException(kind, "Unexpected error in the algorithms: " + (first < 0 ? message : message.substring(0, first)) + " Please report it with what the log shows.",
			new IllegalStateException(message));
	}
}
