package clem.bridge;

/** Hears how an operation goes on. Called on the thread that runs the operation, but where it says otherwise. */
public interface OperationListener {
	/** The part done, 0 to 1, and what is being done. */
	void progress(double fraction, String stage);

	/** Something worth telling that is no problem. */
	void log(String message);

	/** Something that the user should look at. */
	void warning(String message);

	/** True when the work is to stop. Asked often and on any thread: must be quick. */
	boolean cancelled();
}
