#@ File (label = "EM; none: a sample is made", required = false, persist = false) image
#@ File (label = "YOLO network (ONNX); none: one that finds what is dark", required = false, persist = false) model
#@ File (label = "Output folder, to be made; none: a temporary one", style = "directory", required = false, persist = false) out
#@ Double (label = "Least score", value = 0.6, min = 0, max = 1, persist = false) least_score
#@output String summary

// Finds organelles as boxes with a YOLO network, in Fiji's script editor or without a screen:
//   fiji --headless --run Detect_Objects.groovy 'image="/data/em.tif",model="/models/yolo.onnx",out="/data/boxes"'
import clem.api.ClemReg
import clem.api.Examples
import clem.bridge.ClemRegException
import ij.IJ

try {
	em = image != null ? IJ.openImage(image.path) : ClemReg.run("simulate_clem", [:], [em_size_z: 20, em_size_y: 300, em_size_x: 300]).image("em")
	folder = out ?: new File(File.createTempDir(), "boxes")
	found = ClemReg.detectObjects(em, model != null ? model.path : Examples.model("dark-boxes"), [box_score: least_score, provider: "cpu"], folder)
	println found.summary()
	summary = "Boxes: " + (new File(folder, "boxes.csv").readLines().size() - 1) + " in " + folder
}
catch (ClemRegException e) {
	summary = "No boxes: " + e.message
}
println summary
