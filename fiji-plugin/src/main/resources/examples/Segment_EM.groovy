#@ File (label = "EM; none: a sample is made", required = false, persist = false) image
#@ String (label = "Model (name or file); none: one that finds what is dark", required = false, persist = false) model
#@ Double (label = "Threshold; 0: the model's", value = 0, min = 0, max = 1, persist = false) threshold
#@output String summary

// Finds mitochondria with a network and registers fluorescence by them, in Fiji's script editor or without a screen:
//   fiji --headless --run Segment_EM.groovy 'image="/data/em.tif",model="mitonet"'
import clem.api.ClemReg
import clem.api.Examples
import clem.bridge.ClemRegException
import ij.IJ

try {
	sample = image != null ? null : ClemReg.run("simulate_clem", [:], [em_size_z: 80, em_size_y: 400, em_size_x: 400])
	em = sample == null ? IJ.openImage(image.path) : sample.image("em")
	found = ClemReg.segmentEm(em, model ?: Examples.model("dark-pixels"), [seg_thr: threshold, provider: "cpu"])
	found.warnings().each { println "Warning: " + it }
	summary = "Segmented: " + found.summary()
	if (sample != null) {
		// The mask takes the place of the one that a person drew.
		registered = ClemReg.register(sample.image("moving_1"), em, found.image("mask"), [:])
		println registered.summary()
	}
}
catch (ClemRegException e) {
	summary = "Not segmented: " + e.message
}
println summary
