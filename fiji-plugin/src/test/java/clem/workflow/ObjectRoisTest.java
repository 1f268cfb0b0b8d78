package clem.workflow;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import clem.json.Json;
import clem.test.Check;
import ij.gui.Line;
import ij.gui.OvalRoi;
import ij.gui.Roi;

/** Boxes with classes as ROIs, as tables, and as the folder that Annotate keeps. */
public final class ObjectRoisTest {
	private static File folder() throws Exception {
		return Files.createTempDirectory("clemreg-boxes").toFile();
	}

	private static Roi named(final String name) {
		final Roi roi = new OvalRoi(10, 20, 30, 40);
		roi.setName(name);
		roi.setPosition(3);
		return roi;
	}

	private static File put(final File folder, final String name, final String text) throws Exception {
		return Files.write(new File(folder, name).toPath(), text.getBytes(StandardCharsets.UTF_8)).toFile();
	}

	public void namesTellClassAndScore() {
		Check.equal("mitochondria 12", ObjectRois.name("mitochondria", 12, 1));
		Check.equal("mitochondria 12 (0.83)", ObjectRois.name("mitochondria", 12, 0.8312));
		for (final String[] pair : new String[][] { { "mitochondria 12 (0.83)", "mitochondria" }, { "early endosomes-3", "early endosomes" }, { "nucleus", "nucleus" }, { "golgi 4-1", "golgi" }, { "class_3 12", "class_3" }, { "a1 b2 7 (1)", "a1 b2" } }) {
			Check.equal(pair[1], ObjectRois.objectClass(named(pair[0])));
		}
		Check.equal(0.83, ObjectRois.score(named("mitochondria 12 (0.83)")));
		Check.equal(1.0, ObjectRois.score(named("mitochondria 12")));
		for (final String none : new String[] { "0003-0040-0025", "0040-0025", "0003-0040-0025-1", null }) Check.that(ObjectRois.objectClass(named(none)) == null, none);
		// The property goes before the name.
		final Roi roi = named("anything 3");
		roi.setProperty(ObjectRois.CLASS, "class_3");
		Check.equal("class_3", ObjectRois.objectClass(roi));
	}

	public void roisBecomeATable() throws Exception {
		final Roi comma = ObjectRois.roi("a, \"b\"", 1, 0.5, 7, new double[] { 1.25, 2, 3.5, 4 }, null);
		final TextFile table = ObjectRois.table("boxes", "r.zip", Arrays.asList(named("mito 1 (0.25)"), comma));
		Check.equal("slice,name,x,y,width,height,score\n3,\"mito\",10.0,20.0,30.0,40.0,0.25\n7,\"a, \"\"b\"\"\",1.25,2.0,3.5,4.0,0.5\n", table.text());
		Check.badInput(() -> ObjectRois.table("boxes", "r.zip", Arrays.asList(named("0003-0040-0025"))), "boxes", "r.zip", "0003-0040-0025 has no class");
		final Roi line = new Line(1, 2, 3, 4);
		line.setName("mito 2");
		Check.badInput(() -> ObjectRois.table("boxes", "r.zip", Arrays.asList(line)), "mito 2", "no area");
		// A zip is made a table; folders and tables are the algorithms' business.
		final File folder = folder(), zip = new File(folder, "r.zip");
		Files.write(zip.toPath(), CellRois.zip(Arrays.asList(named("mito 1 (0.25)"), comma)));
		Check.equal(table.text(), ((TextFile) ObjectRois.read("boxes", zip.getPath())).text());
		Check.equal(folder, ObjectRois.read("boxes", folder.getPath()));
		Check.badInput(() -> ObjectRois.read("boxes", folder + "/none"), "boxes", "none");
	}

	public void aReportsTableBecomesRois() {
		final Map<String, Object> table = Json.parseObject("{\"columns\":[\"slice\",\"class\",\"name\",\"x\",\"y\",\"width\",\"height\",\"score\"],\"rows\":[[3,0,\"mito\",1,2,3,4,1],[4,1,\"golgi\",5,6,7,8,0.5],[4,0,\"mito\",9,1,2,3,1]]}");
		final List<String> names = new ArrayList<>();
		for (final Roi roi : ObjectRois.of(table, null)) names.add(roi.getName() + "@" + roi.getPosition() + roi.getBounds().x);
		Check.equal("[mito 1@31, golgi 1 (0.50)@45, mito 2@49]", names.toString());
	}

