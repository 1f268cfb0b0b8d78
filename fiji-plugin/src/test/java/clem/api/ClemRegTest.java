package clem.api;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.test.Check;
import clem.test.Samples;
import ij.ImagePlus;

/** The scripting API; what the commands compute is tested elsewhere, and the examples run it in a real ImageJ. */
public final class ClemRegTest {
	private final ImagePlus fm = Samples.image("fm", 8, 2, 5, 20, 30);

	private static Map<String, Object> map(final Object... pairs) {
		final Map<String, Object> map = new HashMap<>();
		for (int i = 0; i < pairs.length; i += 2) map.put((String) pairs[i], pairs[i + 1]);
		return map;
	}

	public void aStepGivesItsImageAndTakesAScriptsNumbers() {
		final String before = Samples.content(fm);
		final Result result = ClemReg.run("segment-fluorescence", map("moving", fm, "moving_channel", 2), map("log_sigma", new BigDecimal("2.5")));
		Check.equal(Collections.singleton("mask"), result.images());
		Check.equal(5, result.image("mask").getNSlices());
		Check.equal(before, Samples.content(fm));
	}

	public void cellsComeAsOutlines() {
		final Result cells = ClemReg.detectCells(fm, map("cell_score", 0.3));
		Check.that(!cells.rois().isEmpty() && cells.images().contains("labels"), "outlines and labels");
	}

	public void whatIsMisspeltIsNamed() throws Exception {
		Check.badInput(() -> ClemReg.run("segment_fluorescence", map("moving", fm), map("log_sigm", 2)), "log_sigm", "log_sigma");
		Check.badInput(() -> ClemReg.run("segment_fluorescence", map("movin", fm), map()), "movin", "moving");
		Check.badInput(() -> ClemReg.run("segment_fluorescence", map("moving", fm, "moving_channel", "2"), map()), "moving_channel", "whole number");
		Check.badInput(() -> ClemReg.run("segment_fluorescence", map("moving", fm), map()).image("maks"), "maks", "mask");
		Check.failure(ClemRegException.Kind.NOT_FOUND, () -> ClemReg.run("segment_fluorescenc", map(), map()));
	}

	public void whatIsMissingIsNamed() throws Exception {
		Check.badInput(() -> ClemReg.run("segment_fluorescence", map(), map()), "moving is missing");
		Check.badInput(() -> ClemReg.register(fm, null, null, map()), "fixed_mask is missing");
		Check.badInput(() -> Examples.model("bright-pixels"), "bright-pixels", "dark-pixels");
	}

	public void anInterruptedCallerCancels() throws Exception {
		Thread.currentThread().interrupt();
		try {
			Check.failure(ClemRegException.Kind.CANCELLED, () -> ClemReg.run("segment_fluorescence", map("moving", fm), map()));
		}
		finally {
			Thread.interrupted();
		}
	}
}
