// Prepares and aligns the built-in sample, or a stack of yours. Runs in ImageJ and Fiji, with or without a screen:
//   fiji --headless -macro Prepare_Align.ijm '/data/em.tif,/data/result'
// The last part is the folder for the results, which gets the folders aligned and prepared; they must not exist yet.
setBatchMode(true);
argument = getArgument();
out = "";
if (argument == "") {
	run("Open Sample (CLEM)");
	image = "sample-em.tif";
} else {
	parts = split(argument, ",");
	image = parts[0];
	out = parts[1];
}
keys = "";
if (out != "") keys = " out=[" + out + "/aligned]";
run("Align Slices...", "source=[" + image + "] align_search_radius=20" + keys);
// Without a folder the result is on the screen, with one it is in a file, which may be larger than the memory.
aligned = "Align slices: aligned";
if (out != "") {
	aligned = out + "/aligned/aligned.tif";
	keys = " out=[" + out + "/prepared]";
}
run("Prepare Image...", "source=[" + aligned + "] bin=1,4,4 eight_bit rotate=z90" + keys);
if (isOpen("Prepare image: prepared")) {
	selectImage("Prepare image: prepared");
	getDimensions(width, height, channels, slices, frames);
	getVoxelSize(x, y, z, unit);
	print("Prepared image: " + width + " x " + height + " x " + slices + ", " + bitDepth() + " bit, " + d2s(x * 1000, 1) + " nm");
}
setBatchMode("exit and display");
