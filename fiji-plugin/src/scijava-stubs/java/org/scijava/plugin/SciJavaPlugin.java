package org.scijava.plugin;

public interface SciJavaPlugin {}
