#@output String summary

// Registers a sample step by step, each on files that could be yours: an own mask, own points, an own transform. Runs in Fiji's script editor or
// without a screen, and needs no argument:
//   fiji --headless --run Split_Registration.groovy
import clem.bridge.Bridges
import clem.bridge.OperationListener
import clem.workflow.FileRequest
import clem.workflow.FileRunner

folder = new File(File.createTempDir(), "steps")
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
step("segment_fluorescence", [moving: "$folder/sample/fm.tif"], [log_sigma: "3"], "moving_mask.tif")
// Both clouds are sampled on the EM's isotropic voxels.
step("sample_points", [mask: "$folder/moving_mask.tif"], [isotropic_spacing: "20"], "moving_points.csv")
step("sample_points", [mask: "$folder/sample/em_labels.tif"], [isotropic_spacing: "20"], "fixed_points.csv")
clouds = [moving_points: "$folder/moving_points.csv", fixed_points: "$folder/fixed_points.csv"]
step("register_points", clouds, [:], "points")
step("warp", [source: "$folder/sample/fm.tif", transform: "$folder/points/transform.json", target: "$folder/sample/em.tif"], [:], "registered.tif")
// register takes any of these too, and goes on from there: here another algorithm on the same clouds, from the first one's result.
step("register", clouds + [moving: "$folder/sample/fm.tif", fixed_mask: "$folder/sample/em_labels.tif", registration_start: "$folder/points/transform.json"],
	[registration_algorithm: "affine", stop_after: "registration"], "affine")
summary = "Registered step by step: " + new File(folder, "registered.tif")
println summary
