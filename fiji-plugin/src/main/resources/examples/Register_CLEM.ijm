// Registers the built-in sample, or three images of yours. Runs in ImageJ and Fiji, with or without a screen:
//   fiji --headless -macro Register_CLEM.ijm '/data/fm.tif,/data/em.tif,/data/em_mask.tif,/data/result'
// The last part is the folder for the results; it must not exist yet.
setBatchMode(true);
argument = getArgument();
if (argument == "") {
	run("Open Sample (CLEM)");
	moving = "sample-fm.tif";
	fixed = "sample-em.tif";
	mask = "sample-em-mask.tif";
	keys = "";
} else {
	parts = split(argument, ",");
	moving = parts[0];
	fixed = parts[1];
	mask = parts[2];
	keys = " out=[" + parts[3] + "]";
}
run("Register...", "moving=[" + moving + "] fixed=[" + fixed + "] fixed_mask=[" + mask + "]" + keys);
if (isOpen("Registered " + File.getName(moving))) {
	selectImage("Registered " + File.getName(moving));
	getDimensions(width, height, channels, slices, frames);
	print("Registered image: " + width + " x " + height + " x " + slices + ", " + channels + " channels");
}
setBatchMode("exit and display");
