package clem.bridge;

/** Gives the slices of an image that stays in Java. */
public interface SliceReader {
	/** The pixels of slice z (from 0), x fastest: a byte[], short[] or float[] as the volume's kind says. They are not changed. */
	Object slice(int z);
}
