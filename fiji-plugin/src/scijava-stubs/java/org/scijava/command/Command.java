package org.scijava.command;

import org.scijava.plugin.SciJavaPlugin;

public interface Command extends SciJavaPlugin, Runnable {}
