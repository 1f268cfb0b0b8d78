package clem.ij.preview;

import java.awt.Point;

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
	private final ImagePlus image = Samples.image("fl", 8, 1, 4, 20, 24);
	private final ShownPreview shown = new ShownPreview(() -> image);

	private void with(final Check.Piece use) throws Exception {
		shown.fields.put("image_channel", "1");
		shown.fields.put("threads", "0");
		shown.fields.put("cell_score", "0.2");
		shown.fields.put("fail", "");
		shown.with(values -> new CellPreview(Schema.parse(bridge.schema()).operation("detect_cells"), () -> bridge, values), use);
		Check.equal(0, bridge.open());
	}

	public void theCurrentSectionsCellsAreDrawnAndTakenAwayAgain() throws Exception {
		final Roi own = new Roi(2, 1, 6, 4);
		image.setOverlay(new Overlay(own));
		with(() -> {
			image.setSlice(3);
			bridge.cellRequests.clear();
			shown.click();
			shown.await("Slice 3, computed");
			Check.equal(1, bridge.cellRequests.size());
			Check.equal("0.2", Json.asObject(bridge.cellRequests.get(0).get("parameters")).get("cell_score"));
			// Two outlines, two scores, the user's own.
			Check.equal(5, image.getOverlay().size());
			Check.equal(3, image.getOverlay().get(1).getPosition());
			Check.equal("0.83\n", ((ij.gui.TextRoi) image.getOverlay().get(2)).getText());
			shown.fields.put("cell_method", "published");
			shown.await("Slice 3 ...");
			shown.await("Slice 3, computed");
			Check.equal(6, image.getOverlay().size());
			final PointRoi markers = (PointRoi) image.getOverlay().get(5);
			Check.equal(2, markers.getContainedPoints().length);
			Check.equal(new Point(11, 4), markers.getContainedPoints()[1]);
			Check.equal(3, markers.getPosition());
			shown.fields.put("cell_method", "outlines");
			shown.fields.put("cell_score", "0.5");
			shown.await("Slice 3 ...");
			shown.await("Slice 3, computed");
			Check.equal("0.5", Json.asObject(bridge.cellRequests.get(2).get("parameters")).get("cell_score"));
			Check.equal(5, image.getOverlay().size());
			image.setSlice(1);
			shown.await("Slice 1, computed");
			Check.equal(1, image.getOverlay().get(1).getPosition());
			shown.click();
			Check.equal(1, image.getOverlay().size());
			Check.that(image.getOverlay().get(0) == own, "the user's ROI stays");
		});
	}

	public void whatPreventsItIsTold() throws Exception {
		with(() -> {
			shown.fields.put("cell_score", "0.2");
			shown.fields.put("fail", "BAD_INPUT");
			shown.click();
			shown.await("It fails as asked.");
			Check.equal(null, image.getOverlay());
			shown.fields.put("threads", "two");
			shown.await("A number is wanted");
			shown.fields.put("threads", "0");
			shown.fields.put("fail", "");
			shown.await("Slice 1, computed");
		});
		Check.equal(null, image.getOverlay());
	}
}
