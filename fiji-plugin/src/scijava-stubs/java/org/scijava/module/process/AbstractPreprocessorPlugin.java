package org.scijava.module.process;

public abstract class AbstractPreprocessorPlugin implements PreprocessorPlugin {}
