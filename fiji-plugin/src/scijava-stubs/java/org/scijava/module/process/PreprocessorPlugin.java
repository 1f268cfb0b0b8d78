package org.scijava.module.process;

import org.scijava.module.Module;
import org.scijava.plugin.SciJavaPlugin;

public interface PreprocessorPlugin extends SciJavaPlugin {
	void process(Module module);
}
