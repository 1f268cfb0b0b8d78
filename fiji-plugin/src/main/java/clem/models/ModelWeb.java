package clem.models;

import java.io.File;
import java.util.function.ToLongFunction;

/** What a download needs of the world around it; tests give it another one. */
final class ModelWeb {
	Proxies proxies = new Proxies(System::getenv);
	/** Milliseconds without an answer after which an attempt fails. */
	int timeoutMillis = 30_000;
	/** Milliseconds to wait before the second attempt; longer before later ones. */
	long pauseMillis = 1_000;
	/** The free bytes in a folder. */
	ToLongFunction<File> space = File::getUsableSpace;
}
