// Finds organelles as boxes with a YOLO network, slice by slice. Runs in ImageJ and Fiji, with or without a screen:
//   fiji --headless -macro Detect_Objects.ijm '/data/em.tif,/models/yolo.onnx,/data/boxes'
// Without an argument the built-in sample is used, with a network that finds what is dark: it is for trying out only.
setBatchMode(true);
argument = getArgument();
if (argument == "") {
	run("Open Sample (CLEM)", "em_size_z=20 em_size_y=300 em_size_x=300");
	image = "sample-em.tif";
	model = call("clem.api.Examples.model", "dark-boxes");
	out = getDirectory("temp") + "clemreg-objects-" + d2s(getTime(), 0);
} else {
	parts = split(argument, ",");
	image = parts[0];
	model = parts[1];
	out = parts[2];
}
// box_score: how sure the network must be.
run("Detect Objects...", "image=[" + image + "] model=[" + model + "] box_score=0.6 provider=cpu out=[" + out + "]");
lines = split(File.openAsString(out + "/boxes.csv"), "\n");
print(lines[0]);
print(lines[1]);
print("Boxes: " + (lines.length - 1));
setBatchMode("exit and display");
