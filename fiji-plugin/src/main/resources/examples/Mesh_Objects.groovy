#@ File (label = "Label image; none: a sample is made", required = false, persist = false) labels
#@ File (label = "Output folder, to be made; none: a temporary one", style = "directory", required = false, persist = false) out
#@ Integer (label = "Least size (voxels)", value = 500, min = 1, persist = false) least_size
#@output String summary

// Makes surfaces of labelled objects and measures them, in Fiji's script editor or without a screen:
//   fiji --headless --run Mesh_Objects.groovy 'labels="/data/labels.tif",out="/data/meshes"'
import clem.api.ClemReg
import clem.bridge.ClemRegException
import ij.IJ

try {
	image = labels != null ? IJ.openImage(labels.path) : ClemReg.run("simulate_clem", [:], [em_size_z: 40, em_size_y: 300, em_size_x: 300]).image("em_labels")
	folder = out ?: new File(File.createTempDir(), "meshes")
	made = ClemReg.mesh(image, [minimum_size: least_size, format: "stl,obj"], folder)
	println made.summary()
	summary = "Surfaces: " + folder.listFiles().count { it.name ==~ /label_\d+\.stl/ } + " in " + folder
}
catch (ClemRegException e) {
	summary = "No surfaces: " + e.message
}
println summary
