package clem.ij;

import java.awt.GraphicsEnvironment;
import java.util.Map;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.models.ModelEntry;
import clem.workflow.FileRequest;
import clem.workflow.FileRunner;
import clem.workflow.ModelDownload;
import ij.IJ;
import ij.plugin.frame.Recorder;

/** Download Model...: its window, or what a macro asks for. */
final class ModelCommand {
	private ModelCommand() {}

	static void run(final Bridge bridge, final Fields fields, final String options) {
		if (options == null) {
			if (GraphicsEnvironment.isHeadless()) throw ClemRegException.badInput("Without a screen Download Model needs its keys: run(\"Download Model...\", \"name=mitonet accept_licence\"), or \"list\".");
			record(new DownloadWindow(IJ.getInstance()).open());
			return;
		}
		final FileRequest request = new FileRequest(ModelDownload.NAME);
		for (final Map.Entry<String, String> given : MacroOptions.parse(options, fields.keys()).entrySet()) {
			final String key = given.getKey(), value = given.getValue();
			if (key.equals(Fields.OUT)) request.out = value;
			else if (key.equals(Fields.OVERWRITE)) request.overwrite = value.equals("true");
			else if (!key.equals(Fields.THREADS)) request.parameters.put(key, value);
		}
		try (ImageJListener listener = new ImageJListener(null)) {
			IJ.log("CLEM-Reg: " + new FileRunner(bridge).run(request, listener));
		}
		IJ.showProgress(1.0);
	}

	private static void record(final ModelEntry entry) {
		if (entry == null) Recorder.setCommand(null);
		else if (Recorder.record) {
			Recorder.recordOption("name", entry.name);
			if (!entry.licence.isEmpty()) Recorder.recordOption("accept_licence");
			if (entry.sha256 == null) Recorder.recordOption("accept_unchecked");
		}
	}
}
