// Registers a sample that was bent, rigidly and then with a deformation, and says whether the deformation earns its place. Runs in ImageJ and Fiji,
// with or without a screen, and needs no argument.
setBatchMode(true);
folder = getDirectory("temp") + "clemreg-deformable-" + d2s(getTime(), 0);
run("Open Sample (CLEM)", "transform=deformation em_size_z=80 em_size_y=400 em_size_x=400");
run("Register...", "moving=sample-fm.tif fixed=sample-em.tif fixed_mask=sample-em-mask.tif registration_algorithm=rigid_bcpd show_intermediates=false out=[" + folder + "]");
text = File.openAsString(folder + "/run.json");
held = indexOf(text, "\"held_out\"");
from = indexOf(text, "\"text\"", held) + lengthOf("\"text\"");
from = indexOf(text, "\"", from) + 1;
print("The verdict: " + substring(text, from, indexOf(text, "\"", from)));
setBatchMode("exit and display");
