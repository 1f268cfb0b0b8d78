// Finds cells in sections, follows them from section to section, and makes fields of view for the microscope. Runs in ImageJ and Fiji, with or without a screen:
//   fiji --headless -macro Detect_Cells.ijm '/data/sections.tif,/data/result'
// The last part is the folder for the results; it must not exist yet. Without an argument the built-in sample is used.
setBatchMode(true);
argument = getArgument();
if (argument == "") {
	run("Open Sample (Cells)", "sections=4");
	image = "sample-sections.tif";
	out = getDirectory("temp") + "clemreg-cells-" + d2s(getTime(), 0);
} else {
	parts = split(argument, ",");
	image = parts[0];
	out = parts[1];
}
File.makeDirectory(out);
// cell_score decides how many there are: lower it when a missed cell costs more than a wrong one.
run("Detect Cells...", "image=[" + image + "] cell_score=0.3 out=[" + out + "/cells]");
run("Track Cells...", "image=[" + image + "] boxes=[" + out + "/cells/rois.zip] out=[" + out + "/tracks]");
run("Export Fields of View...", "boxes=[" + out + "/cells/boxes.csv] image=[" + image + "] coverage=all_cells out=[" + out + "/fields]");
print("Cells in all sections: " + count(out + "/cells/boxes.csv"));
print("Cells followed: " + count(out + "/tracks/tracks.csv"));
print("Fields of view: " + count(out + "/fields/fields.csv"));
if (argument == "") run("Evaluate Detection...", "detected=[" + out + "/cells/boxes.csv] truth=sample-section-labels.tif image=[" + image + "]");
setBatchMode("exit and display");

// The lines of a table without its header.
function count(file) {
	lines = split(File.openAsString(file), "\n");
	return lines.length - 1;
}
