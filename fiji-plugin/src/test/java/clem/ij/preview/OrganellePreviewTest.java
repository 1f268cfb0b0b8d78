package clem.ij.preview;

import java.awt.Component;
import java.awt.Container;
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
import ij.gui.ImageRoi;
import ij.gui.Roi;

/** The preview of a recipe without its dialog. The fake finds an organelle in the first pixels of the slice. */
public final class OrganellePreviewTest {
	private final FakeBridge bridge = (FakeBridge) Bridges.get();
	private final Map<String, String> fields = new LinkedHashMap<>();
	private final ImagePlus image = Samples.image("em", 8, 1, 4, 20, 24);
	private OrganellePreview preview;

	private void with(final Check.Piece use) throws Exception {
		fields.put("threads", "0");
		fields.put("recipe", "dark");
		fields.put("recipe_blur", "8");
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
				return key.equals("image") ? image : null;
			}
		};
		SwingUtilities.invokeAndWait(() -> preview = new OrganellePreview(Schema.parse(bridge.schema()).operation("segment_organelles"), () -> bridge, values));
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

	private String boxes(final int request) {
		return Json.asText(Json.asObject(Json.asObject(bridge.organelleRequests.get(request).get("texts")).get("boxes")).get("text"), "");
	}

	public void theOrganelleInTheRectangleIsDrawnAndTakenAwayAgain() throws Exception {
		with(() -> {
			image.setSlice(3);
			image.setRoi(new Roi(4, 5, 10, 8));
			bridge.organelleRequests.clear();
			click();
			await("Slice 3, computed");
			Check.that(boxes(0).contains("\n1,\"organelle\",4.0,5.0,10.0,8.0,1"), boxes(0));
			Check.equal("8", Json.asObject(bridge.organelleRequests.get(0).get("parameters")).get("recipe_blur"));
			Check.that(image.getOverlay().get(0) instanceof ImageRoi, "the organelle is drawn");
			Check.equal(3, image.getOverlay().get(0).getPosition());
			// Another rectangle, then another value.
			image.setRoi(new Roi(6, 5, 10, 8));
			await("Slice 3 ...");
			await("Slice 3, computed");
			Check.that(boxes(1).contains(",6.0,5.0,"), boxes(1));
			fields.put("recipe_blur", "20");
			await("Slice 3 ...");
			await("Slice 3, computed");
			Check.equal("20", Json.asObject(bridge.organelleRequests.get(2).get("parameters")).get("recipe_blur"));
			click();
			Check.equal(null, image.getOverlay());
		});
	}

	public void whatPreventsItIsTold() throws Exception {
		with(() -> {
			click();
			await("Draw a rectangle");
			fields.put("recipe", "by_class");
			image.setRoi(new Roi(4, 5, 10, 8));
			await("The rectangle has no class");
			final Roi named = new Roi(4, 5, 10, 8);
			named.setName("mitochondria 2");
			image.setRoi(named);
			await("Slice 1, computed");
			Check.that(boxes(bridge.organelleRequests.size() - 1).contains("\"mitochondria\""), "the class is the rectangle's");
		});
	}
}
