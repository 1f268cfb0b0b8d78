package clem.ij;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;

import clem.bridge.HelpFolder;
import clem.schema.Operation;
import clem.schema.Schema;
import clem.test.Check;
import clem.workflow.Commands;

/** The help that is in the jar. */
public final class HelpPagesTest {
	private static String text(final Path file) throws Exception {
		return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
	}

	/** The help button leads to a section that is there, from every tab of every dialog. */
	public void everyTabHasItsSection() throws Exception {
		final Path folder = HelpFolder.get();
		int sections = 0;
		for (final Operation operation : Commands.of(Schema.parse(text(Paths.get(System.getProperty("clemreg.repo"), "build", "java", "schema.json"))))) {
			final String page = "commands/" + operation.name + ".html", text = text(folder.resolve(page));
			for (final String tab : Fields.of(operation).groups.keySet()) {
				// The parameters of a batch stand on the page of one registration.
				if (operation.name.equals("batch") && operation.groups().containsKey(tab)) continue;
				Check.that(java.util.stream.Stream.of(HelpPages.sections(tab)).anyMatch(id -> text.contains(" id=\"" + id + "\"")), page + " has no section for the tab " + tab);
				if (operation.groups().containsKey(tab)) Check.that(text.contains(" id=\"" + HelpPages.sections(tab)[0] + "\""), page + " has no section for the parameters " + tab);
				sections++;
			}
		}
		Check.that(sections > 60, "only " + sections + " tabs");
	}

	public void aSmallPageLeadsToTheSection() throws Exception {
		final Path leads = HelpPages.target("commands/register.html", "fluorescence-segmentation");
		Check.that(text(leads).contains("url=commands/register.html#fluorescence-segmentation\""), text(leads));
		Check.equal(HelpFolder.get(), leads.getParent());
	}

	public void withoutTheSectionThePageItself() {
		Check.equal(HelpFolder.get().resolve("commands/register.html"), HelpPages.target("commands/register.html", "no-such-section"));
	}

	public void theMenuNamesPagesThatAreThere() {
		for (final String argument : new String[] { "help", "examples" }) Check.that(HelpFolder.get().resolve(HelpPages.of(argument)).toFile().isFile(), argument);
		Check.equal(null, HelpPages.of("register"));
	}
}
