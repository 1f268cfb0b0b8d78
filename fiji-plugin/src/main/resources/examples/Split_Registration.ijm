// Registers a sample step by step, each on files that could be yours: an own mask, own points, an own transform. Runs in ImageJ and Fiji, with or
// without a screen, and needs no argument.
setBatchMode(true);
folder = getDirectory("temp") + "clemreg-steps-" + d2s(getTime(), 0);
run("Open Sample (CLEM)", "em_size_z=80 em_size_y=400 em_size_x=400 out=[" + folder + "/sample]");
fm = "[" + folder + "/sample/fm.tif]";
em = "[" + folder + "/sample/em.tif]";
mask = "[" + folder + "/sample/em_labels.tif]";
run("Segment Fluorescence...", "moving=" + fm + " log_sigma=3 out=[" + folder + "/moving_mask.tif]");
// Both clouds are sampled on the EM's isotropic voxels.
run("Sample Points...", "mask=[" + folder + "/moving_mask.tif] isotropic_spacing=20 out=[" + folder + "/moving_points.csv]");
run("Sample Points...", "mask=" + mask + " isotropic_spacing=20 out=[" + folder + "/fixed_points.csv]");
run("Register Points...", "moving_points=[" + folder + "/moving_points.csv] fixed_points=[" + folder + "/fixed_points.csv] out=[" + folder + "/points]");
run("Warp...", "source=" + fm + " transform=[" + folder + "/points/transform.json] target=" + em + " out=[" + folder + "/registered.tif]");
// Register takes any of these too, and goes on from there: here another algorithm on the same clouds, from the first one's result.
run("Register...", "moving=" + fm + " fixed_mask=" + mask + " moving_points=[" + folder + "/moving_points.csv] fixed_points=[" + folder + "/fixed_points.csv]"
	+ " registration_start=[" + folder + "/points/transform.json] registration_algorithm=affine stop_after=registration show_intermediates=false out=[" + folder + "/affine]");
print("Registered step by step: " + folder + "/registered.tif");
setBatchMode("exit and display");
