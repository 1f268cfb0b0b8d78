// Registers the built-in sample by its mitochondria and measures how well its other channel, lysosomes, covers the lysosomes of the EM.
// Runs in ImageJ and Fiji, with or without a screen, and needs no argument. For your own images name them in the last two lines.
setBatchMode(true);
run("Open Sample (CLEM)", "channels=2 em_size_z=80 em_size_y=400 em_size_x=400");
run("Register...", "moving=sample-fm.tif moving_channel=1 fixed=sample-em.tif fixed_mask=sample-em-mask.tif show_intermediates=false");
// Channel 1 of the result is the EM, channel 2 the mitochondria, channel 3 the lysosomes.
run("Evaluate Registration...", "registered=[Registered sample-fm.tif] registered_channel=3 labels=sample-em-targets.tif");
// The log has the figures in words, and with a screen there are tables. Without one ImageJ keeps no tables: add out=[FOLDER] for CSV files.
table = "Evaluate registration: classes";
if (isOpen(table)) {
	print("True positive rate: " + d2s(Table.get("tpr_mean", 0, table), 2) + " +- " + d2s(Table.get("tpr_sd", 0, table), 2)
		+ " of " + Table.get("structures", 0, table) + " structures");
}
setBatchMode("exit and display");
