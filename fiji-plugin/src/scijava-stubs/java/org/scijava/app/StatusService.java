package org.scijava.app;

public interface StatusService {
	void showStatus(int progress, int maximum, String message);
}
