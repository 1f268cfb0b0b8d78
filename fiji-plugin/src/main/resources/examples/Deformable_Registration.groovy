#@output String summary

// Registers a sample that was bent, rigidly and with a deformation, and measures both against the true transform. Runs in Fiji's script editor or
// without a screen, and needs no argument:
//   fiji --headless --run Deformable_Registration.groovy
import clem.bridge.Bridges
import clem.bridge.OperationListener
import clem.json.Json
import clem.workflow.FileRequest
import clem.workflow.FileRunner

folder = new File(File.createTempDir(), "deformable")
listener = new OperationListener() {
	void progress(double fraction, String stage) {}
	void log(String message) { println message }
	void warning(String message) { println "Warning: " + message }
	boolean cancelled() { false }
}
step = { operation, inputs, parameters, out ->
	request = new FileRequest(operation)
	inputs.each { key, file -> request.inputs[key] = file.toString() }
	request.parameters.putAll(parameters)
	request.out = new File(folder, out).path
	new FileRunner(Bridges.get()).run(request, listener)
}

step("simulate_clem", [:], [transform: "deformation", em_size_z: "80", em_size_y: "400", em_size_x: "400"], "sample")
errors = ["rigid", "rigid_bcpd"].collectEntries { algorithm ->
	step("register", [moving: "$folder/sample/fm.tif", fixed: "$folder/sample/em.tif", fixed_mask: "$folder/sample/em_labels.tif"], [registration_algorithm: algorithm], algorithm)
	step("evaluate_tre", [transform: "$folder/$algorithm/transform.json", labels: "$folder/sample/em_labels.tif", truth: "$folder/sample/truth.json"], [:], algorithm + "-error.json")
	[algorithm, Math.round(Json.parseObject(new File(folder, algorithm + "-error.json").text).after.mean_nm)]
}
// Without a known truth the held-out verdict is what there is.
println "The verdict: " + Json.parseObject(new File(folder, "rigid_bcpd/run.json").text).registration.held_out.text
summary = "Mean error: rigid $errors.rigid nm, with deformation $errors.rigid_bcpd nm".toString()
println summary
