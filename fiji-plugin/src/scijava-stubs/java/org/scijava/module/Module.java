package org.scijava.module;

import java.util.Map;

public interface Module {
	Object getDelegateObject();

	Map<String, Object> getInputs();

	boolean isInputResolved(String name);
}
