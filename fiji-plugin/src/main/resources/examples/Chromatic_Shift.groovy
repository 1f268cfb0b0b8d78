#@output String summary

// Measures the shift between two colours on beads and corrects it in a registration of a sample with two channels. Runs in Fiji's script editor or
// without a screen, and needs no argument:
//   fiji --headless --run Chromatic_Shift.groovy
import clem.bridge.Bridges
import clem.bridge.OperationListener
import clem.json.Json
import clem.workflow.FileRequest
import clem.workflow.FileRunner

folder = new File(File.createTempDir(), "colours")
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

// Beads of 300 nm; the second colour lies 130 nm higher, 150 nm down and 100 nm to the left.
beads = { name, dz, dy, dx ->
	image = ij.IJ.createImage(name, "16-bit black", 180, 180, 24)
	centres = (0..8).collect { [9 + (it % 3 + 2 * (it.intdiv(3))) % 5 + dz, 38 + 50 * it.intdiv(3) + dy, 35 + 52 * (it % 3) + 4 * it.intdiv(3) + dx] }
	random = new Random(dx)
	(1..24).each { z -> (0..<180 * 180).each { image.getStack().getProcessor(z).set(it, (int) (100 + 10 * random.nextGaussian())) } }
	centres.each { z, y, x ->
		(-4..4).each { k -> (-8..8).each { j -> (-8..8).each { i ->
			double value = 20000 * Math.exp(-(k * k / 4.5 + (j * j + i * i) / 12.5))
			slice = image.getStack().getProcessor(z + k + 1)
			slice.set(x + i, y + j, slice.get(x + i, y + j) + (int) value)
		} } }
	}
	image.calibration.pixelWidth = image.calibration.pixelHeight = 50
	image.calibration.pixelDepth = 130
	image.calibration.unit = "nm"
	ij.IJ.saveAsTiff(image, new File(folder, name).path)
}
folder.mkdirs()
beads("beads-1.tif", 0, 0, 0)
beads("beads-2.tif", 1, 3, -2)
step("measure_chromatic_shift", [reference: "$folder/beads-1.tif", shifted: "$folder/beads-2.tif"], [bead_diameter: "300", channel_number: "2"], "shift.json")
offsets = Json.parseObject(new File(folder, "shift.json").text).channel_offsets
step("simulate_clem", [:], [channels: "2", em_size_z: "80", em_size_y: "400", em_size_x: "400"], "sample")
step("register", [moving: "$folder/sample/fm.tif#1", fixed: "$folder/sample/em.tif", fixed_mask: "$folder/sample/em_labels.tif"], [channel_offsets: offsets], "registered")
summary = "channel_offsets=" + offsets
println summary
println "Registered: " + new File(folder, "registered/registered.tif")
