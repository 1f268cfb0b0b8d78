package clem.workflow;

import java.io.File;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.image.VolumeImage;
import clem.json.Json;
import clem.models.ModelFolders;

/** What a registration works on: the images, and results of its steps that the user has already. */
public final class RegisterInput {
	/** The clouds that may be given. */
	static final List<String> POINTS = Collections.unmodifiableList(Arrays.asList("moving_points", "fixed_points"));
	/** The inputs that are given as a file's text: transforms or landmarks. */
	static final List<String> TEXTS = Collections.unmodifiableList(Arrays.asList("registration_start", "transform"));

	/** The fluorescence. */
	public final VolumeImage moving;
	/** The time point of the fluorescence that is registered, from 1. */
	public final int frame;
	/** The EM, or null when there is only its mask. */
	public final VolumeImage fixed;
	/** The EM's mask: any image whose values above 0 are the organelle; or null when a model is to find them in the EM. */
	public final VolumeImage fixedMask;
	/** The model, or null where there is a mask. */
	final File model;
	/** A mask of the fluorescence, or null to segment it. */
	public final VolumeImage movingMask;
	/** Images on the grid of the one that is warped, which follow it, with the interpolation order that was given for each, or null. */
	public final Map<VolumeImage, Long> linked = new LinkedHashMap<>();
	/** Clouds that are given: z, y, x triples in nm. */
	final Map<String, double[]> points = new LinkedHashMap<>();
	/** Transforms or landmarks that are given. */
	final Map<String, TextFile> texts = new LinkedHashMap<>();
	/** The folder of an earlier run whose results may be used again, or null. */
	public File earlier;
	/** Whether the results are saved, so that a later run may use them again. */
	public boolean saved;

	private final Map<String, File> files = new LinkedHashMap<>();
	private final Map<VolumeImage.Opened, Long> opened = new LinkedHashMap<>();
	private boolean spacingGiven;
	private boolean fixedSpacingGiven;

	private RegisterInput(final VolumeImage moving, final VolumeImage fixed, final VolumeImage fixedMask, final File model, final VolumeImage movingMask) {
		this.moving = moving;
		frame = moving.frame();
		this.fixed = fixed;
		this.fixedMask = fixedMask;
		this.model = model;
		this.movingMask = movingMask;
	}

	/** Finds and checks the inputs. */
	public static RegisterInput of(final InputSource source, final RunRequest request) {
		final double[] spacing = source.spacing("moving");
		final int frame = request.whole("moving_frame", 1);
		final VolumeImage moving = source.needed("moving").series(spacing).setFrame(frame);
		final File model = model(source);
		final VolumeImage[] pair = model != null ? new VolumeImage[] { source.needed("fixed").volume(source.spacing("fixed")), null }
			: VolumeImage.pair(source.image("fixed"), source.needed("fixed_mask"), source.spacing("fixed"));
		final VolumeImage.Opened mask = source.image("moving_mask");
		final RegisterInput input = new RegisterInput(moving, pair[0], pair[1], model, mask == null ? null : moving.maskOf(mask, spacing != null));
		if (model != null) input.files.putAll(ModelFiles.of(model));
		for (final Linked one : Linked.list(source.text(Commands.LINKED))) input.opened.put(source.open(one.role, one.image), one.order);
		input.spacingGiven = spacing != null;
		input.fixedSpacingGiven = source.spacing("fixed") != null;
		for (final String role : POINTS) {
			final String file = source.text(role);
			if (file == null) continue;
			input.points.put(role, source.points(role, file));
			input.files.put(role, new File(file));
		}
		for (final String role : TEXTS) {
			final String file = source.text(role);
			if (file == null) continue;
			input.texts.put(role, TextFile.read(role, new File(file)));
			input.files.put(role, new File(file));
		}
		return input;
	}

	/** Refuses where there is neither a mask nor a model. */
	static void checkMask(final boolean there) {
		if (!there) throw ClemRegException.badInput("fixed_mask is missing: give a mask or label image of the EM's mitochondria (fixed_mask), or the EM and a model that finds them (fixed and model).");
	}

	/** The model, or null where a mask is given; one of them must be. */
	private static File model(final InputSource source) {
		final String model = source.text("model");
		final boolean mask = source.image("fixed_mask") != null;
		checkMask(mask || model != null);
		if (model == null) return null;
		if (mask) throw ClemRegException.badInput("fixed_mask and model are both given: a mask is used as it is, a model finds one in the EM. Leave one out.");
		if (source.image("fixed") == null) throw ClemRegException.badInput("fixed is missing: the model " + model + " finds the mitochondria in the EM. Give the EM, or a mask of its mitochondria (fixed_mask) in place of the model.");
		return ModelFolders.find("model", model);
	}

	/** The image on the EM's grid: the mask, or the EM where a model is to find it. */
	public VolumeImage em() {
		return fixedMask != null ? fixedMask : fixed;
	}

	/** The image that is warped: the EM (or its mask, where there is none) or the fluorescence. */
	VolumeImage warped(final boolean em) {
		return !em ? moving : fixed == null ? fixedMask : fixed;
	}

	/** Checks that the linked images lie on the grid of the image that is warped. */
	void link(final boolean em) {
		final VolumeImage leader = warped(em);
		for (final Map.Entry<VolumeImage.Opened, Long> one : opened.entrySet()) {
			final VolumeImage volume = leader.linked(one.getKey(), em ? fixedSpacingGiven : spacingGiven);
			if (volume.frames != leader.frames) {
				throw ClemRegException.badInput(volume.role + ": '" + volume.name() + "' has " + volume.frames + " time points but " + leader.role + " '" + leader.name() + "' has "
					+ leader.frames + "; a linked image follows it point by point.");
			}
			linked.put(volume.setFrame(leader.frame()), one.getValue());
		}
	}

	/** How many channels the fluorescence and the images linked to it have together: those that channel_offsets counts. */
	int channels() {
		int channels = moving.channels;
		for (final VolumeImage image : linked.keySet()) channels += image.channels;
		return channels;
	}

	/** Begins to find out where the inputs come from. */
	Provenance provenance() {
		final Provenance provenance = new Provenance();
		for (final VolumeImage image : Arrays.asList(moving, fixed, fixedMask, movingMask)) provenance.add(image);
		for (final VolumeImage image : linked.keySet()) provenance.add(image);
		for (final Map.Entry<String, File> file : files.entrySet()) provenance.add(file.getKey(), file.getValue());
		return provenance.start();
	}

	/**
	 * What each input is, as {@code register_plan} wants it: its hash (an open image's voxels stand for its file), channel, time point and voxel
	 * size; null when a hash is not known.
	 */
	Map<String, Object> identities(final Map<String, Object> provenance, final OperationListener listener) {
		final Map<String, Object> identities = new LinkedHashMap<>();
		for (final VolumeImage image : Arrays.asList(moving, em(), movingMask)) {
			if (image == null) continue;
			final int point = image == moving ? frame : 1;
			final String file = hash(provenance, image.role), hash = file != null ? file : image.voxelHash(point, listener);
			identities.put(image.role, hash + " " + image.channel + " " + point + " " + Arrays.toString(image.spacing) + " " + Arrays.toString(image.origin));
		}
		for (final String role : files.keySet()) {
			final String hash = hash(provenance, role);
			if (hash == null) return null;
			identities.put(role, hash);
		}
		return identities;
	}

	private static String hash(final Map<String, Object> provenance, final String role) {
		return (String) Json.asObject(provenance.get(role)).get("sha256");
	}
}
