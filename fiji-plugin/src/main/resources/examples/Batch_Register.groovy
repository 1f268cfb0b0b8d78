#@ File (label = "Table of the pairs (CSV)", required = false, persist = false) pairs
#@ File (label = "Output folder", style = "directory", required = false, persist = false) out
#@output String summary

// Registers the pairs of a table, or without one two small samples. Runs in Fiji's script editor or without a screen:
//   fiji --headless --run Batch_Register.groovy 'pairs="/data/pairs.csv",out="/data/results"'
// The table has the header name,moving,fixed_mask and, where needed, fixed, moving_spacing, log_sigma or any other parameter.
import clem.bridge.Bridges
import clem.bridge.ClemRegException
import clem.bridge.OperationListener
import clem.workflow.FileRequest
import clem.workflow.FileRunner

runner = new FileRunner(Bridges.get())
listener = new OperationListener() {
	void progress(double fraction, String stage) {}
	void log(String message) { println message }
	void warning(String message) { println "Warning: " + message }
	boolean cancelled() { false }
}

if (pairs == null) {
	folder = File.createTempDir()
	(1..2).each { seed ->
		sample = new FileRequest("simulate_clem")
		sample.parameters.putAll([seed: "$seed".toString(), em_size_z: "80", em_size_y: "400", em_size_x: "400"])
		sample.out = "$folder/sample$seed"
		runner.run(sample, listener)
	}
	pairs = new File(folder, "pairs.csv")
	pairs.text = "name,moving,fixed,fixed_mask,log_sigma\n" + (1..2).collect { "cell $it,sample$it/fm.tif,sample$it/em.tif,sample$it/em_labels.tif,\n" }.join()
	if (out == null) out = new File(folder, "results")
}

request = new FileRequest("batch")
request.inputs["pairs"] = pairs.path
request.out = out.path
try {
	summary = runner.run(request, listener)
}
catch (ClemRegException e) {
	// Some pairs failed: the others are done, and batch.csv says why.
	summary = e.message
}
println summary
