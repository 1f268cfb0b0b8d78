package clem.workflow;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.bridge.Handles;
import clem.bridge.NativeLoader;
import clem.bridge.OperationResult;
import clem.bridge.VoxelKind;
import clem.image.VolumeImage;
import clem.json.Json;

/** Finds the mitochondria in the EM by a model, for a registration that was given no mask of them. */
final class EmSegmentation {
	/** Where it stands in run.json. */
	static final String KEY = "em_segmentation";
	/** The peak memory of the process in which the model ran, where that is one of its own. */
	static final String PEAK = "peak_memory_mb";

	private EmSegmentation() {}

	/**
	 * Runs the model and copies the mask that it gives.
	 *
	 * @param models the bridge on which models run, whose handles mean nothing to the other
	 * @param handles of the bridge that gets the mask
	 * @param request the parameters of segment_em
	 * @param report gets what the model found
	 * @return the mask's handle
	 */
	static long run(final Bridge models, final Bridge bridge, final Handles handles, final RegisterInput input, final RunRequest request, final Map<String, Object> report, final Progress progress) {
		try (Handles own = new Handles(models)) {
			final Map<String, Object> more = new LinkedHashMap<>();
			more.put("names", Collections.singletonMap("image", input.fixed.name()));
			more.put("paths", Collections.singletonMap("model", input.model.getAbsolutePath()));
			more.put("onnxruntime", NativeLoader.onnxRuntime());
			final long em = input.fixed.toSource(models, own, input.fixed.channel, progress::cancelled);
			final OperationResult result = models.run("segment_em", request.toJson(more), Collections.singletonMap("image", em), progress);
			final long found = own.add(result).get("mask");
			final Map<String, Object> json = Json.parseObject(result.json);
			for (final Object warning : Json.asList(json.get("warnings"))) progress.warning(Json.asText(warning, ""));
			progress.log(Json.asText(json.get("summary"), ""));
			if (Json.asNumber(json.get("voxels"), 1) == 0) {
				throw ClemRegException.badInput("model: " + input.model.getName() + " finds nothing in '" + input.fixed.name() + "'. Try a lower seg_thr or min_size, check the pixel size and em_intensity_range, or see what Segment EM gives.");
			}
			for (final String key : new String[] { "model", "objects", "voxels", "fraction" }) report.put(key, json.get(key));
			if (models != bridge) report.put(PEAK, Json.parseObject(models.memory()).get(PEAK));
			return copy(models, found, bridge, handles, input.fixed, progress);
		}
	}

	private static long copy(final Bridge from, final long found, final Bridge to, final Handles handles, final VolumeImage em, final Progress progress) {
		final long mask = handles.add(to.createVolume(VoxelKind.MASK, em.size, em.spacing, em.origin));
		final byte[] slice = new byte[em.size[1] * em.size[2]];
		for (int z = 0; z < em.size[0]; z++) {
			progress.check();
			from.readSlice(found, z, slice);
			to.writeSlice(mask, z, slice);
		}
		return mask;
	}
}
