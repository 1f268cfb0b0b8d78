package clem.workflow;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import clem.bridge.ClemRegException;

/** An image that follows the registration, as it was asked for: a file or title, with #order=0 to #order=5 behind it where it has an interpolation order of its own. */
final class Linked {
	private static final Pattern ORDER = Pattern.compile("^(.*)#order=([^#]*)$", Pattern.DOTALL);

	/** linked_1, linked_2 and so on. */
	final String role;
	/** The file (with its channel) or title. */
	final String image;
	/** 0 to 5, or null for the registration's. */
	final Long order;

	private Linked(final String role, final String image, final Long order) {
		this.role = role;
		this.image = image;
		this.order = order;
	}

	/** The images in the text of the input; none where it is null. */
	static List<Linked> list(final String text) {
		final List<Linked> list = new ArrayList<>();
		for (final String one : Commands.list(text)) {
			final String role = Commands.LINKED + "_" + (list.size() + 1);
			final Matcher matcher = ORDER.matcher(one);
			if (!matcher.matches()) list.add(new Linked(role, one, null));
			else if (matcher.group(2).matches("[0-5]")) list.add(new Linked(role, matcher.group(1), Long.valueOf(matcher.group(2))));
			else throw ClemRegException.badInput(role + " = " + one + " is not allowed: an interpolation order is 0 (labels and masks) to 5, as in labels.tif#order=0.");
		}
		return list;
	}
}
