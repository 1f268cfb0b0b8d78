package clem.bridge;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The help's pages, extracted from the jar so that a browser can show them. */
public final class HelpFolder {
	private static final String FOLDER = "/help/", LIST = "files.txt";
	private static Path extracted;

	private HelpFolder() {}

	/** The folder with the pages; what is missing in it is put there first. */
	public static synchronized Path get() {
		if (extracted == null) {
			final List<String> names = names(), refused = new ArrayList<>();
			extracted = new JarFiles(FOLDER, names).firstOf("help", refused, (files, folder) -> {
				for (final String name : names) files.extract(name, folder, false);
				return folder.toAbsolutePath();
			});
			if (extracted == null) throw new ClemRegException(ClemRegException.Kind.INTERNAL, "The help cannot be extracted from the jar: tried " + String.join(", ", refused) + JarFiles.ADVICE);
		}
		return extracted;
	}

	/** The place of a heading in its page, as the pages' generator names it. */
	public static String place(final String heading) {
		return heading.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 _-]", "").replace(' ', '-');
	}

	private static List<String> names() {
		final List<String> names = new ArrayList<>();
		try (InputStream in = HelpFolder.class.getResourceAsStream(FOLDER + LIST)) {
			if (in == null) throw new IOException("it is not there");
			final BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
			for (String line; (line = lines.readLine()) != null;) names.add(line);
		}
		catch (final IOException e) {
			throw new ClemRegException(ClemRegException.Kind.INTERNAL, "The jar's " + FOLDER + LIST + " cannot be read: " + e.getMessage(), e);
		}
		return names;
	}
}
