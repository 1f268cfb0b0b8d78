#@ File (label = "Stack; none: a sample is made", required = false, persist = false) image
#@ File (label = "Output folder, to be made; none: a temporary one", style = "directory", required = false, persist = false) out
#@ String (label = "Bin by (z,y,x)", value = "1,4,4", persist = false) bin
#@output String summary

// Aligns the slices of a stack and bins it, in Fiji's script editor or without a screen:
//   fiji --headless --run Prepare_Align.groovy 'image="/data/em.tif",out="/data/result"'
// The stack is read slice by slice and may be larger than the memory.
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

run = { String operation, File result, Map inputs, Map parameters ->
	request = new FileRequest(operation)
	inputs.each { key, file -> request.inputs[key] = file.path }
	request.parameters.putAll(parameters)
	request.out = result.path
	println runner.run(request, listener)
}

try {
	folder = out != null ? out : new File(File.createTempDir(), "result")
	if (image == null) {
		run("simulate_clem", new File(folder, "sample"), [:], [em_size_z: "40", em_size_y: "300", em_size_x: "300"])
		image = new File(folder, "sample/em.tif")
	}
	run("align_slices", new File(folder, "aligned"), [source: image], [align_search_radius: "20"])
	run("prepare", new File(folder, "prepared"), [source: new File(folder, "aligned/aligned.tif")], [bin: bin, eight_bit: "true"])
	summary = "Prepared: " + new File(folder, "prepared/prepared.tif")
}
catch (ClemRegException e) {
	// A file or a parameter that cannot be used; the message says which and what to try.
	summary = "Not prepared: " + e.message
}
println summary
