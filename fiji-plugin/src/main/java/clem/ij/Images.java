package clem.ij;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import clem.bridge.ClemRegException;
import clem.image.ImageFiles;
import clem.image.VolumeImage;
import ij.ImagePlus;
import ij.WindowManager;

/** The images that are open in ImageJ. */
final class Images {
	private Images() {}

	/** The titles of the open images. */
	static List<String> titles() {
		final List<String> titles = new ArrayList<>();
		final int[] ids = WindowManager.getIDList();
		if (ids != null) for (final int id : ids) titles.add(WindowManager.getImage(id).getTitle());
		return titles;
	}

	/** Finds an image by title or ID, or opens a file. */
	static VolumeImage.Opened find(final String role, final String text, final int channel) {
		final ImagePlus image = open(text);
		final String ambiguous = ambiguous(text);
		if (ambiguous != null) throw ClemRegException.badInput(role + ": " + ambiguous);
		if (image != null) return new VolumeImage.Opened(role, image, image.getTitle(), null, channel);
		final ImageFiles.Choice file = ImageFiles.choice(role, text);
		if (file.file.isFile()) return ImageFiles.open(role, text).withChannel(file.channel > 0 ? 0 : channel);
		final List<String> titles = titles();
		throw ClemRegException.badInput(role + ": there is no open image and no file '" + new File(text) + "'. "
			+ (titles.isEmpty() ? "No image is open." : "Open are: " + String.join(", ", titles) + "."));
	}

	/** What to do where several images have one title, or null where only one has it. */
	static String ambiguous(final String title) {
		final Set<Integer> ids = new TreeSet<>();
		final int[] open = WindowManager.getIDList();
		if (open != null) for (final int id : open) if (title.equals(WindowManager.getImage(id).getTitle())) ids.add(id);
		return ids.size() < 2 ? null : "several open images are called '" + title + "'. Rename all but one (Image > Rename...), or name the one by its ID (" + ids.stream().map(String::valueOf).collect(Collectors.joining(", ")) + ").";
	}

	/** The open image of that title or ID, or null. */
	static ImagePlus open(final String text) {
		final int[] ids = WindowManager.getIDList();
		if (ids == null) return null;
		for (final int id : ids) {
			final ImagePlus image = WindowManager.getImage(id);
			if (image != null && (image.getTitle().equals(text) || String.valueOf(id).equals(text))) return image;
		}
		return null;
	}

	/** The image that the user looked at last, or "". */
	static String current(final List<String> titles) {
		final ImagePlus image = WindowManager.getCurrentImage();
		return image != null && titles.contains(image.getTitle()) ? image.getTitle() : titles.isEmpty() ? "" : titles.get(0);
	}

	/** The open image that an input most likely means, by its title, or "". */
	static String guess(final String role, final List<String> titles) {
		final String[] words = role.startsWith("moving") || role.equals("source") ? new String[] { "fm", "fluo", "lm" } : role.equals("registered") ? new String[] { "registered" } : new String[] { "em", "sem", "tem" };
		final boolean mask = role.endsWith("mask") || role.equals("labels") || role.equals("a") || role.equals("b");
		String best = "";
		int most = 0;
		for (final String title : titles) {
			final String lower = title.toLowerCase(java.util.Locale.ROOT);
			int score = 1;
			for (final String word : words) if (lower.matches(".*\\b" + word + ".*") || lower.matches(".*[_-]" + word + ".*")) score += 2;
			if (lower.contains("mask") || lower.contains("label") || lower.contains("seg")) score += mask ? 4 : -4;
			// Of several label images the newest is meant: what was just segmented rather than the sample's truth.
			if (score > most || score == most && role.equals("labels")) {
				most = score;
				best = title;
			}
		}
		return best;
	}
}
