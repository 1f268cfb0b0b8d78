package clem.bridge;

import java.util.Map;

/**
 * The one door to the algorithms. Nothing here knows how they run: in this process, or in another one.
 * Sizes, spacings and origins are in z, y, x order; lengths in nanometres. Handles are positive numbers that
 * the caller releases; a wrong or released handle is a {@link ClemRegException}. Every method may be called
 * from any thread.
 */
public interface Bridge {
	/** JSON {version, instruction_set, host, processors}. */
	String about();

	/** JSON {version, operations: [{name, title, help, inputs, outputs, parameters}]}; see {@link clem.schema.Schema}. */
	String schema();

	/** A volume to be filled with {@link #writeSlice}. For MASK one bit a voxel is kept: values above 0 are foreground. */
	long createVolume(VoxelKind kind, int[] sizeZyx, double[] spacingZyxNm, double[] originZyxNm);

	/** A volume that is never copied whole: its slices are asked for when they are needed, until the handle is released. */
	long createSource(VoxelKind kind, int[] sizeZyx, double[] spacingZyxNm, double[] originZyxNm, SliceReader reader);

	/** Fills slice z (from 0) with a byte[], short[] or float[] of y * x values; a mask takes any of the three. */
	void writeSlice(long volume, int z, Object pixels);

	/** Reads slice z (from 0) of a volume, a mask (0 or 255 in a byte[]) or a result that is computed now, for which the images that it comes from may be asked for slices. */
	void readSlice(long volume, int z, Object pixels);

	/** A point cloud of z, y, x triples in nm. */
	long createPoints(double[] zyx);

	/** The z, y, x triples of a point cloud in nm. */
	double[] readPoints(long points);

	/** A transform from the text of a transform.json file. */
	long createTransform(String json);

	/** JSON {kind, type, size, spacing, origin, count}; for a transform the text of its transform.json. */
	String describe(long handle);

	/**
	 * Runs an operation of the schema and waits for it. The request is JSON {parameters, parameters_file, threads}.
	 * The listener is called on this thread.
	 */
	OperationResult run(String operation, String requestJson, Map<String, Long> inputs, OperationListener listener);

	/** Releases a handle and its memory. */
	void release(long handle);

	/** JSON {peak_memory_mb, native_bytes, handles}. */
	String memory();
}
