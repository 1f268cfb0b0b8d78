package clem.ij;

import java.awt.Color;
import java.awt.Rectangle;
import java.io.File;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import clem.image.LabelColours;
import clem.workflow.BoxesFolder;
import clem.workflow.CellRois;
import clem.workflow.ObjectRois;
import ij.ImagePlus;
import ij.Prefs;
import ij.gui.Roi;
import ij.plugin.frame.RoiManager;

/**
 * Boxes that a person draws in the slices of an image: the ROIs of the ROI manager that have a class, the classes with their colours, the slices that are to be looked at, and what
 * undoes the last steps. ROIs without a class are left alone. To be used on the event thread.
 */
final class Annotations {
	/** What is drawn smaller, in pixels, is a slip of the hand. */
	static final int LEAST_SIDE = 3;
	private static final int MOST_STEPS = 100;

	final ImagePlus image;
	private final Map<String, Color> classes = new LinkedHashMap<>();
	private final Map<Integer, Boolean> slices = new TreeMap<>();
	private final Deque<State> before = new ArrayDeque<>();
	private boolean saved = true;

	/** What undo brings back. */
	private static final class State {
		final List<Roi> rois = new ArrayList<>();
		final Map<Integer, Boolean> slices;

		State(final Roi[] all, final Map<Integer, Boolean> slices) {
			for (final Roi roi : all) rois.add((Roi) roi.clone());
			this.slices = new TreeMap<>(slices);
		}
	}

	Annotations(final ImagePlus image) {
		this.image = image;
	}

	/** The names of the classes, in their order. */
	List<String> classes() {
		return new ArrayList<>(classes.keySet());
	}

	Color colour(final String name) {
		return classes.getOrDefault(name, Color.YELLOW);
	}

	/** Adds a class, or gives it another colour; a colour that is null is chosen. */
	void addClass(final String name, final Color colour) {
		classes.put(name, colour != null ? colour : classes.getOrDefault(name, LabelColours.colour(classes.size() % LabelColours.COUNT)));
		for (final Roi roi : manager().getRoisAsArray()) if (name.equals(objectClass(roi))) roi.setStrokeColor(classes.get(name));
		saved = false;
		show();
	}

	/** The slices (from 1) that are to be looked at, and whether they were. */
	Map<Integer, Boolean> slices() {
		return slices;
	}

	/** Takes over proposed slices; those that were looked at stay. */
	void propose(final List<Integer> proposed) {
		remember();
		slices.values().removeIf(annotated -> !annotated);
		for (final int slice : proposed) slices.putIfAbsent(slice, false);
	}

	/** Says whether all objects of a slice are there. */
	void mark(final int slice, final boolean annotated) {
		if (Boolean.valueOf(annotated).equals(slices.get(slice))) return;
		slices.put(slice, annotated);
		saved = false;
	}

	boolean annotated(final int slice) {
		return Boolean.TRUE.equals(slices.get(slice));
	}

	/** The next of the slices after this one, or before it; 0 where there is none. */
	int neighbour(final int slice, final boolean next) {
		int found = 0;
		for (final int one : slices.keySet()) {
			if (next && one > slice) return one;
			if (!next && one < slice) found = one;
		}
		return found;
	}

	/** The boxes of the image. */
	List<Roi> boxes() {
		final List<Roi> boxes = new ArrayList<>();
		for (final Roi roi : manager().getRoisAsArray()) if (objectClass(roi) != null) boxes.add(roi);
		return boxes;
	}

	int count(final String name) {
		int count = 0;
		for (final Roi roi : manager().getRoisAsArray()) if (name.equals(objectClass(roi))) count++;
		return count;
	}

	/** The class of a box of ours; null for other ROIs. */
	static String objectClass(final Roi roi) {
		return roi.getProperty(ObjectRois.CLASS) == null ? null : ObjectRois.objectClass(roi);
	}

	/** What has been loaded so far is where undoing ends, and needs no saving. */
	void start() {
		before.clear();
		saved = true;
	}

	/** What the user has drawn or moved in the image: a new rectangle becomes a box of the class; a box that was moved or resized takes its place. */
	boolean take(final String name) {
		final Roi drawn = image.getRoi();
		if (drawn == null || drawn.getType() != Roi.RECTANGLE) return false;
		final Rectangle box = drawn.getBounds();
		if (box.width < LEAST_SIDE || box.height < LEAST_SIDE) return false;
		final RoiManager manager = manager();
		if (objectClass(drawn) != null) {
			final int index = manager.getSelectedIndex();
			if (index < 0 || index >= manager.getCount() || manager.getRoi(index).getBounds().equals(box) || objectClass(manager.getRoi(index)) == null) return false;
			remember();
			// A person has put it there: it is sure.
			final Roi moved = box(objectClass(drawn), number(manager.getRoi(index)), CellRois.slice(manager.getRoi(index)), box);
			replace(index, moved);
			mark(slice(), true);
			return true;
		}
		if (name == null) return false;
		remember();
		final Roi roi = box(name, next(name), slice(), box);
		manager.add((ImagePlus) null, roi, -1);
		image.deleteRoi();
		mark(slice(), true);
		show();
		return true;
	}

