// Registers by a part of the fluorescence and of the EM: a selection, a file, corners, a range of slices. Take about the same part of both. Runs in ImageJ and Fiji, with or without a
// screen, and needs no argument.
setBatchMode(true);
folder = getDirectory("temp") + "clemreg-regions-" + d2s(getTime(), 0);
File.makeDirectory(folder);
run("Open Sample (CLEM)", "em_size_z=80 em_size_y=400 em_size_x=400");
images = "moving=sample-fm.tif fixed=sample-em.tif fixed_mask=sample-em-mask.tif registration_algorithm=rigid show_intermediates=false ";
// The selection of the fluorescence counts, as for ImageJ's own commands.
selectImage("sample-fm.tif");
makeRectangle(28, 36, 236, 236);
run("Register...", images + "out=[" + folder + "/selection]");
// A region in a file, of any shape.
selectImage("sample-fm.tif");
makePolygon(28, 36, 264, 36, 264, 272, 28, 272);
saveAs("Selection", folder + "/cell.roi");
run("Select None");
run("Register...", images + "roi_polygon=[" + folder + "/cell.roi] out=[" + folder + "/file]");
// Corners in pixels, a range of slices, and a region of the EM.
run("Register...", images + "roi_polygon=[28,36 264,36 264,210 28,210] z_min=2 z_max=16 roi_polygon_em=[0,0 399,0 399,307 0,307] out=[" + folder + "/corners]");
names = newArray("selection", "file", "corners");
for (i = 0; i < 3; i++) {
	points = split(File.openAsString(folder + "/" + names[i] + "/moving_points.csv"), "\n");
	print("Fluorescence points by " + names[i] + ": " + (points.length - 1));
}
setBatchMode("exit and display");
