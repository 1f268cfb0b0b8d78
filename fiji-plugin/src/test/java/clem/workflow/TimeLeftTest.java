package clem.workflow;

import clem.test.Check;

/** The time left, by a clock that the test turns. */
public final class TimeLeftTest {
	private double now = 1000;
	private final TimeLeft left = new TimeLeft(() -> (long) (now * 1e9));

	/** Seconds in a text of this class. */
	private static double seconds(final String text) {
		if (text.equals("a few seconds left")) return 5;
		final String[] words = text.split(" ");
		final double number = Double.parseDouble(words[1]);
		return words[2].equals("s") ? number : words[2].equals("min") ? 60 * number : 3600 * number + 60 * Double.parseDouble(words[3]);
	}

	public void nothingIsSaidAtFirst() {
		Check.equal("", left.at(0));
		now += 3;
		Check.equal("", left.at(0.5));
		now += 2;
		Check.that(!left.at(0.6).isEmpty(), "after five seconds it can be told");
	}

	public void norWhileNothingGoesOn() {
		left.at(0);
		for (int i = 0; i < 100; i++) {
			now++;
			Check.equal("", left.at(0.001));
		}
	}

	public void anEvenPaceIsToldRightAndRunsDown() {
		left.at(0);
		double before = Double.POSITIVE_INFINITY;
		for (int second = 1; second <= 300; second++) {
			now++;
			final String text = left.at(second / 300.0);
			if (second < 4) Check.equal("", text);
			else {
				final double told = seconds(text), true_ = 300 - second;
				Check.that(Math.abs(told - true_) <= Math.max(31, 0.1 * true_), text + ", but it takes " + true_ + " s");
				Check.that(told <= before, "it does not grow: " + text);
				before = told;
			}
		}
		Check.equal("a few seconds left", left.at(1));
	}

	public void aQuickBeginningIsForgotten() {
		left.at(0);
		now += 1;
		left.at(0.2);
		// From here 0.1 % a second: 800 s.
		String text = "";
		for (int second = 1; second <= 400; second++) {
			now++;
			text = left.at(0.2 + 0.001 * second);
		}
		Check.near(400, seconds(text), 60);
	}

	public void slicesThatTakeLongDoNotMakeItJump() {
		left.at(0);
		double before = Double.NaN;
		for (int slice = 1; slice <= 60; slice++) {
			// Reports come every second, progress every ten.
			for (int i = 0; i < 10; i++) {
				now++;
				final String text = left.at((i < 9 ? slice - 1 : slice) / 100.0);
				if (text.isEmpty()) continue;
				final double told = seconds(text);
				if (slice > 6 && !Double.isNaN(before)) Check.that(Math.abs(told - before) <= Math.max(61, 0.25 * before), before + " s, then " + told + " s");
				before = told;
			}
		}
		Check.near(400, before, 90);
	}

	public void aStandstillMakesItLonger() {
		left.at(0);
		for (int second = 1; second <= 50; second++) {
			now++;
			left.at(second / 100.0);
		}
		final double before = seconds(left.at(0.5));
		now += 100;
		Check.that(seconds(left.at(0.5)) > 1.5 * before, "it grows");
	}

	public void progressThatRunsBackBreaksNothing() {
		left.at(0.5);
		now += 10;
		left.at(0.6);
		now += 10;
		Check.that(seconds(left.at(0.1)) > 0, "still a number");
		now += 10;
		Check.that(seconds(left.at(0.7)) > 0, "still a number");
	}

	public void textsAreRound() {
		Check.equal("a few seconds left", TimeLeft.text(0));
		Check.equal("about 10 s left", TimeLeft.text(10));
		Check.equal("about 45 s left", TimeLeft.text(44.9));
		Check.equal("about 2 min left", TimeLeft.text(91));
		Check.equal("about 59 min left", TimeLeft.text(3540));
		Check.equal("about 1 h 0 min left", TimeLeft.text(3601));
		Check.equal("about 2 h 25 min left", TimeLeft.text(8700));
	}
}
