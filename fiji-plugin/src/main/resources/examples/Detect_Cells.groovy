#@ File (label = "Sections; none: a sample is made", required = false, persist = false) image
#@ Double (label = "Least score", value = 0.3, min = 0, max = 1, persist = false) least_score
#@output String summary

// Finds cells in sections, in Fiji's script editor or without a screen:
//   fiji --headless --run Detect_Cells.groovy 'image="/data/sections.tif",least_score=0.3'
import clem.api.ClemReg
import clem.bridge.ClemRegException
import ij.IJ

try {
	sections = image != null ? IJ.openImage(image.path) : ClemReg.run("simulate_cells", [:], [sections: 4]).image("sections")
	cells = ClemReg.detectCells(sections, [cell_score: least_score])
	cells.warnings().each { println "Warning: " + it }
	// An outline for each cell, in its section: number and score are its name.
	cells.rois().take(3).each { println it.name + " in section " + it.position + " at " + it.bounds.x + ", " + it.bounds.y }
	summary = cells.rois().size() + " cells in " + sections.stackSize + " sections"
}
catch (ClemRegException e) {
	summary = "No cells: " + e.message
}
println summary
