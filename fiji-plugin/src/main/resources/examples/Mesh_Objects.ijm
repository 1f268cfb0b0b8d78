// Makes surfaces of labelled objects and measures them. Runs in ImageJ and Fiji, with or without a screen:
//   fiji --headless -macro Mesh_Objects.ijm '/data/labels.tif,/data/meshes'
// The last part is the folder for the results; it must not exist yet. Without an argument the built-in sample is used.
setBatchMode(true);
argument = getArgument();
if (argument == "") {
	run("Open Sample (CLEM)", "em_size_z=40 em_size_y=300 em_size_x=300");
	labels = "sample-em-mask.tif";
	out = getDirectory("temp") + "clemreg-meshes-" + d2s(getTime(), 0);
} else {
	parts = split(argument, ",");
	labels = parts[0];
	out = parts[1];
}
run("Mesh and Measure Objects...", "labels=[" + labels + "] format=stl,obj minimum_size=500 out=[" + out + "]");
lines = split(File.openAsString(out + "/objects.csv"), "\n");
print(lines[0]);
print(lines[1]);
print("Surfaces: " + (lines.length - 1));
setBatchMode("exit and display");
