// Registers a sample, writes the result for BigWarp, elastix and MoBIE, and reads landmarks back as a transform. Runs in ImageJ and Fiji, with or
// without a screen, and needs no argument. For your own registration name its transform.json and the two images.
setBatchMode(true);
folder = getDirectory("temp") + "clemreg-exchange-" + d2s(getTime(), 0);
run("Open Sample (CLEM)", "em_size_z=80 em_size_y=400 em_size_x=400 out=[" + folder + "/sample]");
images = "moving=[" + folder + "/sample/fm.tif] fixed=[" + folder + "/sample/em.tif] ";
run("Register...", images + "fixed_mask=[" + folder + "/sample/em_labels.tif] registration_algorithm=rigid show_intermediates=false out=[" + folder + "/registered]");
transform = "transform=[" + folder + "/registered/transform.json] ";
run("Export Transform...", transform + images + "format=bigwarp_landmarks out=[" + folder + "/landmarks.csv]");
run("Export Transform...", transform + images + "format=elastix out=[" + folder + "/elastix.txt]");
run("Export Transform...", transform + images + "format=mobie out=[" + folder + "/mobie.tsv]");
run("Export Points...", "points=[" + folder + "/registered/registered_points.csv] format=ply out=[" + folder + "/points.ply]");
// Landmarks set by hand in BigWarp come in the same way.
run("Import Transform...", "in=[" + folder + "/landmarks.csv] landmark_fit=similarity out=[" + folder + "/imported.json]");
lines = split(File.openAsString(folder + "/landmarks.csv"), "\n");
print("Landmarks for BigWarp: " + lines.length + " in " + folder + "/landmarks.csv");
print("Read back as " + folder + "/imported.json");
setBatchMode("exit and display");
