package clem.bridge;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What an operation gave: a JSON report, and handles that the caller releases. */
public final class OperationResult {
	/** The report. */
	public final String json;
	/** Output name to handle. */
	public final Map<String, Long> outputs;

	public OperationResult(final String json, final Map<String, Long> outputs) {
		this.json = json;
		this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
	}
}
