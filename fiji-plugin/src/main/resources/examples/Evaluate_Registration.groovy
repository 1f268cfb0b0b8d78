#@output String summary

// Makes a sample with a known transform, registers it, and judges the result by landmarks and by structures that took no part in it.
// Runs in Fiji's script editor or without a screen, and needs no argument:
//   fiji --headless --run Evaluate_Registration.groovy
import clem.bridge.Bridges
import clem.bridge.OperationListener
import clem.json.Json
import clem.workflow.FileRequest
import clem.workflow.FileRunner

folder = new File(File.createTempDir(), "evaluation")
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

step("simulate_clem", [:], [channels: "2", em_size_z: "80", em_size_y: "400", em_size_x: "400"], "sample")
step("register", [moving: "$folder/sample/fm.tif#1", fixed: "$folder/sample/em.tif", fixed_mask: "$folder/sample/em_labels.tif"], [:], "registered")

// Landmarks as a person would set them; here by the true transform, with 30 nm of scatter. Columns in nm, z, y, x.
matrix = Json.parseObject(new File(folder, "sample/truth.json").text).matrix
random = new Random(1)
rows = []
while (rows.size() < 12) {
	p = [4000, 12000, 12000].collect { (random.nextDouble() - 0.3) * it }
	q = (0..2).collect { r -> matrix[r][3] + 30 * random.nextGaussian() + (0..2).sum { c -> matrix[r][c] * p[c] } }
	if ((0..2).every { q[it] > 0 && q[it] < [1580, 7980, 7980][it] }) rows << "Pt-${rows.size()}," + (p + q).join(",")
}
new File(folder, "landmarks.csv").text = "name,moving_z,moving_y,moving_x,fixed_z,fixed_y,fixed_x\n" + rows.join("\n") + "\n"

summary = step("evaluate", [transform: "$folder/registered/transform.json", landmarks: "$folder/landmarks.csv",
	registered: "$folder/registered/registered.tif#2", labels: "$folder/sample/em_targets.tif"], [:], "evaluation")
println summary
println "Tables and report: " + new File(folder, "evaluation")
