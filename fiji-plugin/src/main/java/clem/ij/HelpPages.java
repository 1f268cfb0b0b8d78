package clem.ij;

import java.awt.Component;
import java.awt.Desktop;
import java.awt.GraphicsEnvironment;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import javax.swing.JOptionPane;
import javax.swing.SwingUtilities;

import clem.bridge.ClemRegException;
import clem.bridge.HelpFolder;
import ij.IJ;

/** Shows the help's pages in the browser. Where there is none, says where they are. */
final class HelpPages {
	/** Programs that open a page, on systems that are neither Windows nor macOS. */
	private static final String[] PROGRAMS = { "xdg-open", "x-www-browser", "firefox", "chromium", "google-chrome" };
	/** A program that cannot open a page says so soon. */
	private static final int SECONDS = 3;

	private HelpPages() {}

	/** The page of a command of the Help menu, or null. */
	static String of(final String argument) {
		return argument.equals("help") ? "index.html" : argument.equals("examples") ? "examples.html" : null;
	}

	/** The sections of a command's page that may tell of a tab of its dialog: the group of parameters of that name, else inputs or outputs. */
	static String[] sections(final String tab) {
		return new String[] { HelpFolder.place(tab), tab.equals("Output") ? "what-it-gives" : "what-it-takes" };
	}

	/** Shows a page, for the menu. */
	static void show(final String page) {
		final Path file = HelpFolder.get().resolve(page);
		if (!GraphicsEnvironment.isHeadless() && browse(file)) IJ.showStatus("CLEM-Reg: the help is in the browser");
		else if (GraphicsEnvironment.isHeadless()) IJ.log(where(file));
		else IJ.showMessage("CLEM-Reg", ClemReg.wrapped(where(file)));
	}

	/** Shows the first of the sections that the page has, without making the dialog wait. */
	static void show(final Component dialog, final String page, final String... sections) {
		final Thread thread = new Thread(() -> {
			String message;
			try {
				final Path file = target(page, sections);
				message = browse(file) ? null : where(file);
			}
			catch (final ClemRegException e) {
				message = e.getMessage();
			}
			final String problem = message;
			if (problem != null) SwingUtilities.invokeLater(() -> JOptionPane.showMessageDialog(dialog, ClemReg.wrapped(problem), "CLEM-Reg", JOptionPane.INFORMATION_MESSAGE));
		}, "CLEM-Reg help");
		thread.setDaemon(true);
		thread.start();
	}

	private static String where(final Path file) {
		return "No browser could be opened here. The help is in " + file + ": open it in any browser.";
	}

	/**
	 * What is opened to show a section: systems take the name of a file and forget the section, so a small page leads there. Where that page cannot be written, or there is no such section, the page itself.
	 */
	static Path target(final String page, final String... sections) {
		final Path folder = HelpFolder.get(), file = folder.resolve(page);
		try {
			final String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
			final String section = Stream.of(sections).filter(id -> text.contains(" id=\"" + id + "\"")).findFirst().orElse(null);
			if (section == null) return file;
			final String address = page + "#" + section;
			final Path leads = folder.resolve("go-" + address.replaceAll("[^a-z0-9]+", "-") + ".html");
			Files.write(leads, ("<!DOCTYPE html>\n<meta charset=\"utf-8\"><title>CLEM-Reg</title>\n<meta http-equiv=\"refresh\" content=\"0;url=" + address + "\">\n<a href=\"" + address + "\">CLEM-Reg's help</a>\n").getBytes(StandardCharsets.UTF_8));
			return leads;
		}
		catch (final IOException e) {
			return file;
		}
	}

	/** Whether a browser took the page. */
	private static boolean browse(final Path file) {
		final URI address = file.toUri();
		if (!IJ.isWindows() && !IJ.isMacOSX()) {
			for (final String program : PROGRAMS) if (isOnPath(program) && opens(program, address)) return true;
		}
		try {
			if (!Desktop.isDesktopSupported() || !Desktop.getDesktop().isSupported(Desktop.Action.BROWSE)) return false;
			Desktop.getDesktop().browse(address);
			return true;
		}
		catch (final IOException | RuntimeException e) {
			return false;
		}
	}

	private static boolean isOnPath(final String program) {
		final String path = System.getenv("PATH");
		if (path != null) for (final String folder : path.split(File.pathSeparator)) if (new File(folder, program).canExecute()) return true;
		return false;
	}

	/** A browser that is not open yet goes on running; what ends at once with an error has shown nothing. */
	private static boolean opens(final String program, final URI address) {
		try {
			final File nothing = new File("/dev/null");
			final Process process = new ProcessBuilder(program, address.toString()).redirectErrorStream(true).redirectOutput(nothing).start();
			return !process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() == 0;
		}
		catch (final IOException e) {
			return false;
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
			return true;
		}
	}
}
