package clem.scijava;

import java.util.HashSet;
import java.util.Set;

import org.scijava.module.Module;
import org.scijava.module.process.AbstractPreprocessorPlugin;
import org.scijava.module.process.PreprocessorPlugin;
import org.scijava.plugin.Plugin;

/**
 * Tells a command which of its inputs were given by name, in a script or on the command line: SciJava calls them resolved. Its place is
 * before the dialog, which comes last and resolves all.
 */
@Plugin(type = PreprocessorPlugin.class)
public final class GivenInputs extends AbstractPreprocessorPlugin {
	@Override
	public void process(final Module module) {
		// SciJava asks before every command, of other plugins too.
		if (!(module.getDelegateObject() instanceof FileCommand)) return;
		final Set<String> names = new HashSet<>(module.getInputs().keySet());
		names.removeIf(name -> !module.isInputResolved(name));
		((FileCommand) module.getDelegateObject()).given(names);
	}
}
