package clem.workflow;

import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.image.FileHash;
import clem.json.Json;
import clem.models.ModelEntry;
import clem.models.ModelFolders;
import clem.models.ModelInstaller;
import clem.models.ModelList;

/** download_model: the list of models, or one of them put into the models folder. Nothing else here goes to the network. */
public final class ModelDownload {
	/** The operation's name. */
	public static final String NAME = "download_model";

	private static final double DOWNLOADED = 0.85;

	private final FileRunner runner;

	public ModelDownload(final FileRunner runner) {
		this.runner = runner;
	}

	/** Runs the request and gives a few lines about the result. */
	String run(final FileRequest request, final OperationListener listener) {
		if (request.parametersFile != null) throw ClemRegException.badInput("download_model takes no parameter file.");
		final ModelList list = new ModelList();
		final Map<String, Object> report = new LinkedHashMap<>();
		final String summary;
		if (flag(request, "list")) summary = list(list, report);
		else {
			final String name = Json.asText(request.parameters.get("name"), "").trim();
			if (name.isEmpty()) throw ClemRegException.badInput("name is missing: which model? There are " + names(list) + "; list (--list) tells of them.");
			final ModelEntry entry = list.entry(name);
			summary = installed(entry, install(entry, request.overwrite, new Given(request), listener), report);
		}
		if (request.out != null) {
			try (Output file = Output.file(request.out, request.overwrite)) {
				file.text(file.path(), Json.writePretty(report));
				file.commit();
			}
		}
		return summary;
	}

	/** Puts a model into the models folder and gives its file. */
	public File install(final ModelEntry entry, final boolean overwrite, final ModelInstaller.Consent consent, final OperationListener listener) {
		final Progress progress = new Progress(listener).upTo(entry.conversion == null ? 1 : DOWNLOADED);
		return new ModelInstaller(this::convert).install(entry, overwrite, consent, progress);
	}

	private void convert(final ModelEntry entry, final File pth, final File onnx, final boolean overwrite, final OperationListener progress) {
		final FileRequest request = new FileRequest("convert_model");
		request.inputs.put("model", pth.getPath());
		request.parameters.putAll(entry.conversion);
		request.out = onnx.getPath();
		request.overwrite = overwrite;
		progress.log(entry.name + ": " + runner.run(request, ((Progress) progress).upTo(1)));
	}

	private static String names(final ModelList list) {
		final List<String> names = new ArrayList<>();
		for (final ModelEntry entry : list.entries()) names.add(entry.name);
		return String.join(", ", names);
	}

	/** What the user's request agrees to. */
	private static final class Given implements ModelInstaller.Consent {
		private final boolean licence, unchecked;

		Given(final FileRequest request) {
			licence = flag(request, "accept_licence");
			unchecked = flag(request, "accept_unchecked");
		}

		@Override
		public void licence(final ModelEntry entry) {
			if (!entry.licence.isEmpty() && !licence) {
				throw ClemRegException.badInput(entry.name + " is published under a licence: " + entry.licenceText() + ". Read it, and say accept_licence (--accept-licence).");
			}
			// Said before a long download rather than after it.
			if (entry.sha256 == null && !unchecked) unchecked(entry, null);
		}

		@Override
		public void unchecked(final ModelEntry entry, final String sha256) {
			if (!unchecked) {
				throw ClemRegException.badInput(entry.name + ": models.json has no SHA-256 of this file, so it cannot be checked. Take it all the same with accept_unchecked (--accept-unchecked), or write the SHA-256 that its publisher gives into "
					+ ModelList.place() + ".");
			}
		}
	}

	private static boolean flag(final FileRequest request, final String key) {
		final Object value = request.parameters.get(key);
		if (value == null || value.toString().equals("false")) return false;
		if (value.toString().equals("true")) return true;
		throw ClemRegException.badInput(key + " = " + value + " is not allowed: it must be true or false.");
	}

	private static String installed(final ModelEntry entry, final File model, final Map<String, Object> report) {
		report.put("name", entry.name);
		report.put("model", model.getPath());
		try {
			report.put("sha256", FileHash.sha256(model));
		}
		catch (final java.io.IOException e) {
			throw new ClemRegException(ClemRegException.Kind.MODEL, model + " cannot be read: " + e.getMessage() + ".", e);
		}
		report.put("bytes", model.length());
		report.put("licence", entry.licenceText());
		report.put("citation", entry.citation);
		return entry.title + ": " + model + " (" + ModelEntry.bytes(model.length()) + "). Its name in dialogs and macros is " + entry.name + "." + (entry.citation.isEmpty() ? "" : "\nPlease cite: " + entry.citation);
	}

	private static String list(final ModelList list, final Map<String, Object> report) {
		final StringBuilder text = new StringBuilder();
		final List<Object> models = new ArrayList<>();
		for (final ModelEntry entry : list.entries()) {
			final File file = ModelFolders.installed(entry.name);
			final Map<String, Object> model = new LinkedHashMap<>();
			model.put("name", entry.name);
			model.put("title", entry.title);
			model.put("installed", file == null ? null : file.getPath());
			model.put("url", entry.urls);
			model.put("sha256", entry.sha256);
			model.put("licence", entry.licenceText());
			models.add(model);
			text.append(entry.name).append(file == null ? "" : "  (there: " + file + ")").append("\n    ").append(entry.title).append(". ").append(entry.description).append("\n    size: ").append(entry.sizeText())
				.append("; licence: ").append(entry.licenceText()).append("; SHA-256: ").append(entry.sha256 == null ? "not known" : entry.sha256).append("\n    ").append(String.join("\n    ", entry.urls)).append('\n');
			if (!entry.note.isEmpty()) text.append("    ").append(entry.note).append('\n');
		}
		final List<Object> folders = new ArrayList<>();
		for (final File folder : ModelFolders.all()) folders.add(folder.getPath());
		report.put("models", models);
		report.put("there", new ArrayList<Object>(ModelFolders.names()));
		report.put("folders", folders);
		return text + "Models that are there: " + (ModelFolders.names().isEmpty() ? "none" : String.join(", ", ModelFolders.names())) + "\nModels folder: " + String.join(", then ", ModelFolders.all().stream().map(File::getPath).toArray(String[]::new))
			+ "\nThe list to be edited: " + ModelList.place();
	}
}
