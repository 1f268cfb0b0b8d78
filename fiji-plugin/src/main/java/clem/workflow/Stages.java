package clem.workflow;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.json.Json;

/** The seconds that each stage took. */
public final class Stages {
	private final List<Object> stages = new ArrayList<>();
	private final long start = System.nanoTime();
	private long mark = start;

	/** Ends the stage that began with the last call. */
	public void end(final String stage) {
		final long now = System.nanoTime();
		add(stage, (now - mark) / 1e9);
		mark = now;
	}

	/** Adds a stage that somebody else has timed, and begins the next one now. */
	public void add(final String stage, final double seconds) {
		for (final Object entry : stages) {
			final Map<String, Object> old = Json.asObject(entry);
			if (old.get("stage").equals(stage)) {
				old.put("seconds", round(Json.asNumber(old.get("seconds"), 0) + seconds));
				return;
			}
		}
		final Map<String, Object> entry = new LinkedHashMap<>();
		entry.put("stage", stage);
		entry.put("seconds", round(seconds));
		stages.add(entry);
	}

	/** Takes over the stages of an operation's report, and begins the next one now. */
	public void addAll(final Object report) {
		for (final Object entry : Json.asList(report)) {
			final Map<String, Object> stage = Json.asObject(entry);
			add(Json.asText(stage.get("stage"), "?"), Json.asNumber(stage.get("seconds"), 0));
		}
		mark = System.nanoTime();
	}

	/** All stages in order. */
	public List<Object> toJson() {
		return new ArrayList<>(stages);
	}

	/** Seconds since the beginning. */
	public double total() {
		return round((System.nanoTime() - start) / 1e9);
	}

	private static double round(final double seconds) {
		return Math.round(seconds * 1000) / 1000.0;
	}
}
