#@output String summary

// Registers a sample, writes the result for BigWarp, elastix and MoBIE, and reads landmarks back as a transform. Runs in Fiji's script editor or
// without a screen, and needs no argument:
//   fiji --headless --run Export_Import.groovy
import clem.bridge.Bridges
import clem.bridge.OperationListener
import clem.json.Json
import clem.workflow.FileRequest
import clem.workflow.FileRunner

folder = new File(File.createTempDir(), "exchange")
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

step("simulate_clem", [:], [em_size_z: "80", em_size_y: "400", em_size_x: "400"], "sample")
images = [moving: "$folder/sample/fm.tif", fixed: "$folder/sample/em.tif"]
step("register", images + [fixed_mask: "$folder/sample/em_labels.tif"], [:], "registered")
["bigwarp_landmarks", "elastix", "mobie", "displacement_field"].each { format ->
	step("export_transform", images + [transform: "$folder/registered/transform.json"], [format: format], format + ".out")
}
// Landmarks set by hand in BigWarp come in the same way.
step("import_transform", [in: "$folder/bigwarp_landmarks.out"], [landmark_fit: "affine"], "imported.json")
there = Json.parseObject(new File(folder, "registered/transform.json").text).matrix.flatten()
back = Json.parseObject(new File(folder, "imported.json").text).matrix.flatten()
worst = (0..<16).collect { Math.abs(there[it] - back[it]) }.max()
summary = "There and back the matrix differs by less than " + (worst < 1e-3 ? "0.001" : worst)
println summary
println "Files: " + folder
