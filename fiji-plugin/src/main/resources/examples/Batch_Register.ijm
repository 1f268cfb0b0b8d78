// Makes two small samples and registers them, one after the other. Runs in ImageJ and Fiji, with or without a screen, and needs no argument:
//   fiji --headless -macro Batch_Register.ijm ['/data/pairs,/data/results']
// The folder of pairs has a sub-folder for each, with fm.tif, em_mask.tif and em.tif. Run it again and only what is new is registered.
setBatchMode(true);
argument = getArgument();
if (argument == "") {
	folder = getDirectory("temp") + "clemreg-batch-" + d2s(getTime(), 0);
	for (seed = 1; seed <= 2; seed++)
		run("Open Sample (CLEM)", "seed=" + seed + " em_size_z=80 em_size_y=400 em_size_x=400 out=[" + folder + "/pairs/sample " + seed + "]");
	argument = folder + "/pairs," + folder + "/results";
}
parts = split(argument, ",");
run("Batch Register...", "folder=[" + parts[0] + "] out=[" + parts[1] + "]");
print(File.openAsString(parts[1] + "/batch.csv"));
setBatchMode("exit and display");
