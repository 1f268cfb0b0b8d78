package loci.plugins.in;

/** A stand-in with the signatures of Bio-Formats' options. */
public final class ImporterOptions {
	public String id;
	public int series = -1;

	public void setId(final String value) {
		id = value;
	}

	public void setWindowless(final boolean value) {}

	public void setQuiet(final boolean value) {}

	public void setVirtual(final boolean value) {}

	public void clearSeries() {
		series = -1;
	}

	public void setSeriesOn(final int index, final boolean value) {
		if (value) series = index;
	}
}
