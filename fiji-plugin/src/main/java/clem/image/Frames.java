package clem.image;

/** The volumes of a hyperstack, one time point after the other: only one needs to be there at a time. */
public interface Frames {
	/** How many time points there are. */
	int count();

	/** The handles of a time point (from 1), one a channel; those of the last call may be released by this one. */
	long[] handles(int frame);

	/** A single time point that is there. */
	static Frames of(final long... handles) {
		return new Frames() {
			@Override
			public int count() {
				return 1;
			}

			@Override
			public long[] handles(final int frame) {
				return handles;
			}
		};
	}
}