	public void aFolderComesBackAsItWas() throws Exception {
		final File folder = new File(folder(), "boxes");
		final BoxesFolder one = new BoxesFolder();
		one.classes.addAll(Arrays.asList("golgi", "mito"));
		one.rois.add(ObjectRois.roi("mito", 1, 1, 3, new double[] { 1, 2, 3, 4 }, null));
		one.rois.add(ObjectRois.roi("mito", 2, 0.5, 9, new double[] { 1.5, 2, 3, 4 }, null));
		one.slices.put(3, true);
		one.slices.put(5, false);
		one.write(folder);
		Check.equal("slice,class,name,x,y,width,height,score\n3,1,mito,1,2,3,4,1\n9,1,mito,1.5,2,3,4,0.5\n", RunRequest.readText("x", new File(folder, "boxes.csv")));
		Check.equal("slice,annotated\n3,1\n5,0\n", RunRequest.readText("x", new File(folder, "slices.csv")));
		final BoxesFolder two = BoxesFolder.read("boxes", folder, null);
		Check.equal(one.classes, two.classes);
		Check.equal(one.slices, two.slices);
		Check.equal("mito 2 (0.50)", two.rois.get(1).getName());
		Check.equal(9, two.rois.get(1).getPosition());
		// Again, over what is there; other files stay.
		put(folder, "notes.txt", "mine");
		two.rois.remove(1);
		two.write(folder);
		Check.equal(1, BoxesFolder.read("boxes", new File(folder, "boxes.csv"), null).rois.size());
		Check.that(new File(folder, "notes.txt").isFile(), "the user's file stays");
		// A zip of the ROIs serves as well.
		final File zip = new File(folder, "rois.zip");
		Files.write(zip.toPath(), CellRois.zip(one.rois));
		Check.equal("[mito]", BoxesFolder.read("boxes", zip, null).classes.toString());
	}

	public void filesOfImportDatasetAreAFolder() throws Exception {
		final Map<String, byte[]> files = new java.util.HashMap<>();
		files.put("boxes.csv", "slice,class,name,x,y,width,height,score\n3,1,golgi,1,2,3,4,1\n9,0,mito,5,6,7,8,1\n".getBytes("UTF-8"));
		files.put("obj.names", "mito\ngolgi\nempty\n".getBytes("UTF-8"));
		files.put("slices.csv", "slice,annotated\n3,1\n5,1\n9,1\n".getBytes("UTF-8"));
		final BoxesFolder read = BoxesFolder.of("boxes", files, null);
		Check.equal("[mito, golgi, empty]", read.classes.toString());
		Check.equal("{3=true, 5=true, 9=true}", read.slices.toString());
		Check.equal("golgi 1@3", read.rois.get(0).getName() + "@" + read.rois.get(0).getPosition());
		files.put("boxes.csv", "slice,x,y,width,height,name\n0,1,1,2,2,a\n".getBytes("UTF-8"));
		Check.badInput(() -> BoxesFolder.of("boxes", files, null), "boxes.csv", "line 2", "slice");
	}

	public void aFolderWithAFaultNamesTheLine() throws Exception {
		final File folder = folder();
		Check.badInput(() -> BoxesFolder.read("boxes", folder, null), "boxes", "there is no", "boxes.csv");
		for (final String[] bad : new String[][] {
			{ "slice,x,y,width\n", "line 1", "height" }, { "slice,x,y,width,height,name\n1,1,1,two,2,a\n", "line 2", "width is 'two'" }, { "slice,x,y,width,height,name\n0,1,1,2,2,a\n", "line 2", "slice" },
			{ "slice,x,y,width,height,name\n1,1,1,0,2,a\n", "line 2", "above 0" }, { "slice,x,y,width,height,name\n1,1,1,2,2,\n", "line 2", "neither a name" }, { "slice,x,y,width,height,name\n1,1,NaN,2,2,a\n", "y is 'NaN'" } }) {
			put(folder, "boxes.csv", bad[0]);
			Check.badInput(() -> BoxesFolder.read("boxes", folder, null), bad[1], bad[bad.length - 1]);
		}
		put(folder, "boxes.csv", "slice,x,y,width,height,class\n1,1,1,2,2,1\n");
		put(folder, "obj.names", "a\nb\n");
		Check.equal("b", ObjectRois.objectClass(BoxesFolder.read("boxes", folder, null).rois.get(0)));
		put(folder, "slices.csv", "slice,annotated\n1,yes\n");
		Check.badInput(() -> BoxesFolder.read("boxes", folder, null), "slices.csv", "line 2");
	}
}
