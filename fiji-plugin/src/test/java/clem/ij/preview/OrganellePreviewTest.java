package clem.ij.preview;

import clem.bridge.Bridges;
import clem.json.Json;
import clem.schema.Schema;
import clem.test.Check;
import clem.test.FakeBridge;
import clem.test.Samples;
import ij.ImagePlus;
import ij.gui.ImageRoi;
import ij.gui.Roi;

/** The preview of a recipe without its dialog. The fake finds an organelle in the first pixels of the slice. */
public final class OrganellePreviewTest {
	private final FakeBridge bridge = (FakeBridge) Bridges.get();
	private final ImagePlus image = Samples.image("em", 8, 1, 4, 20, 24);
	private final ShownPreview shown = new ShownPreview(() -> image);

	private void with(final Check.Piece use) throws Exception {
		shown.fields.put("threads", "0");
		shown.fields.put("recipe", "dark");
		shown.fields.put("recipe_blur", "8");
		shown.with(values -> new OrganellePreview(Schema.parse(bridge.schema()).operation("segment_organelles"), () -> bridge, values), use);
		Check.equal(0, bridge.open());
	}

	private String boxes(final int request) {
		return Json.asText(Json.asObject(Json.asObject(bridge.organelleRequests.get(request).get("texts")).get("boxes")).get("text"), "");
	}

	public void theOrganelleInTheRectangleIsDrawnAndTakenAwayAgain() throws Exception {
		with(() -> {
			image.setSlice(3);
			image.setRoi(new Roi(4, 5, 10, 8));
			bridge.organelleRequests.clear();
			shown.click();
			shown.await("Slice 3, computed");
			Check.that(boxes(0).contains("\n1,\"organelle\",4.0,5.0,10.0,8.0,1"), boxes(0));
			Check.equal("8", Json.asObject(bridge.organelleRequests.get(0).get("parameters")).get("recipe_blur"));
			Check.that(image.getOverlay().get(0) instanceof ImageRoi, "the organelle is drawn");
			Check.equal(3, image.getOverlay().get(0).getPosition());
			// Another rectangle, then another value.
			image.setRoi(new Roi(6, 5, 10, 8));
			shown.await("Slice 3 ...");
			shown.await("Slice 3, computed");
			Check.that(boxes(1).contains(",6.0,5.0,"), boxes(1));
			shown.fields.put("recipe_blur", "20");
			shown.await("Slice 3 ...");
			shown.await("Slice 3, computed");
			Check.equal("20", Json.asObject(bridge.organelleRequests.get(2).get("parameters")).get("recipe_blur"));
			shown.click();
			Check.equal(null, image.getOverlay());
		});
	}

	public void whatPreventsItIsTold() throws Exception {
		with(() -> {
			shown.click();
			shown.await("Draw a rectangle");
			shown.fields.put("recipe", "by_class");
			image.setRoi(new Roi(4, 5, 10, 8));
			shown.await("The rectangle has no class");
			final Roi named = new Roi(4, 5, 10, 8);
			named.setName("mitochondria 2");
			image.setRoi(named);
			shown.await("Slice 1, computed");
			Check.that(boxes(bridge.organelleRequests.size() - 1).contains("\"mitochondria\""), "the class is the rectangle's");
		});
	}
}
