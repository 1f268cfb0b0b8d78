package clem.ij;

import java.awt.SecondaryLoop;
import java.awt.Toolkit;
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;
import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

import javax.swing.JDialog;
import javax.swing.SwingUtilities;
import javax.swing.WindowConstants;

/** Shows a dialog, modal or not, and waits until it is closed. */
final class DialogWait {
	private DialogWait() {}

	/** The dialog is made and shown on the event thread; where that is the calling one, ImageJ's events go on while this waits. */
	static void show(final Supplier<JDialog> made) throws InterruptedException, InvocationTargetException {
		if (SwingUtilities.isEventDispatchThread()) {
			final SecondaryLoop loop = Toolkit.getDefaultToolkit().getSystemEventQueue().createSecondaryLoop();
			if (shown(made, loop::exit).isDisplayable()) loop.enter();
			return;
		}
		final CountDownLatch closed = new CountDownLatch(1);
		final JDialog[] dialog = new JDialog[1];
		SwingUtilities.invokeAndWait(() -> dialog[0] = shown(made, closed::countDown));
		try {
			closed.await();
		}
		catch (final InterruptedException e) {
			SwingUtilities.invokeLater(dialog[0]::dispose);
			throw e;
		}
	}

	private static JDialog shown(final Supplier<JDialog> made, final Runnable closed) {
		final JDialog dialog = made.get();
		dialog.setDefaultCloseOperation(WindowConstants.DISPOSE_ON_CLOSE);
		dialog.addWindowListener(new WindowAdapter() {
			@Override
			public void windowClosed(final WindowEvent e) {
				closed.run();
			}
		});
		dialog.setVisible(true);
		dialog.toFront();
		return dialog;
	}
}
