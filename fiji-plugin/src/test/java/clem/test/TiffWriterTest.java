package clem.test;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;

import clem.bridge.ClemRegException;
import clem.bridge.Handles;
import clem.bridge.VoxelKind;
import clem.image.DisplayRange;
import clem.image.ImageFiles;
import clem.image.ResultImage;
import clem.image.TiffWriter;
import ij.CompositeImage;
import ij.ImagePlus;
import ij.process.LUT;

/** Results as files that ImageJ opens with calibration, channels and colours. */
public final class TiffWriterTest {
	public void spacingsComeBackToSevenDigits() throws Exception {
		Check.inFolder(folder -> {
			for (final double[] spacing : new double[][] { { 20, 20, 20 }, { 35.3, 130, 130 }, { 50, 4.6, 4.6 }, { 300, 107.3, 107.3 }, { 8, 8, 8 }, { 1000, 333.3333, 333.3333 } }) {
				final FakeBridge bridge = new FakeBridge();
				final long handle = bridge.createVolume(VoxelKind.UINT16, new int[] { 3, 4, 5 }, spacing, new double[] { 100, -20, 0 });
				final ResultImage result = new ResultImage(bridge, handle);
				final File file = new File(folder, spacing[2] + ".tif");
				TiffWriter.write(result.image("x", result.stack(), null), file, new Quiet());
				final clem.image.VolumeImage back = ImageFiles.open("moving", file.getPath()).volume(null);
				for (int i = 0; i < 3; i++) Check.near(spacing[i], back.spacing[i], 1e-6 * spacing[i]);
				Check.near(100, back.origin[0], 1e-3);
				Check.near(-20, back.origin[1], 1e-3);
			}
		});
	}

	public void channelsKeepOrderColoursAndRanges() throws Exception {
		Check.inFolder(folder -> {
			final FakeBridge bridge = new FakeBridge();
			try (Handles handles = new Handles(bridge)) {
				final CompositeImage like = (CompositeImage) Samples.image("fm", 16, 2, 3, 4, 5);
				final LUT[] luts = { LUT.createLutFromColor(java.awt.Color.CYAN), LUT.createLutFromColor(java.awt.Color.ORANGE) };
				luts[0].min = 5;
				luts[0].max = 77;
				luts[1].min = 10;
				luts[1].max = 99;
				like.setLuts(luts);
				final clem.image.VolumeImage volume = new clem.image.VolumeImage("moving", like, "fm", null, 0, null);
				final ResultImage result = new ResultImage(bridge, volume.toVolume(bridge, handles, 1, new Quiet()), volume.toVolume(bridge, handles, 2, new Quiet()));
				final File file = new File(folder, "registered.tif");
				TiffWriter.write(result.image("registered", result.stack(), like), file, new Quiet());
				for (final ImagePlus back : new ImagePlus[] { new ij.io.Opener().openImage(file.getPath()), ImageFiles.openImage("moving", ImageFiles.choice("moving", file.getPath())) }) {
					Check.equal(2, back.getNChannels());
					Check.equal(3, back.getNSlices());
					for (int n = 1; n <= 6; n++) for (int i = 0; i < 20; i++) Check.equal(like.getStack().getProcessor(n).getf(i), back.getStack().getProcessor(n).getf(i));
					Check.near(99, DisplayRange.of(back, 2)[1], 0);
					Check.near(5, DisplayRange.of(back, 1)[0], 0);
					Check.equal(255, ((CompositeImage) back).getChannelLut(2).getRed(255));
					Check.equal(0, ((CompositeImage) back).getChannelLut(1).getRed(255));
				}
			}
		});
	}

	public void cancelStopsTheWriting() throws Exception {
		Check.inFolder(folder -> Check.failure(ClemRegException.Kind.CANCELLED, () -> TiffWriter.write(Samples.image("a", 16, 1, 50, 200, 200), new File(folder, "a.tif"), new Quiet() {
			@Override
			public boolean cancelled() {
				return !fractions.isEmpty();
			}
		})));
	}

	public void aDiskThatIsFullIsNamed() throws Exception {
		final File full = new File("/dev/full");
		if (!full.exists()) throw new Check.Skip("there is no /dev/full");
		final String reason = refused(full, 50, 200, 200);
		Check.that(reason.contains("No space left") && reason.contains("needs 4 MB"), reason);
	}

	public void aPlaceThatIsNotThere() throws Exception {
		Check.inFolder(folder -> {
			final String reason = refused(new File(folder, "no/a.tif"), 2, 2, 2);
			Check.that(reason.contains("no such folder"), reason);
			Check.equal(0L, Files.list(folder.toPath()).count());
		});
	}

	private static String refused(final File file, final int slices, final int height, final int width) {
		try {
			TiffWriter.write(Samples.image("a", 16, 1, slices, height, width), file, new Quiet());
		}
		catch (final IOException e) {
			return e.getMessage();
		}
		throw new AssertionError("no error");
	}
}
