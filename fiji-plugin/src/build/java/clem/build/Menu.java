package clem.build;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import clem.schema.Operation;
import clem.schema.Schema;
import clem.workflow.Commands;

/**
 * Plugins > CLEM-Reg in ImageJ, as plugins.config says it. The first word of an operation's name decides where its command goes and its title what
 * it is called, so a new operation needs nothing here. What is no operation stands in {@link Commands#OWN}.
 */
public final class Menu {
	private static final String ROOT = "Plugins>CLEM-Reg", CLASS = "clem.ij.ClemReg";

	/**
	 * The groups in the order of the menu; the last has no submenu. ImageJ puts a submenu before the first entry that comes after it in the alphabet, so that after the workflows the submenus would stand among them: they come
	 * first, above a line.
	 */
	private enum Group {
		HELP(">Help"), EXCHANGE(">Import and Export"), SAMPLES(">Samples"), STEPS(">Steps"), TOOLS(">Tools"), WORKFLOWS("");

		final String submenu;

		Group(final String submenu) {
			this.submenu = submenu;
		}
	}

	/** What people come for, in this order. */
	private static final List<String> WORKFLOWS = Arrays.asList("register", "batch", "detect_cells", "track_cells", "famous_project", "segment_organelles");
	/** What does not lead from images to a result, but goes with it. */
	private static final List<String> TOOLS = Arrays.asList("annotate", "compare", "convert", "download", "evaluate", "measure", "model", "transform");
	private static final List<String> HELP = Arrays.asList("help", "examples", "self_test", "about");
	/** On the command line only: it wants the truth of a simulation. */
	private static final List<String> HIDDEN = Arrays.asList("evaluate_tre");
	private static final List<String> SMALL = Arrays.asList("a", "an", "and", "as", "by", "for", "from", "in", "of", "on", "onto", "the", "to", "with");

	private Menu() {}

	/** The text of plugins.config. */
	static String config(final Schema schema) {
		final Map<Group, List<String[]>> menu = new EnumMap<>(Group.class);
		for (final Group group : Group.values()) menu.put(group, new ArrayList<>());
		for (final Operation operation : Commands.of(schema)) {
			if (!HIDDEN.contains(operation.name)) menu.get(group(operation.name)).add(new String[] { operation.name, label(operation) });
		}
		Commands.OWN.forEach((name, label) -> menu.get(group(name)).add(new String[] { name, label }));
		menu.get(Group.WORKFLOWS).sort(Comparator.comparing(command -> WORKFLOWS.indexOf(command[0])));
		final StringBuilder config = new StringBuilder("# CLEM-Reg's menu in ImageJ. Made from the operations by clem.build.Menu.\n");
		for (final Map.Entry<Group, List<String[]>> group : menu.entrySet()) {
			if (group.getKey() == Group.WORKFLOWS) config.append(ROOT).append(", \"-\"\n");
			for (final String[] command : group.getValue()) {
				config.append(ROOT).append(group.getKey().submenu).append(", \"").append(command[1]).append("\", ").append(CLASS).append("(\"").append(command[0]).append("\")\n");
			}
		}
		return config.toString();
	}

	private static Group group(final String name) {
		final String first = name.split("_")[0];
		if (WORKFLOWS.contains(name)) return Group.WORKFLOWS;
		if (HELP.contains(name)) return Group.HELP;
		if (TOOLS.contains(first)) return Group.TOOLS;
		return first.equals("export") || first.equals("import") ? Group.EXCHANGE : first.equals("simulate") ? Group.SAMPLES : Group.STEPS;
	}

	/** The words of the title, with capitals; a simulation is a sample to those who open it. */
	static String label(final Operation operation) {
		if (operation.name.equals("register")) return "Register...";
		final String kind = Commands.kind(operation);
		if (!kind.isEmpty()) return "Open Sample (" + (kind.equals("clem") ? "CLEM" : capitals(kind.replace('-', ' '))) + ")";
		return capitals(operation.title) + "...";
	}

	private static String capitals(final String words) {
		final StringBuilder label = new StringBuilder();
		for (final String word : words.split(" ")) {
			if (label.length() > 0) label.append(' ');
			label.append(label.length() > 0 && SMALL.contains(word) ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
		}
		return label.toString();
	}
}
