package clem.bridge;

/** What a voxel is. */
public enum VoxelKind {
	/** 8 bits, 0 to 255. */
	UINT8,
	/** 16 bits, 0 to 65535. */
	UINT16,
	/** 32-bit float. */
	FLOAT32,
	/** One bit: foreground or not. */
	MASK
}
