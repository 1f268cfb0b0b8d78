#@ File (label = "Fluorescence; none: a sample is made", required = false, persist = false) moving
#@ File (label = "EM", required = false, persist = false) fixed
#@ File (label = "EM mask", required = false, persist = false) fixed_mask
#@ File (label = "Output folder, to be made; none: a temporary one", style = "directory", required = false, persist = false) out
#@ Double (label = "LoG sigma (voxels)", value = 3.0, persist = false) log_sigma
#@output String summary

// Registers files, or without them a sample, in Fiji's script editor or without a screen:
//   fiji --headless --run Register_CLEM.groovy 'moving="/data/fm.tif",fixed="/data/em.tif",fixed_mask="/data/em_mask.tif",out="/data/result"'
import clem.bridge.Bridges
import clem.bridge.ClemRegException
import clem.bridge.OperationListener
import clem.workflow.FileRequest
import clem.workflow.FileRunner

listener = new OperationListener() {
	void progress(double fraction, String stage) {}
	void log(String message) { println message }
	void warning(String message) { println "Warning: " + message }
	boolean cancelled() { false }
}
runner = new FileRunner(Bridges.get())

try {
	if (out == null) out = new File(File.createTempDir(), "result")
	if (moving == null) {
		sample = new FileRequest("simulate_clem")
		sample.parameters.putAll([em_size_z: "80", em_size_y: "400", em_size_x: "400"])
		sample.out = new File(out.parentFile, "sample").path
		runner.run(sample, listener)
		(moving, fixed, fixed_mask) = ["fm.tif", "em.tif", "em_labels.tif"].collect { new File(sample.out, it) }
	}
	request = new FileRequest("register")
	request.inputs["moving"] = moving.path
	if (fixed != null) request.inputs["fixed"] = fixed.path
	if (fixed_mask != null) request.inputs["fixed_mask"] = fixed_mask.path
	request.parameters["log_sigma"] = log_sigma
	request.out = out.path
	summary = runner.run(request, listener)
	println "Results: " + out
}
catch (ClemRegException e) {
	// A file or a parameter that cannot be used; the message says which and what to try.
	summary = "Not registered: " + e.message
}
println summary
