package clem.test;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

import clem.json.Json;

/** JSON as RFC 8259 has it, no more and no less. */
public final class JsonTest {
	public void readsEveryKindOfValue() {
		final Map<String, Object> json = Json.parseObject(" {\"a\":1,\"b\":-2.5e3,\"c\":\"x\\n\\u00b5\\/\",\"d\":[true,false,null,[]],\"e\":{}} ");
		Check.equal(1L, json.get("a"));
		Check.equal(-2500.0, json.get("b"));
		Check.equal("x\n\u00b5/", json.get("c"));
		Check.equal(Arrays.asList(true, false, null, Arrays.asList()), json.get("d"));
		Check.equal("[a, b, c, d, e]", json.keySet().toString());
	}

	public void keepsLongs() {
		Check.equal(Long.MAX_VALUE, Json.parse(String.valueOf(Long.MAX_VALUE)));
		Check.equal(Long.MIN_VALUE, Json.parse(String.valueOf(Long.MIN_VALUE)));
		Check.equal(9.223372036854775808e18, Json.parse("9223372036854775808"));
		Check.equal("{\"handle\":9007199254740993}", Json.write(Json.parse("{\"handle\":9007199254740993}")));
	}

	public void refusesWhatIsNotJson() {
		final List<String> bad = Arrays.asList("", "{", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "01", "1.", ".5", "+1", "1e", "NaN", "Infinity", "nul", "\"a", "\"\t\"", "\"\\x\"",
			"\"\\u12g4\"", "1 2", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}", "[1}", "1e999", "\"\\u12\"", "// x\n1");
		for (final String text : bad) {
			try {
				Json.parse(text);
			}
			catch (final Json.SyntaxException e) {
				Check.that(e.getMessage().startsWith("line 1") || text.contains("\n"), e.getMessage());
				continue;
			}
			throw new AssertionError("read as JSON: " + text);
		}
	}

	public void saysWhereAnErrorIs() {
		try {
			Json.parse("{\n  \"a\": 1,\n  \"b\": x\n}");
			throw new AssertionError("no error");
		}
		catch (final Json.SyntaxException e) {
			Check.that(e.getMessage().startsWith("line 3, column 8"), e.getMessage());
		}
	}

	public void nestingHasALimitThatIsNoStackOverflow() {
		final StringBuilder deep = new StringBuilder();
		for (int i = 0; i < 100000; i++) deep.append('[');
		try {
			Json.parse(deep.toString());
			throw new AssertionError("no error");
		}
		catch (final Json.SyntaxException e) {
			Check.that(e.getMessage().contains("deep"), e.getMessage());
		}
	}

	public void everyDoubleAndEveryTextComesBack() {
		final Random random = new Random(1);
		for (int i = 0; i < 20000; i++) {
			final double value = Double.longBitsToDouble(random.nextLong());
			if (Double.isNaN(value) || Double.isInfinite(value)) continue;
			Check.equal(value, Json.parse(Json.write(value)));
		}
		Check.equal(-0.0, Json.parse(Json.write(-0.0)));
		for (int i = 0; i < 2000; i++) {
			final StringBuilder text = new StringBuilder();
			for (int k = random.nextInt(20); k > 0; k--) text.append((char) random.nextInt(i % 2 == 0 ? 256 : 65536));
			final Map<String, Object> json = new java.util.LinkedHashMap<>();
			json.put(text.toString(), Arrays.asList(text.toString(), 1L, 2.0, null));
			Check.equal(json, Json.parse(Json.write(json)));
			Check.equal(json, Json.parse(Json.writePretty(json)));
		}
	}

	public void refusesToWriteNaN() {
		try {
			Json.write(Double.NaN);
		}
		catch (final IllegalArgumentException e) {
			return;
		}
		throw new AssertionError("NaN was written");
	}
}
