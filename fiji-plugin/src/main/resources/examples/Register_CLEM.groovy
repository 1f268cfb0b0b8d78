#@ File (label = "Fluorescence") moving
#@ File (label = "EM", required = false) fixed
#@ File (label = "EM mask") fixed_mask
#@ File (label = "Output folder, to be made", style = "directory") out
#@ Double (label = "LoG sigma (voxels)", value = 3.0, persist = false) log_sigma
#@output String summary

// Registers files, in Fiji's script editor or without a screen:
//   fiji --headless --run Register_CLEM.groovy 'moving="/data/fm.tif",fixed="/data/em.tif",fixed_mask="/data/em_mask.tif",out="/data/result"'
import clem.bridge.Bridges
import clem.bridge.ClemRegException
import clem.bridge.OperationListener
import clem.workflow.FileRequest
import clem.workflow.FileRunner

request = new FileRequest("register")
request.inputs["moving"] = moving.path
if (fixed != null) request.inputs["fixed"] = fixed.path
request.inputs["fixed_mask"] = fixed_mask.path
request.parameters["log_sigma"] = log_sigma
request.out = out.path

try {
	summary = new FileRunner(Bridges.get()).run(request, new OperationListener() {
		void progress(double fraction, String stage) {}
		void log(String message) { println message }
		void warning(String message) { println "Warning: " + message }
		boolean cancelled() { false }
	})
}
catch (ClemRegException e) {
	// A file or a parameter that cannot be used; the message says which and what to try.
	summary = "Not registered: " + e.message
}
println summary
