package clem.workflow;

import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.image.VolumeImage;

/** What a registration works on: the images, and results of its steps that the user has already. */
public final class RegisterInput {
	/** The clouds that may be given. */
	static final List<String> POINTS = Collections.unmodifiableList(Arrays.asList("moving_points", "fixed_points"));
	/** The transforms that may be given. */
	static final List<String> TRANSFORMS = Collections.unmodifiableList(Arrays.asList("registration_start", "transform"));

	/** The fluorescence. */
	public final VolumeImage moving;
	/** The time point of the fluorescence that is registered, from 1. */
	public final int frame;
	/** The EM, or null when there is only its mask. */
	public final VolumeImage fixed;
	/** The EM's mask: any image whose values above 0 are the organelle. */
	public final VolumeImage fixedMask;
	/** A mask of the fluorescence, or null to segment it. */
	public final VolumeImage movingMask;
	/** Images on the fluorescence's grid that are warped with it. */
	public final List<VolumeImage> linked = new ArrayList<>();
	/** Clouds that are given: z, y, x triples in nm. */
	final Map<String, double[]> points = new LinkedHashMap<>();
	/** Transforms that are given: the text of a transform.json. */
	final Map<String, String> transforms = new LinkedHashMap<>();
	/** The folder of an earlier run whose results may be used again, or null. */
	public File earlier;

	private final Map<String, File> files = new LinkedHashMap<>();

	/** Where the inputs are found: in files, or among the images that are open. */
	public interface Source {
		/** The image of an input, or null when there is none. */
		VolumeImage.Opened image(String role);

		/** The images that are warped besides. */
		List<VolumeImage.Opened> linked();

		/** The file (for a cloud also the open table) of an input that is no image, or null. */
		String file(String role);

		/** A cloud. */
		double[] points(String role, String file);

		/** The voxel size that the user gave, or null. */
		double[] spacing(String role);
	}

	private RegisterInput(final VolumeImage moving, final VolumeImage fixed, final VolumeImage fixedMask, final VolumeImage movingMask) {
		this.moving = moving;
		frame = moving.frame();
		this.fixed = fixed;
		this.fixedMask = fixedMask;
		this.movingMask = movingMask;
	}

	/** Finds and checks the inputs. */
	public static RegisterInput of(final Source source, final RunRequest request) {
		final double[] spacing = source.spacing("moving");
		final int frame = request.whole("moving_frame", 1);
		final VolumeImage moving = needed(source, "moving").series(spacing).setFrame(frame);
		final VolumeImage[] pair = VolumeImage.pair(source.image("fixed"), needed(source, "fixed_mask"), source.spacing("fixed"));
		final VolumeImage.Opened mask = source.image("moving_mask");
		final RegisterInput input = new RegisterInput(moving, pair[0], pair[1], mask == null ? null : moving.maskOf(mask, spacing != null));
		for (final VolumeImage.Opened one : source.linked()) {
			final VolumeImage volume = moving.linked(one, spacing != null);
			if (volume.frames != moving.frames) {
				throw ClemRegException.badInput(volume.role + ": '" + volume.name() + "' has " + volume.frames + " time points but moving '" + moving.name() + "' has "
					+ moving.frames + "; a linked image follows it point by point.");
			}
			input.linked.add(volume.setFrame(frame));
		}
		for (final String role : POINTS) {
			final String file = source.file(role);
			if (file == null) continue;
			input.points.put(role, source.points(role, file));
			input.files.put(role, new File(file));
		}
		for (final String role : TRANSFORMS) {
			final String file = source.file(role);
			if (file == null) continue;
			input.transforms.put(role, forward(role, new File(file)));
			input.files.put(role, new File(file));
		}
		return input;
	}

	/** The text of a transform that maps fluorescence to EM. What is wrong with it otherwise the algorithms say. */
	private static String forward(final String role, final File file) {
		final String text = RunRequest.readText(role, file);
		try {
			if ("fixed_to_moving".equals(clem.json.Json.parseObject(text).get("direction"))) {
				throw ClemRegException.badInput(role + ": " + file + " maps EM to fluorescence (direction fixed_to_moving); fluorescence to EM is needed. Use transform.json instead of inverse_transform.json.");
			}
		}
		catch (final clem.json.Json.SyntaxException e) {
			// Told by the algorithms with the line.
		}
		return text;
	}

	private static VolumeImage.Opened needed(final Source source, final String role) {
		final VolumeImage.Opened image = source.image(role);
		if (image == null) throw ClemRegException.badInput(role + " is missing: give the title of an open image or a file.");
		return image;
	}

	/** Begins to find out where the inputs come from. */
	Provenance provenance() {
		final Provenance provenance = new Provenance();
		for (final VolumeImage image : Arrays.asList(moving, fixed, fixedMask, movingMask)) provenance.add(image);
		for (final VolumeImage image : linked) provenance.add(image);
		for (final Map.Entry<String, File> file : files.entrySet()) provenance.add(file.getKey(), file.getValue());
		return provenance.start();
	}

	/** What each input is, as {@code register_plan} wants it: its hash, channel, time point and voxel size; null when a hash is not known. */
	Map<String, Object> identities(final Map<String, Object> provenance) {
		final Map<String, Object> identities = new LinkedHashMap<>();
		for (final VolumeImage image : Arrays.asList(moving, fixedMask, movingMask)) {
			if (image == null) continue;
			final String hash = hash(provenance, image.role);
			if (hash == null) return null;
			identities.put(image.role, hash + " " + image.channel + " " + (image == moving ? frame : 1) + " " + Arrays.toString(image.spacing) + " " + Arrays.toString(image.origin));
		}
		for (final String role : files.keySet()) {
			final String hash = hash(provenance, role);
			if (hash == null) return null;
			identities.put(role, hash);
		}
		return identities;
	}

	private static String hash(final Map<String, Object> provenance, final String role) {
		return (String) clem.json.Json.asObject(provenance.get(role)).get("sha256");
	}
}
