#@output String summary

// Registers by a part of the fluorescence and of the EM: corners, a file, a range of slices. Runs in Fiji's script editor or
// without a screen, and needs no argument:
//   fiji --headless --run Regions.groovy
import clem.bridge.Bridges
import clem.bridge.OperationListener
import clem.workflow.FileRequest
import clem.workflow.FileRunner

folder = new File(File.createTempDir(), "regions")
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
images = [moving: "$folder/sample/fm.tif", fixed: "$folder/sample/em.tif", fixed_mask: "$folder/sample/em_labels.tif"]
// Corners x,y in pixels, and slices from 1. Take about the same part of both images.
step("register", images, [registration_algorithm: "rigid", roi_polygon: "28,36 264,36 264,210 28,210", z_min: "2", z_max: "16", roi_polygon_em: "0,0 399,0 399,307 0,307"], "corners")
// A region in a file that ImageJ saved.
new ij.io.RoiEncoder(new File(folder, "cell.roi").path).write(new ij.gui.Roi(28, 36, 236, 236))
step("register", images, [registration_algorithm: "rigid", roi_polygon: new File(folder, "cell.roi").path], "file")
summary = ["corners", "file"].collect { "Fluorescence points by $it: " + (new File(folder, "$it/moving_points.csv").readLines().size() - 1) }.join(", ")
println summary
