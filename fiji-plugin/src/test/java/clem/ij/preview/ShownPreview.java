package clem.ij.preview;

import java.awt.Component;
import java.awt.Container;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

import javax.swing.JCheckBox;
import javax.swing.JTextArea;
import javax.swing.SwingUtilities;

import clem.test.Check;
import ij.ImagePlus;

/** A preview without its dialog: the dialog's fields as a map, and what a person sees and clicks. */
final class ShownPreview implements DialogValues {
	final Map<String, String> fields = new LinkedHashMap<>();

	private final Supplier<ImagePlus> image;
	private Preview preview;

	ShownPreview(final Supplier<ImagePlus> image) {
		this.image = image;
	}

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
		return key.equals("image") || key.equals("moving") ? image.get() : null;
	}

	/** Makes the preview, uses it, and closes it. */
	void with(final Function<DialogValues, Preview> made, final Check.Piece use) throws Exception {
		SwingUtilities.invokeAndWait(() -> preview = made.apply(this));
		try {
			use.run();
		}
		finally {
			SwingUtilities.invokeAndWait(preview::close);
			preview.await();
		}
	}

	/** Ticks the box, or takes the tick away. */
	void click() throws Exception {
		SwingUtilities.invokeAndWait(() -> part(preview.component(), JCheckBox.class).doClick());
	}

	/** Waits until the preview says so. */
	void await(final String beginning) throws Exception {
		String text = "";
		for (int i = 0; i < 500; i++) {
			text = text();
			if (text.startsWith(beginning)) return;
			Thread.sleep(10);
		}
		throw new AssertionError("'" + text + "' does not become '" + beginning + "'");
	}

	/** How what the preview says ends. */
	void ends(final String end) throws Exception {
		Check.that(text().endsWith(end), text());
	}

	private String text() throws Exception {
		final String[] text = new String[1];
		SwingUtilities.invokeAndWait(() -> text[0] = part(preview.component(), JTextArea.class).getText());
		return text[0];
	}

	static <T extends Component> T part(final Container in, final Class<T> type) {
		for (final Component component : in.getComponents()) {
			if (type.isInstance(component)) return type.cast(component);
			final T inside = component instanceof Container ? part((Container) component, type) : null;
			if (inside != null) return inside;
		}
		return null;
	}
}
