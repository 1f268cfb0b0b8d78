package clem.ij.preview;

import java.awt.Component;
import java.awt.Container;
import java.awt.Point;
import java.util.LinkedHashMap;
import java.util.Map;

import javax.swing.JCheckBox;
import javax.swing.JTextArea;
import javax.swing.SwingUtilities;

import clem.bridge.Bridges;
import clem.json.Json;
import clem.schema.Schema;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import ij.ImagePlus;
import ij.gui.Overlay;
import ij.gui.PointRoi;
import ij.gui.Roi;

/** The preview of cells without its dialog. The fake finds two cells a section. */
public final class CellPreviewTest {
	private final FakeBridge bridge = (FakeBridge) Bridges.get();
	private final Map<String, String> fields = new LinkedHashMap<>();
	private final ImagePlus image = Samples.image("fl", 8, 1, 4, 20, 24);
	private CellPreview preview;

	private void with(final Check.Piece use) throws Exception {
		fields.put("image_channel", "1");
		fields.put("threads", "0");
		fields.put("cell_score", "0.2");
		fields.put("fail", "");
		final DialogValues values = new DialogValues() {
			@Override
			public String get(final String key) {
				return fields.getOrDefault(key, "");
			}

			@Override
			public void set(final String key, final String value) {
				fields.put(key, value);
			}

			@Override
			public ImagePlus image(final String key) {
				return image;
			}
		};
		SwingUtilities.invokeAndWait(() -> preview = new CellPreview(Schema.parse(bridge.schema()).operation("detect_cells"), () -> bridge, values));
		try {
			use.run();
		}
		finally {
			SwingUtilities.invokeAndWait(preview::close);
			preview.await();
		}
		Check.equal(0, bridge.open());
	}

	private static <T extends Component> T part(final Container in, final Class<T> type) {
		for (final Component component : in.getComponents()) {
			if (type.isInstance(component)) return type.cast(component);
			final T inside = component instanceof Container ? part((Container) component, type) : null;
			if (inside != null) return inside;
		}
		return null;
	}

	private void click() throws Exception {
		SwingUtilities.invokeAndWait(() -> part(preview.component(), JCheckBox.class).doClick());
	}

	private void await(final String beginning) throws Exception {
		final String[] text = new String[1];
		for (int i = 0; i < 500; i++) {
			SwingUtilities.invokeAndWait(() -> text[0] = part(preview.component(), JTextArea.class).getText());
			if (text[0].startsWith(beginning)) return;
			Thread.sleep(10);
		}
		throw new AssertionError("'" + text[0] + "' does not become '" + beginning + "'");
	}

	public void theCurrentSectionsCellsAreDrawnAndTakenAwayAgain() throws Exception {
		final Roi own = new Roi(2, 1, 6, 4);
		image.setOverlay(new Overlay(own));
		with(() -> {
			image.setSlice(3);
			bridge.cellRequests.clear();
			click();
			await("Slice 3, computed");
			Check.equal(1, bridge.cellRequests.size());
			Check.equal("0.2", Json.asObject(bridge.cellRequests.get(0).get("parameters")).get("cell_score"));
			// Two outlines, two scores, the user's own.
			Check.equal(5, image.getOverlay().size());
			Check.equal(3, image.getOverlay().get(1).getPosition());
			Check.equal("0.83\n", ((ij.gui.TextRoi) image.getOverlay().get(2)).getText());
			fields.put("cell_method", "published");
			await("Slice 3 ...");
			await("Slice 3, computed");
			Check.equal(6, image.getOverlay().size());
			final PointRoi markers = (PointRoi) image.getOverlay().get(5);
			Check.equal(2, markers.getContainedPoints().length);
			Check.equal(new Point(11, 4), markers.getContainedPoints()[1]);
			Check.equal(3, markers.getPosition());
			fields.put("cell_method", "outlines");
			fields.put("cell_score", "0.5");
			await("Slice 3 ...");
			await("Slice 3, computed");
			Check.equal("0.5", Json.asObject(bridge.cellRequests.get(2).get("parameters")).get("cell_score"));
			Check.equal(5, image.getOverlay().size());
			image.setSlice(1);
			await("Slice 1, computed");
			Check.equal(1, image.getOverlay().get(1).getPosition());
			click();
			Check.equal(1, image.getOverlay().size());
			Check.that(image.getOverlay().get(0) == own, "the user's ROI stays");
		});
	}

	public void whatPreventsItIsTold() throws Exception {
		with(() -> {
			fields.put("cell_score", "0.2");
			fields.put("fail", "BAD_INPUT");
			click();
			await("It fails as asked.");
			Check.equal(null, image.getOverlay());
			fields.put("threads", "two");
			await("A number is wanted");
			fields.put("threads", "0");
			fields.put("fail", "");
			await("Slice 1, computed");
		});
		Check.equal(null, image.getOverlay());
	}
}
