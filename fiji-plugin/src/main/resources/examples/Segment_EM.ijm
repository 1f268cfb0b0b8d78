// Finds mitochondria with a network and tidies the mask. Runs in ImageJ and Fiji, with or without a screen:
//   fiji --headless -macro Segment_EM.ijm '/data/em.tif,mitonet'
// The second part is a model by its name or its file. Without an argument the built-in sample is used, with a network that finds what is dark: it is for trying out only.
setBatchMode(true);
argument = getArgument();
if (argument == "") {
	run("Open Sample (CLEM)", "em_size_z=40 em_size_y=300 em_size_x=300");
	image = "sample-em.tif";
	model = call("clem.api.Examples.model", "dark-pixels");
} else {
	parts = split(argument, ",");
	image = parts[0];
	model = parts[1];
}
out = getDirectory("temp") + "clemreg-segment-" + d2s(getTime(), 0);
File.makeDirectory(out);
run("Segment EM...", "image=[" + image + "] model=[" + model + "] min_size=500 provider=cpu out=[" + out + "/segmented]");
run("Clean Mask...", "source=[" + out + "/segmented/labels.tif] fill_holes=volume smooth_slices=3 minimum_size=500 out=[" + out + "/clean.tif]");
open(out + "/clean.tif");
Stack.getStatistics(voxels, mean, min, max);
print("Objects after cleaning, at most: " + max);
setBatchMode("exit and display");
