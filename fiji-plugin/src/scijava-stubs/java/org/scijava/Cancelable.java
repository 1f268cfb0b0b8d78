package org.scijava;

public interface Cancelable {
	boolean isCanceled();

	void cancel(String reason);

	String getCancelReason();
}
