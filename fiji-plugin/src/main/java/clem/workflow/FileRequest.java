package clem.workflow;

import java.util.LinkedHashMap;
import java.util.Map;

/** An operation on files, as the command line and the SciJava commands ask for it. */
public final class FileRequest {
	/** The operation's name. */
	public final String operation;
	/** Input name to FILE, FILE#channel or FILE#series:channel. */
	public final Map<String, String> inputs = new LinkedHashMap<>();
	/** "moving_spacing" and the like to "z,xy" in nm. */
	public final Map<String, String> spacings = new LinkedHashMap<>();
	/** Parameter to value, as text or as a JSON value. */
	public final Map<String, Object> parameters = new LinkedHashMap<>();
	/** A JSON file of parameters, or null; {@link #parameters} go before it. */
	public String parametersFile;
	/** The name of the moving image in transform.json, or null for the file's. */
	public String movingName;
	/** The folder or file to be written. */
	public String out;
	/** Whether files that exist may be replaced. */
	public boolean overwrite;
	/** Threads to use; 0 is all. */
	public int threads;

	public FileRequest(final String operation) {
		this.operation = operation.replace('-', '_');
	}
}
