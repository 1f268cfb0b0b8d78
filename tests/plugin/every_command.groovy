#@ org.scijava.command.CommandService service
#@ String sample
#@ String registered
#@ String out
// Runs each SciJava command of the plugin on a sample and its registration, and says of each whether its result is there.
f = { new File(it.toString()) }
fm = f("$sample/fm.tif"); em = f("$sample/em.tif"); labels = f("$sample/em_labels.tif"); transform = f("$registered/transform.json")
f("$out/drawn").mkdirs()
f("$out/drawn/boxes.csv").text = "slice,name,x,y,width,height\n2,mitochondria,10,10,20,20\n40,mitochondria,5,5,20,20\n"
runs = [
	SegmentFluorescence: [[moving: fm, log_sigma: 2.5d], "mask.tif", ""],
	SamplePoints: [[mask: labels], "points.csv", ""],
	RegisterPoints: [[moving_points: f("$registered/moving_points.csv"), fixed_points: f("$registered/fixed_points.csv")], "clouds", "transform.json"],
	Warp: [[source: fm, transform: transform, target: em], "warped.tif", ""],
	TransformPoints: [[points: f("$registered/moving_points.csv"), transform: transform], "moved.csv", ""],
	ExportTransform: [[transform: transform, format: "itk"], "itk.tfm", ""],
	ImportTransform: [[in: f("$out/itk.tfm")], "itk.json", ""],
	ExportPoints: [[points: f("$registered/fixed_points.csv"), format: "ply"], "points.ply", ""],
	ImportPoints: [[in: f("$out/points.ply")], "back.csv", ""],
	MeasureChromaticShift: [[reference: f("$sample/beads-1.tif"), shifted: f("$sample/beads-2.tif"), bead_diameter: 300d], "shift.json", ""],
	Prepare: [[source: em, bin: "1,2,2"], "prepared", "prepared.tif"],
	AlignSlices: [[source: em, align_search_radius: 10], "aligned", "shifts.csv"],
	ConvertModel: [[model: f("$sample/mitonet.pth")], "mitonet.onnx", ""],
	DownloadModel: [[list: true], "models.json", ""],
	SegmentEm: [[image: em, model: f("$sample/dark.onnx"), provider: "cpu"], "segmented", "labels.tif"],
	ModelProbability: [[image: em, model: f("$sample/dark.onnx"), provider: "cpu", first_slice: 3, last_slice: 4], "probabilities", "probability.tif"],
	CleanMask: [[source: labels, fill_holes: "volume", smooth_slices: 3, minimum_size: 20], "cleaned.tif", ""],
	DetectObjects: [[image: em, model: f("$sample/yolo.onnx"), provider: "cpu"], "objects", "boxes.csv"],
	SegmentOrganelles: [[image: em, boxes: f("$sample/boxes.csv")], "organelles", "objects.csv"],
	Mesh: [[labels: labels], "meshes", "all.obj"],
	CompareSegmentations: [[a: labels, b_meshes: f("$out/meshes"), iou: "0.5"], "comparison", "classes.csv"],
	FamousProject: [[project: f("$out/project"), action: "new", image: em], "project.json", ""],
	ProposeSlices: [[image: em, slice_count: 5], "slices.csv", ""],
	ExportDataset: [[image: em, boxes: f("$out/drawn/boxes.csv")], "dataset", "dataset.json"],
	ImportDataset: [[dataset: f("$out/dataset"), image: em], "imported", "rois.zip"],
	DetectCells: [[image: fm, cell_score: 0.3d], "cells", "boxes.csv"],
	FilterSections: [[source: fm, section_filter: "negative_log"], "filtered.tif", ""],
	TrackCells: [[image: fm, boxes: f("$out/cells/boxes.csv"), labels: f("$out/cells/labels.tif")], "tracks", "tracks.csv"],
	SimulateCells: [[sections: 2, width: 160, height: 140, noise: 10d], "sections", "boxes.csv"],
	SimulateOrganelles: [[em_size_z: 4, em_size_y: 96, em_size_x: 96, nucleus: false], "sample-organelles", "boxes.csv"],
	ExportFields: [[boxes: f("$out/sections/boxes.csv"), image: f("$out/sections/sections.tif"), coverage: "all_cells"], "fields", "fields.csv"],
	EvaluateDetection: [[detected: f("$out/sections/boxes.csv"), truth: f("$out/sections/labels.tif"), annotators: "$out/sections/boxes.csv".toString(), fields: f("$out/fields/fields.csv")], "detection", "report.json"],
	SimulateClem: [[em_size_z: 20, em_size_y: 100, em_size_x: 100], "simulated", "truth.json"],
	Evaluate: [[registered: f("$registered/registered.tif"), labels: labels], "evaluation", "report.json"],
	EvaluateTre: [[transform: transform, labels: labels, truth: f("$sample/truth.json")], "tre.json", ""],
	Register: [[moving: fm, fixed_mask: labels, log_sigma: 2.5d, registration_algorithm: "rigid"], "register", "run.json"],
	Batch: [[folder: f("$sample/pairs"), registration_algorithm: "rigid"], "batch", "batch.csv"],
]
runs.each { name, wanted ->
	(inputs, place, file) = wanted
	module = service.run("clem.scijava.${name}Command".toString(), true, inputs + [out: f("$out/$place")]).get()
	result = f(file.empty ? "$out/$place" : "$out/$place/$file")
	println result.length() > 0 ? "RAN clem.scijava.${name}Command" : "NOTHING from clem.scijava.${name}Command: $module.cancelReason"
}

// The second channel of a file, whose first is empty, gives the mask that it gives alone.
one = ij.IJ.openImage("$fm")
stack = new ij.ImageStack(one.width, one.height)
(1..one.stackSize).each { z -> one.getStack().getProcessor(z).with { stack.addSlice(createProcessor(one.width, one.height)); stack.addSlice(it) } }
two = new ij.ImagePlus("two", stack)
two.calibration = one.calibration
two.setDimensions(2, one.stackSize, 1)
two.openAsHyperStack = true
ij.IJ.saveAsTiff(two, "$out/two.tif")
module = service.run("clem.scijava.SegmentFluorescenceCommand", true, [moving: f("$out/two.tif"), moving_channel: 2, log_sigma: 2.5d, out: f("$out/mask-of-2.tif")]).get()
voxels = { file -> ij.IJ.openImage("$out/$file".toString())?.getStack()?.imageArray?.findAll { it != null } as byte[][] }
println Arrays.deepEquals(voxels("mask.tif"), voxels("mask-of-2.tif")) ? "CHANNEL 2 is taken" : "CHANNEL 2 is not taken: $module.cancelReason"
