// Measures the shift between two colours on beads and corrects it in a registration. Runs in ImageJ and Fiji, with or without a screen, and needs
// no argument: it makes the beads and a sample with two channels.
setBatchMode(true);
folder = getDirectory("temp") + "clemreg-colours-" + d2s(getTime(), 0);
File.makeDirectory(folder);
beads("beads-1.tif", 0, 0, 0);
// The second colour lies one slice higher, 3 pixels down and 2 to the left.
beads("beads-2.tif", 1, 3, -2);
run("Measure Chromatic Shift...", "reference=beads-1.tif shifted=beads-2.tif bead_diameter=300 channel_number=2 out=[" + folder + "/shift.json]");
text = File.openAsString(folder + "/shift.json");
from = indexOf(text, "\"channel_offsets\"") + lengthOf("\"channel_offsets\"");
from = indexOf(text, "\"", from) + 1;
offsets = substring(text, from, indexOf(text, "\"", from));
print("channel_offsets=" + offsets);
run("Open Sample (CLEM)", "channels=2 em_size_z=80 em_size_y=400 em_size_x=400");
run("Register...", "moving=sample-fm.tif moving_channel=1 fixed=sample-em.tif fixed_mask=sample-em-mask.tif channel_offsets=[" + offsets + "] show_intermediates=false");
setBatchMode("exit and display");

function beads(title, dz, dy, dx) {
	newImage(title, "32-bit black", 180, 180, 24);
	setVoxelSize(50, 50, 130, "nm");
	for (y = 0; y < 3; y++) {
		for (x = 0; x < 3; x++) {
			setSlice(9 + (x + 2 * y) % 5 + dz);
			setPixel(35 + 52 * x + 4 * y + dx, 38 + 50 * y + dy, 1000000);
		}
	}
	run("Gaussian Blur 3D...", "x=2.5 y=2.5 z=1.5");
	run("Add Specified Noise...", "stack standard=20");
}
