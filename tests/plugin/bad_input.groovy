#@ org.scijava.command.CommandService service
#@ String sample
#@ String out
// Gives SciJava commands files that they cannot use, and says of each whether the message says what to do and nothing was written.
f = { new File(it.toString()) }
f(out).mkdirs()
saved = { name, type, unit ->
	image = ij.IJ.createImage(name, type, 40, 30, 5)
	image.calibration.unit = unit
	ij.IJ.saveAsTiff(image, "$out/$name".toString())
	f("$out/${name}.tif")
}
colour = saved("colour", "RGB black", "nm"); unknown = saved("unknown", "8-bit black", "pixel")
f("$out/boxes.csv").text = "slice,name,x,y,width,height\n2,mitochondria,5,5,10,10\n"
f("$out/pairs/cell").mkdirs()
f("$out/pairs/cell/fm.tif").bytes = colour.bytes
f("$out/pairs/cell/em_labels.tif").bytes = f("$sample/em_labels.tif").bytes
fm = f("$sample/fm.tif"); labels = f("$sample/em_labels.tif"); boxes = f("$out/boxes.csv"); model = f("$sample/dark.onnx")
[
	["Register", [moving: colour, fixed_mask: labels], ["moving", "RGB", "Split Channels"]],
	["Register", [moving: fm, fixed_mask: colour], ["fixed_mask", "RGB"]],
	["Register", [moving: fm, fixed: colour, fixed_mask: labels], ["fixed", "RGB"]],
	["Register", [moving: unknown, fixed_mask: labels], ["moving", "voxel size", "moving_spacing"]],
	["Register", [moving: fm, fixed_mask: labels, roi_polygon: "9000,9000 9100,9000 9100,9100"], ["roi_polygon", "Draw it on the fluorescence image"]],
	["Register", [moving: fm, fixed_mask: f("$out/nothing.tif")], ["fixed_mask", "nothing.tif does not exist"]],
	["DetectCells", [image: colour], ["image", "RGB"]],
	["TrackCells", [image: colour], ["image", "RGB"]],
	["SegmentOrganelles", [image: colour, boxes: boxes], ["image", "RGB"]],
	["Mesh", [labels: unknown], ["labels", "voxel size", "labels_spacing"]],
	["FamousProject", [project: f("$out/project"), action: "new", image: colour], ["image", "RGB"]],
	["SegmentEm", [image: colour, model: model, provider: "cpu"], ["image", "RGB"]],
	["SegmentEm", [image: unknown, model: model, provider: "cpu"], ["image", "voxel size", "image_spacing"]],
	["Batch", [folder: f("$out/pairs")], ["1 failed (cell)"]],
].each { name, inputs, words ->
	place = f("$out/never")
	reason = "${service.run("clem.scijava.${name}Command".toString(), true, inputs + [out: place]).get().cancelReason}".toString()
	lacking = words.findAll { !reason.contains(it) }
	written = name == "Batch" ? !f("$place/batch.csv").text.contains("RGB") : place.exists()
	println lacking.empty && !written ? "REFUSED $name" : "NOT REFUSED $name ${inputs.keySet()}: $reason"
}
