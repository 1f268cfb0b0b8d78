package clem.test;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import clem.json.Json;
import clem.workflow.ReportPage;

public final class ReportTest {
	private static final Pattern DATA = Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL);
	private static final Pattern LINK = Pattern.compile("(src|href|url)\\s*[=(]\\s*[\"']?\\s*(https?:|//)", Pattern.CASE_INSENSITIVE);

	/** The JSON in a page. */
	public static Map<String, Object> data(final String page) {
		final Matcher matcher = DATA.matcher(page);
		Check.that(matcher.find(), "the page has no data");
		final Map<String, Object> data = Json.parseObject(matcher.group(1));
		Check.that(!matcher.find(), "the page has data twice");
		return data;
	}

	/** Nothing that a browser would fetch, no gap of the template left. */
	public static void selfContained(final String page) {
		final Matcher link = LINK.matcher(page);
		Check.that(!link.find(), "the page needs the network");
		for (final String gap : new String[] { "{{title}}", "{{plain}}", "{{style}}", "{{script}}", "{{data}}" }) Check.that(!page.contains(gap), "left open: " + gap);
	}

	private static int count(final String page, final String what) {
		return page.split(Pattern.quote(what), -1).length - 1;
	}

	public void textsOfTheUserStayTexts() {
		final String nasty = "</script><script>alert(1)</script> & <b>\"x'\u2028 {{data}} {{style}} $1 \\\\";
		final Map<String, Object> data = new LinkedHashMap<>();
		data.put(nasty, Collections.singletonList(nasty));
		final String page = ReportPage.of(nasty, nasty, data), plain = ReportPage.of("t", "p", Collections.emptyMap());
		Check.equal(data, data(page));
		for (final String tag : new String[] { "<script", "</script>", "<b>" }) Check.equal(count(plain, tag), count(page, tag));
		Check.that(page.contains("<title>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;&quot;x&#39;"), "the title is not escaped");
		Check.equal(2, count(page, "{{style}}"));
		Check.equal(2, count(page, "{{data}}"));
		selfContained(plain);
	}

	public void thePageIsOneFileWithStyleAndScript() {
		final String page = ReportPage.of("t", "p", Collections.singletonMap("a", 1L));
		Check.that(page.startsWith("<!DOCTYPE html>"), page.substring(0, 30));
		Check.that(page.contains("@media print") && page.contains("JSON.parse") && page.contains("</html>"), "a part is missing");
		Check.equal(0, count(page, "<link"));
		Check.equal(0, count(page, "@import"));
		Check.equal("{a=1}", data(page).toString());
	}
}
