package clem.ij;

import java.awt.Component;
import java.awt.GraphicsEnvironment;
import java.awt.Window;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;

import javax.swing.AbstractButton;
import javax.swing.JComboBox;
import javax.swing.JDialog;
import javax.swing.JProgressBar;
import javax.swing.JTable;
import javax.swing.SwingUtilities;
import javax.swing.text.JTextComponent;

import clem.models.FileServer;
import clem.models.ModelFolders;
import clem.schema.Operation;
import clem.schema.Schema;
import clem.test.Check;
import clem.test.FakeBridge;

/** The field for models, and the window in which they are downloaded, on a screen. */
public final class DownloadWindowTest {
	private static final String DIALOG = "clemreg.segment_em", WINDOW = "clemreg.download_model", EDITOR = "clemreg.models.editor";

	private final Operation segment = Schema.parse(new FakeBridge().schema()).operation("segment_em");

	private interface Use {
		void of(File folder, FileServer server) throws Exception;
	}

	/** Opens Segment EM's dialog with a models folder and a server of its own, and does something with it from another thread. */
	private Map<String, String> ask(final Use use) throws Exception {
		if (GraphicsEnvironment.isHeadless()) throw new Check.Skip("there is no screen");
		final Object[] results = new Object[2];
		Check.inFolder(folder -> {
			System.setProperty(ModelFolders.PROPERTY, folder.getPath());
			try (FileServer server = new FileServer(200_000)) {
				Files.write(new File(folder, "models.json").toPath(), ("{ \"models\": [ { \"name\": \"ours\", \"title\": \"Our model\", \"url\": \"" + server.url("/file")
					+ "\", \"licence\": { \"name\": \"CC0\", \"url\": \"https://lab.example/terms\" } } ] }").getBytes(StandardCharsets.UTF_8));
				final Thread user = new Thread(() -> {
					try {
						use.of(folder, server);
					}
					catch (final Throwable e) {
						results[1] = e;
						for (final Window window : Window.getWindows()) window.dispose();
					}
				});
				user.start();
				results[0] = new ParameterDialog(segment, Fields.of(segment), Arrays.asList("em.tif")).ask();
				user.join();
			}
			finally {
				System.clearProperty(ModelFolders.PROPERTY);
			}
		});
		if (results[1] != null) throw new AssertionError(results[1]);
		@SuppressWarnings("unchecked")
		final Map<String, String> answer = (Map<String, String>) results[0];
		return answer;
	}

	private static <T> T until(final String what, final Callable<T> find) throws Exception {
		for (int i = 0; i < 1000; i++) {
			final Object[] found = new Object[1];
			SwingUtilities.invokeAndWait(() -> {
				try {
					found[0] = find.call();
				}
				catch (final Exception e) {
					throw new IllegalStateException(e);
				}
			});
			if (found[0] != null && !Boolean.FALSE.equals(found[0])) {
				@SuppressWarnings("unchecked")
				final T result = (T) found[0];
				return result;
			}
			Thread.sleep(10);
		}
		throw new AssertionError(what + " does not come");
	}

	private static <T extends Component> T part(final String window, final Class<T> type, final String name) throws Exception {
		return until(name + " in " + window, () -> {
			for (final Window one : Window.getWindows()) {
				if (!one.isShowing() || !(one instanceof JDialog) || window != null && !window.equals(one.getName())) continue;
				final T found = Dialogs.part(one, type, name);
				if (found != null) return found;
			}
			return null;
		});
	}

	/** What a click opens may wait for the user, so the click is not waited for. */
	private static void click(final String window, final String name) throws Exception {
		final AbstractButton button = part(window, AbstractButton.class, name);
		SwingUtilities.invokeLater(button::doClick);
	}

	/** The Cancel of the question, not the window's own. */
	private static AbstractButton optionCancel() {
		for (final Window one : Window.getWindows()) {
			if (one.isShowing() && one instanceof JDialog && Dialogs.part(one, AbstractButton.class, "I accept the licence") != null) return Dialogs.part(one, AbstractButton.class, "Cancel");
		}
		return null;
	}

	public void aModelThatIsTypedIsTaken() throws Exception {
		final String[] path = new String[1];
		final Map<String, String> answer = ask((folder, server) -> {
			path[0] = new File(folder, "other/any.onnx").getPath();
			Files.createDirectories(new File(folder, "other").toPath());
			Files.write(new File(path[0]).toPath(), new byte[1]);
			final JComboBox<?> field = part(DIALOG, JComboBox.class, "model");
			SwingUtilities.invokeAndWait(() -> ((JTextComponent) field.getEditor().getEditorComponent()).setText(path[0]));
			click(DIALOG, "ok");
		});
		Check.equal(path[0], answer.get("model"));
	}

	public void aDownloadedModelIsChosen() throws Exception {
		final Map<String, String> answer = ask((folder, server) -> {
			click(DIALOG, "model_download");
			final JTable table = part(WINDOW, JTable.class, "models");
			Check.equal("Our model", until("the list", () -> table.getValueAt(0, 0)));
			Check.equal(0, server.requests.size());
			click(WINDOW, "download");
			click(null, "I accept the licence");
			click(null, "Keep it");
			final JProgressBar bar = part(WINDOW, JProgressBar.class, "progress");
			until("the model", () -> bar.getString().contains("is ready"));
			Check.equal(200_000L, new File(folder, "ours.onnx").length());
			click(WINDOW, "close");
			final JComboBox<?> field = part(DIALOG, JComboBox.class, "model");
			until("its name in the field", () -> "ours".equals(field.getSelectedItem()));
			click(DIALOG, "ok");
		});
		Check.equal("ours", answer.get("model"));
	}

	public void withoutTheLicenceNothingIsFetched() throws Exception {
		ask((folder, server) -> {
			click(DIALOG, "model_download");
			click(WINDOW, "download");
			part(null, AbstractButton.class, "I accept the licence");
			final AbstractButton no = until("Cancel", DownloadWindowTest::optionCancel);
			SwingUtilities.invokeLater(no::doClick);
			final JProgressBar bar = part(WINDOW, JProgressBar.class, "progress");
			until("the end", () -> bar.getString().contains("cancelled"));
			Check.equal(0, server.requests.size());
			click(WINDOW, "close");
			click(DIALOG, "cancel");
		});
	}

	public void theListIsEditedAndChecked() throws Exception {
		ask((folder, server) -> {
			click(DIALOG, "model_download");
			click(WINDOW, "edit");
			final JTextComponent text = part(EDITOR, JTextComponent.class, "text");
			final String before = text.getText();
			SwingUtilities.invokeAndWait(() -> text.setText(before.replace("Our model", "Your model")));
			click(EDITOR, "save");
			final JTable table = part(WINDOW, JTable.class, "models");
			until("the new title", () -> "Your model".equals(table.getValueAt(0, 0)));
			Check.that(new String(Files.readAllBytes(new File(folder, "models.json").toPath()), StandardCharsets.UTF_8).contains("Your model"), "not saved");
			click(WINDOW, "edit");
			final JTextComponent again = part(EDITOR, JTextComponent.class, "text");
			SwingUtilities.invokeAndWait(() -> again.setText("{ \"models\": [ }"));
			click(EDITOR, "save");
			// It is told, and the editor stays.
			click(null, "OK");
			click(EDITOR, "cancel");
			Check.that(new String(Files.readAllBytes(new File(folder, "models.json").toPath()), StandardCharsets.UTF_8).contains("Your model"), "saved");
			click(WINDOW, "close");
			click(DIALOG, "cancel");
		});
	}
}