	/** Gives the selected boxes another class; whether there were any. */
	boolean reclass(final String name) {
		final int[] chosen = chosen();
		if (chosen.length == 0) return false;
		remember();
		for (final int index : chosen) {
			final Roi old = manager().getRoi(index);
			replace(index, box(name, next(name), CellRois.slice(old), old.getBounds()));
			mark(CellRois.slice(old), true);
		}
		return true;
	}

	/** Removes the selected boxes; whether there were any. */
	boolean delete() {
		final int[] chosen = chosen();
		if (chosen.length == 0) return false;
		remember();
		final List<Roi> kept = new ArrayList<>();
		final RoiManager manager = manager();
		for (int i = 0; i < manager.getCount(); i++) {
			final int index = i;
			if (java.util.Arrays.stream(chosen).noneMatch(c -> c == index)) kept.add(manager.getRoi(i));
			else mark(CellRois.slice(manager.getRoi(i)), true);
		}
		image.deleteRoi();
		fill(kept);
		return true;
	}

	/** The boxes among the ROIs that are selected in the manager, of the slice that is seen. */
	private int[] chosen() {
		final RoiManager manager = manager();
		return java.util.Arrays.stream(manager.getSelectedIndexes().length == 0 ? new int[] { manager.getSelectedIndex() } : manager.getSelectedIndexes())
			.filter(i -> i >= 0 && i < manager.getCount() && objectClass(manager.getRoi(i)) != null).toArray();
	}

	/** Takes the last step back; whether there was one. */
	boolean undo() {
		if (before.isEmpty()) return false;
		final State state = before.pop();
		image.deleteRoi();
		slices.clear();
		slices.putAll(state.slices);
		saved = false;
		fill(state.rois);
		return true;
	}

	/** Lists the classes of boxes that are in the ROI manager already, such as those that Detect Objects has shown there; they are not in the folder yet. */
	void adopt() {
		for (final Roi roi : boxes()) if (!classes.containsKey(objectClass(roi))) addClass(objectClass(roi), null);
	}

	/** Whether all is saved. */
	boolean saved() {
		return saved;
	}

	/** Adds the boxes, classes and slices of a folder; boxes that are there in the same place already are passed over. */
	int load(final BoxesFolder folder) {
		remember();
		for (final String name : folder.classes) classes.computeIfAbsent(name, n -> LabelColours.colour(classes.size() % LabelColours.COUNT));
		folder.slices.forEach((slice, annotated) -> slices.merge(slice, annotated, Boolean::logicalOr));
		final List<Roi> all = new ArrayList<>(java.util.Arrays.asList(manager().getRoisAsArray()));
		final java.util.Set<String> there = new java.util.HashSet<>();
		for (final Roi roi : all) if (objectClass(roi) != null) there.add(place(roi));
		int added = 0;
		for (final Roi roi : folder.rois) {
			if (!there.add(place(roi))) continue;
			roi.setStrokeColor(colour(objectClass(roi)));
			all.add(roi);
			added++;
		}
		fill(all);
		return added;
	}

	private static String place(final Roi roi) {
		return CellRois.slice(roi) + " " + objectClass(roi) + " " + roi.getFloatBounds();
	}

	/** Writes the folder. */
	void save(final File place) {
		final BoxesFolder folder = new BoxesFolder();
		folder.classes.addAll(classes.keySet());
		folder.rois.addAll(boxes());
		for (final Roi roi : folder.rois) if (!folder.classes.contains(objectClass(roi))) folder.classes.add(objectClass(roi));
		folder.slices.putAll(slices);
		folder.write(place);
		saved = true;
	}

	private void remember() {
		before.push(new State(manager().getRoisAsArray(), slices));
		if (before.size() > MOST_STEPS) before.removeLast();
		saved = false;
	}

	private Roi box(final String name, final int number, final int slice, final Rectangle box) {
		final Roi roi = ObjectRois.roi(name, number, 1, slice, new double[] { box.x, box.y, box.width, box.height }, image);
		roi.setStrokeColor(colour(name));
		return roi;
	}

	/** The slice that is seen, from 1. */
	int slice() {
		return image.getNChannels() > 1 || image.getNFrames() > 1 ? image.getZ() : image.getCurrentSlice();
	}

	private int next(final String name) {
		int most = 0;
		for (final Roi roi : manager().getRoisAsArray()) if (name.equals(objectClass(roi))) most = Math.max(most, number(roi));
		return most + 1;
	}

	private static int number(final Roi roi) {
		final java.util.regex.Matcher matcher = java.util.regex.Pattern.compile(".* (\\d+)(?: \\(.*\\))?(?:-\\d+)?").matcher(roi.getName() == null ? "" : roi.getName());
		return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 1;
	}

	private void replace(final int index, final Roi roi) {
		final List<Roi> all = new ArrayList<>(java.util.Arrays.asList(manager().getRoisAsArray()));
		all.set(index, roi);
		image.deleteRoi();
		fill(all);
	}

	private void fill(final List<Roi> rois) {
		final RoiManager manager = manager();
		manager.reset();
		// Not addRoi, which moves the current image to each ROI's slice.
		for (final Roi roi : rois) manager.add((ImagePlus) null, roi, -1);
		show();
	}

	/** Shows the boxes of the slice that is seen. */
	void show() {
		if (image.getStackSize() > 1) Prefs.showAllSliceOnly = true;
		manager().runCommand(image, "Show All with labels");
	}

	private static RoiManager manager() {
		final RoiManager open = RoiManager.getInstance2();
		return open == null ? new RoiManager() : open;
	}
}
