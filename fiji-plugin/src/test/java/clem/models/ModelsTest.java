package clem.models;

import java.io.File;
import java.net.Proxy;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import clem.json.Json;
import clem.test.Check;

/** The models folder, its list of models, and the way to the network. */
public final class ModelsTest {
	/** Runs with a models folder of its own. */
	static void withFolder(final Check.InFolder piece) throws Exception {
		Check.inFolder(folder -> {
			final String before = System.getProperty(ModelFolders.PROPERTY);
			System.setProperty(ModelFolders.PROPERTY, new File(folder, "models").getPath());
			try {
				piece.run(new File(folder, "models"));
			}
			finally {
				if (before == null) System.clearProperty(ModelFolders.PROPERTY);
				else System.setProperty(ModelFolders.PROPERTY, before);
			}
		});
	}

	static void write(final File file, final String text) throws Exception {
		Files.createDirectories(file.getParentFile().toPath());
		Files.write(file.toPath(), text.getBytes(StandardCharsets.UTF_8));
	}

	static String read(final File file) throws Exception {
		return new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8);
	}

	public void aModelIsFoundByItsName() throws Exception {
		withFolder(folder -> {
			Check.equal("[]", ModelFolders.names().toString());
			Check.badInput(() -> ModelFolders.find("model", "mitonet"), "model: there is no file mitonet", folder.getPath(), "no models are there", "Download Model...");
			for (final String name : new String[] { "mitonet.onnx", "dense.onnx", "dense_point.onnx", "lone_point.onnx", "notes.txt", ".hidden.onnx" }) write(new File(folder, name), "");
			Check.equal("[dense, lone_point, mitonet]", ModelFolders.names().toString());
			Check.equal(new File(folder, "mitonet.onnx"), ModelFolders.find("model", "mitonet"));
			Check.equal(new File(folder, "mitonet.onnx"), ModelFolders.find("model", "mitonet.onnx"));
			// In other capitals where that leaves one; two would leave the choice to chance.
			Check.equal(new File(folder, "mitonet.onnx"), ModelFolders.find("model", "MitoNet").getCanonicalFile());
			Check.equal(new File(folder, "lone_point.onnx"), ModelFolders.find("model", "Lone_Point.ONNX").getCanonicalFile());
			write(new File(folder, "Dense.onnx"), "");
			if (folder.list((f, name) -> name.equalsIgnoreCase("dense.onnx")).length == 2) {
				Check.equal(new File(folder, "Dense.onnx"), ModelFolders.find("model", "Dense"));
				Check.badInput(() -> ModelFolders.find("model", "DENSE"), "there is no file DENSE", "dense");
				Check.that(new File(folder, "Dense.onnx").delete(), "Dense.onnx");
			}
			Check.badInput(() -> ModelFolders.find("model", "mitonett"), "Did you mean 'mitonet'?", folder.getPath(), "there are dense, lone_point, mitonet");
			Check.badInput(() -> ModelFolders.find("model", "/nowhere/mitonet"), "there is no file", "give its name alone");
			Check.badInput(() -> ModelFolders.find("model", folder.getPath()), "is a folder");
			final File other = new File(folder, "sub/any.onnx");
			write(other, "");
			Check.equal(other, ModelFolders.find("model", other.getPath()));
		});
	}

	public void withoutAPropertyTheFolderIsTheUsersOrFijis() {
		final String before = System.getProperty(ModelFolders.PROPERTY);
		System.clearProperty(ModelFolders.PROPERTY);
		try {
			if (System.getenv(ModelFolders.VARIABLE) != null) throw new Check.Skip(ModelFolders.VARIABLE + " is set");
			final File last = ModelFolders.all().get(ModelFolders.all().size() - 1);
			Check.equal("models", last.getName());
			Check.equal("clemreg", last.getParentFile().getName());
		}
		finally {
			if (before != null) System.setProperty(ModelFolders.PROPERTY, before);
		}
	}

	public void aFolderThatCannotBeWrittenIsSaid() throws Exception {
		withFolder(folder -> {
			write(folder, "a file in its place");
			Check.badInput(ModelFolders::writable, folder.getPath(), ModelFolders.VARIABLE);
			Check.badInput(ModelList::file, folder.getPath());
			// To look at the list no folder is needed.
			Check.equal("mitonet", new ModelList().entry("mitonet").name);
		});
	}

	public void theListIsWrittenOnceAndItsOwnEntriesGoFirst() throws Exception {
		withFolder(folder -> {
			final File file = new File(folder, ModelList.FILE);
			new ModelList();
			Check.equal(ModelList.standard(), read(file));
			final String mine = "{ \"models\": [ { \"name\": \"mitonet\", \"title\": \"Ours\", \"url\": \"https://lab.example/m.pth\", \"convert\": { \"mean\": 0.5 } },\n{ \"name\": \"nuclei\", \"url\": [\"https://lab.example/1\", \"https://lab.example/2\"] } ] }";
			write(file, mine);
			final ModelList list = new ModelList();
			Check.equal(mine, read(file));
			Check.equal("Ours", list.entry("mitonet").title);
			Check.equal("{mean=0.5}", list.entry("mitonet").conversion.toString());
			Check.equal(2, list.entry("nuclei").urls.size());
			Check.equal(null, list.entry("nuclei").conversion);
			Check.badInput(() -> list.entry("nuclie"), "Did you mean 'nuclei'?", "mitonet");
			Check.equal("Ours", list.entry("MitoNet").title);
			// What the jar has and the file lacks is offered besides.
			write(file, "{ \"models\": [ { \"name\": \"nuclei\", \"url\": \"https://lab.example/n\" } ] }");
			final List<String> all = new ArrayList<>(Collections.singletonList("nuclei"));
			for (final ModelEntry entry : ModelList.parse(ModelList.standard(), "jar")) all.add(entry.name);
			final List<String> offered = new ArrayList<>();
			for (final ModelEntry entry : new ModelList().entries()) offered.add(entry.name);
			Check.equal(all, offered);
			// In capitals it is the same file's name.
			write(file, "{ \"models\": [ { \"name\": \"MitoNet\", \"title\": \"Theirs\", \"url\": \"https://lab.example/n\" } ] }");
			Check.equal("Theirs", new ModelList().entry("mitonet").title);
			write(file, "{ \"models\": [] }");
			Check.equal("MitoNet v1", new ModelList().entry("mitonet").title);
			Check.equal("{ \"models\": [] }", read(file));
		});
	}

	public void theJarsListHoldsToItsRules() {
		for (final ModelEntry entry : ModelList.parse(ModelList.standard(), "jar")) {
			for (final String url : entry.urls) Check.that(url.startsWith("https://"), url);
			Check.that(!entry.licence.isEmpty() && entry.licenceUrl.startsWith("https://") && !entry.citation.isEmpty() && entry.limit <= 2L << 30, entry.name);
		}
	}

	public void aMalformedListIsToldWithItsLine() throws Exception {
		withFolder(folder -> {
			write(new File(folder, ModelList.FILE), "{\n  \"models\": [\n    { \"name\": \"a\" \"url\": \"https://x.example\" }\n  ]\n}\n");
			Check.badInput(ModelList::new, "models.json", "line 3", "',' or '}'");
		});
		final String[][] wrong = {
			{ "[]", "an object" }, { "{ \"model\": [] }", "\"models\"" }, { "{ \"models\": [ 3 ] }", "3 is no model" }, { entry("'name': 'a/b'"), "name = a/b" }, { entry("'name': 'models'"), "not 'models'" },
			{ entry("'name': 'x.onnx'"), "without .onnx" }, { "{ \"models\": [ { \"url\": \"https://x.example\" } ] }", "no name" }, { entry("'name': 7"), "must be a text" }, { entry("'name': 'a', 'sha265': 'x'"), "Did you mean 'sha256'?" },
			{ entry("'name': 'a', 'sha256': 'abc'"), "64 hexadecimal" }, { entry("'name': 'a', 'size': -1"), "whole number of bytes" }, { entry("'name': 'a', 'size': 1.5"), "whole number of bytes" }, { entry("'name': 'a', 'licence': 'MIT'"), "licence = \"MIT\"" },
			{ entry("'name': 'a', 'licence': { 'nam': 'MIT' }"), "its keys are name and url" }, { entry("'name': 'a', 'convert': 'yes'"), "convert = \"yes\"" }, { entry("'name': 'a', 'card': 1"), "card = 1" },
			{ "{ \"models\": [ { \"name\": \"a\", \"url\": \"file:///etc/passwd\" } ] }", "http" }, { "{ \"models\": [ { \"name\": \"a\", \"url\": [] } ] }", "http" }, { "{ \"models\": [ { \"name\": \"a\" } ] }", "url = null" },
			{ entry("'name': 'a'").replace("] }", ", { \"name\": \"A\", \"url\": \"https://y.example\" } ] }"), "two models" },
		};
		for (final String[] one : wrong) Check.badInput(() -> ModelList.parse(one[0], "L"), "L", one[1]);
	}

	private static String entry(final String keys) {
		return ("{ 'models': [ { " + keys + ", 'url': 'https://x.example/f' } ] }").replace('\'', '"');
	}

	public void whatIsSavedIsWhole() throws Exception {
		withFolder(folder -> {
			final File file = ModelList.file();
			ModelList.save(file, "{ \"models\": [] }");
			Check.equal("{ \"models\": [] }", read(file));
			Check.equal(1, folder.list().length);
		});
	}

	public void proxiesOfTheEnvironment() throws Exception {
		final Map<String, String> environment = new HashMap<>();
		final Proxies proxies = new Proxies(environment::get);
		final URL https = new URL("https://zenodo.org/record/x"), http = new URL("http://data.lab.example:8080/x");
		Check.equal(Proxy.NO_PROXY, proxies.of(https));
		environment.put("HTTPS_PROXY", "http://me:secret@proxy.example:3128/");
		Check.that(proxies.of(https).toString().contains("proxy.example") && proxies.of(https).type() == Proxy.Type.HTTP, proxies.of(https).toString());
		// Within a tunnel the server would get it, not the proxy.
		Check.equal(null, proxies.authorization(https, proxies.of(https)));
		Check.equal(Proxy.NO_PROXY, proxies.of(http));
		environment.put("all_proxy", "socks5://10.0.0.1:1080");
		Check.equal(Proxy.Type.SOCKS, proxies.of(http).type());
		environment.put("http_proxy", "other.example:80");
		Check.that(proxies.of(http).toString().contains("other.example"), "a proxy without a scheme");
		for (final String except : new String[] { "lab.example", ".lab.example", "*.lab.example", "x.example, data.lab.example", "data.lab.example:8080", "*" }) {
			environment.put("no_proxy", except);
			Check.equal(Proxy.NO_PROXY, proxies.of(http));
		}
		for (final String other : new String[] { "example.org", "ab.example", "data.lab.example:81" }) {
			environment.put("no_proxy", other);
			Check.that(proxies.of(http) != Proxy.NO_PROXY, other);
		}
		environment.put("https_proxy", "http://me:secret@proxy.example");
		environment.remove("no_proxy");
		Check.badInput(() -> proxies.of(https), "https_proxy", "http://HOST:PORT");
		environment.put("https_proxy", "https://me:secret@proxy.example:1");
		Check.badInput(() -> proxies.of(https), "//...@proxy.example:1");
	}

	public void javasPropertiesGoBeforeTheEnvironment() throws Exception {
		final Proxies proxies = new Proxies(Collections.singletonMap("http_proxy", "http://environment.example:1")::get);
		System.setProperty("http.proxyHost", "properties.example");
		System.setProperty("http.proxyPort", "3128");
		System.setProperty("http.nonProxyHosts", "*.inside.example");
		try {
			Check.that(proxies.of(new URL("http://data.example/x y|z")).toString().contains("properties.example"), "properties");
			Check.equal(Proxy.NO_PROXY, proxies.of(new URL("http://data.inside.example/")));
			Check.equal(null, proxies.authorization(new URL("http://data.example/"), proxies.of(new URL("http://data.example/"))));
		}
		finally {
			for (final String key : new String[] { "http.proxyHost", "http.proxyPort", "http.nonProxyHosts" }) System.clearProperty(key);
		}
	}

	public void redirectionsNeverLeaveHttps() throws Exception {
		Check.equal("https://b.example/y", Exchange.redirected(new URL("http://a.example/x"), "https://b.example/y").toString());
		Check.equal("http://b.example/y", Exchange.redirected(new URL("http://a.example/x"), "http://b.example/y").toString());
		Check.equal("https://a.example/z?q", Exchange.redirected(new URL("https://a.example/x/y"), "/z?q").toString());
		for (final String bad : new String[] { "http://a.example/x", "ftp://a.example/x", "file:///etc/passwd" }) {
			Check.failure(clem.bridge.ClemRegException.Kind.MODEL, () -> Exchange.redirected(new URL("https://a.example/x"), bad));
		}
	}

	public void progressInWords() {
		Check.equal("20 MB of 200 MB, 5.0 MB/s, 36 s left", Download.told(20_000_000, 200_000_000, 10_000_000, 2));
		Check.equal("20 MB of 200 MB", Download.told(20_000_000, 200_000_000, 0, 2));
		Check.equal("20 MB, 100 kB/s", Download.told(20_000_000, -1, 1_000_000, 10));
		Check.equal("1 kB of 2.0 GB, 1 kB/s, 556 h left", Download.told(1000, 2_000_000_000, 1000, 1));
		Check.equal("100 MB of 200 MB, 500 kB/s, 3 min left", Download.told(100_000_000, 200_000_000, 1_000_000, 2));
	}

	public void aCardIsWhatTheEntrySays() {
		final ModelEntry entry = ModelList.parse(entry("'name': 'a', 'card': { 'pixel_size_nm': 8 }, 'size': 5"), "L").get(0);
		Check.equal("{\"pixel_size_nm\":8}", Json.write(entry.card));
		Check.equal(5L, entry.limit);
	}
}
