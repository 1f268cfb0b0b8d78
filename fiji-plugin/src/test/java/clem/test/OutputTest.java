package clem.test;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;

import clem.bridge.ClemRegException;
import clem.workflow.Output;

/** Results appear whole or not at all. */
public final class OutputTest {
	private static String names(final File folder) {
		final String[] names = folder.list();
		Arrays.sort(names);
		return String.join(" ", names);
	}

	public void aFolderAppearsWhenItIsDone() throws Exception {
		Check.inFolder(folder -> {
			final File out = new File(folder, "deep/er/out");
			try (Output output = Output.folder(out.getPath(), false)) {
				output.text(output.path("a.txt"), "a");
				Check.that(!out.exists(), "too early");
				output.commit();
			}
			Check.equal("a.txt", names(out));
			Check.equal("out", names(out.getParentFile()));
			Check.that(Files.getPosixFilePermissions(out.toPath()).equals(Files.getPosixFilePermissions(out.getParentFile().toPath())), "rights of any new folder");
		});
	}

	public void nothingStaysBehind() throws Exception {
		Check.inFolder(folder -> {
			try (Output output = Output.folder(new File(folder, "new/parents/out").getPath(), false)) {
				output.text(output.path("a.txt"), "a");
			}
			try (Output output = Output.file(new File(folder, "out.tif").getPath(), false)) {
				output.text(output.path(), "a");
			}
			Check.equal("", names(folder));
		});
	}

	public void aFullDiskIsToldOfWhatTheUserNamed() throws Exception {
		final File full = new File("/dev/full");
		if (!full.exists()) throw new Check.Skip("there is no /dev/full");
		Check.inFolder(folder -> {
			final File out = new File(folder, "out");
			try (Output output = Output.folder(out.getPath(), false)) {
				final File file = output.path("a.txt");
				Files.createSymbolicLink(file.toPath(), full.toPath());
				final String message = Check.failure(ClemRegException.Kind.BAD_INPUT, () -> output.text(file, "a"));
				Check.equal("out = " + out + " cannot be written (a.txt): No space left on device. Free space there, or choose another place.", message);
			}
			Check.equal("", names(folder));
		});
	}

	public void whatExistsIsKept() throws Exception {
		Check.inFolder(folder -> {
			final File out = new File(folder, "out");
			Check.that(out.mkdir(), "mkdir");
			Check.badInput(() -> Output.folder(out.getPath(), false), "out = " + out, "exists", "--overwrite");
			Files.write(new File(out, "mine.txt").toPath(), "mine".getBytes(StandardCharsets.UTF_8));
			Files.write(new File(out, "run.json").toPath(), "old".getBytes(StandardCharsets.UTF_8));
			try (Output output = Output.folder(out.getPath(), true)) {
				output.text(output.path("run.json"), "half");
			}
			Check.equal("old", new String(Files.readAllBytes(new File(out, "run.json").toPath()), StandardCharsets.UTF_8));
			try (Output output = Output.folder(out.getPath(), true)) {
				output.text(output.path("run.json"), "new");
				output.commit();
			}
			Check.equal("new", new String(Files.readAllBytes(new File(out, "run.json").toPath()), StandardCharsets.UTF_8));
			Check.equal("mine.txt run.json", names(out));
			Check.equal("out", names(folder));
			Check.badInput(() -> Output.file(out.getPath(), true), "is a folder");
			Check.badInput(() -> Output.folder(new File(out, "run.json").getPath(), true), "is a file");
			Check.badInput(() -> Output.folder(new File(out, "run.json/x").getPath(), true), "cannot be written");
			Check.badInput(() -> Output.folder(null, true), "out", "missing");
		});
	}

	public void aFolderWithoutPermission() throws Exception {
		if ("root".equals(System.getProperty("user.name"))) throw new Check.Skip("root may write everywhere");
		Check.inFolder(folder -> {
			final File closed = new File(folder, "closed");
			Check.that(closed.mkdir(), "mkdir");
			Files.setPosixFilePermissions(closed.toPath(), PosixFilePermissions.fromString("r-x------"));
			Check.badInput(() -> Output.folder(new File(closed, "out").getPath(), false), "no permission");
		});
	}
}
