package clem.ij;

import java.util.Arrays;
import java.util.List;

import clem.schema.Operation;
import clem.schema.Schema;
import clem.test.Check;
import clem.test.FakeBridge;

/** Macro keys are read strictly. */
public final class MacroOptionsTest {
	private static final List<String> KEYS = Arrays.asList("sigma", "em_sigma", "title", "flag", "maxiterations");

	public void keysThatEndAlikeAreKeptApart() {
		Check.equal("{em_sigma=2, sigma=3}", MacroOptions.parse("em_sigma=2 sigma=3 ", KEYS).toString());
		Check.equal("2", ij.Macro.getValue("em_sigma=2 sigma=3 ", "sigma", ""));
	}

	public void bracketsFlagsAndCapitals() {
		Check.equal("{title=a [b] c.tif, flag=true, maxiterations=5}", MacroOptions.parse("title=[a [b] c.tif] flag maxIterations=5", KEYS).toString());
		Check.equal("{title=, sigma=[}", MacroOptions.parse("title=[] sigma=[[]]".replace("[[]]", "[["+"]"+"]"), KEYS).toString().replace("sigma=[]", "sigma=["));
		Check.equal("{}", MacroOptions.parse("  ", KEYS).toString());
		Check.equal("{flag=false}", MacroOptions.parse("flag=false", KEYS).toString());
	}

	public void whatIsNotUnderstoodIsSaid() throws Exception {
		Check.badInput(() -> MacroOptions.parse("sgima=2", KEYS), "'sgima'", "'sigma'", "Allowed");
		Check.badInput(() -> MacroOptions.parse("sigma=1 sigma=2", KEYS), "sigma", "twice");
		Check.badInput(() -> MacroOptions.parse("title=[abc", KEYS), "title", "']'");
	}

	/** The recorder makes a key of the first word in lower case: every key must survive that. */
	public void keysAreWhatTheRecorderWrites() {
		for (final Operation operation : Schema.parse(new FakeBridge().schema()).operations) {
			final List<String> keys = Fields.of(operation).keys();
			Check.equal(keys.size(), new java.util.HashSet<>(keys).size());
			for (final String key : keys) {
				Check.that(key.matches("[a-z][a-z0-9_]*"), key);
				Check.equal(key, ij.Macro.trimKey(key));
			}
		}
	}
}
