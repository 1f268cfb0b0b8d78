package clem.build;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** What people type into Fiji's search bar who do not know the name of a command. The bar looks into labels and menus only, so these words make labels of entries that stand in no menu and open the command. */
final class SearchTerms {
	/** Operation to words. */
	static final Map<String, String> ALL;
	static {
		final Map<String, String> all = new LinkedHashMap<>();
		all.put("register", "correlative registration of fluorescence and electron microscopy (CLEM) by mitochondria, alignment");
		all.put("batch", "correlative registration (CLEM) of many pairs");
		all.put("segment_em", "mitochondria segmentation in volume electron microscopy, MitoNet, deep learning");
		all.put("detect_cells", "fluorescent cell detection in resin sections");
		all.put("track_cells", "cells through serial sections");
		all.put("famous_project", "organelle segmentation and annotation, YOLO");
		all.put("segment_organelles", "organelle segmentation: endosomes, lysosomes, mitochondria, nucleus");
		all.put("detect_objects", "organelle detection, YOLO, deep learning");
		all.put("mesh", "organelle surface mesh, STL, volume, area, contacts");
		all.put("compare_segmentations", "Dice, F1, intersection over union of labels or meshes");
		all.put("align_slices", "serial section alignment, drift correction");
		all.put("evaluate", "registration error at landmarks, TRE");
		ALL = Collections.unmodifiableMap(all);
	}

	private SearchTerms() {}
}
