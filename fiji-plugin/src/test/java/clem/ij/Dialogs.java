package clem.ij;

import java.awt.Component;
import java.awt.Container;
import java.awt.Window;
import java.util.function.Predicate;

import javax.swing.AbstractButton;
import javax.swing.JDialog;

/** Finds dialogs that are shown, and their parts, by their names. */
final class Dialogs {
	private Dialogs() {}

	/** The dialog of that name, or null. */
	static JDialog shown(final String name) {
		for (final Window window : Window.getWindows()) if (window.isShowing() && window instanceof JDialog && name.equals(window.getName())) return (JDialog) window;
		return null;
	}

	/** Waits for the dialog of that name. */
	static JDialog await(final String name) {
		Screen.wait("the dialog " + name, () -> shown(name) != null);
		return shown(name);
	}

	/** The first part of that type and name, or, of a button, of that text; null if there is none. */
	static <T extends Component> T part(final Container in, final Class<T> type, final String name) {
		return part(in, type, component -> name.equals(component.getName()) || component instanceof AbstractButton && name.equals(((AbstractButton) component).getText()));
	}

	/** The first part of that type, or null. */
	static <T extends Component> T part(final Container in, final Class<T> type) {
		return part(in, type, component -> true);
	}

	private static <T extends Component> T part(final Container in, final Class<T> type, final Predicate<Component> wanted) {
		for (final Component component : in.getComponents()) {
			if (type.isInstance(component) && wanted.test(component)) return type.cast(component);
			final T inside = component instanceof Container ? part((Container) component, type, wanted) : null;
			if (inside != null) return inside;
		}
		return null;
	}
}
