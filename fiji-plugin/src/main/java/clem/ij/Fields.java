package clem.ij;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.schema.Operation;
import clem.schema.Parameter;
import clem.workflow.CellTable;
import clem.workflow.Commands;

/** What the dialog of an operation asks and its macro call knows: one list for both. */
final class Fields {
	/** Whether Track Cells follows the cells of the ROI manager. */
	static final String ROI_MANAGER = "roi_manager";
	/** The fiducials of an image, which are clicked in it. */
	static final String FIDUCIALS = "fiducial_pixels";
	static final String OUT = "out", OVERWRITE = "overwrite", THREADS = "threads", SHOW = "show_intermediates";

	/** How a field is filled in. */
	enum Kind { IMAGE, OPTIONAL_IMAGE, FILE, OPTIONAL_FILE, MODEL, OPTIONAL_MODEL, FOLDER, OUTPUT, TEXT, NUMBER, FLAG, CHOICE }

	/** One field. */
	static final class Field {
		final String key;
		final String label;
		final String help;
		final Kind kind;
		final String standard;
		/** The parameter, or null. */
		final Parameter parameter;

		private Field(final String key, final String label, final String help, final Kind kind, final String standard, final Parameter parameter) {
			this.key = key;
			this.label = label;
			this.help = help;
			this.kind = kind;
			this.standard = standard;
			this.parameter = parameter;
		}
	}

	/** Heading to fields. */
	final Map<String, List<Field>> groups = new LinkedHashMap<>();

	private Fields() {}

	/** The fields of an operation: images, voxel sizes, parameters, and where results go. */
	static Fields of(final Operation operation) {
		final Fields fields = new Fields();
		for (final Commands.FileInput input : Commands.inputs(operation)) {
			if (input.isImage()) {
				fields.add("Images", input.name, words(input.name), input.help, input.required ? Kind.IMAGE : Kind.OPTIONAL_IMAGE, "");
				if (input.name.equals("source")) {
					fields.add("Images", input.name + "_channel", words(input.name) + " channel", "The channel to work on, from 1; 0: all. Align Slices finds the shifts on it and applies them to all.", Kind.NUMBER, "0");
				}
				if (operation.findsCells() && input.name.equals("image")) {
					fields.add("Images", input.name + "_channel", words(input.name) + " channel", "The channel with the cells, from 1.", Kind.NUMBER, "1");
				}
				if (input.kind.equals("volume") || input.name.equals("registered")) {
					fields.add("Images", input.name + "_channel", words(input.name) + " channel", "The channel to use, from 1."
						+ (input.name.equals("registered") ? " In the composite that Register... shows, channel 1 is the EM." : ""), Kind.NUMBER, "1");
				}
			}
			else if (input.isCells()) {
				fields.add("Cells", input.name, words(input.name), input.help + " A file, the title of an open table or label image, or " + CellTable.MANAGER + ".", input.isSeveral() ? Kind.TEXT : input.required ? Kind.FILE : Kind.OPTIONAL_FILE, "");
			}
			else if (input.isBoxes()) {
				fields.add("Boxes", input.name, words(input.name), input.help + " A folder, a table, a zip of ROIs, or " + CellTable.MANAGER + ".", input.required ? Kind.FILE : Kind.OPTIONAL_FILE, "");
			}
			else if (input.isSeveral()) fields.add("Images", input.name, words(input.name) + " images", input.help + " Titles of open images or files.", Kind.TEXT, "");
			// A model is chosen together with the image that it is for.
			else fields.add(input.isFile() && fields.groups.containsKey("Images") ? "Images" : "Files", input.name, words(input.name), input.help + (input.kind.equals("points") ? " A CSV file or the title of an open table." : ""),
				input.isFolder() ? Kind.FOLDER : input.kind.equals("model") ? input.required ? Kind.MODEL : Kind.OPTIONAL_MODEL : input.required ? Kind.FILE : Kind.OPTIONAL_FILE, "");
		}
		if (operation.findsCells() && operation.input("boxes") != null) {
			fields.add("Images", ROI_MANAGER, "The ROI Manager's cells", "Follows the cells that are in the ROI Manager, as you corrected them there, in place of finding them anew. ROIs without a score in their name count as sure. Without a screen: those of the image's overlay.", Kind.FLAG, "false");
		}
		for (final String key : Commands.spacings(operation)) {
			fields.add("Images", key, words(key) + " (nm; z,xy)", "Voxel size as z,xy or z,y,x. Empty: as the image says in Image > Properties.", Kind.TEXT, "");
		}
		for (final Map.Entry<String, List<Parameter>> group : operation.groups().entrySet()) {
			for (final Parameter parameter : group.getValue()) {
				final Kind kind = parameter.type == Parameter.Type.BOOLEAN ? Kind.FLAG : parameter.type == Parameter.Type.CHOICE ? Kind.CHOICE
					: parameter.type == Parameter.Type.TEXT ? Kind.TEXT : Kind.NUMBER;
				fields.add(group.getKey().isEmpty() ? "Parameters" : group.getKey(), new Field(parameter.name, parameter.labelWithUnit(),
					parameter.help + " (" + parameter.allowed() + ")", kind, parameter.defaultText(), parameter));
			}
		}
		if (operation.name.equals("register")) fields.add("Output", SHOW, "Show intermediates", "Shows the masks with the point clouds and the overview picture.", Kind.FLAG, "true");
		fields.add("Output", OUT, Commands.givesFolder(operation) ? "Output folder" : "Output file",
			"Where to save the results; empty: they are only shown. A folder or file that exists is not touched unless overwrite is set.", Kind.OUTPUT, "");
		fields.add("Output", OVERWRITE, "Overwrite", "Replaces files that exist in the output.", Kind.FLAG, "false");
		fields.add("Output", THREADS, "Threads", "Threads to use; 0 is all.", Kind.NUMBER, "0");
		return fields;
	}

	private void add(final String group, final String key, final String label, final String help, final Kind kind, final String standard) {
		add(group, new Field(key, label, help, kind, standard, null));
	}

	private void add(final String group, final Field field) {
		groups.computeIfAbsent(group, g -> new ArrayList<>()).add(field);
	}

	/** Whether a field's value is a path. */
	static boolean isPath(final Field field) {
		return field.kind == Kind.FILE || field.kind == Kind.OPTIONAL_FILE || field.kind == Kind.MODEL || field.kind == Kind.OPTIONAL_MODEL || field.kind == Kind.FOLDER || field.kind == Kind.OUTPUT;
	}

	/** All fields. */
	List<Field> all() {
		final List<Field> all = new ArrayList<>();
		groups.values().forEach(all::addAll);
		return all;
	}

	/** All keys. */
	List<String> keys() {
		final List<String> keys = new ArrayList<>();
		for (final Field field : all()) keys.add(field.key);
		return keys;
	}

	private static String words(final String key) {
		final String words = key.replace('_', ' ').replace("fixed", "EM").replace("moving", "fluorescence");
		return Character.toUpperCase(words.charAt(0)) + words.substring(1);
	}
}
